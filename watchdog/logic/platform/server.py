"""The API server: whether it is well by its own word and by our measure, and where it runs."""

from dataclasses import dataclass

from watchdog.domain.objects import networkingv1, serverv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot

SYSTEM = Ref("Namespace", "", "kube-system")
_ROLES = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_PUBLISHED = ("default", "kubernetes")  # the endpoints of this Service are the API servers

_SLOW = 10.0  # seconds for one page; the API server's own goal is one second
_KINDS = 2  # one slow kind may be that kind's own: large objects, a conversion webhook
_SMALL = 500  # objects: one page
_PROMPT = 1.0  # seconds for what takes no storage: neither the way there nor we are slow


@dataclass(frozen=True, slots=True)
class Unwell:
    """What is wrong: checks that fail by name (each once, in order), lists that are slow."""

    failed: tuple[serverv1.FailedCheck, ...]
    slow: tuple[serverv1.ListTime, ...]


def unwell(snapshot: Snapshot) -> Unwell | None:
    """What is wrong with the API server now; None when nothing is, or nothing is known.

    Lists count as slow only while the same server answers `/version` promptly: else the network or
    this machine may be slow.
    """
    for server in snapshot.of("apiserver", serverv1.APIServer).values():
        failed = {each.name: each for each in reversed(server.failed)}
        slow = tuple(
            each for each in server.lists if each.seconds >= _SLOW and each.objects < _SMALL
        )
        if len(slow) < _KINDS or server.version_seconds > _PROMPT:
            slow = ()
        if failed or slow:
            return Unwell(tuple(failed[name] for name in sorted(failed)), slow)
    return None


def version(snapshot: Snapshot) -> str:
    """The version of the API server that answered, such as "v1.31.4+k3s1"; "" when not known."""
    servers = snapshot.of("apiserver", serverv1.APIServer).values()
    return next((server.version for server in servers), "")


def seat(snapshot: Snapshot) -> Ref:
    """The node that the only API server runs on, else the namespace of the control plane.

    It is that node when no other has the role, and none of the published addresses is elsewhere.
    """
    nodes = [
        node for node in snapshot.nodes.values() if any(role in node.labels for role in _ROLES)
    ]
    if len(nodes) != 1:
        return SYSTEM
    own = {address.address for address in nodes[0].status.addresses}
    return nodes[0].ref if _published(snapshot) <= own else SYSTEM


def _published(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(
        address
        for item in snapshot.of("endpointslices", networkingv1.EndpointSlice).values()
        if (item.namespace, item.service) == _PUBLISHED
        for endpoint in item.endpoints or ()
        for address in endpoint.addresses or ()
    )
