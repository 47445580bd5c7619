"""From the nodes that rule a pod out to the one constraint that has to change."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.objects import corev1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic.labels import meets
from watchdog.logic.placement.coming_node import node_is_coming
from watchdog.logic.placement.filters import matches, repelling
from watchdog.logic.placement.preemption import pushing_class
from watchdog.logic.placement.scheduling import Block, Fit, Scheduling, claims_of

_HOUR = timedelta(hours=1)
_SINGLE = {"ReadWriteOnce", "ReadWriteOncePod"}
_TAINTS = (Block.TAINT, Block.CONTROL_PLANE)


@dataclass(frozen=True, slots=True)
class Stuck:
    """One pod that cannot be placed, or cannot start where it is, and the Reason."""

    reason: str
    owner: Ref
    pod: podv1.Pod
    since: datetime | None
    fit: Fit
    nodes: tuple[str, ...] = ()  # the nodes the Reason is about


def stuck_pods(snapshot: Snapshot, scheduling: Scheduling) -> tuple[Stuck, ...]:
    """Return the pods that are unschedulable for a Reason the Snapshot proves."""
    found = (
        _stuck(snapshot, scheduling, owner, pod)
        for owner, pods in snapshot.pods_by_owner.items()
        for pod in pods
        if not pod.finished and not pod.ready
    )
    return tuple(each for each in found if each is not None)


def _stuck(snapshot: Snapshot, scheduling: Scheduling, owner: Ref, pod: podv1.Pod) -> Stuck | None:
    condition = pod.condition("PodScheduled")
    waits = condition is not None and condition.reason == "Unschedulable"
    gated = bool(pod.spec.scheduling_gates) or node_is_coming(snapshot, pod)
    if condition and waits and not pod.node and not gated:
        fit = scheduling.fit(pod)
        verdict = _verdict(snapshot, scheduling, fit)
        since = condition.last_transition_time or pod.metadata.creation_timestamp
        return Stuck(verdict[0], owner, pod, since, fit, verdict[1]) if verdict else None
    if pinned_to_nothing(snapshot, owner, pod):
        since = _pinned_since(snapshot, owner)
        return Stuck("UnschedulableNodeSelector", owner, pod, since, Fit(pod, {}))
    if pod.node and _held_elsewhere(snapshot, pod):
        since = pod.metadata.creation_timestamp
        return Stuck("RWOVolumeShared", owner, pod, since, Fit(pod, {}))
    return None


def _verdict(
    snapshot: Snapshot, scheduling: Scheduling, fit: Fit
) -> tuple[str, tuple[str, ...]] | None:
    pod = fit.pod
    if _waits_for_claim(snapshot, pod):
        return None
    shaped = fit.nodes(without=(Block.SELECTOR,))
    if not shaped:
        return "UnschedulableNodeSelector", ()
    homes = fit.nodes(without=(Block.VOLUME,))
    fitting = tuple(name for name in shaped if name in homes)
    if not fitting:
        shared = sharers(snapshot, pod)
        return ("RWOVolumeShared" if shared else "VolumeNodeAffinityConflict"), homes
    workers = tuple(name for name in fitting if Block.CONTROL_PLANE not in fit.blocks[name])
    fitting = workers or fitting
    large = tuple(name for name in fitting if Block.SIZE not in fit.blocks[name])
    if not large:
        return "RequestTooLarge", fitting
    tolerated = tuple(name for name in large if not fit.blocks[name] & {*_TAINTS})
    if not tolerated:
        return "UnschedulableTaint", large
    # What is left to a pod whose nodes are down or cordoned is the nodes' own Finding, and so is one
    # that would fit if one of them were back.
    if any(fit.blocks[name] == {Block.STATE} for name in tolerated):
        return None
    alive = tuple(name for name in tolerated if Block.STATE not in fit.blocks[name])
    return _full(snapshot, scheduling, fit, alive) if alive else None


def _full(
    snapshot: Snapshot, scheduling: Scheduling, fit: Fit, alive: tuple[str, ...]
) -> tuple[str, tuple[str, ...]] | None:
    blocks = {name: fit.blocks[name] for name in alive}
    if not all(blocks.values()):
        return None  # it fits by now: the scheduler has not come round yet
    if all(Block.PORT in each for each in blocks.values()):
        return "HostPortConflict", alive
    room = tuple(name for name, each in blocks.items() if each == {Block.ROOM})
    if room:
        pushed = pushing_class(snapshot, scheduling, fit.pod, room)
        return ("PriorityPreemption" if pushed else "InsufficientCapacity"), room
    shared = sharers(snapshot, fit.pod)
    return ("RWOVolumeShared" if shared else "AntiAffinityUnsatisfiable"), alive


def _waits_for_claim(snapshot: Snapshot, pod: podv1.Pod) -> bool:
    """Whether a claim of the pod is absent, or unbound and not waiting for this very pod."""
    claims = claims_of(snapshot, pod)
    if snapshot.has("persistentvolumeclaims") and len(claims) < len(pod.claims):
        return True
    for claim in claims:
        known = snapshot.storage_classes.get(claim.spec.storage_class_name or "")
        late = known is not None and known.volume_binding_mode == "WaitForFirstConsumer"
        if claim.status.phase == "Lost" or (claim.status.phase == "Pending" and not late):
            return True
    return False


def sharers(snapshot: Snapshot, pod: podv1.Pod) -> tuple[podv1.Pod, ...]:
    """Other running pods that hold a claim of this pod which only one node may use."""
    single = {
        claim.ref
        for claim in claims_of(snapshot, pod)
        if claim.spec.access_modes and {*claim.spec.access_modes} <= _SINGLE
    }
    return tuple(
        other
        for other in snapshot.pods.values()
        if other.ref != pod.ref
        and other.namespace == pod.namespace
        and other.node
        and not other.finished
        and not single.isdisjoint(other.claims)
    )


def _held_elsewhere(snapshot: Snapshot, pod: podv1.Pod) -> bool:
    """Whether the pod hangs in ContainerCreating while its claim is in use on another node."""
    creating = any(
        status.state.waiting
        and status.state.waiting.reason in ("ContainerCreating", "PodInitializing")
        for status in pod.statuses
    )
    started = any(status.state.running or status.state.terminated for status in pod.statuses)
    others = sharers(snapshot, pod) if creating and not started else ()
    return any(other.node != pod.node and other.ready for other in others)


def pinned_to_nothing(snapshot: Snapshot, owner: Ref, pod: podv1.Pod) -> bool:
    """Whether the template itself binds the pod to a node that does not exist.

    nodeName goes past the scheduler, so the pod carries no condition; the garbage collector deletes
    it within a minute and its owner makes it anew.
    """
    workload = snapshot.workloads.get(owner)
    wanted = workload.template.spec.node_name if workload else ""
    return bool(wanted) and pod.node == wanted and wanted not in snapshot.nodes


def _pinned_since(snapshot: Snapshot, owner: Ref) -> datetime | None:
    """When the template was made that binds the pods; the pods themselves do not live for long."""
    workload = snapshot.workloads[owner]
    return workload.current.created_at if workload.current else workload.created_at


def taints_of(snapshot: Snapshot, pod: podv1.Pod, node: str) -> tuple[corev1.Taint, ...]:
    """The taints of a node that keep the pod away."""
    return repelling(pod.spec, snapshot.nodes[node])


def newly_tainted(snapshot: Snapshot, scheduling: Scheduling, stuck: Stuck, node: str) -> bool:
    """Whether the taint is younger than the workload: the node has changed, not the workload.

    A NoSchedule taint carries no time, but a pod that runs there without tolerating it was placed
    before the taint. DaemonSet pods prove nothing: they tolerate, or are placed otherwise.
    """
    workload = snapshot.workloads.get(stuck.owner)
    born = (workload.created_at if workload else None) or stuck.pod.metadata.creation_timestamp
    for taint in taints_of(snapshot, stuck.pod, node):
        if born and taint.time_added is not None:
            return taint.time_added > born
    for pod in scheduling.placed.get(node, ()):
        placed = pod.metadata.creation_timestamp
        owner = pod.controller
        plain = owner is None or owner.kind not in ("DaemonSet", "Node")
        if (
            plain
            and born
            and placed
            and placed >= born - _HOUR
            and repelling(pod.spec, snapshot.nodes[node])
        ):
            return True
    return False


def unmet(snapshot: Snapshot, spec: podv1.PodSpec) -> dict[str, str]:
    """The pairs of nodeSelector that no node has."""
    wanted = spec.node_selector or {}
    nodes = snapshot.nodes.values()
    return {
        key: value
        for key, value in sorted(wanted.items())
        if not any(node.labels.get(key) == value for node in nodes)
    }


def unmet_terms(snapshot: Snapshot, spec: podv1.PodSpec) -> tuple[metav1.LabelRequirement, ...]:
    """The expressions of the required node affinity that no node meets."""
    affinity = spec.affinity.node_affinity if spec.affinity else None
    terms = affinity.required.node_selector_terms if affinity and affinity.required else ()
    nodes = snapshot.nodes.values()
    return tuple(
        each
        for term in terms
        for each in term.match_expressions
        if not any(meets(each, node.labels) for node in nodes)
    )


def offered(snapshot: Snapshot, key: str) -> tuple[str, ...]:
    """The values that nodes have for a label."""
    return tuple(
        sorted({node.labels[key] for node in snapshot.nodes.values() if key in node.labels})
    )


def earlier_matched(snapshot: Snapshot, workload: Workload | None, nodes: tuple[str, ...]) -> bool:
    """Whether the previous revision may use one of these nodes; no nodes given means any."""
    if workload is None or workload.previous is None:
        return False
    spec = workload.previous.template.spec
    return any(matches(spec, snapshot.nodes[name]) for name in nodes or snapshot.nodes)
