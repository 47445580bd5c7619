"""Pods: their spec as templates carry it, and the status the kubelet writes."""

from datetime import datetime
from typing import ClassVar

import msgspec

from watchdog.domain.objects.metav1 import (
    Condition,
    Object,
    PlainMetadata,
    Quantities,
    Record,
)
from watchdog.domain.objects.placementv1 import (
    Affinity,
    SchedulingGate,
    Toleration,
    TopologySpread,
)
from watchdog.domain.objects.probev1 import Probe
from watchdog.domain.ref import Ref


class KeyRef(Record, frozen=True):
    """secretKeyRef and configMapKeyRef."""

    name: str = ""
    key: str = ""
    optional: bool | None = None


class EnvValueFrom(Record, frozen=True):
    secret_key_ref: KeyRef | None = None
    config_map_key_ref: KeyRef | None = None


class EnvVar(Record, frozen=True):
    name: str = ""
    value: str = ""
    value_from: EnvValueFrom | None = None


class KeyToPath(Record, frozen=True):
    key: str = ""


class NameRef(Record, frozen=True):
    """An object by its name; `items` are the keys that a volume takes of it, all when it says none."""

    name: str = ""
    optional: bool | None = None
    items: tuple[KeyToPath, ...] | None = None


class EnvFrom(Record, frozen=True):
    secret_ref: NameRef | None = None
    config_map_ref: NameRef | None = None


class ContainerPort(Record, frozen=True):
    name: str = ""
    container_port: int = 0
    host_port: int = 0
    protocol: str = "TCP"


class Resources(Record, frozen=True):
    requests: Quantities | None = None
    limits: Quantities | None = None


class ContainerSecurity(Record, frozen=True):
    read_only_root_filesystem: bool | None = None
    run_as_user: int | None = None
    run_as_non_root: bool | None = None


class VolumeMount(Record, frozen=True):
    name: str = ""
    mount_path: str = ""
    read_only: bool | None = None
    sub_path: str = ""


class Container(Record, frozen=True):
    name: str = ""
    image: str = ""
    image_pull_policy: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[EnvVar, ...] = ()
    env_from: tuple[EnvFrom, ...] = ()
    ports: tuple[ContainerPort, ...] = ()
    resources: Resources = msgspec.field(default_factory=Resources)
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    volume_mounts: tuple[VolumeMount, ...] = ()
    security_context: ContainerSecurity | None = None
    restart_policy: str = ""  # "Always" on an init container makes it a sidecar
    tty: bool = False


class ClaimSource(Record, frozen=True):
    claim_name: str = ""


class SecretVolume(Record, frozen=True):
    secret_name: str = ""
    optional: bool | None = None
    items: tuple[KeyToPath, ...] | None = None


class ProjectedSource(Record, frozen=True):
    config_map: NameRef | None = None
    secret: NameRef | None = None


class ProjectedVolume(Record, frozen=True):
    sources: tuple[ProjectedSource, ...] | None = None


class HostPath(Record, frozen=True):
    path: str = ""


class Volume(Record, frozen=True):
    name: str = ""
    host_path: HostPath | None = None
    persistent_volume_claim: ClaimSource | None = None
    config_map: NameRef | None = None
    secret: SecretVolume | None = None
    projected: ProjectedVolume | None = None


class HostAlias(Record, frozen=True):
    """Names that a pod's own /etc/hosts answers."""

    hostnames: tuple[str, ...] | None = None


class DnsConfig(Record, frozen=True):
    nameservers: tuple[str, ...] | None = None


class PodSpec(Record, frozen=True):
    """The spec of a pod and of every pod template."""

    node_name: str = ""
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    node_selector: dict[str, str] | None = None
    affinity: Affinity | None = None
    tolerations: tuple[Toleration, ...] = ()
    topology_spread_constraints: tuple[TopologySpread, ...] = ()
    service_account_name: str = ""
    image_pull_secrets: tuple[NameRef, ...] = ()
    priority: int = 0
    priority_class_name: str = ""
    scheduling_gates: tuple[SchedulingGate, ...] = ()
    host_network: bool = False
    host_aliases: tuple[HostAlias, ...] = ()
    dns_policy: str = ""
    dns_config: DnsConfig | None = None
    restart_policy: str = ""
    scheduler_name: str = ""
    resources: Resources = msgspec.field(default_factory=Resources)  # of the pod as a whole
    overhead: Quantities | None = None  # of its RuntimeClass

    @property
    def serving(self) -> tuple[Container, ...]:
        """The containers that run side by side: all but the init containers that end."""
        sidecars = (each for each in self.init_containers if each.restart_policy == "Always")
        return (*sidecars, *self.containers)


class Waiting(Record, frozen=True):
    reason: str = ""
    message: str = ""


class Running(Record, frozen=True):
    started_at: datetime | None = None


class Terminated(Record, frozen=True):
    exit_code: int = 0
    signal: int = 0
    reason: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None


class ContainerState(Record, frozen=True):
    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


_NO_STATE = ContainerState()


class ContainerStatus(Record, frozen=True):
    name: str = ""
    image: str = ""
    image_id: str = msgspec.field(default="", name="imageID")
    ready: bool = False
    started: bool | None = None
    restart_count: int = 0
    state: ContainerState = _NO_STATE
    last_state: ContainerState = _NO_STATE

    @property
    def oom_killed_at(self) -> datetime | None:
        """When the kernel killed it for memory; None when its last end was another."""
        end = self.state.terminated or self.last_state.terminated
        return end.finished_at if end is not None and end.reason == "OOMKilled" else None


class PodStatus(Record, frozen=True):
    phase: str = ""
    reason: str = ""
    message: str = ""
    conditions: tuple[Condition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    pod_ip: str = msgspec.field(default="", name="podIP")
    start_time: datetime | None = None


class Pod(Object, frozen=True):
    KIND: ClassVar[str] = "Pod"
    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodStatus = msgspec.field(default_factory=PodStatus)

    @property
    def node(self) -> str:
        return self.spec.node_name

    @property
    def finished(self) -> bool:
        """Succeeded or Failed: no container will run again."""
        return self.status.phase in ("Succeeded", "Failed")

    @property
    def ready(self) -> bool:
        condition = self.condition("Ready")
        return condition is not None and condition.status == "True"

    @property
    def claims(self) -> tuple[Ref, ...]:
        """The PersistentVolumeClaims its volumes name, in their order, whether they exist or not."""
        sources = (volume.persistent_volume_claim for volume in self.spec.volumes)
        return tuple(
            Ref("PersistentVolumeClaim", self.namespace, source.claim_name)
            for source in sources
            if source is not None
        )

    def condition(self, kind: str) -> Condition | None:
        for condition in self.status.conditions:
            if condition.type == kind:
                return condition
        return None

    @property
    def statuses(self) -> tuple[ContainerStatus, ...]:
        """Init containers first, as they run first."""
        return self.status.init_container_statuses + self.status.container_statuses


class PodTemplate(Record, frozen=True):
    metadata: PlainMetadata = msgspec.field(default_factory=PlainMetadata)
    spec: PodSpec = msgspec.field(default_factory=PodSpec)
