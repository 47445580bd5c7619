"""Usage: the metrics API and the kubelet's `/stats/summary`."""

from datetime import datetime
from typing import ClassVar

import msgspec

from watchdog.domain.objects.corev1 import ObjectReference
from watchdog.domain.objects.metav1 import Object, Quantities, Record


class NodeMetrics(Object, frozen=True):
    """One sample of what a node uses. Source: metrics.k8s.io/v1beta1."""

    KIND: ClassVar[str] = "NodeMetrics"
    timestamp: datetime | None = None
    usage: Quantities | None = None


class ContainerMetrics(Record, frozen=True):
    name: str = ""
    usage: Quantities | None = None


class PodMetrics(Object, frozen=True):
    """One sample of what the containers of a pod use."""

    KIND: ClassVar[str] = "PodMetrics"
    timestamp: datetime | None = None
    containers: tuple[ContainerMetrics, ...] | None = None


class Filesystem(Record, frozen=True):
    """What a kubelet knows of one file system; any number may be missing."""

    capacity_bytes: int | None = None
    available_bytes: int | None = None
    used_bytes: int | None = None
    inodes: int | None = None
    inodes_free: int | None = None


class ClaimVolume(Filesystem, frozen=True):
    """One volume of a pod; without `pvc_ref` it belongs to no claim."""

    name: str = ""
    pvc_ref: ObjectReference | None = None


class PodStats(Record, frozen=True):
    pod_ref: ObjectReference = msgspec.field(default_factory=ObjectReference)
    ephemeral: Filesystem | None = msgspec.field(default=None, name="ephemeral-storage")
    volumes: tuple[ClaimVolume, ...] | None = msgspec.field(default=None, name="volume")


class RuntimeStats(Record, frozen=True):
    image_fs: Filesystem | None = None


class NodeSummary(Record, frozen=True):
    fs: Filesystem | None = None
    runtime: RuntimeStats | None = None


class NodeStats(Object, frozen=True):
    """A kubelet's own statistics, under the name of its node. Source: kubelet stats/v1alpha1.

    A kubelet sends no metadata: whoever reads it adds the name.
    """

    KIND: ClassVar[str] = "NodeStats"
    node: NodeSummary = msgspec.field(default_factory=NodeSummary)
    pods: tuple[PodStats, ...] | None = None
