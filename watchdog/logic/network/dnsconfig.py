"""What the configuration of the cluster's DNS makes of the names of Services that exist."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Literal

from watchdog.domain.objects import corev1, dnsv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic.network import corefile, serving
from watchdog.logic.network.corefile import Directive, File, Folder, Server
from watchdog.logic.network.infrastructure import dns_service
from watchdog.logic.network.resolving import DOMAIN, Answer, Question, resolve, zones_of

NEED = "dnsconfig"
_STARTING = timedelta(minutes=2)  # a pod that was being made may have got either


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The configuration in force, as far as it is known. `changed_at` is its newest change."""

    ref: Ref
    servers: tuple[Server, ...]
    files: tuple[File, ...]
    configs: tuple[dnsv1.DnsConfig, ...]
    workload: Workload | None
    started_at: datetime | None  # of the newest container of the DNS

    @property
    def reloads(self) -> bool:
        """Whether CoreDNS takes a change by itself; when in doubt it does."""
        return any(each.of("reload") or not each.complete for each in self.servers)

    def changed_at(self, ref: Ref) -> datetime | None:
        """When one of its ConfigMaps last changed."""
        found = next((each for each in self.configs if each.ref == ref), None)
        return found.changed_at if found else None

    @property
    def outdated(self) -> bool:
        """Whether the DNS was started with an earlier configuration and still has it."""
        changed = max(filter(None, (each.changed_at for each in self.configs)), default=None)
        return (
            not self.reloads
            and changed is not None
            and self.started_at is not None
            and self.started_at < changed - _STARTING
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A Service whose name gets no answer (`dead`) or another one, and what makes it so."""

    service: corev1.Service
    name: str
    config: Ref
    directive: Directive | None
    said: str
    dead: bool


def config_of(snapshot: Snapshot) -> Config | None:
    """Return the configuration of the DNS; None when it is not known or not what the DNS mounts."""
    found = tuple(
        item for item in snapshot.objects.get(NEED, ()) if isinstance(item, dnsv1.DnsConfig)
    )
    main = next((item for item in found if item.corefile), None)
    text = (main.data or {}).get(main.corefile) if main else None
    ref = dns_service(snapshot)
    service = snapshot.services.get(ref) if ref else None
    behind = serving.workloads_behind(snapshot, service) if service else ()
    if main is None or text is None or _mounts_another(behind, main.name):
        return None
    files = tuple(
        File(item.ref, key, value)
        for item in found
        for key, value in (item.data or {}).items()
        if key != item.corefile
    )
    folder = Folder(files, complete=not any(item.unread for item in found))
    return Config(
        ref=main.ref,
        servers=corefile.servers(File(main.ref, main.corefile, text), folder),
        files=files,
        configs=found,
        workload=behind[0] if behind else None,
        started_at=_started_at(snapshot, ref),
    )


def _mounts_another(behind: Sequence[Workload], name: str) -> bool:
    """Whether the DNS takes its configuration from other ConfigMaps than this one."""
    mounted = {
        volume.config_map.name
        for workload in behind
        for volume in workload.template.spec.volumes
        if volume.config_map is not None
    }
    return bool(mounted) and name not in mounted


def _started_at(snapshot: Snapshot, service: Ref | None) -> datetime | None:
    pods = snapshot.pods_by_service.get(service, ()) if service else ()
    starts = [
        status.state.running.started_at
        for pod in pods
        for status in pod.status.container_statuses
        if status.state.running is not None and status.state.running.started_at is not None
    ]
    return max(starts, default=None)


def domain_of(config: Config) -> str:
    """The cluster's domain as the configuration has it."""
    zones = zones_of(config.servers)
    return DOMAIN if DOMAIN in zones or not zones else zones[0]


def wrong_answers(snapshot: Snapshot, config: Config, domain: str) -> tuple[Wrong, ...]:
    """Return the Services whose names do not lead to them, in Ref order."""
    found = []
    for service in snapshot.services.values():
        if service.spec.type == "ExternalName" or service.deleting or not service.spec.cluster_ip:
            continue
        name = f"{service.name}.{service.namespace}.svc.{domain}"
        kind: Literal["A", "AAAA"] = "AAAA" if ":" in service.spec.cluster_ip else "A"
        answer = resolve(config.servers, Question(name, kind, config.files))
        if (said := _judged(snapshot, service, answer, name, domain)) is not None:
            text, dead = said
            by = answer.directive
            found.append(
                Wrong(
                    service=service,
                    name=name.rstrip("."),
                    config=by.config if by else config.ref,
                    directive=by,
                    said=text,
                    dead=dead,
                )
            )
    return tuple(found)


def _judged(
    snapshot: Snapshot, service: corev1.Service, answer: Answer, name: str, domain: str
) -> tuple[str, bool] | None:
    """What is wrong with an answer, and whether nothing is behind it; None when it is right."""
    match answer.kind:
        case "denied":
            return f"answered with {answer.said}", True
        case "unserved":
            return None if _stays_inside(snapshot, answer.to) else (_unserved(answer, domain), True)
        case "served" | "moved" if answer.to != (name,):
            return _moved(snapshot, service, answer.to, domain)
        case _:
            return None


def _unserved(answer: Answer, domain: str) -> str:
    zone = domain.rstrip(".")
    if answer.directive is None:
        return f"not answered: the kubernetes plugin is not asked for {zone}"
    return f"forwarded to {', '.join(answer.to)}, which does not know {zone}"


def _stays_inside(snapshot: Snapshot, targets: Sequence[str]) -> bool:
    """Whether the question goes to a server that may know the cluster: in it, or on the node."""
    own = {pod.status.pod_ip for pod in snapshot.all_pods.values() if pod.status.pod_ip}
    own |= snapshot.service_addresses.keys()
    for target in targets:
        host = target.rpartition("://")[2]
        address = host if host in own else host.rpartition(":")[0] or host
        if address in own or _is_local(address):
            return True
    return False


def _is_local(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return address.is_loopback or address.is_link_local


def _moved(
    snapshot: Snapshot, service: corev1.Service, targets: Sequence[str], domain: str
) -> tuple[str, bool] | None:
    if set(targets) <= set(_addresses(snapshot, service)):
        return None
    found = [_behind(snapshot, each, domain) for each in targets]
    if all(each == service.ref for each in found):
        return None
    text = f"answered with {', '.join(each.rstrip('.') for each in targets)}"
    if any(
        each is None and _is_name_of(target, domain)
        for each, target in zip(found, targets, strict=True)
    ):
        return f"{text}, a name that does not exist", True
    if all(_leads_nowhere(each) for each in targets):
        return f"{text}, where nobody is", True
    return text, False


def _addresses(snapshot: Snapshot, service: corev1.Service) -> Iterator[str]:
    """All addresses that lead to a Service: its own, its load balancer's, its pods'."""
    yield service.spec.cluster_ip
    for entry in service.status.load_balancer.ingress or ():
        yield entry.ip
    for pod in snapshot.pods_by_service.get(service.ref, ()):
        yield pod.status.pod_ip
    for each in snapshot.slices.get(service.ref, ()):
        for endpoint in each.endpoints or ():
            yield from endpoint.addresses or ()


def _behind(snapshot: Snapshot, target: str, domain: str) -> Ref | None:
    """The Service that exists under an address or a name."""
    if (ref := snapshot.service_addresses.get(target)) is not None:
        return ref
    parts = corefile.dotted(target).removesuffix(f".svc.{domain}").split(".")
    if not _is_name_of(target, domain) or len(parts) < 2:
        return None
    ref = Ref("Service", parts[-1], parts[-2])
    return ref if ref in snapshot.services else None


def _is_name_of(target: str, domain: str) -> bool:
    return corefile.dotted(target).endswith(f".svc.{domain}")


def _leads_nowhere(target: str) -> bool:
    try:
        address = ip_address(target)
    except ValueError:
        return False
    return address.is_unspecified or address.is_loopback
