"""Servers that run in the cluster itself: who stands behind a host, however it is reached."""

from collections.abc import Iterator

from watchdog.domain.objects import networkingv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.network import hosts

_THE_NODE_ITSELF = frozenset({"localhost", "127.0.0.1"})


def within(snapshot: Snapshot, address: str, namespace: str) -> tuple[Ref, ...]:
    """The Services that a host, with or without its port, leads to, with the workloads behind each.

    Empty for a host outside.
    """
    found = services(snapshot, address, namespace)
    return tuple(dict.fromkeys(ref for each in found for ref in hosts.behind(snapshot, each)))


def services(snapshot: Snapshot, address: str, namespace: str) -> tuple[Ref, ...]:
    """The Services themselves.

    They are reached by their name or address, by a port of the nodes, by the address of a load
    balancer, or by the host of an Ingress.
    """
    host, _, port = address.partition(":")
    named = hosts.service_of(snapshot, host, namespace)
    ways = (named, *_by_address(snapshot, host, port), *_by_ingress(snapshot, host))
    known = (each for each in ways if each is not None and hosts.exists(snapshot, each))
    return tuple(dict.fromkeys(known))


def _by_address(snapshot: Snapshot, host: str, port: str) -> Iterator[Ref]:
    nodes = {
        address.address for node in snapshot.nodes.values() for address in node.status.addresses
    }
    of_a_node = host in nodes | _THE_NODE_ITSELF
    for ref, item in snapshot.services.items():
        balanced = item.status.load_balancer.ingress or ()
        if any(host in (each.ip, each.hostname) for each in balanced) or (
            of_a_node and any(port == str(each.node_port) for each in item.spec.ports)
        ):
            yield ref


def _by_ingress(snapshot: Snapshot, host: str) -> Iterator[Ref]:
    for item in snapshot.of("ingresses", networkingv1.Ingress).values():
        if any(rule.host == host for rule in item.spec.rules or ()):
            for backend in item.backends:
                yield Ref("Service", item.namespace, backend.name)
