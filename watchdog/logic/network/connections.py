"""The connections that workloads are known to need: to Services, through Ingresses, to DNS and out.

A connection is declared by a spec, or named by a log that complains of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from watchdog.domain.evidence import LogQuery
from watchdog.domain.objects import networkingv1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.facts import Family
from watchdog.logic.network import caller_logs, hosts, ports, serving
from watchdog.logic.network.caller_logs import Complaint
from watchdog.logic.network.calls import Call, callers, calls
from watchdog.logic.network.infrastructure import dns_service, ingress_controllers
from watchdog.logic.network.policies import Cut, End, Host, cuts, cuts_outside

_DNS_PORT = 53


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One connection: who opens it, where it leads, where that is written, and what a log says of it.

    `target` is the Service or the pod; None for a `host` outside. `pods` are the pods it leads to.
    """

    source: Ref
    target: Ref | None
    pods: tuple[podv1.Pod, ...] = ()
    ports: tuple[int, ...] = ()  # of the pods
    protocol: str = "TCP"
    host: Host | None = None
    written: str
    via: Ref | None = None  # the Ingress
    words: tuple[Complaint, ...] = ()
    streams: tuple[LogQuery, ...] = ()

    @property
    def name(self) -> str:
        """Where it leads, for people."""
        if self.host is not None:
            return f"{self.host.name}:{self.host.port}" if self.host.port else self.host.name
        return str(self.target)


def connections(snapshot: Snapshot) -> Iterator[Connection]:
    """Yield every connection that is declared, or that a log which was read complains of."""
    said, behind = calls(snapshot), snapshot.pods_by_service
    talking = {
        snapshot.owners[each.pod] for each in snapshot.log_texts if each.pod in snapshot.pods
    }
    heard = {owner: caller_logs.complaints(snapshot, owner) for owner in sorted(talking)}
    yield from _of_calls(snapshot, said, behind, heard)
    yield from _of_ingresses(snapshot, behind, heard)
    yield from _to_dns(snapshot, said, behind, heard)
    yield from _of_logs(snapshot, behind, heard)


def closed_by(
    snapshot: Snapshot, policies: tuple[networkingv1.NetworkPolicy, ...], connection: Connection
) -> tuple[Cut, ...]:
    """What cuts a connection, one Cut for each direction; () unless it is cut from and to every pod."""
    sources = _sources(snapshot, connection.source)
    if connection.host is not None:
        found = [cuts_outside(policies, source, connection.host) for source in sources]
        return found[0] if found and all(found) else ()
    service = snapshot.services.get(connection.target) if connection.target else None
    address = service.spec.cluster_ip if service else ""
    targets = _each_once(End.of_pod(pod, address) for pod in connection.pods)
    found = [
        cuts(snapshot, policies, source, target, port, connection.protocol)
        for source in sources
        for target in targets
        for port in connection.ports
    ]
    return found[0] if found and all(found) else ()


def _sources(snapshot: Snapshot, owner: Ref) -> tuple[End, ...]:
    pods = [pod for pod in snapshot.pods_by_owner.get(owner, ()) if not pod.finished]
    if pods:
        return _each_once(End.of_pod(pod) for pod in pods)
    template = callers(snapshot).get(owner)
    return (End.of_template(owner.namespace, template),) if template else ()


def _each_once(ends: Iterator[End]) -> tuple[End, ...]:
    """Pods with the same labels are the same to a policy."""
    found = {(end.namespace, tuple(sorted(end.labels.items()))): end for end in ends}
    return tuple(found.values())


def _of_calls(
    snapshot: Snapshot,
    said: tuple[Call, ...],
    behind: ports.Pods,
    heard: Mapping[Ref, tuple[Complaint, ...]],
) -> Iterator[Connection]:
    for call in said:
        words, written = heard.get(call.caller, ()), f"{call.where} says {call.target}"
        streams = caller_logs.streams(snapshot, call.caller, {call.container})
        if call.service is None:
            host = Host(name=call.host, port=call.port)
            if "." in call.host:
                yield Connection(
                    source=call.caller,
                    target=None,
                    host=host,
                    written=written,
                    words=_timeouts(caller_logs.about_host(words, call.host)),
                    streams=streams,
                )
        else:
            yield from _to_service(
                snapshot, call.caller, call.service, call.port, behind, words, written, streams
            )


