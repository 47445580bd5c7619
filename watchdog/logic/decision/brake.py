"""The brake: when so much is sick at once that nothing is done alone. Source: safety.md §8."""

from collections.abc import Iterator

from watchdog.domain.objects import corev1, podv1
from watchdog.domain.snapshot import BASE_NEEDS, Snapshot
from watchdog.logic.decision.preflight import EVICTING, SCALING
from watchdog.logic.platform.server import unwell

_ONE_POD_IN = 10  # this share of the pods has to be sick, and
_LEAST_PODS = 5  # no fewer than these
_ONE_NODE_IN = 3  # more than this share of the nodes
_PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")
# Of an API that nobody installed, or that this identity may not read, nothing can be concluded.
_NO_FAILURE = frozenset({"absent", "forbidden"})


def brakes(snapshot: Snapshot) -> tuple[str, ...]:
    """Return why nothing is to be done now; empty while the cluster as a whole is well."""
    return (*_pods(snapshot), *_nodes(snapshot), *_api(snapshot))


def _pods(snapshot: Snapshot) -> Iterator[str]:
    living = [pod for pod in snapshot.all_pods.values() if not pod.finished and not pod.deleting]
    sick = sum(not _well(snapshot, pod) for pod in living)
    if sick >= _LEAST_PODS and sick * _ONE_POD_IN >= len(living):
        yield f"{sick} of {len(living)} pods are sick: that is no matter of one workload"


def _well(snapshot: Snapshot, pod: podv1.Pod) -> bool:
    return pod.ready and pod.node not in snapshot.lost_nodes


def _nodes(snapshot: Snapshot) -> Iterator[str]:
    sick = sorted(name for name, node in snapshot.nodes.items() if not _sound(node))
    if len(sick) * _ONE_NODE_IN > len(snapshot.nodes):
        yield f"{len(sick)} of {len(snapshot.nodes)} nodes are sick ({', '.join(sick[:5])})"


def _sound(node: corev1.Node) -> bool:
    pressed = (node.condition(kind) for kind in _PRESSURES)
    return node.ready and not any(each is not None and each.status == "True" for each in pressed)


def _api(snapshot: Snapshot) -> Iterator[str]:
    failed = [
        need
        for need in dict.fromkeys((*BASE_NEEDS, *EVICTING, *SCALING))
        if (missing := snapshot.missing.get(need)) is not None
        and (need in BASE_NEEDS or missing.reason not in _NO_FAILURE)
    ]
    if failed:
        yield f"the API does not answer completely ({', '.join(failed)})"
    if (ill := unwell(snapshot)) is not None:
        names = ", ".join(each.name for each in ill.failed) or "it is slow"
        yield f"the API server is not well ({names})"
