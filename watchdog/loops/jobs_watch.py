"""Follows jobs.json by content and keeps the last good version; a bad edit is told once."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from watchdog.config.jobs import JobsFile, load_text, timed
from watchdog.domain.errors import Misconfigured
from watchdog.domain.ports import Clock
from watchdog.logic.timetable.due import Timed
from watchdog.store import jobsfile
from watchdog.store.engine import Store

log = structlog.get_logger()

Parse = Callable[[str], JobsFile]
OnConfig = Callable[[Misconfigured | None], Awaitable[None]]


class JobsWatch:
    """The jobs in force. `error` is what is wrong with the file now, None when it is in force."""

    def __init__(
        self,
        path: Path,
        *,
        store: Store,
        clock: Clock,
        timezone: str,
        parse: Parse,
        on_config: OnConfig,
    ) -> None:
        """Nothing is read before the first `look`."""
        self.jobs: tuple[Timed, ...] = ()
        self.error: Misconfigured | None = None
        self._path = path
        self._store = store
        self._clock = clock
        self._timezone = timezone
        self._parse = parse
        self._on_config = on_config
        self._judged: str | None = None  # the text, or the reason it could not be read
        self._suspect: str | None = None

    @property
    def in_force(self) -> bool:
        """Whether some version of the file was read; an empty list of jobs is one, too."""
        return self._judged is not None

    async def look(self) -> bool:
        """Read the file; return whether other jobs are in force than before."""
        seen, read = await asyncio.to_thread(self._read)
        if seen == self._judged:
            self._suspect = None
            return False
        if isinstance(read, Misconfigured):
            return await self._refuse(seen, read)
        text, warnings, jobs = read
        await asyncio.to_thread(jobsfile.keep_good, self._store, text, self._clock.now())
        if self._judged is None or self.error is not None:
            await self._on_config(None)
        self._judged, self._suspect, self.error, self.jobs = seen, None, None, jobs
        log.info("jobs read", jobs=len(jobs))
        for warning in warnings:
            log.warning("jobs file", warning=warning)
        return True

    async def _refuse(self, seen: str, error: Misconfigured) -> bool:
        first = self._judged is None
        if not first and self._suspect != seen:
            # an editor may be in the middle of writing: judge it when it is the same next time
            self._suspect = seen
            return False
        log.error("jobs file refused", error=str(error), hint=error.hint)
        await self._on_config(error)
        self._judged, self._suspect, self.error = seen, None, error
        if first:
            self.jobs = await asyncio.to_thread(self._last_good)
        return first

    def _read(self) -> tuple[str, Misconfigured | tuple[str, tuple[str, ...], tuple[Timed, ...]]]:
        try:
            text = load_text(self._path)
        except Misconfigured as error:
            return str(error), error
        if text == self._judged and self.error is not None:
            return text, self.error
        try:
            return text, (text, *self._validated(text))
        except Misconfigured as error:
            return text, error

    def _validated(self, text: str) -> tuple[tuple[str, ...], tuple[Timed, ...]]:
        read = self._parse(text)
        return read.warnings, tuple(timed(job, timezone=self._timezone) for job in read.jobs)

    def _last_good(self) -> tuple[Timed, ...]:
        text = jobsfile.last_good(self._store)
        if text is None:
            return ()
        try:
            return self._validated(text)[1]
        except Misconfigured as error:
            # it was good for another version of the watchdog
            log.error("last good jobs file refused", error=str(error))  # noqa: TRY400 - no bug of ours
            return ()
