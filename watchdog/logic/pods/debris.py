"""Pods that a node ended or refused: what a controller has replaced and nobody cleans up."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from watchdog.domain.objects import podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot

# Reasons of pod status. Source: the kubelet's eviction, admission, preemption and shutdown managers.
_BY_NODE = frozenset(
    {
        "Evicted",
        "NodeAffinity",
        "NodeShutdown",
        "Preempting",
        "Shutdown",
        "Terminated",
        "UnexpectedAdmissionError",
    }
)
# A node that shuts down ends its pods once, on purpose: that is no repetition.
_PLANNED = frozenset({"NodeShutdown", "Shutdown", "Terminated"})
_OUT_OF = "OutOf"  # OutOfcpu, OutOfmemory, OutOfpods, ...
_APART = timedelta(minutes=2)
_PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure")


def is_debris(pod: podv1.Pod) -> bool:
    """Whether a node, not its own program, ended this pod for good."""
    reason = pod.status.reason
    by_node = reason in _BY_NODE or reason.startswith(_OUT_OF)
    return pod.status.phase == "Failed" and by_node


def debris(snapshot: Snapshot) -> dict[Ref, tuple[podv1.Pod, ...]]:
    """The debris of each workload, oldest first."""
    found: defaultdict[Ref, list[podv1.Pod]] = defaultdict(list)
    for owner, pods in snapshot.pods_by_owner.items():
        found[owner] += [pod for pod in pods if is_debris(pod) and pod.controller is not None]
    return {
        owner: tuple(sorted(pods, key=lambda pod: ended_at(pod).timestamp()))
        for owner, pods in found.items()
        if pods
    }


def ended_at(pod: podv1.Pod) -> datetime:
    """When the pod ended, by the latest time it carries."""
    ends = (status.state.terminated for status in pod.statuses)
    moments = (
        pod.metadata.creation_timestamp,
        pod.status.start_time,
        *(condition.last_transition_time for condition in pod.status.conditions),
        *(end.finished_at for end in ends if end is not None),
    )
    return max(moment for moment in moments if moment is not None)


def refused(pods: tuple[podv1.Pod, ...], since: datetime) -> tuple[podv1.Pod, ...]:
    """Those that nodes evicted or refused since then, planned shutdowns left out."""
    return tuple(
        pod for pod in pods if pod.status.reason not in _PLANNED and ended_at(pod) >= since
    )


def occasions(pods: tuple[podv1.Pod, ...]) -> int:
    """How many separate times pods were ended: one pressure evicts many at once."""
    count, last = 0, None
    for pod in pods:
        at = ended_at(pod)
        if last is None or at - last >= _APART:
            count += 1
        last = at
    return count


def whole(snapshot: Snapshot, owner: Ref) -> bool:
    """Whether a workload has all its pods; one that runs to an end is whole when nothing waits."""
    known = snapshot.workloads.get(owner)
    if known is not None:
        return known.ready >= known.wanted
    return all(pod.ready or pod.finished for pod in snapshot.pods_by_owner.get(owner, ()))


def kept_by(snapshot: Snapshot, pod: podv1.Pod) -> Iterator[str]:
    """Say why a failed pod is not to be deleted: it is none, somebody waits for it, its node makes more."""
    owner = pod.controller
    if not is_debris(pod) or owner is None or owner.kind != "ReplicaSet":
        yield f"{pod.ref} is no failed pod of a ReplicaSet"
    if pod.metadata.finalizers:
        yield f"{pod.ref} has finalizers: somebody still waits for it"
    node = snapshot.nodes.get(pod.node)
    conditions = node.status.conditions if node is not None else ()
    for condition in conditions:
        if condition.type in _PRESSURES and condition.status == "True":
            yield f"node {pod.node} has {condition.type}: it is the cause, and makes more of these"
