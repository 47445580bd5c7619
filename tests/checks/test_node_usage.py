"""node_usage: nodes that run out, and wobbles that do not count."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.builders import HOUR, MINUTE, ago, deployment, meta, node, pod, replicaset, snapshot
from watchdog.checks.node_usage import NodeUsageParams, node_usage
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, metav1, statsv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

W1 = Ref("Node", "", "w-1")
GIB = 2**30


def detect(*items: metav1.Object) -> list[Finding]:
    return list(node_usage.detect(snapshot(*items), NodeUsageParams()))


def sample(*, cpu: str = "1", memory: str = "1Gi", age: timedelta = MINUTE) -> statsv1.NodeMetrics:
    """Of a node with 8 cores and 16Gi."""
    return statsv1.NodeMetrics(
        metadata=metav1.Metadata(name="w-1"),
        timestamp=ago(age),
        usage={"cpu": cpu, "memory": memory},
    )


def disk(share: float, *, size: int = 100 * GIB, inodes: float = 0.1) -> statsv1.Filesystem:
    return statsv1.Filesystem(
        capacity_bytes=size,
        available_bytes=int(size * (1 - share)),
        used_bytes=0,  # of images alone, on an image file system: no measure of fullness
        inodes=1000,
        inodes_free=int(1000 * (1 - inodes)),
    )


def stats(
    fs: statsv1.Filesystem | None, images: statsv1.Filesystem | None = None, *pods: statsv1.PodStats
) -> statsv1.NodeStats:
    runtime = statsv1.RuntimeStats(image_fs=images) if images else None
    return statsv1.NodeStats(
        metadata=metav1.Metadata(name="w-1"),
        node=statsv1.NodeSummary(fs=fs, runtime=runtime),
        pods=pods or None,
    )


def pressed(kind: str, status: str = "True") -> corev1.Node:
    made = node("w-1")
    trouble = metav1.Condition(type=kind, status=status)
    return replace(made, status=replace(made.status, conditions=(*made.status.conditions, trouble)))


def test_a_node_that_uses_its_cpu_needs_a_second_sample_and_names_who_uses_it() -> None:
    owner = deployment(Ref("Deployment", "media", "tdarr"))
    worker = replicaset(owner, 1)
    busy = pod(Ref("Pod", "media", "tdarr-1"), owner=worker)
    elsewhere = pod(Ref("Pod", "media", "other"), node="w-2")
    used = [
        statsv1.PodMetrics(
            metadata=meta(ref),
            containers=(statsv1.ContainerMetrics(name="app", usage={"cpu": cpu}),),
        )
        for ref, cpu in (
            (busy.ref._replace(kind="PodMetrics"), "7100m"),
            (elsewhere.ref._replace(kind="PodMetrics"), "9"),
            (Ref("PodMetrics", "media", "gone"), "9"),
        )
    ]

    [finding] = detect(node("w-1"), sample(cpu="7680m"), owner, worker, busy, elsewhere, *used)

    assert (finding.reason, finding.subject) == ("NodeSaturated", W1)
    assert (finding.since, finding.sightings) == (None, 2)
    assert finding.severity is Severity.WARNING
    assert finding.message == "node w-1 uses 96% of its CPU"
    assert "Deployment/media/tdarr 7.1 cores" in finding.why
    assert "other" not in finding.why
    assert finding.proposal is not None
    assert "kubectl top pods -A --sort-by=cpu" in finding.proposal.commands
    assert owner.ref in finding.affected


def test_who_uses_next_to_nothing_is_not_named() -> None:
    idle = pod(Ref("Pod", "media", "idle"))
    used = statsv1.PodMetrics(
        metadata=meta(idle.ref._replace(kind="PodMetrics")),
        containers=(statsv1.ContainerMetrics(name="app", usage={"cpu": "10m"}),),
    )

    [finding] = detect(node("w-1"), sample(cpu="7680m"), idle, used)

    assert "What uses most there: not known." in finding.why


def test_cpu_and_memory_of_one_node_are_one_finding() -> None:
    [finding] = detect(node("w-1"), sample(cpu="7.5", memory="15Gi"))

    assert finding.message == "node w-1 uses 94% of its CPU and 94% of its memory"


@pytest.mark.parametrize(
    "shown",
    [
        sample(cpu="7.2", memory="14.4Gi"),
        sample(cpu="8", age=HOUR),
        statsv1.NodeMetrics(metadata=metav1.Metadata(name="w-1")),
        statsv1.NodeMetrics(metadata=metav1.Metadata(name="w-9"), usage={"cpu": "8"}),
    ],
    ids=["at the limit", "old", "empty", "of a node that is gone"],
)
def test_other_samples_are_no_fault(shown: statsv1.NodeMetrics) -> None:
    assert detect(node("w-1"), shown) == []


def test_a_node_that_is_not_ready_or_says_so_itself_is_told_by_another_check() -> None:
    assert detect(node("w-1", ready="Unknown"), sample(cpu="8"), stats(disk(0.99))) == []
    assert detect(pressed("MemoryPressure"), sample(memory="16Gi")) == []
    assert detect(pressed("DiskPressure"), stats(disk(0.99))) == []


def test_a_pressure_that_is_over_and_one_of_another_kind_do_not_hide() -> None:
    assert len(detect(pressed("DiskPressure", "False"), stats(disk(0.99)))) == 1
    assert len(detect(pressed("MemoryPressure"), sample(cpu="8", memory="16Gi"))) == 1


def test_a_disk_that_fills_needs_a_second_sample_and_names_who_writes() -> None:
    writer = pod(Ref("Pod", "media", "cache"))
    written = statsv1.PodStats(
        pod_ref=corev1.ObjectReference(namespace="media", name="cache"),
        ephemeral=statsv1.Filesystem(used_bytes=6 * GIB),
    )
    unmeasured = statsv1.PodStats(pod_ref=corev1.ObjectReference(namespace="media", name="x"))

    [finding] = detect(node("w-1"), writer, stats(disk(0.91), disk(0.91), written, unmeasured))

    assert (finding.reason, finding.subject) == ("NodeDiskNearlyFull", W1)
    assert (finding.since, finding.sightings) == (None, 2)
    assert finding.severity is Severity.WARNING
    assert finding.message == "node w-1: its file system is 91% full"
    assert "Pod/media/cache 6Gi" in finding.why
    assert finding.proposal is not None
    assert "crictl rmi --prune" in finding.proposal.text


def test_an_image_file_system_of_its_own_is_judged_too() -> None:
    [finding] = detect(node("w-1"), stats(disk(0.2), disk(0.88, size=50 * GIB)))

    assert finding.message == "node w-1: its image file system is 88% full"


def test_inodes_run_out_like_bytes() -> None:
    [finding] = detect(node("w-1"), stats(disk(0.2, inodes=0.9)))

    assert finding.message == "node w-1: its file system is 90% full (inodes)"


def test_a_disk_beyond_the_critical_share_counts_at_once() -> None:
    [finding] = detect(node("w-1"), stats(disk(0.96)))

    assert (finding.severity, finding.sightings) == (Severity.CRITICAL, 1)


def test_a_disk_with_room_or_without_figures_is_no_fault() -> None:
    assert detect(node("w-1"), stats(disk(0.79), disk(0.79))) == []
    assert detect(node("w-1"), stats(None)) == []
    assert detect(node("w-1"), stats(statsv1.Filesystem(used_bytes=9))) == []


def test_without_metrics_and_statistics_nothing_is_said() -> None:
    bare = snapshot(node("w-1"), missing=("nodemetrics", "podmetrics", "stats"))

    assert list(node_usage.detect(bare, NodeUsageParams())) == []
