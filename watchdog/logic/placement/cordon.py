"""Cordons: since when a node takes no pods, and which pods wait for it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from watchdog.domain.grouping import grouped
from watchdog.domain.objects import corev1, podv1
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.placement.scheduling import Block, Scheduling

_TAINT = "node.kubernetes.io/unschedulable"


def cordoned_at(node: corev1.Node) -> datetime | None:
    """When the node controller saw the cordon; None when it does not say."""
    return next((taint.time_added for taint in node.spec.taints if taint.key == _TAINT), None)


def kept_waiting(snapshot: Snapshot) -> dict[str, tuple[podv1.Pod, ...]]:
    """The unschedulable pods by the cordoned nodes that alone would take them.

    A pod counts when it fits nowhere now, and would fit on a Ready node but for its cordon.
    """
    cordoned = [node for node in snapshot.nodes.values() if node.spec.unschedulable and node.ready]
    return grouped(_kept(snapshot, [node for node in cordoned if _only_cordoned(node)]))


def _kept(snapshot: Snapshot, cordoned: Sequence[corev1.Node]) -> Iterator[tuple[str, podv1.Pod]]:
    scheduling = Scheduling(snapshot)
    waiting = [pod for pod in snapshot.pods.values() if _unschedulable(pod)] if cordoned else []
    for pod in waiting:
        blocks = scheduling.fit(pod).blocks
        if all(blocks.values()):
            yield from ((n.name, pod) for n in cordoned if blocks[n.name] == {Block.STATE})


def _unschedulable(pod: podv1.Pod) -> bool:
    condition = pod.condition("PodScheduled")
    waits = condition is not None and condition.reason == "Unschedulable"
    return waits and not pod.node and not pod.spec.scheduling_gates


def _only_cordoned(node: corev1.Node) -> bool:
    """Whether no other state than the cordon keeps pods off it."""
    others = (taint.key for taint in node.spec.taints if taint.key != _TAINT)
    return not any(key.startswith("node.kubernetes.io/") for key in others)
