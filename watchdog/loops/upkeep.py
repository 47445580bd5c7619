"""A timer for what is nobody else's: retention, figures of the store, overdue messages."""

import asyncio
from datetime import datetime, timedelta

import structlog

from watchdog.domain.ports import Clock
from watchdog.logic.incident.own_faults import DELIVERY_FAILING, delivery_failing
from watchdog.loops.own_state import OwnState
from watchdog.loops.timer import first_of
from watchdog.metrics import Metrics
from watchdog.store import counts, exchanges, outbox, retention
from watchdog.store.engine import Store

log = structlog.get_logger()

PERIOD = timedelta(seconds=30)
PRUNE_EVERY = timedelta(hours=6)


class Upkeep:
    """Comes round every 30 s. `heartbeat` is the monotonic time of its last turn."""

    period = PERIOD

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        own: OwnState,
        metrics: Metrics,
        namespace: str,
        retention: timedelta,
        exchanges_limit: int,
        overdue_after: timedelta,
    ) -> None:
        """Keep the parts; the last three are settings, `exchanges_limit` in bytes."""
        self._store = store
        self._clock = clock
        self._own = own
        self._metrics = metrics
        self._namespace = namespace
        self._retention = retention
        self._exchanges_limit = exchanges_limit
        self._overdue_after = overdue_after
        self._pruned_at: datetime | None = None
        self.heartbeat = clock.monotonic()

    async def loop(self, stop: asyncio.Event) -> None:
        """Take turns until `stop` is set."""
        while not stop.is_set():
            self.heartbeat = self._clock.monotonic()
            try:
                await self.turn()
            except Exception:
                log.exception("upkeep failed")
            await first_of(self._clock.sleep_until(self._clock.now() + PERIOD), stop.wait())

    async def turn(self) -> None:
        """Do once what is due."""
        now = self._clock.now()
        self._metrics.open_incidents(await asyncio.to_thread(counts.open_incidents, self._store))
        waiting, oldest = await asyncio.to_thread(counts.outbox, self._store, now)
        self._metrics.outbox(waiting, oldest=oldest)
        await self._tell_undelivered(now)
        if self._pruned_at is None or now - self._pruned_at >= PRUNE_EVERY:
            before = now - self._retention
            gone = await asyncio.to_thread(retention.prune, self._store, before=before)
            gone += await asyncio.to_thread(exchanges.shrink, self._store, self._exchanges_limit)
            self._pruned_at = now
            if gone:
                log.info("old rows deleted", rows=gone)

    async def _tell_undelivered(self, now: datetime) -> None:
        """A message that does not arrive is worth a message: another target may take it."""
        late = await asyncio.to_thread(outbox.overdue, self._store, now, self._overdue_after)
        given_up = await asyncio.to_thread(outbox.given_up, self._store)
        # what was refused by a notifier that is not set up any more can never be taken
        refused = sum(number for target, number in given_up.items() if self._own.tells(target))
        if late or refused:
            finding = delivery_failing(self._namespace, waiting=late, refused=refused, now=now)
            await self._own.stands(finding)
        else:
            await self._own.is_over(DELIVERY_FAILING)
