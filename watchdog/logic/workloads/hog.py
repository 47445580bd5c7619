"""Jobs of nobody that take most of their node, so that what runs beside them suffers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from watchdog.domain.objects import batchv1, corev1, podv1, statsv1
from watchdog.domain.quantity import quantity
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.platform.usage import loads
from watchdog.logic.workloads.rogue import loose, onset

_FULL = 0.9  # of the node's allocatable; the kubelet says it of memory itself
_MOST = 0.5  # what one Job uses of it, so that without the Job the node is not full


@dataclass(frozen=True, slots=True, kw_only=True)
class Hog:
    """A Job, the node it fills, with what, and who suffers there since it runs."""

    job: batchv1.Job
    node: corev1.Node
    resource: str  # "cpu" or "memory"
    share: float  # of the node's allocatable, by the Job alone
    pods: tuple[podv1.Pod, ...]
    onset: datetime


def hogs(snapshot: Snapshot) -> Iterator[Hog]:
    """Yield each loose Job that takes most of a full node where pods are ill since it runs.

    Without the metrics API nothing is said: what a node is full of is then not known.
    """
    for item, started, workers in loose(snapshot):
        filled = {pod.node for pod in workers}
        for node, resource, share in _filled(snapshot, workers):
            if ill := _ill(snapshot, node.name, filled, started):
                yield Hog(
                    job=item,
                    node=node,
                    resource=resource,
                    share=share,
                    pods=tuple(pod for pod, _ in ill),
                    onset=min(at for _, at in ill),
                )


def _filled(
    snapshot: Snapshot, workers: Sequence[podv1.Pod]
) -> Iterator[tuple[corev1.Node, str, float]]:
    """Yield the nodes that are full, with what, and how much of it these pods of one Job take."""
    for name in dict.fromkeys(pod.node for pod in workers):
        node = snapshot.nodes.get(name)
        if node is None or not node.ready:
            continue
        own = [pod for pod in workers if pod.node == name]
        for resource in ("cpu", "memory"):
            share = _taken(snapshot, own, node, resource)
            if share >= _MOST and _full(snapshot, node, resource):
                yield node, resource, share


def _ill(
    snapshot: Snapshot, name: str, filled: set[str], started: datetime
) -> list[tuple[podv1.Pod, datetime]]:
    """The pods on this node that are ill since, of workloads that are well wherever the Job is not.

    A container that is killed at its own limit has not been short of what the node had left.
    """
    found = []
    for pods in snapshot.pods_by_owner.values():
        ill = [(pod, at) for pod in pods if (at := onset(pod, started)) is not None]
        if all(pod.node in filled and not _at_limit(pod) for pod, _ in ill):
            found += [(pod, at) for pod, at in ill if pod.node == name]
    return found


def _at_limit(pod: podv1.Pod) -> bool:
    limited = {
        each.name for each in pod.spec.containers if "memory" in (each.resources.limits or {})
    }
    ends = (
        (status.name, status.state.terminated or status.last_state.terminated)
        for status in pod.statuses
    )
    return any(
        name in limited and end is not None and end.reason == "OOMKilled" for name, end in ends
    )


def _taken(snapshot: Snapshot, own: Sequence[podv1.Pod], node: corev1.Node, resource: str) -> float:
    room = quantity((node.status.allocatable or {}).get(resource, 0))
    samples = snapshot.of("podmetrics", statsv1.PodMetrics)
    used = sum(
        quantity((each.usage or {}).get(resource, 0))
        for pod in own
        if (sample := samples.get(Ref("PodMetrics", pod.namespace, pod.name))) is not None
        for each in sample.containers or ()
    )
    return used / room if room else 0.0


def _full(snapshot: Snapshot, node: corev1.Node, resource: str) -> bool:
    pressed = node.condition("MemoryPressure") if resource == "memory" else None
    sample = snapshot.of("nodemetrics", statsv1.NodeMetrics).get(Ref("NodeMetrics", "", node.name))
    found = loads(snapshot, node, sample) if sample is not None else ()
    full = any(each.resource == resource and each.share > _FULL for each in found)
    return full or (pressed is not None and pressed.status == "True")