def _to_service(
    snapshot: Snapshot,
    source: Ref,
    ref: Ref,
    port: int | str,
    behind: ports.Pods,
    words: tuple[Complaint, ...],
    written: str,
    streams: tuple[LogQuery, ...],
    via: Ref | None = None,
) -> Iterator[Connection]:
    service = snapshot.services.get(ref)
    pods = tuple(pod for pod in behind.get(ref, ()) if pod.ready)
    chosen = [
        each
        for each in (service.spec.ports if service else ())
        if port in (0, "", each.port, each.name)
    ]
    targets = {
        number
        for each in chosen
        if each.protocol == "TCP"
        for pod in pods[:1]
        if (number := serving.port_of(pod.spec, serving.target_of(each))) is not None
    }
    if service is not None and targets:
        numbers = {*(each.port for each in chosen), *targets}
        yield Connection(
            source=source,
            target=ref,
            pods=pods,
            ports=tuple(sorted(targets)),
            written=written,
            via=via,
            words=_timeouts(caller_logs.about_service(snapshot, words, service, pods, numbers)),
            streams=streams,
        )


def _of_ingresses(
    snapshot: Snapshot, behind: ports.Pods, heard: Mapping[Ref, tuple[Complaint, ...]]
) -> Iterator[Connection]:
    carriers: dict[str, tuple[Ref, ...]] = {}
    for ref, leading in serving.routes(snapshot).items():
        for item, backend in leading:
            wanted = item.spec.ingress_class_name
            if wanted not in carriers:
                carriers[wanted] = ingress_controllers(snapshot, wanted)
            for source in carriers[wanted]:
                yield from _to_service(
                    snapshot,
                    source,
                    ref,
                    backend.port.number or backend.port.name,
                    behind,
                    heard.get(source, ()),
                    f"{item.ref} leads to it",
                    caller_logs.streams(snapshot, source),
                    via=item.ref,
                )


def _to_dns(
    snapshot: Snapshot,
    said: tuple[Call, ...],
    behind: ports.Pods,
    heard: Mapping[Ref, tuple[Complaint, ...]],
) -> Iterator[Connection]:
    ref = dns_service(snapshot)
    pods = tuple(pod for pod in behind.get(ref, ()) if pod.ready) if ref else ()
    # A cache on each node answers from the node's own network.
    cached = any(pod.labels.get("k8s-app") == "node-local-dns" for pod in snapshot.pods.values())
    if ref is None or not pods or cached:
        return
    service = snapshot.services[ref]
    numbers = {
        number
        for port in service.spec.ports
        if port.port == _DNS_PORT
        if (number := serving.port_of(pods[0].spec, serving.target_of(port))) is not None
    }
    callers_ = callers(snapshot)
    for source in dict.fromkeys(call.caller for call in said if not _is_address(call.host)):
        if numbers and ports.uses_cluster_dns(callers_[source].spec):
            words = heard.get(source, ())
            yield Connection(
                source=source,
                target=ref,
                pods=pods,
                ports=tuple(sorted(numbers)),
                protocol="UDP",
                written="it calls hosts by their names",
                words=tuple(each for each in words if each.fact.family is Family.NO_SUCH_HOST),
                streams=caller_logs.streams(snapshot, source),
            )


def _of_logs(
    snapshot: Snapshot, behind: ports.Pods, heard: Mapping[Ref, tuple[Complaint, ...]]
) -> Iterator[Connection]:
    by_address = {
        pod.status.pod_ip: pod
        for pod in snapshot.pods.values()
        if pod.status.pod_ip and not pod.spec.host_network
    }
    for source, words in heard.items():
        for word in _timeouts(words):
            host, written = word.host.lower(), f"its log names {word.fact.name}"
            pod = by_address.get(host)
            service = hosts.service_of(snapshot, host, source.namespace) if host else None
            if pod is not None and word.port:
                yield Connection(
                    source=source,
                    target=pod.ref,
                    pods=(pod,),
                    ports=(word.port,),
                    written=written,
                    words=(word,),
                )
            elif service is not None:
                yield from _to_service(
                    snapshot, source, service, word.port, behind, (word,), written, ()
                )
            elif "." in host:
                outside = Host(name=host, port=word.port)
                yield Connection(
                    source=source, target=None, host=outside, written=written, words=(word,)
                )


def _timeouts(words: tuple[Complaint, ...]) -> tuple[Complaint, ...]:
    """A path that is cut drops what is sent: who is refused has been answered."""
    return tuple(each for each in words if each.fact.family is Family.TIMEOUT)


def _is_address(host: str) -> bool:
    return Host(name=host, port=0).address is not None
