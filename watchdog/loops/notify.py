"""Drains the outbox: each row to its notifier, in order per thread, until it arrives or is refused.

Detection never waits for it and it never waits for detection: they share rows.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from watchdog.domain.errors import Permanent, StoreFailed, Transient
from watchdog.domain.notification import Notification
from watchdog.domain.ports import Clock, Notifier
from watchdog.store import journal, outbox
from watchdog.store.engine import Store

if TYPE_CHECKING:  # a `run` without a daemon has no use for it, and it costs an import
    from watchdog.metrics import Metrics

log = structlog.get_logger()

SEND_SECONDS = 30.0
FIRST_BACKOFF = timedelta(seconds=5)
LAST_BACKOFF = timedelta(minutes=10)
PATIENCE = timedelta(seconds=15)  # how long `deliver` waits for a rate limit or one more try
REST = timedelta(seconds=30)  # the longest sleep: the heartbeat stays young
BATCH = 1000  # more than a storm makes: a target that is down must not hide the rows of another

LOG = "log"
FALLBACK = "console"

Outcome = tuple[Notification, bool]


@dataclass(frozen=True, slots=True)
class _Failed:
    """A send that did not arrive. `final`: never again; `wait`: not before."""

    error: str
    final: bool = False
    wait: timedelta = timedelta(0)


@dataclass(slots=True)
class _Pause:
    """A notifier that failed: nothing is sent through it until a moment."""

    failures: int
    until: datetime


class Notify:
    """The third loop. `heartbeat` is the monotonic time of its last turn."""

    def __init__(
        self,
        store: Store,
        notifiers: Mapping[str, Notifier],
        clock: Clock,
        *,
        metrics: "Metrics | None" = None,
    ) -> None:
        """Send through `notifiers`, keyed by name; targets none of them has go to the console."""
        self._store = store
        self._notifiers = notifiers
        self._clock = clock
        self._metrics = metrics
        self._lock = asyncio.Lock()
        self._wake = asyncio.Event()
        self._pauses: dict[str, _Pause] = {}
        self._arrived: dict[int, str] = {}  # sent, but the store did not take the receipt yet
        self.heartbeat = clock.monotonic()

    def wake(self) -> None:
        """Ask the loop to look now: rows were added."""
        self._wake.set()

    async def loop(self, stop: asyncio.Event) -> None:
        """Deliver what is due until `stop` is set; the row in hand is finished first."""
        while not stop.is_set():
            self.heartbeat = self._clock.monotonic()
            self._wake.clear()
            moment = self._clock.now() + FIRST_BACKOFF
            try:
                async with self._lock:
                    await self._drain(None, stop=stop)
                moment = await self._next_moment()
            except StoreFailed as error:
                log.warning("outbox not readable", error=str(error), hint=error.hint)
            await _first(self._clock.sleep_until(moment), self._wake.wait(), stop.wait())

    async def deliver(self, ids: Collection[int] | None) -> tuple[Outcome, ...]:
        """Send these rows now (None: all that are due) and say of each whether it has arrived.

        Waits out a short rate limit, and tries again for at most PATIENCE. A row behind an older
        undelivered one of its thread is not tried and not in the result.

        Raises:
            StoreFailed: the outbox cannot be read or written.
        """
        deadline = self._clock.now() + PATIENCE
        outcomes: dict[int, Outcome] = {}
        async with self._lock:
            while True:
                tried = await self._drain(ids)
                outcomes |= tried
                late = [row for row, arrived in outcomes.values() if not arrived]
                moments = [
                    pause.until
                    for row in late
                    if (pause := self._pauses.get(self._name(row.target)))
                ]
                if not tried or not moments or min(moments) > deadline:
                    return tuple(outcomes[each] for each in sorted(outcomes))
                await self._clock.sleep_until(min(moments))

    async def arrived(self, ids: Collection[int]) -> dict[int, bool]:
        """Say of these rows whether they were delivered, by whomever.

        Raises:
            StoreFailed: the outbox cannot be read.
        """
        rows = await asyncio.to_thread(outbox.reread, self._store, ids)
        return {row.id: row.delivered_at is not None for row in rows}

    async def _drain(
        self, ids: Collection[int] | None, *, stop: asyncio.Event | None = None
    ) -> dict[int, Outcome]:
        """Send until nothing is due but what is paused; different notifiers at the same time."""
        outcomes: dict[int, Outcome] = {}
        while True:
            now = self._clock.now()
            rows = await asyncio.to_thread(outbox.due, self._store, now, ids=ids, limit=BATCH)
            queues: defaultdict[str, list[Notification]] = defaultdict(list)
            for row in rows:
                if row.id in outcomes or self._paused(self._name(row.target), now):
                    outcomes.setdefault(row.id, (row, False))
                else:
                    queues[self._name(row.target)].append(row)
            if not queues or (stop is not None and stop.is_set()):
                return outcomes
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._send_all(name, queue, stop))
                    for name, queue in queues.items()
                ]
            for task in tasks:
                outcomes |= task.result()

    async def _send_all(
        self, name: str, rows: Sequence[Notification], stop: asyncio.Event | None
    ) -> dict[int, Outcome]:
        """One row at a time; the first failure pauses the notifier and leaves the rest for later.

        Rows that were never tried go first: one that always fails must not hold up the others.
        """
        outcomes: dict[int, Outcome] = {}
        for row in sorted(rows, key=lambda each: (each.tries, each.id)):
            if self._paused(name, self._clock.now()) or (stop is not None and stop.is_set()):
                break
            try:
                outcomes[row.id] = (row, await self._send(name, row))
            except StoreFailed as error:
                log.warning("outbox not writable", error=str(error), hint=error.hint)
                outcomes[row.id] = (row, False)
                self._pause(name, timedelta(0))
        return outcomes

    async def _send(self, name: str, row: Notification) -> bool:
        result = await self._attempt(name, row)
        now = self._clock.now()
        if isinstance(result, _Failed):
            await self._failed(name, row, result, now)
            return False
        self._pauses.pop(name, None)
        self._arrived[row.id] = result
        await asyncio.to_thread(outbox.delivered, self._store, row, receipt=result, now=now)
        del self._arrived[row.id]
        if self._metrics:
            self._metrics.delivered(row.target, took=now - row.created_at)
        return True

    async def _attempt(self, name: str, row: Notification) -> str | _Failed:
        """Send one row; return its receipt."""
        if row.id in self._arrived:
            return self._arrived[row.id]
        thread = row.message.thread
        last = await asyncio.to_thread(outbox.receipt, self._store, row.target, thread)
        try:
            async with asyncio.timeout(SEND_SECONDS):
                if name == LOG:
                    return _write_line(row)
                return await self._notifiers[name].send(self._addressed(name, row), last)
        except TimeoutError:
            return _Failed(f"no answer in {SEND_SECONDS:.0f} s")
        except Transient as error:
            return _Failed(str(error), wait=_asked(error))
        except Permanent as error:
            return _Failed(
                f"{error} (hint: {error.hint})" if error.hint else str(error), final=True
            )
        except Exception as error:
            log.exception("notifier broken", notifier=name, incident=thread, row=row.id)
            return _Failed(type(error).__name__)

    async def _failed(self, name: str, row: Notification, failed: _Failed, now: datetime) -> None:
        words = {"target": row.target, "incident": row.message.thread, "error": failed.error}
        if failed.final:
            self._pauses.pop(name, None)  # a refusal of this row is an answer: the others may pass
            log.error("notification given up", title=row.message.title, **words)
            next_try_at = None
        else:
            wait = self._pause(name, failed.wait)
            next_try_at = now + max(_backoff(row.tries), failed.wait)
            log.warning("notification not delivered", wait_seconds=wait.total_seconds(), **words)
        await asyncio.to_thread(
            outbox.failed, self._store, row, error=failed.error, next_try_at=next_try_at
        )
        if failed.final:
            text = f"not delivered to {row.target}, given up: {failed.error}"
            await asyncio.to_thread(
                journal.append, self._store, row.message.thread,
                kind="undelivered", text=text, at=now,
            )  # fmt: skip
        if self._metrics:
            self._metrics.not_delivered(row.target, abandoned=failed.final)

    def _name(self, target: str) -> str:
        """The notifier of a target: its own, else the console, else the log."""
        own = target.partition(":")[0]
        if own in self._notifiers or own == LOG:
            return own
        return FALLBACK if FALLBACK in self._notifiers else LOG

    def _addressed(self, name: str, row: Notification) -> Notification:
        """The row with a note when it goes elsewhere than it was meant to."""
        own = row.target.partition(":")[0]
        if own == name:
            return row
        note = f"(meant for {own}, which is not configured)"
        return replace(row, message=replace(row.message, text=f"{row.message.text}\n{note}"))

    def _pause(self, name: str, asked: timedelta) -> timedelta:
        """Send nothing through a notifier for a time that grows while it keeps failing."""
        failures = self._pauses[name].failures if name in self._pauses else 0
        wait = max(_backoff(failures), asked)
        self._pauses[name] = _Pause(failures + 1, self._clock.now() + wait)
        return wait

    def _paused(self, name: str, now: datetime) -> bool:
        return name in self._pauses and now < self._pauses[name].until

    async def _next_moment(self) -> datetime:
        now = self._clock.now()
        due = await asyncio.to_thread(outbox.next_due_at, self._store)
        moments = [due] if due else []
        moments += [pause.until for pause in self._pauses.values()]
        return min([each for each in moments if each > now], default=now + REST)


def _backoff(tries: int) -> timedelta:
    """5 s, 10 s, ... 10 min."""
    return min(FIRST_BACKOFF * (1 << min(tries, 10)), LAST_BACKOFF)


def _asked(error: Transient) -> timedelta:
    """The wait that a notifier's error carries as `retry_after`, in seconds."""
    seconds = getattr(error, "retry_after", 0.0)
    return timedelta(seconds=float(seconds))


def _write_line(row: Notification) -> str:
    message = row.message
    log.info(
        "notification",
        kind=message.kind.value,
        incident=message.thread,
        severity=message.severity.value,
        title=message.title,
        text=message.text,
    )
    return ""


async def _first(*waits: Awaitable[object]) -> None:
    """Return when the first of them has; the others are cancelled."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_await(each)) for each in waits]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()


async def _await(wait: Awaitable[object]) -> None:
    await wait
