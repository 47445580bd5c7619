"""The commands `approve` and `deny`: a person's answer, and what is done at once upon a yes."""

import asyncio
from collections.abc import Mapping

from pydantic import Field

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

    def said(args: Mapping[str, object], *, yes: bool) -> str:
        asked = checked(_Answer, args)
        found = approvals.answer(store, asked.id, yes=yes, by=asked.by, now=clock.now())
        return found.incident

    async def approve(args: Mapping[str, object]) -> object:
        incident = await asyncio.to_thread(said, args, yes=True)
        await acting.act()
        return await asyncio.to_thread(_shown, store, incident)

    async def deny(args: Mapping[str, object]) -> object:
        incident = await asyncio.to_thread(said, args, yes=False)
        return await asyncio.to_thread(_shown, store, incident)

    return {"approve": approve, "deny": deny}


def _shown(store: Store, incident: str) -> object:
    found = incidents.find(store, incident)
    return {"incident": found.id, "text": "; ".join(outcome(found.remediation))}
