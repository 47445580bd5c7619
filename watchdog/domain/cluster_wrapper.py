"""A Cluster in front of another one: everything is passed on, and who stands there changes a part."""

from collections.abc import Collection, Mapping, Sequence

from watchdog.domain.custom import CustomKind, Spec, Writer
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.objects import corev1, metav1
from watchdog.domain.ports import Cluster, Right
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Missing, Snapshot


class ClusterWrapper:
    """Implements `domain.ports.Cluster` by asking `cluster`; `close` closes it."""

    def __init__(self, cluster: Cluster) -> None:
        """Stand in front of `cluster`."""
        self._cluster = cluster

    @property
    def name(self) -> str:
        """As the cluster."""
        return self._cluster.name

    async def snapshot(self, needs: Collection[str]) -> Snapshot:
        """As the cluster."""
        return await self._cluster.snapshot(needs)

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
        """As the cluster."""
        return await self._cluster.rights(needs)

    async def close(self) -> None:
        """As the cluster."""
        await self._cluster.close()
