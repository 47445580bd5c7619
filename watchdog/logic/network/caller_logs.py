"""What the logs of callers say about the hosts they call. A word confirms, it never stands alone."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from watchdog.domain.evidence import LogQuery
from watchdog.domain.objects import corev1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.facts import Fact, Family, each_fact
from watchdog.logic.network import hosts

_NETWORK = (Family.REFUSED, Family.TIMEOUT, Family.NO_SUCH_HOST)
_PODS = 2  # of one workload: its pods call the same


@dataclass(frozen=True, slots=True)
class Complaint:
    """One fact of the network, and the pod whose log says it."""

    pod: Ref
    fact: Fact

    @property
    def host(self) -> str:
        """The host it names, "" if none."""
        return self.fact.name.rpartition(":")[0] or self.fact.name

    @property
    def port(self) -> int:
        """The port it names, 0 if none."""
        port = self.fact.name.rpartition(":")[2]
        return int(port) if ":" in self.fact.name and port.isdigit() else 0


def streams(
    snapshot: Snapshot, owner: Ref, containers: Collection[str] = ()
) -> tuple[LogQuery, ...]:
    """The logs in which a caller would complain; of all its containers when none is named."""
    pods = [pod for pod in snapshot.pods_by_owner.get(owner, ()) if pod.status.phase == "Running"]
    return tuple(
        LogQuery(pod.ref, status.name)
        for pod in pods[:_PODS]
        for status in pod.status.container_statuses
        if not containers or status.name in containers
    )


def complaints(snapshot: Snapshot, owner: Ref) -> tuple[Complaint, ...]:
    """Return what the logs that were read of a workload say about the network."""
    own = {pod.ref for pod in snapshot.pods_by_owner.get(owner, ())}
    return tuple(
        Complaint(query.pod, fact)
        for query in sorted(snapshot.log_texts)
        if query.pod in own
        for fact in each_fact(snapshot.log(query))
        if fact.family in _NETWORK
    )


def about_service(
    snapshot: Snapshot,
    words: Iterable[Complaint],
    service: corev1.Service,
    pods: Iterable[podv1.Pod],
    ports: Collection[int],
) -> tuple[Complaint, ...]:
    """Those words that are about a Service: by its name, its address or one of its pods'.

    `ports` are the port of the Service and the one it leads to; a word without a port is about
    every port.
    """
    words = tuple(words)
    if not words:
        return ()
    behind = frozenset(pod.status.pod_ip for pod in pods if pod.status.pod_ip)
    mention = _mention(service, behind)
    return tuple(
        each
        for each in words
        if each.port in (0, *ports)
        and (
            each.host in behind
            or hosts.service_of(snapshot, each.host, each.pod.namespace) == service.ref
            if each.host
            else mention.search(each.fact.line)
        )
    )


def about_host(words: Iterable[Complaint], host: str) -> tuple[Complaint, ...]:
    """Those words that are about a host outside the cluster."""
    mention = re.compile(rf"(?<![\w.-]){re.escape(host)}(?![\w-]|\.\w)", re.IGNORECASE)
    return tuple(
        each
        for each in words
        if (each.host.lower() == host if each.host else mention.search(each.fact.line))
    )


def _mention(service: corev1.Service, addresses: Collection[str]) -> re.Pattern[str]:
    """The Service in running text: its own address, a pod's, or its name with namespace or port."""
    ip = service.spec.cluster_ip
    forms = [re.escape(each) for each in sorted(addresses)]
    forms += [re.escape(ip)] if ip not in ("", "None") else []
    name, namespace = re.escape(service.name), re.escape(service.namespace)
    forms += [rf"{name}\.{namespace}", rf"{name}:\d+"]
    return re.compile(rf"(?<![\w.-])(?:{'|'.join(forms)})(?![\w-]|\.\d)")
