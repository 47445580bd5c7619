"""The commands that measure models; what they need is loaded when the first one is called."""

from collections.abc import Callable, Mapping

from watchdog.app.home import Home
from watchdog.config.settings import Settings
from watchdog.domain.model import Call
from watchdog.domain.ports import Clock
from watchdog.loops.flights import Flights
from watchdog.web.door import Command


def measuring_commands(
    home: Home,
    settings: Settings,
    clock: Clock,
    flights: Flights,
    heard: Callable[[Call], None],
) -> dict[str, Command]:
    """`flights` are those of the process; `heard` takes note of every question."""

    async def names(args: Mapping[str, object]) -> object:
        from watchdog.app.benching import chosen  # noqa: PLC0415 - only here it is paid for

        return await chosen(settings, clock, args)

    async def bench(args: Mapping[str, object]) -> object:
        from watchdog.app import benching  # noqa: PLC0415 - as above

        return await benching.bench(home, settings, clock, args, flights=flights, heard=heard)

    async def evaluate(args: Mapping[str, object]) -> object:
        from watchdog.app import evaluating  # noqa: PLC0415 - as above

        return await evaluating.evaluate(home, settings, clock, args, flights=flights, heard=heard)

    return {"bench.models": names, "bench.model": bench, "eval.case": evaluate}
