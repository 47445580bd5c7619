"""respond: models first, then one thing is done; no part of it stops the loop."""

import asyncio
from datetime import timedelta

from tests.clock import FakeClock, until
from watchdog.domain.errors import StoreFailed
from watchdog.loops.respond import PERIOD, Respond


class Stage:
    """Implements `loops.respond.Stage`: counts its turns, and may break or take long."""

    period = timedelta(minutes=4)

    def __init__(self, name: str, order: list[str]) -> None:
        self.heartbeat = 0.0
        self.name, self.order = name, order
        self.broken: Exception | None = None
        self.waits: asyncio.Event | None = None

    async def turn(self) -> None:
        self.order.append(self.name)
        if self.broken is not None:
            raise self.broken
        if self.waits is not None:
            await self.waits.wait()
            self.order.append(f"{self.name} is done")


async def test_models_are_asked_before_anything_is_done() -> None:
    order: list[str] = []
    clock, stop = FakeClock(), asyncio.Event()
    respond = Respond(clock, triage=Stage("ask", order), acting=Stage("act", order))

    async with asyncio.TaskGroup() as group:
        group.create_task(respond.loop(stop))
        await clock.asleep()
        stop.set()

    assert order == ["ask", "act"]


async def test_without_a_model_it_acts_all_the_same_when_it_is_woken() -> None:
    order: list[str] = []
    clock, stop = FakeClock(), asyncio.Event()
    respond = Respond(clock, triage=None, acting=Stage("act", order))

    async with asyncio.TaskGroup() as group:
        group.create_task(respond.loop(stop))
        await clock.asleep()
        respond.wake()
        await until(lambda: len(order) == 2)
        stop.set()

    assert order == ["act", "act"]


async def test_a_part_that_breaks_does_not_end_the_loop() -> None:
    order: list[str] = []
    clock, stop = FakeClock(), asyncio.Event()
    ask, act = Stage("ask", order), Stage("act", order)
    ask.broken, act.broken = RuntimeError("no"), StoreFailed("full", hint="make room")
    respond = Respond(clock, triage=ask, acting=act)

    async with asyncio.TaskGroup() as group:
        group.create_task(respond.loop(stop))
        await clock.asleep()
        respond.wake()
        await until(lambda: len(order) == 4)
        stop.set()

    assert order == ["ask", "act", "ask", "act"]


async def test_the_end_cuts_a_question_short_and_starts_nothing() -> None:
    order: list[str] = []
    stop = asyncio.Event()
    ask = Stage("ask", order)
    ask.waits = asyncio.Event()
    respond = Respond(FakeClock(), triage=ask, acting=Stage("act", order))

    async with asyncio.TaskGroup() as group:
        group.create_task(respond.loop(stop))
        await until(lambda: order == ["ask"])
        stop.set()

    assert order == ["ask"]


async def test_the_end_waits_for_what_is_being_done() -> None:
    order: list[str] = []
    stop = asyncio.Event()
    act = Stage("act", order)
    act.waits = asyncio.Event()
    respond = Respond(FakeClock(), triage=None, acting=act)

    async with asyncio.TaskGroup() as group:
        group.create_task(respond.loop(stop))
        await until(lambda: order == ["act"])
        stop.set()
        act.waits.set()

    assert order == ["act", "act is done"]


def test_it_beats_when_any_part_of_it_does() -> None:
    ask, act = Stage("ask", []), Stage("act", [])
    respond = Respond(FakeClock(), triage=ask, acting=act)

    act.heartbeat = respond.heartbeat + 5

    assert respond.heartbeat == act.heartbeat
    assert respond.period == Stage.period > PERIOD
