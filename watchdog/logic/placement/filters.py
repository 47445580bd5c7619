"""What one pod asks of one node by itself: resources, labels, taints and host ports.

Source: the filter plugins of kube-scheduler that look at a pod and a node alone.
"""

from collections import defaultdict

from watchdog.domain.objects import corev1, podv1
from watchdog.domain.quantity import quantity
from watchdog.logic.labels import admits


def requests(spec: podv1.PodSpec) -> dict[str, float]:
    """What a pod asks of a node: cores, bytes, counts by resource name; "pods" is 1.

    Init containers run before the others, except sidecars, which run beside them. What is asked
    for the pod as a whole counts instead of what its containers ask for.
    """
    total: defaultdict[str, float] = defaultdict(float)
    for container in spec.containers:
        _add(total, container)
    peak: defaultdict[str, float] = defaultdict(float)
    for container in spec.init_containers:
        if container.restart_policy == "Always":
            _add(total, container)
        else:
            for name, amount in (container.resources.requests or {}).items():
                peak[name] = max(peak[name], quantity(amount))
    for name, amount in peak.items():
        total[name] = max(total[name], amount)
    for name, given in (spec.resources.requests or {}).items():
        total[name] = quantity(given)
    for name, given in (spec.overhead or {}).items():
        total[name] += quantity(given)
    return {**total, "pods": 1.0}


def _add(total: dict[str, float], container: podv1.Container) -> None:
    for name, amount in (container.resources.requests or {}).items():
        total[name] = total.get(name, 0.0) + quantity(amount)


def tolerates(spec: podv1.PodSpec, taint: corev1.Taint) -> bool:
    """Whether one of the pod's tolerations takes the taint."""
    return any(
        toleration.effect in ("", taint.effect)
        and (
            (toleration.operator == "Exists" and toleration.key in ("", taint.key))
            or (toleration.key == taint.key and toleration.value == taint.value)
        )
        for toleration in spec.tolerations
    )


def repelling(spec: podv1.PodSpec, node: corev1.Node) -> tuple[corev1.Taint, ...]:
    """The taints of a node that keep the pod away."""
    hard = (taint for taint in node.spec.taints if taint.effect in ("NoSchedule", "NoExecute"))
    return tuple(taint for taint in hard if not tolerates(spec, taint))


def matches(spec: podv1.PodSpec, node: corev1.Node) -> bool:
    """Whether nodeSelector and required node affinity take the node."""
    wanted = spec.node_selector or {}
    if any(node.labels.get(key) != value for key, value in wanted.items()):
        return False
    affinity = spec.affinity.node_affinity if spec.affinity else None
    return admits(affinity.required if affinity else None, node)


def too_big(spec: podv1.PodSpec, node: corev1.Node) -> tuple[str, ...]:
    """The resources of which the node has less than the pod asks for, even when empty."""
    room = node.status.allocatable or {}
    return tuple(
        name
        for name, amount in sorted(requests(spec).items())
        if amount > 0 and amount > quantity(room.get(name, 0))
    )


def host_ports(spec: podv1.PodSpec) -> frozenset[tuple[str, int]]:
    """The node ports a pod takes, by protocol; with hostNetwork every container port is one."""
    return frozenset(
        (port.protocol, port.host_port or port.container_port)
        for container in spec.containers + spec.init_containers
        for port in container.ports
        if port.host_port or spec.host_network
    )
