"""Souls and prompts, read again at the start of every Run; what is broken is told, not used."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import structlog

from watchdog.config.souls import Texts, read_texts
from watchdog.domain.errors import Misconfigured

log = structlog.get_logger()

OnFaults = Callable[[Sequence[Misconfigured]], Awaitable[None]]
Command = Callable[[Mapping[str, object]], Awaitable[object]]


class SoulsWatch:
    """The texts in force. Nothing is kept of older ones but the last good version of each."""

    def __init__(self, home: Path, on_faults: OnFaults) -> None:
        """Nothing is read before the first `look`; `on_faults` hears of every one."""
        self._home = home
        self._on_faults = on_faults
        self._texts: Texts | None = None

    def current(self) -> Texts:
        """The texts of the last look; read now where there was none."""
        return self._texts or read_texts(self._home)

    async def look(self) -> Texts:
        """Read all files and return what is in force now.

        Raises:
            StoreFailed: what is wrong with them cannot be kept.
        """
        before = self._texts
        texts = await asyncio.to_thread(read_texts, self._home, before)
        known = {str(fault) for fault in before.faults} if before else set()
        for fault in texts.faults:
            if str(fault) not in known:
                log.error("soul or prompt refused", error=str(fault), hint=fault.hint)
        self._texts = texts
        await self._on_faults(texts.faults)
        return texts

    def first(self, command: Command) -> Command:
        """Return the command with a look before it."""

        async def looked(args: Mapping[str, object]) -> object:
            await self.look()
            return await command(args)

        return looked
