"""The breaker: opened by what does not help or is refused, told in an Incident, closed by a person."""

import asyncio
from datetime import timedelta

import structlog

from watchdog.domain.policy import Policy
from watchdog.domain.ports import Clock
from watchdog.logic.decision.breaker import opens
from watchdog.logic.incident.own_faults import REMEDIATION_FAILED, remediation_failed
from watchdog.loops.own_state import OwnState
from watchdog.store import attempts, breaker, identity
from watchdog.store.engine import Store

log = structlog.get_logger()

_DAY = timedelta(hours=24)


class Breaker:
    """Keeps the breaker and what is said of it. Open, nothing is done alone: people are asked."""

    def __init__(
        self, store: Store, clock: Clock, own: OwnState, *, policy: Policy, namespace: str
    ) -> None:
        """`namespace` is the own one, of the object that the Incident names."""
        self._store = store
        self._clock = clock
        self._own = own
        self._policy = policy
        self._namespace = namespace

    async def judge(self) -> None:
        """Open it when too much did not help; its Incident stands for as long as it is open.

        Raises:
            StoreFailed: the records cannot be read or written.
        """
        now = self._clock.now()
        cluster = await asyncio.to_thread(identity.known_cluster, self._store)
        closed_at = await asyncio.to_thread(breaker.last_closed_at, self._store)
        done = await asyncio.to_thread(attempts.since, self._store, cluster, now - _DAY)
        if why := opens(done, now, self._policy, closed_at=closed_at):
            await self.trip(why)
        elif opened := await asyncio.to_thread(breaker.reason, self._store):
            await self._tell(opened)  # whoever opened it may have been ended before it was told
        else:
            await self._own.is_over(REMEDIATION_FAILED)

    async def trip(self, why: str) -> None:
        """Open it now.

        Raises:
            StoreFailed: the records cannot be written.
        """
        if await asyncio.to_thread(breaker.trip, self._store, why, self._clock.now()):
            log.error("remediation is switched to suggest", reason=why)
        await self._tell(why)

    async def _tell(self, why: str) -> None:
        finding = remediation_failed(self._namespace, error=why, now=self._clock.now())
        await self._own.stands(finding)
