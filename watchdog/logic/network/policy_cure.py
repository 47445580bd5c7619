"""What to do about a policy that cuts a way: the narrowest rule that opens it again."""

from collections.abc import Mapping

from watchdog.domain.evidence import Proposal
from watchdog.domain.objects import networkingv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.network.connections import Connection
from watchdog.logic.network.policies import Cut, applies, rules

_NAMING = ("app.kubernetes.io/name", "app", "k8s-app")  # labels that say which app a pod is
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")


def cure(snapshot: Snapshot, cut: Cut, connections: tuple[Connection, ...]) -> Proposal:
    """Add the missing rule; delete a policy that allows nothing and is part of no scheme."""
    policy, direction = cut.subject, cut.direction
    own = rules(policy, direction)
    others = [
        each
        for each in snapshot.of("networkpolicies", networkingv1.NetworkPolicy).values()
        if each.namespace == policy.namespace
        and each.ref != policy.ref
        and applies(each, direction)
    ]
    nothing = not rules(policy, "Ingress") and not rules(policy, "Egress")
    if nothing and not others:
        text = (
            f"NetworkPolicy {policy.name} allows nothing, and no other policy of {policy.namespace} "
            f"opens a way: delete it, or add a rule for {_who(cut, connections)}."
        )
        return symptom.advise_on(policy, text, command.delete(policy.ref))
    missing = [rule for connection in connections if (rule := _rule(snapshot, cut, connection))]
    unique = list({str(rule): rule for rule in missing}.values())
    field = direction.lower()
    body: list[dict[str, object]] = (
        [{"op": "add", "path": f"/spec/{field}/-", "value": rule} for rule in unique]
        if own
        else [{"op": "add", "path": f"/spec/{field}", "value": unique}]
    )
    text = (
        f"Add a rule for {_who(cut, connections)} to NetworkPolicy {policy.name}, or apply one more "
        "that allows it."
    )
    reading = command.describe(policy.ref)
    return symptom.advise_on(
        policy, text, command.patch(policy.ref, body, kind="json") if unique else reading
    )


def _who(cut: Cut, connections: tuple[Connection, ...]) -> str:
    names = (
        str(connection.source) if cut.direction == "Ingress" else connection.name
        for connection in connections
    )
    return symptom.listed(names)


def _rule(snapshot: Snapshot, cut: Cut, connection: Connection) -> Mapping[str, object]:
    """The rule a way needs, {} where it cannot be written."""
    host = connection.host
    numbers = (host.port,) if host is not None else connection.ports
    ports = [
        {"protocol": protocol, "port": number}
        for number in numbers
        if number
        for protocol in (("UDP", "TCP") if connection.protocol == "UDP" else (connection.protocol,))
    ]
    limits: dict[str, object] = {"ports": ports} if ports else {}
    if host is not None:
        block = (
            {"cidr": f"{host.name}/{host.address.max_prefixlen}"}
            if host.address is not None
            else {"cidr": "0.0.0.0/0", "except": list(_PRIVATE)}
        )
        return {"to": [{"ipBlock": block}], **limits}
    if cut.direction == "Ingress":
        pods = snapshot.pods_by_owner.get(connection.source, ())
        peer = _peer(cut, connection.source.namespace, pods[0].labels if pods else {})
        return {"from": [peer], **limits}
    return {"to": [_peer(cut, connection.pods[0].namespace, connection.pods[0].labels)], **limits}


def _peer(cut: Cut, namespace: str, labels: Mapping[str, str]) -> Mapping[str, object]:
    peer: dict[str, object] = {}
    if namespace != cut.subject.namespace:
        name = {"kubernetes.io/metadata.name": namespace}
        peer["namespaceSelector"] = {"matchLabels": name}
    named = [(key, labels[key]) for key in _NAMING if command.safe_name(labels.get(key, ""))]
    if named or not peer:
        peer["podSelector"] = {"matchLabels": dict(named[:1])}
    return peer


def both_ends(snapshot: Snapshot, connection: Connection) -> tuple[Ref, ...]:
    """The workloads at the ends of a connection, and the Ingress on it."""
    via = (connection.via,) if connection.via else ()
    return (connection.source, *snapshot.owners_of(connection.pods), *via)
