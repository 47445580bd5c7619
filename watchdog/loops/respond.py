"""The loop between observe and notify: models are asked first, then at most one thing is done."""

import asyncio
from datetime import timedelta
from typing import Protocol

import structlog

from watchdog.domain.errors import StoreFailed
from watchdog.domain.ports import Clock
from watchdog.loops.timer import first_of

log = structlog.get_logger()

PERIOD = timedelta(seconds=30)


class Stage(Protocol):
    """One part of a turn. `heartbeat` is the monotonic time at which it last did something."""

    heartbeat: float

    @property
    def period(self) -> timedelta:
        """How long it may do one thing."""
        ...

    async def turn(self) -> None:
        """Do all that is due.

        Raises:
            StoreFailed: the records cannot be read or written.
        """
        ...


class Respond:
    """Comes round twice a minute, and whenever Incidents were saved."""

    def __init__(self, clock: Clock, *, triage: Stage | None, acting: Stage) -> None:
        """Without `triage` no model is set up."""
        self._clock = clock
        self._triage = triage
        self._acting = acting
        self._wake = asyncio.Event()
        self._beat = clock.monotonic()

    @property
    def heartbeat(self) -> float:
        """When it last came round, or a part of it did something, in monotonic seconds."""
        beats = [each.heartbeat for each in (self._triage, self._acting) if each]
        return max(self._beat, *beats)

    @property
    def period(self) -> timedelta:
        """How often it comes round at least."""
        return max([PERIOD, *(each.period for each in (self._triage, self._acting) if each)])

    def wake(self) -> None:
        """Ask the loop to look now: Incidents were saved, or a person has answered."""
        self._wake.set()

    async def loop(self, stop: asyncio.Event) -> None:
        """Respond until `stop` is set, which cuts a question short, but nothing that is being done."""
        while not stop.is_set():
            self._beat = self._clock.monotonic()
            self._wake.clear()
            if self._triage is not None:
                await first_of(self._turn(self._triage), stop.wait())
            if not stop.is_set():
                await self._turn(self._acting)
            rest = self._clock.sleep_until(self._clock.now() + PERIOD)
            await first_of(rest, self._wake.wait(), stop.wait())

    async def _turn(self, stage: Stage) -> None:
        try:
            await stage.turn()
        except StoreFailed as error:
            log.warning("not responded", error=str(error), hint=error.hint)
        except Exception:
            log.exception("respond failed")
