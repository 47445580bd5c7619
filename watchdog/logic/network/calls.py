"""Whom the workloads call, by the literal HOST:PORT and URLs of their variables and arguments.

Only what is written in a spec counts; a value from a Secret or a ConfigMap is never read.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from watchdog.domain.grouping import grouped
from watchdog.domain.objects import podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.network import hosts

_NAME = r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*|\d{1,3}(?:\.\d{1,3}){3}"
_URL = re.compile(
    rf"\b([a-z][a-z0-9+.-]*)://(?:[^@/\s]*@)?({_NAME})(?::(\d{{1,5}}))?(?![\w:$({{-])",
    re.IGNORECASE,
)
_PAIR = re.compile(rf"(?<![\w./@:-])({_NAME}):(\d{{2,5}})\b(?![@:.])", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Where an address is one's own, or names who may come: nothing is called.
_NO_CALL = re.compile(
    r"image|listen|bind|advertis|allow|cors|origin|no_?proxy|trusted", re.IGNORECASE
)
_HOST_OF_PAIR = re.compile(r"(?P<prefix>.+)_(?:HOST|HOSTNAME|SERVER|ADDR|ADDRESS)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One address that a container is told to call.

    `service` is what the host means inside the cluster, whether or not it exists; None for a host
    outside. `port` is 0 where none is said. `variable` is the one that holds the port, "" for an
    argument; `text` is its whole value.
    """

    caller: Ref
    namespace: str
    container: str
    variable: str
    text: str
    host: str
    port: int
    service: Ref | None

    @property
    def where(self) -> str:
        """Where it is written: "CART_URL of container web"."""
        return f"{self.variable or 'the arguments'} of container {self.container}"

    @property
    def target(self) -> str:
        """Host and port, as an address is written."""
        return f"{self.host}:{self.port}" if self.port else self.host


def calls(snapshot: Snapshot) -> tuple[Call, ...]:
    """Return what every workload that wants pods calls, in order of workload; never itself."""
    return snapshot.once(_calls)


def _calls(snapshot: Snapshot) -> tuple[Call, ...]:
    return tuple(
        call
        for owner, template in sorted(callers(snapshot).items())
        for call in of_template(snapshot, owner, template)
    )


def by_service(said: Iterable[Call]) -> Mapping[Ref, tuple[Call, ...]]:
    """The calls to each Service."""
    return grouped((call.service, call) for call in said if call.service is not None)


def callers(snapshot: Snapshot) -> dict[Ref, podv1.PodTemplate]:
    """The templates of all workloads that run: at zero or suspended nobody calls."""
    found = {ref: each.template for ref, each in snapshot.workloads.items() if each.wanted}
    for ref, item in snapshot.cronjobs.items():
        if not item.spec.suspend:
            found[ref] = item.spec.job_template.spec.template
    return found


def of_template(snapshot: Snapshot, owner: Ref, template: podv1.PodTemplate) -> Iterator[Call]:
    """Yield the calls of one template."""
    own_labels = template.metadata.labels or {}
    aliases = {name for alias in template.spec.host_aliases for name in alias.hostnames or ()}
    for container in (*template.spec.init_containers, *template.spec.containers):
        for variable, text, host, port in _literals(container):
            service = hosts.service_of(snapshot, host, owner.namespace)
            item = snapshot.services.get(service) if service else None
            itself = item is not None and hosts.takes(item.spec.selector, own_labels)
            same = service is not None and itself and service.namespace == owner.namespace
            if host not in aliases and not same:
                yield Call(
                    caller=owner,
                    namespace=owner.namespace,
                    container=container.name,
                    variable=variable,
                    text=text,
                    host=host,
                    port=port,
                    service=service,
                )


def _literals(container: podv1.Container) -> Iterator[tuple[str, str, str, int]]:
    """Variable, whole value, host and port of each address; each address once."""
    seen: set[tuple[str, int]] = set()
    values = {each.name: each.value for each in container.env}
    words = [("", word) for word in (*container.command, *container.args)]
    for variable, text in (*values.items(), *words):
        if ":" not in text:  # most texts: no address is without it
            continue
        flag = variable or text.partition("=")[0][:60]
        if _NO_CALL.search(flag if variable or text.startswith("-") else ""):
            continue
        for host, port in addresses(text):
            if (host, port) not in seen:
                seen.add((host, port))
                yield variable, text, host, port
    for name, value in values.items():
        match = _HOST_OF_PAIR.match(name)
        holder = f"{match['prefix']}_PORT" if match else ""
        port_text, host = values.get(holder, ""), value.lower().rstrip(".")
        if not port_text.isdecimal() or (host, int(port_text)) in seen:
            continue
        if re.fullmatch(_NAME, host) and not _NO_CALL.search(name):
            seen.add((host, int(port_text)))
            yield holder, port_text, host, int(port_text)


def addresses(text: str) -> Iterator[tuple[str, int]]:
    """Yield host and port of every URL and HOST:PORT in a text; port 0 where none is said."""
    for scheme, host, port in _URL.findall(text):
        yield host.lower(), int(port) if port else _DEFAULT_PORTS.get(scheme.lower(), 0)
    for host, port in _PAIR.findall(_URL.sub(" ", text)):
        yield host.lower(), int(port)
