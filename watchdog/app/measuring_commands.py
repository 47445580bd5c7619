"""The commands that measure models; what they need is loaded when the first one is called."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from watchdog.app.home import Home
from watchdog.config.settings import Settings
from watchdog.domain.model import Call
from watchdog.domain.ports import Clock, Model
from watchdog.loops.under_way import RunsUnderWay
from watchdog.web.door import Command


def unheard(_call: Call) -> None:
    """Where nobody counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What every measurement takes."""

    home: Home
    settings: Settings
    clock: Clock
    under_way: RunsUnderWay  # those of the process
    heard: Callable[[Call], None] = unheard  # takes note of every question
    model: Model | None = None  # the process's own way to the models; None: there is none yet


def measuring_commands(means: Means) -> dict[str, Command]:
    """`bench` in two steps, and `eval` for one case."""

    async def names(args: Mapping[str, object]) -> object:
        from watchdog.app import benching  # noqa: PLC0415 - only here it is paid for

        return await benching.chosen(means, args)

    async def bench(args: Mapping[str, object]) -> object:
        from watchdog.app import benching  # noqa: PLC0415 - as above

        return await benching.bench(means, args)

    async def evaluate(args: Mapping[str, object]) -> object:
        from watchdog.app import evaluating  # noqa: PLC0415 - as above

        return await evaluating.evaluate(means, args)

    return {"bench.models": names, "bench.model": bench, "eval.case": evaluate}
