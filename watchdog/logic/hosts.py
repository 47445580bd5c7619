"""Host names in commands, variables and logs, and the Services they mean."""

import re

from watchdog.domain import objects as k8s
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot

_URL = re.compile(r"\b[a-z][a-z+]*://(?:[^@/\s]*@)?([a-z0-9][a-z0-9.-]*)", re.IGNORECASE)
_PAIR = re.compile(r"(?<![\w./-])([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*):\d{2,5}\b")
_TOOL = re.compile(
    r"\b(?:nc|ncat|nslookup|dig|host|ping|telnet|getent hosts|pg_isready|redis-cli|mysqladmin)\b"
    r"(?:\s+-[a-z]+(?:\s*\d+)?)*\s+(?:-h\s*)?([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*)"
)
_FLAG = re.compile(r"(?:^|\s)(?:-h|--host)[ =]([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*)")


def hosts(text: str) -> tuple[str, ...]:
    """Return the host names a command line or value mentions, in order, each once."""
    found = [match for pattern in (_URL, _PAIR, _TOOL, _FLAG) for match in pattern.findall(text)]
    return tuple(dict.fromkeys(name.rstrip(".").lower() for name in found))


def service_of(snapshot: Snapshot, host: str, namespace: str) -> Ref | None:
    """The Service a name can only mean inside the cluster; None for a name from outside.

    `x`, `x.ns`, `x.ns.svc` and `x.ns.svc.cluster.local`; a name of two parts is one only if its
    second part is a namespace.
    """
    parts = host.split(":")[0].rstrip(".").split(".")
    if len(parts) == 1 and parts[0] not in ("localhost", ""):
        return Ref("Service", namespace, parts[0])
    inside = len(parts) >= 3 and parts[2] == "svc"
    if inside or (len(parts) == 2 and parts[1] in snapshot.namespaces):
        return Ref("Service", parts[1], parts[0])
    return None


def exists(snapshot: Snapshot, service: Ref) -> bool:
    """Whether a Service exists."""
    return service in snapshot.of("services", k8s.Service)


def behind(snapshot: Snapshot, service: Ref) -> tuple[Ref, ...]:
    """The Service and the workloads of the same name: what a Finding about the name would be on."""
    same = (
        ref
        for ref in snapshot.workloads
        if (ref.namespace, ref.name) == (service.namespace, service.name)
    )
    return (service, *same)
