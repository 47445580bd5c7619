"""Nodes x constraints: why a pending pod fits on no node.

It computes what the scheduler's filters compute from the Snapshot, so that a Finding rests on
objects and not on the wording of a message. Source: kube-scheduler's default filter plugins.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from watchdog.domain.objects import corev1, placementv1, podv1, storagev1
from watchdog.domain.quantity import quantity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.labels import admits, selects
from watchdog.logic.placement.filters import (
    host_ports,
    matches,
    repelling,
    requests,
    tolerates,
    too_big,
)

_CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_CORDON = "node.kubernetes.io/unschedulable"
_OWN_TAINTS = (
    _CORDON,
    "node.kubernetes.io/not-ready",
    "node.kubernetes.io/unreachable",
    "node.kubernetes.io/memory-pressure",
    "node.kubernetes.io/disk-pressure",
    "node.kubernetes.io/pid-pressure",
    "node.kubernetes.io/network-unavailable",
)


class Block(StrEnum):
    """Why one node does not take a pod."""

    SELECTOR = "labels that do not match nodeSelector or node affinity"
    VOLUME = "the pod's volume cannot be reached from there"
    CONTROL_PLANE = "a control-plane node"
    STATE = "cordoned, not ready or under pressure"
    TAINT = "a taint that the pod does not tolerate"
    SIZE = "too small even when empty"
    ROOM = "full"
    PORT = "the host port is taken"
    APART = "anti-affinity keeps the pod away"
    SPREAD = "topology spread keeps the pod away"


@dataclass(frozen=True)
class Fit:
    """One pending pod against every node."""

    pod: podv1.Pod
    blocks: Mapping[str, frozenset[Block]]  # by node name; an empty set: the pod fits there

    def nodes(self, *, without: Iterable[Block] = ()) -> tuple[str, ...]:
        """The nodes that none of these reasons rules out, in order of name."""
        ruled_out = set(without)
        return tuple(name for name, blocks in self.blocks.items() if not blocks & ruled_out)


class Scheduling:
    """The occupied cluster of one Snapshot; `fit` answers for one pod at a time.

    Nothing is worked out before the first question: most clusters have no pod that waits.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    @cached_property
    def placed(self) -> Mapping[str, tuple[podv1.Pod, ...]]:
        """The pods that take room on each node."""
        return {
            node: tuple(pod for pod in pods if not pod.finished)
            for node, pods in self._snapshot.all_pods_by_node.items()
            if node
        }

    @cached_property
    def _used(self) -> Mapping[str, Mapping[str, float]]:
        return {node: _sum(pods) for node, pods in self.placed.items()}

    @cached_property
    def _everyone(self) -> tuple[podv1.Pod, ...]:
        return tuple(pod for pods in self.placed.values() for pod in pods)

    @cached_property
    def _picky(self) -> tuple[podv1.Pod, ...]:
        return tuple(pod for pod in self._everyone if _apart(pod))

    def fit(self, pod: podv1.Pod) -> Fit:
        """Test a pod against every node."""
        nodes = self._snapshot.nodes
        spread = self._too_uneven(pod)
        return Fit(
            pod,
            {
                name: self._static(pod, node)
                | self._dynamic(pod, node)
                | ({Block.SPREAD} if name in spread else set())
                for name, node in sorted(nodes.items())
            },
        )

    def free(self, node: corev1.Node) -> dict[str, float]:
        """What is left of a node's allocatable resources."""
        used = self._used.get(node.name, {})
        room = node.status.allocatable or {}
        return {name: quantity(amount) - used.get(name, 0.0) for name, amount in room.items()}

    def short(self, pod: podv1.Pod, node: corev1.Node) -> tuple[str, ...]:
        """The resources of which too little is free on a node."""
        free = self.free(node)
        return tuple(
            name
            for name, amount in sorted(requests(pod.spec).items())
            if amount > 0 and amount > free.get(name, 0.0) + 1e-9
        )

    def _static(self, pod: podv1.Pod, node: corev1.Node) -> frozenset[Block]:
        found: set[Block] = set()
        if not matches(pod.spec, node):
            found.add(Block.SELECTOR)
        if any(not admits(each, node) for each in self.volume_homes(pod)):
            found.add(Block.VOLUME)
        taints = {taint.key for taint in repelling(pod.spec, node)}
        if not node.ready or (node.spec.unschedulable and not _ignores_cordon(pod.spec)):
            found.add(Block.STATE)
        if taints & set(_OWN_TAINTS):
            found.add(Block.STATE)
        if taints & set(_CONTROL_PLANE):
            found.add(Block.CONTROL_PLANE)
        if taints - set(_OWN_TAINTS) - set(_CONTROL_PLANE):
            found.add(Block.TAINT)
        if too_big(pod.spec, node):
            found.add(Block.SIZE)
        return frozenset(found)

    def _dynamic(self, pod: podv1.Pod, node: corev1.Node) -> frozenset[Block]:
        found: set[Block] = set()
        if self.short(pod, node):
            found.add(Block.ROOM)
        taken = {port for each in self.placed.get(node.name, ()) for port in host_ports(each.spec)}
        if host_ports(pod.spec) & taken:
            found.add(Block.PORT)
        if self._repelled(pod, node):
            found.add(Block.APART)
        return frozenset(found)

    def volume_homes(self, pod: podv1.Pod) -> tuple[placementv1.NodeSelector, ...]:
        """Where the pod's bound volumes may be used."""
        return tuple(
            volume.spec.node_affinity.required
            for claim in claims_of(self._snapshot, pod)
            if (volume := self._snapshot.volumes.get(claim.spec.volume_name)) is not None
            and volume.spec.node_affinity is not None
            and volume.spec.node_affinity.required is not None
        )

    def _repelled(self, pod: podv1.Pod, node: corev1.Node) -> bool:
        """Whether required anti-affinity, of the pod or of those placed, keeps it off the node."""
        for other in self._everyone if _apart(pod) else self._picky:
            home = self._snapshot.nodes.get(other.node)
            if home is None:
                continue
            mine = (term for term in _apart(pod) if self._takes(term, pod, other))
            theirs = (term for term in _apart(other) if self._takes(term, other, pod))
            for term in (*mine, *theirs):
                value = node.labels.get(term.topology_key)
                if value is not None and value == home.labels.get(term.topology_key):
                    return True
        return False

    def _takes(
        self, term: placementv1.PodAffinityTerm, holder: podv1.Pod, other: podv1.Pod
    ) -> bool:
        names = term.namespaces or ((holder.namespace,) if term.namespace_selector is None else ())
        namespace = self._snapshot.namespaces.get(other.namespace)
        labels = namespace.labels if namespace else {}
        near = other.namespace in names or (
            term.namespace_selector is not None and selects(term.namespace_selector, labels)
        )
        return near and selects(term.label_selector, other.labels)

    def _too_uneven(self, pod: podv1.Pod) -> frozenset[str]:
        """Nodes where one more pod would break a DoNotSchedule topology spread."""
        found: set[str] = set()
        for spread in pod.spec.topology_spread_constraints:
            if spread.when_unsatisfiable != "DoNotSchedule":
                continue
            counts = self._domains(pod, spread)
            least = min(counts.values(), default=0)
            own = int(selects(spread.label_selector, pod.labels))
            for name, node in self._snapshot.nodes.items():
                domain = node.labels.get(spread.topology_key)
                if domain is None or counts.get(domain, 0) + own - least > spread.max_skew:
                    found.add(name)
        return frozenset(found)

    def _domains(self, pod: podv1.Pod, spread: placementv1.TopologySpread) -> dict[str, int]:
        counts: dict[str, int] = {}
        for node in self._snapshot.nodes.values():
            domain = node.labels.get(spread.topology_key)
            tainted = spread.node_taints_policy == "Honor" and repelling(pod.spec, node)
            if domain is None or tainted or not matches(pod.spec, node):
                continue
            counts[domain] = counts.get(domain, 0) + sum(
                each.namespace == pod.namespace
                and not each.deleting
                and selects(spread.label_selector, each.labels)
                for each in self.placed.get(node.name, ())
            )
        return counts


def claims_of(snapshot: Snapshot, pod: podv1.Pod) -> tuple[storagev1.PersistentVolumeClaim, ...]:
    """The claims a pod mounts, as far as they exist."""
    return tuple(snapshot.claims[ref] for ref in pod.claims if ref in snapshot.claims)


def _apart(pod: podv1.Pod) -> tuple[placementv1.PodAffinityTerm, ...]:
    affinity = pod.spec.affinity.pod_anti_affinity if pod.spec.affinity else None
    return affinity.required if affinity else ()


def _ignores_cordon(spec: podv1.PodSpec) -> bool:
    return tolerates(spec, corev1.Taint(key=_CORDON, effect="NoSchedule"))


def _sum(pods: Iterable[podv1.Pod]) -> dict[str, float]:
    total: defaultdict[str, float] = defaultdict(float)
    for pod in pods:
        for name, amount in requests(pod.spec).items():
            total[name] += amount
    return total
