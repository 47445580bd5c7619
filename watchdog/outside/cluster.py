"""A cluster seen with more than its API server: what is read elsewhere is put into each Snapshot."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import structlog

from watchdog.domain.custom import CustomKind, Spec, Writer
from watchdog.domain.errors import WatchdogError
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.measure import Answers
from watchdog.domain.objects import corev1, metav1, tlsv1
from watchdog.domain.ports import Cluster, Right
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Missing, Snapshot
from watchdog.logic.platform.measured import NEEDS, QUERIES, coverage, with_measures
from watchdog.logic.platform.served import with_served
from watchdog.outside.prometheus import Prometheus
from watchdog.outside.tls import Probe

log = structlog.get_logger()


class WiderCluster:
    """Implements `domain.ports.Cluster`: another one, and what was set up beside it."""

    def __init__(
        self, cluster: Cluster, *, prometheus: Prometheus | None = None, probe: Probe | None = None
    ) -> None:
        """Read through `cluster`; `close` closes it."""
        self._cluster = cluster
        self._prometheus = prometheus
        self._probe = probe
        self._covered: defaultdict[str, frozenset[str]] = defaultdict(frozenset)

    @property
    def name(self) -> str:
        """The display name of the cluster."""
        return self._cluster.name

    async def snapshot(self, needs: Collection[str]) -> Snapshot:
        """Read the cluster, then elsewhere what it does not tell; raises as the cluster."""
        probe = self._probe if tlsv1.NEED in needs else None
        snapshot = await self._cluster.snapshot({*needs, "ingresses"} if probe else needs)
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

    async def logs(self, queries: Sequence[LogQuery]) -> Mapping[LogQuery, Log]:
        """As the cluster."""
        return await self._cluster.logs(queries)

    async def events(self, refs: Sequence[Ref]) -> Mapping[Ref, tuple[corev1.Event, ...]]:
        """As the cluster."""
        return await self._cluster.events(refs)

    async def customs(
        self, kinds: Sequence[CustomKind]
    ) -> Mapping[CustomKind, tuple[metav1.Object, ...] | Missing]:
        """As the cluster."""
        return await self._cluster.customs(kinds)

    async def specs(self, writers: Sequence[Writer]) -> Mapping[Writer, Spec | Missing]:
        """As the cluster."""
        return await self._cluster.specs(writers)

    async def rights(self, needs: Collection[str]) -> Sequence[Right]:
        """As the cluster: what is read elsewhere takes none."""
        return await self._cluster.rights(needs)

    async def close(self) -> None:
        """Close the cluster."""
        await self._cluster.close()


async def _answers(prometheus: Prometheus) -> Answers | Missing:
    try:
        return await prometheus.ask(QUERIES)
    except WatchdogError as error:
        log.warning("prometheus not read", error=str(error))
        return Missing(error.reason, str(error))
