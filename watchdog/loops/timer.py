"""Waiting for the first of several things; APScheduler wakes a loop at a wall-clock time."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Literal

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger


async def first_of(*waits: Coroutine[None, None, Literal[True] | None]) -> None:
    """Return when one of them has, and cancel the others."""
    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(wait) for wait in waits]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for each in waiting:
            each.cancel()


class Timer:
    """Sets `wake` at a moment. It decides nothing: whoever wakes looks at the clock."""

    def __init__(self, wake: asyncio.Event) -> None:
        """Nothing runs before `start`."""
        self._wake = wake
        self._set_to: datetime | None = None
        # in memory and in UTC: what is due, late or lost is judged from the ledger, not here
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """End; what is set is forgotten."""
        self._scheduler.shutdown(wait=False)

    def set(self, moment: datetime | None) -> None:
        """Wake at `moment` (aware UTC) instead of the one before; at once when it has passed.

        The same moment is set once, so that a clock that runs behind cannot make a loop spin.
        """
        if moment == self._set_to:
            return
        self._set_to = moment
        self._scheduler.remove_all_jobs()
        if moment is not None:
            self._scheduler.add_job(self._ring, DateTrigger(moment, timezone=UTC))

    async def _ring(self) -> None:
        self._wake.set()
