"""The commands `approve` and `deny`: a person's answer, and what is done at once upon a yes."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from pydantic import Field

from watchdog.domain.attempt import Approval, Result
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

    They return {incident, text, done}: a yes is carried out at once, behind every gate, and `done`
    says whether it was; a no is done in any case.
    """

    def said(args: Mapping[str, object], *, yes: bool) -> Approval:
        asked = checked(_Answer, args)
        return approvals.answer(store, asked.id, yes=yes, by=asked.by, now=clock.now())

    async def approve(args: Mapping[str, object]) -> object:
        answer = await asyncio.to_thread(said, args, yes=True)
        await acting.act()
        return await asyncio.to_thread(_came_of, store, answer)

    def refuse(args: Mapping[str, object]) -> object:
        return _came_of(store, said(args, yes=False)) | {"done": True}

    async def deny(args: Mapping[str, object]) -> object:
        return await asyncio.to_thread(refuse, args)

    return {"approve": approve, "deny": deny}


def _came_of(store: Store, answer: Approval) -> dict[str, object]:
    """What became of an answer. The Incident keeps it, too: until the next Run thinks again it
    would go on showing the question."""
    found = incidents.find(store, answer.incident)
    considered = found.remediation
    if considered is not None:
        [ask] = [each for each in approvals.of(store, [found.id]) if each.id == answer.id]
        considered = replace(considered, approval=ask)
        incidents.consider(store, found.id, considered)
    attempt = considered.attempt if considered else None
    return {
        "incident": found.id,
        "text": "; ".join(outcome(considered)),
        "done": considered is None or (attempt is not None and attempt.result is Result.APPLIED),
    }
