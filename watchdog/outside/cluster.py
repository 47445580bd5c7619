"""A cluster seen with more than its API server: what is read elsewhere is put into each Snapshot."""

from collections import defaultdict
from collections.abc import Collection

import structlog

from watchdog.domain.cluster_wrapper import ClusterWrapper
from watchdog.domain.errors import WatchdogError
from watchdog.domain.measure import Answers
from watchdog.domain.objects import tlsv1
from watchdog.domain.ports import Cluster
from watchdog.domain.snapshot import Missing, Snapshot
from watchdog.logic.platform.measured import NEEDS, QUERIES, coverage, with_measures
from watchdog.logic.platform.served import with_served
from watchdog.outside.prometheus import Prometheus
from watchdog.outside.tls import Probe

log = structlog.get_logger()


class WiderCluster(ClusterWrapper):
    """Another Cluster, and what was set up beside it."""

    def __init__(
        self, cluster: Cluster, *, prometheus: Prometheus | None = None, probe: Probe | None = None
    ) -> None:
        """Read through `cluster`; `close` closes it."""
        super().__init__(cluster)
        self._prometheus = prometheus
        self._probe = probe
        self._covered: defaultdict[str, frozenset[str]] = defaultdict(frozenset)

    async def snapshot(self, needs: Collection[str]) -> Snapshot:
        """Read the cluster, then elsewhere what it does not tell; raises as the cluster."""
        probe = self._probe if tlsv1.NEED in needs else None
        snapshot = await super().snapshot({*needs, "ingresses"} if probe else needs)
        if self._prometheus and not NEEDS.isdisjoint(needs):
            snapshot = await self._measured(snapshot, needs, self._prometheus)
        return with_served(snapshot, await probe.read(snapshot)) if probe else snapshot

    async def _measured(
        self, snapshot: Snapshot, needs: Collection[str], prometheus: Prometheus
    ) -> Snapshot:
        answers = await _answers(prometheus)
        found = with_measures(snapshot, needs, answers, self._covered)
        if not isinstance(answers, Missing):
            for need, names in coverage(snapshot, answers).items():
                self._covered[need] |= names
        return found


async def _answers(prometheus: Prometheus) -> Answers | Missing:
    try:
        return await prometheus.ask(QUERIES)
    except WatchdogError as error:
        log.warning("prometheus not read", error=str(error))
        return Missing(error.reason, str(error))
