"""Evictions for want of disk: whether the disk is full, or only the kubelet's threshold wrong."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.objects import corev1, podv1, statsv1
from watchdog.domain.quantity import in_binary, quantity
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.platform import usage
from watchdog.logic.pods.debris import ended_at

# No kubelet that anybody set up on purpose evicts while a quarter of the disk is free.
_PLENTY = 0.25
_RECENT = timedelta(hours=1)
# A kubelet goes on reporting pressure for 5 minutes after it is over (evictionPressureTransitionPeriod).
_LATELY = timedelta(minutes=15)
# Source: kubelet, pkg/kubelet/eviction/helpers.go, nodeLowMessageFmt and thresholdMetMessageFmt.
_LOW = "low on resource: ephemeral-storage"
_QUANTITIES = re.compile(r"Threshold quantity: (\w+), available: (\w+)")


@dataclass(frozen=True, slots=True)
class Misjudged:
    """A node that evicts while plenty is free: since when, and the words of its own numbers."""

    since: datetime | None
    free: str  # "71Gi of 100Gi"
    threshold: str  # "80Gi", "" when no evicted pod says so
    pods: tuple[podv1.Pod, ...]  # evicted within the hour


def misjudged(snapshot: Snapshot, node: corev1.Node) -> Misjudged | None:
    """Whether the node is short of disk by its threshold only; None when it is not, or nobody knows.

    Either its statistics show plenty on every file system while it reports DiskPressure, or evicted
    pods name a threshold that no disk of its size should have. What was free at an eviction just now
    counts more than what is free since: the eviction may have freed it.
    """
    evicted = _evicted(snapshot, node)
    lately = [pod for pod in evicted if snapshot.age(ended_at(pod)) <= _LATELY]
    stats = snapshot.of("stats", statsv1.NodeStats).get(Ref("NodeStats", "", node.name))
    levels = _levels(stats)
    size = _size(node, stats)
    if any(free < _PLENTY * size for _, free in _numbers(lately)):
        return None
    said = [each for each in _numbers(evicted) if each[1] >= _PLENTY * size]
    pressed = node.condition("DiskPressure")
    if pressed is not None and pressed.status == "True" and levels and _plenty(levels):
        since = pressed.last_transition_time
    elif said and size:
        since = min(ended_at(pod) for pod in evicted)
    else:
        return None
    return Misjudged(
        since=since,
        free=max(levels).left if levels else f"{in_binary(said[-1][1])} of {in_binary(size)}",
        threshold=in_binary(max(threshold for threshold, _ in said)) if said else "",
        pods=evicted,
    )


def _evicted(snapshot: Snapshot, node: corev1.Node) -> tuple[podv1.Pod, ...]:
    """The pods this node evicted for want of disk within the hour, oldest first."""
    found = [
        pod
        for pod in snapshot.all_pods_by_node.get(node.name, ())
        if pod.status.reason == "Evicted"
        and _LOW in pod.status.message
        and pod.ref in snapshot.pods
        and snapshot.age(ended_at(pod)) <= _RECENT
    ]
    return tuple(sorted(found, key=ended_at))


def _numbers(evicted: Iterable[podv1.Pod]) -> tuple[tuple[float, float], ...]:
    """Threshold and what was free at each eviction that says so, in bytes."""
    matches = (_QUANTITIES.search(pod.status.message) for pod in evicted)
    return tuple((quantity(match[1]), quantity(match[2])) for match in matches if match)


def _levels(stats: statsv1.NodeStats | None) -> tuple[usage.Level, ...]:
    """How full each file system of the node is, as far as it was measured."""
    found = (usage.level(system) for system in usage.disks(stats).values()) if stats else ()
    return tuple(each for each in found if each != usage.EMPTY)


def _plenty(levels: tuple[usage.Level, ...]) -> bool:
    return all(each.share < 1 - _PLENTY for each in levels)


def _size(node: corev1.Node, stats: statsv1.NodeStats | None) -> float:
    """Bytes of the disk that pods write to; 0 when nobody says."""
    measured = stats.node.fs.capacity_bytes if stats and stats.node.fs else None
    return measured or quantity((node.status.capacity or {}).get("ephemeral-storage", 0))
