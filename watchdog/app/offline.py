"""Commands without a daemon: the same commands, carried out under the lock of the home."""

import asyncio
from collections.abc import Mapping

from watchdog.app.access import Access
from watchdog.app.home import Home, open_home
from watchdog.app.measuring_commands import Means, measuring_commands
from watchdog.app.no_model import no_model
from watchdog.app.stored import store_commands
from watchdog.clock import SystemClock
from watchdog.config.settings import Settings
from watchdog.domain.errors import Usage
from watchdog.loops.under_way import RunsUnderWay

LOOKING = frozenset({"run", "test-alert", "approve", "deny"})


def run_offline(
    settings: Settings, access: Access, name: str, args: Mapping[str, object]
) -> object:
    """Carry out one command and return its JSON result.

    Raises:
        WatchdogError: what the command raised; Misconfigured when another process has the home.
    """
    if name == "seed":
        from watchdog.app.seeding import seed_offline  # noqa: PLC0415 - as the others

        return asyncio.run(seed_offline(settings.home, args))
    with open_home(settings) as home:
        return asyncio.run(_dispatch(home, settings, access, name, args))


async def _dispatch(
    home: Home, settings: Settings, access: Access, name: str, args: Mapping[str, object]
) -> object:
    clock = SystemClock()
    if name in LOOKING:
        # what only keeps records does not pay for the cluster's client and the checks
        from watchdog.app import offline_runs  # noqa: PLC0415

        return await offline_runs.carry_out(home, settings, access, name, args)
    if name == "ask":
        return await _ask(home, settings, access, args)
    under_way = RunsUnderWay(home.store, clock)
    means = Means(home=home, settings=settings, clock=clock, under_way=under_way)
    commands = {**store_commands(home, settings, clock), **measuring_commands(means)}
    if name not in commands:
        raise Usage(f"there is no command {name}", hint="see `watchdog --help`")
    return await commands[name](args)


async def _ask(
    home: Home, settings: Settings, access: Access, args: Mapping[str, object]
) -> object:
    if not settings.llm.usable:
        return await no_model(args)
    from watchdog.app.ask_offline import ask_offline  # noqa: PLC0415 - only here it is paid for

    return await ask_offline(home, settings, access, SystemClock(), args)
