"""Nodes that run out of disk, CPU or memory: what they use, before the kubelet calls it pressure."""

from collections.abc import Iterator

from pydantic import Field

from watchdog.domain.check import Params, check
from watchdog.domain.evidence import Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, statsv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.platform import usage

# The condition with which a node tells the same itself; then it is node_pressure's to say.
_TOLD_BY = {"cpu": "", "memory": "MemoryPressure", "disk": "DiskPressure"}
_WORDS = {"cpu": "CPU", "memory": "memory"}


class NodeUsageParams(Params):
    """`checks.node_usage` in the config file."""

    saturated: float = Field(
        default=0.9, gt=0, le=1, description="share of allocatable CPU or memory, in two samples"
    )
    disk: float = Field(
        default=0.85, gt=0, le=1, description="share of a node's file system, in two samples"
    )
    disk_critical: float = Field(
        default=0.95, gt=0, le=1, description="share of a node's file system that is critical"
    )


@check(
    family="nodes",
    needs=("nodes", "pods"),
    optional=("nodemetrics", "podmetrics", "stats"),
    reasons=("NodeSaturated", "NodeDiskNearlyFull"),
    params=NodeUsageParams,
)
def node_usage(snapshot: Snapshot, params: NodeUsageParams) -> Iterator[Finding]:
    """A Ready node uses nearly all of its CPU, memory, disk or inodes in two samples in a row.

    One sample is a wobble; a disk beyond the critical share counts at once. What a node reports as
    a pressure condition is left to node_pressure.
    """
    samples = snapshot.of("nodemetrics", statsv1.NodeMetrics)
    statistics = snapshot.of("stats", statsv1.NodeStats)
    for name, node in snapshot.nodes.items():
        if not node.ready:
            continue
        sample = samples.get(Ref("NodeMetrics", "", name))
        loads = usage.loads(snapshot, node, sample) if sample else ()
        if full := [
            each
            for each in loads
            if each.share > params.saturated and not _told(node, each.resource)
        ]:
            yield _saturated(snapshot, node, full)
        stats = statistics.get(Ref("NodeStats", "", name))
        if stats is not None and not _told(node, "disk"):
            yield from _disk(snapshot, node, stats, params)


def _told(node: corev1.Node, resource: str) -> bool:
    condition = node.condition(_TOLD_BY[resource])
    return condition is not None and condition.status == "True"


def _saturated(snapshot: Snapshot, node: corev1.Node, full: list[usage.Load]) -> Finding:
    what = " and ".join(f"{each.share:.0%} of its {_WORDS[each.resource]}" for each in full)
    top = symptom.listed(each for load in full for each in load.top)
    return Finding(
        reason="NodeSaturated",
        subject=node.ref,
        affected=_on(snapshot, node),
        severity=Severity.WARNING,
        message=f"node {node.name} uses {what}",
        why=f"Node {node.name} uses {what}, in two samples in a row. What uses most there: "
        f"{top or 'not known'}. Everything on the node gets slower before anything fails; the node "
        "itself is not broken, and a restart does not help.",
        since=None,
        sightings=2,
        evidence=tuple(
            symptom.fact(
                "metric",
                node.ref,
                f"{_WORDS[each.resource]} {each.share:.0%} of allocatable; most: "
                f"{', '.join(each.top) or 'not known'}",
            )
            for each in full
        ),
        proposal=Proposal(
            f"Limit or move what uses most on {node.name} ({top or 'see below'}), or add a node.",
            (
                *(f"kubectl top pods -A --sort-by={each.resource}" for each in full),
                command.describe(node.ref),
            ),
        ),
    )


def _disk(
    snapshot: Snapshot, node: corev1.Node, stats: statsv1.NodeStats, params: NodeUsageParams
) -> Iterator[Finding]:
    levels = {what: usage.level(system) for what, system in usage.disks(stats).items()}
    full = {what: each for what, each in levels.items() if each.share > params.disk}
    if not full:
        return
    worst = max(full.values())
    critical = worst.share > params.disk_critical
    said = " and ".join(
        f"its {what} is {each.share:.0%} full{' (inodes)' if each.what == 'inodes' else ''}"
        for what, each in full.items()
    )
    top = symptom.listed(usage.largest_on_disk(snapshot, stats))
    yield Finding(
        reason="NodeDiskNearlyFull",
        subject=node.ref,
        affected=_on(snapshot, node),
        severity=Severity.CRITICAL if critical else Severity.WARNING,
        message=f"node {node.name}: {said}",
        why=f"On node {node.name} {said}; {worst.left} left. When it is used up the kubelet removes "
        f"images and evicts pods{f'; what writes most there: {top}' if top else ''}. Restarting pods "
        "does not help.",
        since=None,
        sightings=1 if critical else 2,
        evidence=(
            *(
                symptom.fact("metric", node.ref, f"{what}: {each.share:.0%} used, {each.left} left")
                for what, each in levels.items()
            ),
            *((symptom.fact("metric", node.ref, f"largest writers: {top}"),) if top else ()),
        ),
        proposal=Proposal(
            f"On {node.name}: crictl rmi --prune removes unused images; look for old logs and large "
            f"emptyDir volumes{f' ({top})' if top else ''}, or enlarge the disk.",
            (command.describe(node.ref),),
        ),
    )


def _on(snapshot: Snapshot, node: corev1.Node) -> tuple[Ref, ...]:
    pods = [pod for pod in snapshot.all_pods_by_node.get(node.name, ()) if not pod.finished]
    return symptom.affected(snapshot, pods, node.ref)
