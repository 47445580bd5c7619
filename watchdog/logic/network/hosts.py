"""Host names in commands, variables and logs, and the Services they mean."""

import re
from collections.abc import Mapping

from watchdog.domain.objects import corev1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot

_URL = re.compile(r"\b[a-z][a-z+]*://(?:[^@/\s]*@)?([a-z0-9][a-z0-9.-]*)", re.IGNORECASE)
_PAIR = re.compile(r"(?<![\w./-])([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*):\d{2,5}\b")
_TOOL = re.compile(
    r"\b(?:nc|ncat|nslookup|dig|host|ping|telnet|getent hosts|pg_isready|redis-cli|mysqladmin)\b"
    r"(?:\s+-[a-z]+(?:\s*\d+)?)*\s+(?:-h\s*)?([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*)"
)
_FLAG = re.compile(r"(?:^|\s)(?:-h|--host)[ =]([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*)")

_DOMAIN = ["cluster", "local"]
_ALIASES = 3  # names that lead to names: more are somebody's mistake


def hosts(text: str) -> tuple[str, ...]:
    """Return the host names a command line or value mentions, in order, each once."""
    found = [match for pattern in (_URL, _PAIR, _TOOL, _FLAG) for match in pattern.findall(text)]
    return tuple(dict.fromkeys(name.rstrip(".").lower() for name in found))


def service_of(snapshot: Snapshot, host: str, namespace: str) -> Ref | None:
    """The Service a name can only mean inside the cluster; None for a name from outside.

    `x`, `x.ns`, `x.ns.svc` and `x.ns.svc.cluster.local`; a name of two parts is one only if its
    second part is a namespace. Also the Service's own address, and `pod.x...` of a headless one. A
    Service that is a name for another one of the cluster (ExternalName) means that other.
    """
    said = _said(snapshot, host, namespace)
    for _ in range(_ALIASES):
        alias = snapshot.services.get(said) if said else None
        meant = _alias_of(snapshot, alias) if alias is not None else None
        if meant is None:
            break
        said = meant
    return said


def _alias_of(snapshot: Snapshot, service: corev1.Service) -> Ref | None:
    """The Service that a Service of type ExternalName leads to; None when it leads outside.

    Its name is looked up as it is written: without the cluster's domain it is nobody's, and under
    another domain than the usual one it is only a Service that exists.
    """
    parts = service.spec.external_name.rstrip(".").lower().split(".")
    if service.spec.type != "ExternalName" or len(parts) < 4 or parts[2] != "svc":
        return None
    meant = Ref("Service", parts[1], parts[0])
    return meant if exists(snapshot, meant) or parts[3:] == _DOMAIN else None


def _said(snapshot: Snapshot, host: str, namespace: str) -> Ref | None:
    """The Service whose name this is."""
    host = host.split(":")[0].rstrip(".").lower()
    if (known := snapshot.service_addresses.get(host)) is not None:
        return known
    parts = host.split(".")
    if (headless := _of_pod(snapshot, parts, namespace)) is not None:
        return headless
    if len(parts) == 1 and parts[0] not in ("localhost", ""):
        return Ref("Service", namespace, parts[0])
    inside = len(parts) >= 3 and parts[2] == "svc"
    if inside or (len(parts) == 2 and parts[1] in snapshot.namespaces):
        return Ref("Service", parts[1], parts[0])
    return None


def _of_pod(snapshot: Snapshot, parts: list[str], namespace: str) -> Ref | None:
    """The headless Service in `pod.service`, `pod.service.ns` and `pod.service.ns.svc...`."""
    if len(parts) == 2 or (len(parts) >= 3 and parts[3:4] in ([], ["svc"])):
        ref = Ref("Service", parts[2] if len(parts) > 2 else namespace, parts[1])
        service = snapshot.services.get(ref)
        return ref if service is not None and service.headless else None
    return None


def exists(snapshot: Snapshot, service: Ref) -> bool:
    """Whether a Service exists."""
    return service in snapshot.services


def behind(snapshot: Snapshot, service: Ref) -> tuple[Ref, ...]:
    """What a Finding about a Service would be on: itself, and the workloads it selects or is named
    after.
    """
    item = snapshot.services.get(service)
    selector = item.spec.selector if item else None
    found = (
        workload.ref
        for workload in snapshot.workloads_by_namespace.get(service.namespace, ())
        if workload.ref.name == service.name
        or takes(selector, workload.template.metadata.labels or {})
    )
    return (service, *found)


def takes(selector: Mapping[str, str] | None, labels: Mapping[str, str]) -> bool:
    """Whether a Service's selector takes a pod; without a selector it takes none."""
    return bool(selector) and (selector or {}).items() <= labels.items()
