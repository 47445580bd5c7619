"""What a failed pull is a fault of, as the registry's answer and the rest of the cluster show."""

from collections import defaultdict

from watchdog.domain.snapshot import Snapshot
from watchdog.logic.pods.image import PullFault
from watchdog.logic.pods.pull import Pull, held_by_node, known_elsewhere, pulled_by_others

UNREACHABLE = (PullFault.UNREACHABLE, PullFault.THROTTLED)
_NOT_SERVED = (PullFault.NOT_FOUND, PullFault.MAYBE_DENIED, PullFault.DENIED)


def reason_of(snapshot: Snapshot, each: Pull) -> str:
    """Return the Reason of one failed pull: the policy, the registry, the credentials, the name."""
    if each.waiting.reason == "ErrImageNeverPull":
        return "ImagePullPolicyWrong"
    if each.fault in UNREACHABLE:
        return "RegistryUnreachable"
    credentials = bool(each.secrets) and each.fault is not PullFault.NOT_FOUND
    if (
        each.container.image_pull_policy == "Always"
        and each.fault in _NOT_SERVED
        and not credentials
        and held_by_node(snapshot, each)
    ):
        return "ImagePullPolicyWrong"
    if each.fault is PullFault.DENIED:
        return "ImagePullUnauthorized"
    if each.fault is PullFault.MAYBE_DENIED and (each.secrets or known_elsewhere(snapshot, each)):
        return "ImagePullUnauthorized"
    return "ImageNotFound"


def cut_off_nodes(snapshot: Snapshot, found: tuple[Pull, ...]) -> dict[str, str]:
    """Registry hosts that exactly one node cannot reach, with that node."""
    hosts: defaultdict[str, list[Pull]] = defaultdict(list)
    for each in found:
        if each.fault in UNREACHABLE:
            hosts[each.host].append(each)
    return {
        host: pulls[0].pod.node
        for host, pulls in sorted(hosts.items())
        if pulled_by_others(snapshot, tuple(pulls))
    }
