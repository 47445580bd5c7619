"""Cordons: since when a node takes no pods, and which pods wait for it."""

from collections import defaultdict
from datetime import datetime

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
    found: defaultdict[str, list[podv1.Pod]] = defaultdict(list)
    if not cordoned:
        return {}
    scheduling = Scheduling(snapshot)
    for pod in snapshot.pods.values():
        condition = pod.condition("PodScheduled")
        waits = condition is not None and condition.reason == "Unschedulable" and not pod.node
        if not waits or pod.spec.scheduling_gates:
            continue
        blocks = scheduling.fit(pod).blocks
        if all(blocks.values()):
            for node in cordoned:
                if blocks[node.name] == {Block.STATE} and _only_cordoned(node):
                    found[node.name].append(pod)
    return {name: tuple(pods) for name, pods in found.items()}


def _only_cordoned(node: corev1.Node) -> bool:
    """Whether no other state than the cordon keeps pods off it."""
    others = (taint.key for taint in node.spec.taints if taint.key != _TAINT)
    return not any(key.startswith("node.kubernetes.io/") for key in others)
