"""Which values of its own spec keep a pod from every node: what somebody has written wrong."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from watchdog.domain.custom import Carried
from watchdog.domain.objects import metav1, podv1
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.placement.filters import host_ports, too_big
from watchdog.logic.placement.pending import Stuck, offered, taints_of, unmet
from watchdog.logic.placement.scheduling import Scheduling


def carried(snapshot: Snapshot, scheduling: Scheduling, stuck: Stuck) -> tuple[Carried, ...]:
    """The values that the Reason of a stuck pod is about; none where it is about other objects."""
    spec = stuck.pod.spec
    match stuck.reason:
        case "UnschedulableNodeSelector":
            return tuple(_selectors(snapshot, spec))
        case "UnschedulableTaint":
            return tuple(_tolerations(snapshot, stuck))
        case "RequestTooLarge":
            return tuple(_amounts(spec, too_big(spec, snapshot.nodes[stuck.nodes[0]])))
        case "InsufficientCapacity":
            short = {
                name
                for node in stuck.nodes
                for name in scheduling.short(stuck.pod, snapshot.nodes[node])
            }
            return (*_replicas(snapshot, stuck), *_amounts(spec, sorted(short)))
        case "AntiAffinityUnsatisfiable":
            return tuple(_replicas(snapshot, stuck))
        case "HostPortConflict":
            ports = sorted({number for _, number in host_ports(spec)})
            return tuple(Carried(value=str(number), key="hostPort") for number in ports)
        case _:
            return ()


def _selectors(snapshot: Snapshot, spec: podv1.PodSpec) -> Iterator[Carried]:
    """A node that does not exist, and pairs that no node has, of selector and required affinity."""
    if spec.node_name and spec.node_name not in snapshot.nodes:
        yield Carried(value=spec.node_name, key="nodeName", instead="")
    for key, value in unmet(snapshot, spec).items():
        close = get_close_matches(value, offered(snapshot, key), n=1)
        yield Carried(value=value, key=key, instead=close[0] if close else "")
    for need in _requirements(spec):
        values = need.values or ()
        if need.operator == "In" and not {*values} & {*offered(snapshot, need.key)}:
            yield from (Carried(value=value, key=need.key) for value in values)


def _requirements(spec: podv1.PodSpec) -> Iterator[metav1.LabelRequirement]:
    affinity = spec.affinity.node_affinity if spec.affinity else None
    if affinity is not None and affinity.required is not None:
        for term in affinity.required.node_selector_terms:
            yield from term.match_expressions


def _tolerations(snapshot: Snapshot, stuck: Stuck) -> Iterator[Carried]:
    """Tolerations that mean a taint and miss it: its key with another value or effect."""
    taints = {
        taint.key: taint for node in stuck.nodes for taint in taints_of(snapshot, stuck.pod, node)
    }
    for toleration in stuck.pod.spec.tolerations:
        taint = taints.get(toleration.key)
        if taint is None:
            continue
        if toleration.effect not in ("", taint.effect):
            yield Carried(value=toleration.effect, key="effect", instead=taint.effect)
        if toleration.operator != "Exists" and toleration.value != taint.value:
            yield Carried(value=toleration.value, key="value", instead=taint.value or None)


def _amounts(spec: podv1.PodSpec, names: Iterable[str]) -> Iterator[Carried]:
    """What single containers ask for of these resources."""
    for name in names:
        for container in (*spec.init_containers, *spec.containers):
            if (amount := (container.resources.requests or {}).get(name)) is not None:
                yield Carried(value=str(amount), key=name)


def _replicas(snapshot: Snapshot, stuck: Stuck) -> Iterator[Carried]:
    workload = snapshot.workloads.get(stuck.owner)
    if workload is not None and workload.wanted > 1:
        yield Carried(value=str(workload.wanted), key="replicas")
