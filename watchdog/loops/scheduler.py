"""Turns time into Runs: follows jobs.json, writes every due time down, hands due Jobs over."""

import asyncio
import random
from collections.abc import Callable, Collection, Coroutine, Iterable
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from watchdog.domain.job import Job, LedgerEntry, RunState
from watchdog.domain.ports import Clock
from watchdog.logic.timetable.due import Decision, History, Timed, due, next_due, seen_key
from watchdog.logic.timetable.schedule import Delay, Once
from watchdog.loops.dispatch import Dispatch, Run, apart, run_id
from watchdog.loops.jobs_watch import JobsWatch, OnConfig, Parse
from watchdog.loops.timer import Timer, first_of
from watchdog.store import ledger
from watchdog.store.engine import Store

log = structlog.get_logger()

# A bad edit is judged at its second sight, and what is good is in force within 5 s.
TURN_EVERY = timedelta(seconds=2)


class Scheduler:
    """The scheduler's loop. `heartbeat` is the monotonic time of its last turn."""

    def __init__(
        self,
        jobs_file: Path,
        *,
        store: Store,
        clock: Clock,
        timezone: str,
        run: Run,
        parse: Parse,
        on_config: OnConfig,
        rng: random.Random,
        on_left_out: Callable[[str, RunState], None] | None = None,
        on_gone: Callable[[Collection[str]], None] | None = None,
    ) -> None:
        """Keep the parts; the file is read by the first turn of `loop`.

        `run` gets all Jobs of one moment together and ends their ledger rows. `on_config` hears of
        a file that is refused, and None when the file is in force: at the start and after repair.
        """
        self.heartbeat = clock.monotonic()
        self._watch = JobsWatch(
            jobs_file, store=store, clock=clock, timezone=timezone, parse=parse, on_config=on_config
        )
        self._store = store
        self._on_left_out = on_left_out  # hears of every due time without a Run, in a thread
        self._on_gone = on_gone  # hears which jobs the file no longer has
        self._clock = clock
        self._dispatch = Dispatch(store=store, clock=clock, run=run, rng=rng)
        self._jobs: tuple[Timed, ...] = ()
        self._settled: dict[str, datetime] = {}
        self._planned: dict[str, datetime | None] = {}
        self._stale = True  # something happened that may move a due time
        self._wake = asyncio.Event()
        self._timer = Timer(self._wake)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The Jobs in force, in file order; empty before the first turn."""
        return tuple(timed.job for timed in self._jobs)

    @property
    def jobs_in_force(self) -> bool:
        """Whether jobs.json, or its last good version, is in force."""
        return self._watch.in_force

    def next_run(self, job: Job) -> datetime | None:
        """Return when the Job is due next (aware UTC); None when never, or before the first turn."""
        return self._planned.get(job.name)

    async def loop(self, stop: asyncio.Event) -> None:
        """Take turns until `stop` is set, then wait for what is being run."""
        self._timer.start()
        try:
            async with asyncio.TaskGroup() as runs:
                while not stop.is_set():
                    self.heartbeat = self._clock.monotonic()
                    try:
                        await self._turn(runs, stop)
                    except Exception:
                        log.exception("scheduler turn failed")
                    await self._rest(stop)
        finally:
            self._timer.stop()

    async def _rest(self, stop: asyncio.Event) -> None:
        until = self._clock.now() + TURN_EVERY
        await first_of(self._clock.sleep_until(until), self._wake.wait(), stop.wait())
        self._wake.clear()

    async def _turn(self, runs: asyncio.TaskGroup, stop: asyncio.Event) -> None:
        if await self._watch.look():
            await self._adopt(self._watch.jobs)
        now = self._clock.now()
        planned = [moment for moment in self._planned.values() if moment is not None]
        if self._stale or any(moment <= now for moment in planned):
            await self._decide(runs, stop, now)
            ahead = [moment for moment in self._planned.values() if moment is not None]
            self._timer.set(min(ahead, default=None))

    async def _adopt(self, jobs: tuple[Timed, ...]) -> None:
        """Put other Jobs in force. What a Job was not meant to do until now it does not catch up."""
        now, before = self._clock.now(), {timed.job.name: timed for timed in self._jobs}
        for timed in jobs:
            name, old = timed.job.name, before.get(timed.job.name)
            changed = old is not None and (
                old.schedule != timed.schedule
                or old.zone != timed.zone
                or old.job.enabled < timed.job.enabled
            )
            if changed and not isinstance(timed.schedule, Once | Delay):
                self._settled[name] = now
            elif name not in self._settled:
                known = await asyncio.to_thread(ledger.recent, self._store, job=name, limit=1)
                self._settled |= {entry.job: entry.due_at for entry in known}
        gone = before.keys() - {timed.job.name for timed in jobs}
        if gone and self._on_gone:
            self._on_gone(gone)
        self._jobs, self._stale = jobs, True

    async def _decide(self, runs: asyncio.TaskGroup, stop: asyncio.Event, now: datetime) -> None:
        history = await asyncio.to_thread(self._history, now)
        busy = frozenset(self._dispatch.in_flight)
        decisions = due(self._jobs, history, in_flight=busy, now=now)
        lost = [each for each in decisions if each.state is not RunState.DUE]
        await asyncio.to_thread(self._write_down, lost)
        running = [each for each in decisions if each.state is RunState.DUE]
        catching_up = [each for each in running if each.trigger == "catch_up"]
        on_time = [each for each in running if each.trigger == "schedule"]
        for batch in apart(await self._dispatch.claim(on_time)):
            runs.create_task(self._then_look_again(self._dispatch.together(batch)))
        if catching_up:
            late = self._dispatch.one_by_one(catching_up, stop)
            runs.create_task(self._then_look_again(late))
        self._settled |= {each.job.name: each.due_at for each in decisions}
        self._stale = False
        self._planned = {timed.job.name: next_due(timed, history, now) for timed in self._jobs}

    async def _then_look_again(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        finally:
            self._stale = True  # an interval counts from what has just run
            self._wake.set()

    def _history(self, now: datetime) -> History:
        names = [seen_key(timed) for timed in self._jobs]
        return History(
            last_runs=ledger.last_runs(self._store),
            first_seen=ledger.first_seen(self._store, names, now.replace(microsecond=0)),
            settled=self._settled,
        )

    def _write_down(self, lost: Iterable[Decision]) -> None:
        for each in lost:
            log.warning("due time lost", job=each.job.name, state=each.state, reason=each.reason)
            entry = LedgerEntry(
                run_id=run_id(each.job.name, each.due_at),
                job=each.job.name,
                trigger=each.trigger,
                due_at=each.due_at,
                state=each.state,
                text=each.reason,
            )
            ledger.record(self._store, entry)
            if self._on_left_out:
                self._on_left_out(each.job.name, each.state)
