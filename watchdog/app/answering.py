"""The commands `approve` and `deny`: a person's answer, and what is done at once upon a yes."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from pydantic import Field

from watchdog.domain.attempt import Approval
from watchdog.domain.ports import Clock
from watchdog.logic.words.doing import outcome
from watchdog.loops.acting import Acting
from watchdog.store import approvals, incidents
from watchdog.store.engine import Store
from watchdog.web.arguments import Arguments, checked
from watchdog.web.door import Command


class _Answer(Arguments):
    id: str
    by: str = Field(min_length=1)


def answer_commands(store: Store, clock: Clock, acting: Acting) -> dict[str, Command]:
    """The commands by name: `approve {id, by}` and `deny {id, by}` of an ask or its Incident.

    They return {incident, text}: a yes is carried out at once, behind every gate.
    """

    def said(args: Mapping[str, object], *, yes: bool) -> Approval:
        asked = checked(_Answer, args)
        return approvals.answer(store, asked.id, yes=yes, by=asked.by, now=clock.now())

    async def approve(args: Mapping[str, object]) -> object:
        answer = await asyncio.to_thread(said, args, yes=True)
        await acting.act()
        return await asyncio.to_thread(_shown, store, answer.incident)

    def refuse(args: Mapping[str, object]) -> object:
        answer = said(args, yes=False)
        _note(store, answer)
        return _shown(store, answer.incident)

    async def deny(args: Mapping[str, object]) -> object:
        return await asyncio.to_thread(refuse, args)

    return {"approve": approve, "deny": deny}


def _note(store: Store, answer: Approval) -> None:
    """What the Incident shows until the next Run thinks again: the answer, no longer the question."""
    considered = incidents.find(store, answer.incident).remediation
    if considered is not None:
        incidents.consider(store, answer.incident, replace(considered, approval=answer))


def _shown(store: Store, incident: str) -> object:
    found = incidents.find(store, incident)
    return {"incident": found.id, "text": "; ".join(outcome(found.remediation))}
