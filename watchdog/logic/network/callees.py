"""Whom the words of a failing workload point at: the host they name, else those it is told to call."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address

from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.facts import Fact, Family
from watchdog.logic.network import hosts
from watchdog.logic.network.calls import Call, of_template

_UNREACHED = (Family.REFUSED, Family.TIMEOUT, Family.NO_SUCH_HOST)


def blamed(snapshot: Snapshot, owner: Ref, words: Iterable[Fact]) -> tuple[Ref, ...]:
    """The Services that the words mean, with the workloads behind each.

    A word that names nobody, or only an address that neither the spec nor a Service has, may mean
    each Service the workload is told to call.
    """
    own = _calls(snapshot, owner)
    known = {call.host for call in own}
    services: list[Ref] = []
    for word in words:
        host = word.name.partition(":")[0].lower()
        service = hosts.service_of(snapshot, host, owner.namespace) if host else None
        if service is not None:
            services.append(service)
        elif word.family in _UNREACHED and _says_nobody(host, known):
            services += _services(own)
    return _with_workloads(snapshot, services)


def written(snapshot: Snapshot, owner: Ref) -> frozenset[str]:
    """The hosts that the workload is told to call, as they are written."""
    return frozenset(call.host for call in _calls(snapshot, owner))


def declared(snapshot: Snapshot, owner: Ref) -> tuple[Ref, ...]:
    """Every Service the workload is told to call, with the workloads behind each."""
    return _with_workloads(snapshot, _services(_calls(snapshot, owner)))


def _calls(snapshot: Snapshot, owner: Ref) -> tuple[Call, ...]:
    workload = snapshot.workloads.get(owner)
    return tuple(of_template(snapshot, owner, workload.template)) if workload else ()


def _services(own: Iterable[Call]) -> Iterator[Ref]:
    return (call.service for call in own if call.service is not None)


def _says_nobody(host: str, known: Iterable[str]) -> bool:
    """Whether a host is unsaid, or an address that stands nowhere: that of a pod or an old Service."""
    if host in known:
        return False
    try:
        return not host or ip_address(host).is_private
    except ValueError:
        return False


def _with_workloads(snapshot: Snapshot, services: Iterable[Ref]) -> tuple[Ref, ...]:
    found = (ref for each in services for ref in hosts.behind(snapshot, each))
    return tuple(dict.fromkeys(found))
