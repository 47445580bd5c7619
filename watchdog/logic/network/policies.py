"""NetworkPolicies evaluated: which of them cut the way from one pod to another, or to a host.

Source: the API reference, NetworkPolicySpec. Policies of one pod and direction are a union: a way is
cut only if some select the pod and none of them allows it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Literal

from watchdog.domain.objects import networkingv1, podv1
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.labels import selects
from watchdog.logic.network import serving

Direction = Literal["Ingress", "Egress"]
Rule = networkingv1.IngressRule | networkingv1.EgressRule

# Names of these domains are given out by a network's own DNS, mostly for private addresses.
_OWN_DOMAINS = frozenset(
    [
        "lan",
        "local",
        "home",
        "internal",
        "intern",
        "localdomain",
        "arpa",
        "intranet",
        "corp",
        "private",
        "test",
        "cluster",
        "box",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One end of a way: a pod, or a pod as its template describes it. `addresses` may be empty."""

    namespace: str
    labels: Mapping[str, str]
    spec: podv1.PodSpec
    addresses: tuple[str, ...] = ()

    @staticmethod
    def of_pod(pod: podv1.Pod, *also: str) -> "End":
        """A pod, and the addresses it is also called by (those of its Services)."""
        known = (pod.status.pod_ip, *also)
        return End(
            namespace=pod.namespace,
            labels=pod.labels,
            spec=pod.spec,
            addresses=tuple(each for each in known if each not in ("", "None")),
        )

    @staticmethod
    def of_template(namespace: str, template: podv1.PodTemplate) -> "End":
        """A pod that is not there now."""
        return End(namespace=namespace, labels=template.metadata.labels or {}, spec=template.spec)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host outside the cluster; `port` 0 when nobody says which."""

    name: str
    port: int

    @property
    def address(self) -> IPv4Address | IPv6Address | None:
        """The address, if the name is one."""
        try:
            return ip_address(self.name)
        except ValueError:
            return None

    @property
    def public(self) -> bool:
        """Whether the name can only be one of the public DNS."""
        first, _, last = self.name.rpartition(".")
        return bool(first) and last.isalpha() and last not in _OWN_DOMAINS


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The policies that close one direction; all of them together, as none allows the way."""

    direction: Direction
    policies: tuple[networkingv1.NetworkPolicy, ...]

    @property
    def subject(self) -> networkingv1.NetworkPolicy:
        """The policy to look at first: one that allows nothing at all, else the newest."""
        shut = [each for each in self.policies if not rules(each, self.direction)]
        return max(shut or self.policies, key=_age_key)


def _age_key(policy: networkingv1.NetworkPolicy) -> tuple[float, str]:
    created = policy.metadata.creation_timestamp
    return (created.timestamp() if created else 0.0, policy.name)


def policies_of(snapshot: Snapshot) -> tuple[networkingv1.NetworkPolicy, ...]:
    """All policies that stay."""
    found = snapshot.of("networkpolicies", networkingv1.NetworkPolicy).values()
    return tuple(policy for policy in found if not policy.deleting)


def applies(policy: networkingv1.NetworkPolicy, direction: Direction) -> bool:
    """Whether a policy closes a direction; without policyTypes Egress only if it has such rules."""
    if policy.spec.policy_types:
        return direction in policy.spec.policy_types
    return direction == "Ingress" or bool(policy.spec.egress)


def rules(policy: networkingv1.NetworkPolicy, direction: Direction) -> tuple[Rule, ...]:
    """What a policy allows in one direction."""
    spec = policy.spec
    return tuple(spec.ingress or ()) if direction == "Ingress" else tuple(spec.egress or ())


def isolating(
    policies: Iterable[networkingv1.NetworkPolicy], end: End, direction: Direction
) -> tuple[networkingv1.NetworkPolicy, ...]:
    """The policies that select a pod and close this direction for it; none on the host's network."""
    if end.spec.host_network:
        return ()
    return tuple(
        policy
        for policy in policies
        if policy.namespace == end.namespace
        and applies(policy, direction)
        and selects(policy.spec.pod_selector, end.labels)
    )


