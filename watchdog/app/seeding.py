"""The command `seed`: through the daemon, or under the lock alone, with no store opened."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from watchdog.app.stored import parser_of
from watchdog.config.reseed import restore, seed_home
from watchdog.store.lock import lock_home
from watchdog.web.arguments import Arguments, checked
from watchdog.web.door import Command


class _Seed(Arguments):
    force: str = ""


def seed_command(home: Path) -> Command:
    """`seed {force?}`: what is missing is written, and what `force` names over what is there.

    Gives `{written}`, paths in the home. The caller holds the lock.
    """

    async def seed(args: Mapping[str, object]) -> object:
        wanted = checked(_Seed, args)
        return await asyncio.to_thread(_seed, home, wanted.force)

    return seed


async def seed_offline(home: Path, args: Mapping[str, object]) -> object:
    """The same where no daemon runs: a home whose database cannot be opened can be mended, too.

    Raises:
        Misconfigured: another process has the home.
        WatchdogError: what the command raised.
    """
    lock = lock_home(home)
    try:
        return await seed_command(home)(args)
    finally:
        lock.release()


def _seed(home: Path, force: str) -> object:
    written = seed_home(home)
    restored = restore(home, force, parse=parser_of(home)) if force else ""
    return {"written": list(dict.fromkeys((*written, *([restored] if restored else []))))}
