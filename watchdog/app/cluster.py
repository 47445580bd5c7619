"""From a person's flags or a mounted ServiceAccount to a cluster that can be read."""

import platform
import secrets
from dataclasses import dataclass
from pathlib import Path

from watchdog.app.access import Access
from watchdog.clock import SystemClock
from watchdog.config.settings import Settings
from watchdog.domain.ports import Actuator, Cluster
from watchdog.kube.actuate import KubeActuator
from watchdog.kube.client import Connection, OnAnswer, connect
from watchdog.kube.collect import KubeCluster
from watchdog.kube.credentials import is_mounted
from watchdog.kube.dnsconfig import DnsSource
from watchdog.outside.cluster import WiderCluster
from watchdog.outside.prometheus import Prometheus
from watchdog.outside.tls import Probe

OWN_NAMESPACE = "platform-engineer"


@dataclass(frozen=True, slots=True)
class Watched:
    """One cluster: what reads it, and the only thing that may write to it."""

    cluster: Cluster
    actuator: Actuator


async def open_cluster(
    access: Access, settings: Settings, *, on_answer: OnAnswer | None = None
) -> Cluster:
    """Open the cluster for reading; nothing is sent yet. `on_answer` hears of every request.

    Raises:
        Misconfigured: no cluster is configured, or its configuration cannot be used.
    """
    return _cluster(await open_connection(access, settings, on_answer), settings)


async def open_watched(
    access: Access, settings: Settings, *, on_answer: OnAnswer | None = None
) -> Watched:
    """Open the cluster for reading and for what Policy allows. As `open_cluster`."""
    actuator = await open_actuator(access, settings, on_answer=on_answer)
    return Watched(await open_cluster(access, settings, on_answer=on_answer), actuator)


async def open_actuator(
    access: Access, settings: Settings, *, on_answer: OnAnswer | None = None
) -> KubeActuator:
    """What may write, over a connection of its own; nothing is sent yet. As `open_cluster`."""
    return KubeActuator(
        await open_connection(access, settings, on_answer),
        clock=SystemClock(),
        namespace=OWN_NAMESPACE,
        service_account=settings.actor.service_account,
        lease=settings.actor.lease,
        me=f"{platform.node()}_{secrets.token_hex(4)}",  # drawn: a home may be mounted twice
    )


async def open_connection(
    access: Access, settings: Settings, on_answer: OnAnswer | None = None
) -> Connection:
    """A connection as these say. As `open_cluster`."""
    explicit = access.kubeconfig is not None or bool(access.context)
    return await connect(
        access.kubeconfig or _configured(settings),
        access.context,
        explicit=explicit,
        on_answer=on_answer,
    )


def _cluster(connection: Connection, settings: Settings) -> Cluster:
    cluster = KubeCluster(connection, SystemClock(), dns=dns_source(settings))
    url, probe = settings.prometheus.url, settings.tls_probe
    return WiderCluster(
        cluster,
        prometheus=Prometheus(url) if url else None,
        probe=Probe(probe.address) if probe.enabled else None,
    )


def dns_source(settings: Settings) -> DnsSource:
    """Where the configuration of the cluster's DNS is kept."""
    namespace, _, name = settings.dns.config_map.partition("/")
    return DnsSource(namespace, name, settings.dns.key)


def _configured(settings: Settings) -> Path | None:
    """`kubeconfig` of the settings, unless a ServiceAccount is mounted: that comes first."""
    return Path(settings.kubeconfig) if settings.kubeconfig and not is_mounted() else None
