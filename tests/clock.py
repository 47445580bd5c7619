"""A clock that stands still until a test moves it."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import anyio
import anyio.lowlevel

from tests.builders import NOW

PATIENCE = 5.0  # real seconds, for what happens in threads


class FakeClock:
    """Implements `domain.ports.Clock`. Sleepers wake when `advance` reaches their moment."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now
        self._seconds = 1000.0
        self._sleepers: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._seconds

    async def sleep_until(self, moment: datetime) -> None:
        if moment <= self._now:
            await anyio.lowlevel.checkpoint()
            return
        woken = asyncio.get_running_loop().create_future()
        sleeper = (moment, woken)
        self._sleepers.append(sleeper)
        try:
            await woken
        finally:
            if sleeper in self._sleepers:
                self._sleepers.remove(sleeper)

    def advance(self, by: timedelta) -> None:
        """Move on and wake whoever waited for a moment up to the new now; they run at the next await."""
        self._now += by
        self._seconds += by.total_seconds()
        for sleeper in sorted(self._sleepers, key=lambda each: each[0]):
            moment, woken = sleeper
            if moment <= self._now and not woken.done():
                self._sleepers.remove(sleeper)
                woken.set_result(None)

    def set_back(self, by: timedelta) -> None:
        """Somebody corrects the time of day; no time passes."""
        self._now -= by

    async def asleep(self, sleepers: int = 1) -> None:
        """Return when at least so many wait for this clock: the loop under test has come to rest."""
        await until(lambda: len(self._sleepers) >= sleepers)


async def until(condition: Callable[[], bool]) -> None:
    """Return when it holds; what happens in threads sends no event."""
    with anyio.fail_after(PATIENCE):
        while not condition():  # noqa: ASYNC110 - nothing to wait for but the state itself
            await anyio.sleep(0.002)
