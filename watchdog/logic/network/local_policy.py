"""Services that answer from outside only on nodes that have a pod of theirs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, podv1
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.network import serving

_HOLD = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unanswered:
    """Addresses of a load balancer, with their nodes, where nothing answers; `others` still do."""

    addresses: dict[str, str]
    nodes: frozenset[str]  # those that have a ready pod
    others: bool


def from_outside(
    snapshot: Snapshot, service: corev1.Service, pods: tuple[podv1.Pod, ...]
) -> Iterator[Finding]:
    """Yield TrafficPolicyLocal when addresses of a Service lead to nodes that have none of its pods."""
    if (dead := _unanswered(snapshot, service, pods)) is not None:
        yield _finding(snapshot, service, dead)


def _unanswered(
    snapshot: Snapshot, service: corev1.Service, pods: tuple[podv1.Pod, ...]
) -> _Unanswered | None:
    """The addresses that are a node's own, while the policy is Local and the node has no ready pod.

    A load balancer beside the nodes sees by the health check which nodes answer. Without any ready
    pod it is the pods' fault. Source: externalTrafficPolicy in the API reference, ServiceSpec.
    """
    ready = frozenset(pod.node for pod in pods if pod.ready)
    if service.spec.external_traffic_policy != "Local" or not ready:
        return None
    given = [each.ip or each.hostname for each in service.status.load_balancer.ingress or ()]
    homes = {
        address.address: name
        for name, node in snapshot.nodes.items()
        for address in node.status.addresses
    }
    dead = {ip: homes[ip] for ip in given if ip in homes and homes[ip] not in ready}
    return _Unanswered(addresses=dead, nodes=ready, others=len(dead) < len(given)) if dead else None


def _finding(snapshot: Snapshot, service: corev1.Service, dead: _Unanswered) -> Finding:
    ref, nodes = service.ref, symptom.listed(sorted(set(dead.addresses.values())))
    where = symptom.listed(sorted(dead.addresses))
    return Finding(
        reason="TrafficPolicyLocal",
        subject=ref,
        severity=Severity.INFO if dead.others else Severity.WARNING,
        message=f"{ref} does not answer at {where}: {nodes} has none of its pods",
        why=f"externalTrafficPolicy of {ref} is Local: what arrives at a node without a ready pod of the "
        f"Service is dropped. {where} leads to {nodes}, its pods are on "
        f"{symptom.listed(sorted(dead.nodes))}. The pods are healthy: a restart does not help.",
        since=serving.changed_at(snapshot, service),
        hold=_HOLD,
        evidence=(
            symptom.fact("spec", ref, "externalTrafficPolicy Local"),
            symptom.fact("status", ref, f"load balancer's address {where} is that of {nodes}"),
        ),
        proposal=symptom.advise_on(
            service,
            "Let the Service answer from every node (the pods then no longer see who calls), or run "
            "one of its pods on each node that has an address.",
            command.patch(ref, {"spec": {"externalTrafficPolicy": "Cluster"}}),
        ),
    )
