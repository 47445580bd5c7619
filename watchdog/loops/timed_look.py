"""The reading half of a Run: one Snapshot for all Jobs of a tick, within a time limit of its own."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from watchdog.domain.check import Check
from watchdog.domain.errors import WatchdogError
from watchdog.domain.ports import Clock, Cluster
from watchdog.domain.run import RunRequest
from watchdog.domain.snapshot import Missing, Snapshot
from watchdog.logic.words.prose import span
from watchdog.loops.look import CheckParams, View, check_all, look
from watchdog.store import identity
from watchdog.store.engine import Store

log = structlog.get_logger()

# Of a Job's time: the rest is for judging and saving, so that a slow cluster is a result, too.
SHARE = 0.8


class TimedLook:
    """Looks at the cluster for a batch of Runs."""

    def __init__(
        self,
        *,
        cluster: Cluster,
        store: Store,
        clock: Clock,
        checks: Sequence[Check],
        params: CheckParams,
    ) -> None:
        """Keep the parts; nothing is read yet."""
        self._cluster = cluster
        self._store = store
        self._clock = clock
        self._checks = checks
        self._params = params
        self._doing = ""  # what takes its time now

    async def see(self, requests: Sequence[RunRequest], needs: Collection[str]) -> dict[str, View]:
        """Return what is seen under the params of each request; jobs of a tick mostly share one.

        What cannot be read in time is unknown as a whole: half a look names the wrong cause.

        Raises:
            Misconfigured: settings that do not fit, or a home that belongs to another cluster.
            StoreFailed: the database cannot be used.
        """
        wanted = {str(each.params): _merged(self._params, each.params) for each in requests}
        limit = max(each.timeout for each in requests) * SHARE
        try:
            async with asyncio.timeout(limit.total_seconds()):
                return await self._views(wanted, needs)
        except TimeoutError:
            dark = await self._dark(needs, limit)
            return {key: check_all(dark, self._checks, each) for key, each in wanted.items()}

    async def _views(
        self, wanted: dict[str, CheckParams], needs: Collection[str]
    ) -> dict[str, View]:
        self._doing = f"listing {len(needs)} kinds"
        snapshot = await self._snapshot(needs)
        self._doing = "reading what suspects need: logs, events, single objects"
        return {
            key: await look(self._cluster, snapshot, self._checks, each)
            for key, each in wanted.items()
        }

    async def _dark(self, needs: Collection[str], limit: timedelta) -> Snapshot:
        text = f"no complete answer within {span(limit)}: {self._doing}"
        log.warning("cluster not read in time", error=text)
        return Snapshot(
            cluster=await asyncio.to_thread(identity.known_cluster, self._store),
            taken_at=self._clock.now(),
            missing={need: Missing("timeout", text) for need in needs},
        )

    async def _snapshot(self, needs: Collection[str]) -> Snapshot:
        try:
            snapshot = await self._cluster.snapshot(needs)
        except WatchdogError as error:
            log.warning("cluster not read", error=str(error))
            return Snapshot(
                cluster=await asyncio.to_thread(identity.known_cluster, self._store),
                taken_at=self._clock.now(),
                missing={need: Missing(error.reason, str(error)) for need in needs},
            )
        if not snapshot.cluster:  # this identity may not read namespaces: it is whose home it is
            known = await asyncio.to_thread(identity.known_cluster, self._store)
            return replace(snapshot, cluster=known)
        await asyncio.to_thread(
            identity.claim_cluster,
            self._store,
            snapshot.cluster,
            self._cluster.name,
            self._clock.now(),
        )
        return snapshot


def _merged(config: CheckParams, job: CheckParams) -> CheckParams:
    """A job's params win key by key; what it leaves out stays as config.yaml says."""
    return {**config, **{check: {**config.get(check, {}), **own} for check, own in job.items()}}