def cuts(
    snapshot: Snapshot,
    policies: tuple[networkingv1.NetworkPolicy, ...],
    source: End,
    target: End,
    port: int,
    protocol: str = "TCP",
) -> tuple[Cut, ...]:
    """What closes the way from pod to pod, one Cut for each direction; () when it is open.

    A pod on the host's network speaks with its node's address: nothing can be said of it.
    """
    if source.spec.host_network or target.spec.host_network:
        return ()
    found: list[Cut] = []
    ends: tuple[tuple[Direction, End, End], ...] = (
        ("Egress", source, target),
        ("Ingress", target, source),
    )
    for direction, own, peer in ends:
        closing = isolating(policies, own, direction)
        if closing and not any(
            _peer_fits(snapshot, policy, rule, peer)
            and _port_fits(rule, port, protocol, target.spec)
            for policy in closing
            for rule in rules(policy, direction)
        ):
            found.append(Cut(direction=direction, policies=closing))
    return tuple(found)


def cuts_outside(
    policies: tuple[networkingv1.NetworkPolicy, ...], source: End, host: Host
) -> tuple[Cut, ...]:
    """What closes the way from a pod to a host outside; () when it is open or cannot be told."""
    closing = isolating(policies, source, "Egress")
    if not closing:
        return ()
    for policy in closing:
        for rule in rules(policy, "Egress"):
            fits = host.port == 0 or _port_fits(rule, host.port, "TCP", source.spec)
            if fits and _may_be(rule, host):
                return ()
    return (Cut(direction="Egress", policies=closing),)


def _peer_fits(
    snapshot: Snapshot, policy: networkingv1.NetworkPolicy, rule: Rule, peer: End
) -> bool:
    return not rule.peers or any(
        _covers(each.ip_block, peer.addresses)
        if each.ip_block is not None
        else _selects_pod(snapshot, policy, each, peer)
        for each in rule.peers
    )


def _selects_pod(
    snapshot: Snapshot, policy: networkingv1.NetworkPolicy, peer: networkingv1.PolicyPeer, end: End
) -> bool:
    if peer.namespace_selector is None:
        near = policy.namespace == end.namespace
    else:
        namespace = snapshot.namespaces.get(end.namespace)
        # The API server puts the name's label on every namespace.
        labels = {"kubernetes.io/metadata.name": end.namespace}
        near = selects(
            peer.namespace_selector, {**labels, **(namespace.labels if namespace else {})}
        )
    return near and (peer.pod_selector is None or selects(peer.pod_selector, end.labels))


def _covers(block: networkingv1.IpBlock, addresses: Iterable[str]) -> bool:
    return any(_holds(block, ip_address(address)) for address in addresses)


def _holds(block: networkingv1.IpBlock, address: IPv4Address | IPv6Address) -> bool:
    network = _network(block.cidr)
    if network is None:
        return True
    left_out = (_network(each) for each in block.excluded or ())
    return address in network and not any(each and address in each for each in left_out)


def _network(cidr: str) -> IPv4Network | IPv6Network | None:
    """The block, None for a notation that the API once took and nobody agrees on ("010.0.0.0/8")."""
    try:
        return ip_network(cidr, strict=False)
    except ValueError:
        return None


def _port_fits(rule: Rule, port: int, protocol: str, target: podv1.PodSpec) -> bool:
    return not rule.ports or any(
        each.protocol == protocol
        and (
            each.port is None
            or serving.port_of(target, each.port) == port
            or (isinstance(each.port, int) and each.port <= port <= (each.end_port or each.port))
        )
        for each in rule.ports
    )


def _may_be(rule: Rule, host: Host) -> bool:
    """Whether a rule may let through to a host; a name may have any address its domain allows."""
    if not rule.peers:
        return True
    blocks = [each.ip_block for each in rule.peers if each.ip_block is not None]
    address = host.address
    if address is not None:
        return any(_holds(block, address) for block in blocks)
    if not host.public:
        return bool(blocks)
    networks = [_network(block.cidr) for block in blocks]
    return any(network is None or not network.is_private for network in networks)
