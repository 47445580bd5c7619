"""Slim, frozen records of Kubernetes objects: the only home of Kubernetes field names.

Each record holds the fields that checks read and nothing else; unknown fields are skipped while
decoding. Every field but the name has a default, as one missing key would fail a whole page.
Source of names and meanings: the Kubernetes API reference v1.36.
"""

from datetime import datetime
from typing import ClassVar

import msgspec
from msgspec import Struct

from watchdog.domain.ref import Ref

IntOrString = int | str
Quantities = dict[str, str | int | float]


class Record(Struct, frozen=True, gc=False, rename="camel"):
    """Base of all records. Out of the cyclic collector's sight: records form trees, no cycles."""


# ------------------------------------------------------------------------------------- metadata
class OwnerReference(Record, frozen=True):
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None
    api_version: str = ""


class Annotations(Record, frozen=True):
    """The annotations that mean something to a check; all others are dropped while decoding."""

    revision: str = msgspec.field(default="", name="deployment.kubernetes.io/revision")
    restarted_at: str = msgspec.field(default="", name="kubectl.kubernetes.io/restartedAt")
    default_class: str = msgspec.field(
        default="", name="storageclass.kubernetes.io/is-default-class"
    )
    default_class_beta: str = msgspec.field(
        default="", name="storageclass.beta.kubernetes.io/is-default-class"
    )
    helm_hook: str = msgspec.field(default="", name="helm.sh/hook")
    argo_hook: str = msgspec.field(default="", name="argocd.argoproj.io/hook")
    argo_tracking: str = msgspec.field(default="", name="argocd.argoproj.io/tracking-id")
    helm_release: str = msgspec.field(default="", name="meta.helm.sh/release-name")
    reboot: str = msgspec.field(default="", name="weave.works/kured-reboot-in-progress")
    scheduled_at: str = msgspec.field(
        default="", name="batch.kubernetes.io/cronjob-scheduled-timestamp"
    )
    selected_node: str = msgspec.field(default="", name="volume.kubernetes.io/selected-node")
    desired_replicas: str = msgspec.field(
        default="", name="deployment.kubernetes.io/desired-replicas"
    )
    endpoints_changed: str = msgspec.field(
        default="", name="endpoints.kubernetes.io/last-change-trigger-time"
    )
    default_ingress_class: str = msgspec.field(
        default="", name="ingressclass.kubernetes.io/is-default-class"
    )
    ingress_class: str = msgspec.field(default="", name="kubernetes.io/ingress.class")
    skip_reconcile: str = msgspec.field(default="", name="argocd.argoproj.io/skip-reconcile")
    certificate_name: str = msgspec.field(default="", name="cert-manager.io/certificate-name")
    downscaled: str = msgspec.field(default="", name="downscaler/original-replicas")
    vpa_updates: str = msgspec.field(default="", name="vpaUpdates")
    keda_paused: str = msgspec.field(default="", name="autoscaling.keda.sh/paused")


class Metadata(Record, frozen=True):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    generation: int = 0
    labels: dict[str, str] | None = None
    annotations: Annotations | None = None
    owner_references: tuple[OwnerReference, ...] = ()
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    deletion_grace_period_seconds: int | None = None
    finalizers: tuple[str, ...] = ()


class Object(Record, frozen=True):
    """What every listed object has. `KIND` is the kind of the subclass."""

    KIND: ClassVar[str] = ""
    metadata: Metadata = msgspec.field(default_factory=Metadata)

    @property
    def ref(self) -> Ref:
        return Ref(self.KIND, self.metadata.namespace, self.metadata.name)

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def namespace(self) -> str:
        return self.metadata.namespace

    @property
    def uid(self) -> str:
        return self.metadata.uid

    @property
    def labels(self) -> dict[str, str]:
        return self.metadata.labels or {}

    @property
    def annotations(self) -> Annotations:
        return self.metadata.annotations or _NO_ANNOTATIONS

    @property
    def deleting(self) -> bool:
        """Deletion was asked for and has not ended."""
        return self.metadata.deletion_timestamp is not None

    @property
    def controller(self) -> OwnerReference | None:
        """The owner that controls this object."""
        for owner in self.metadata.owner_references:
            if owner.controller:
                return owner
        return None


_NO_ANNOTATIONS = Annotations()


class Condition(Record, frozen=True):
    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: datetime | None = None
    last_update_time: datetime | None = None
    last_heartbeat_time: datetime | None = None
    observed_generation: int | None = None


class LabelRequirement(Record, frozen=True):
    key: str = ""
    operator: str = ""
    values: tuple[str, ...] | None = None


class LabelSelector(Record, frozen=True):
    match_labels: dict[str, str] | None = None
    match_expressions: tuple[LabelRequirement, ...] | None = None


# ----------------------------------------------------------------------------------------- pods
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


class NameRef(Record, frozen=True):
    name: str = ""
    optional: bool | None = None


class EnvFrom(Record, frozen=True):
    secret_ref: NameRef | None = None
    config_map_ref: NameRef | None = None


class ContainerPort(Record, frozen=True):
    name: str = ""
    container_port: int = 0
    host_port: int = 0
    protocol: str = "TCP"


class HttpGet(Record, frozen=True):
    path: str = ""
    port: IntOrString = 0


class PortOnly(Record, frozen=True):
    """tcpSocket and grpc."""

    port: IntOrString = 0


class Probe(Record, frozen=True):
    http_get: HttpGet | None = None
    tcp_socket: PortOnly | None = None
    grpc: PortOnly | None = None
    initial_delay_seconds: int = 0
    period_seconds: int = 10
    timeout_seconds: int = 1
    failure_threshold: int = 3

    @property
    def port(self) -> IntOrString | None:
        """The probed port, None for an exec probe."""
        for target in (self.http_get, self.tcp_socket, self.grpc):
            if target is not None:
                return target.port
        return None

    @property
    def budget_seconds(self) -> int:
        """How long the probe may fail before the kubelet acts."""
        return self.initial_delay_seconds + self.period_seconds * self.failure_threshold


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


class Toleration(Record, frozen=True):
    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""
    toleration_seconds: int | None = None


class NodeSelectorTerm(Record, frozen=True):
    match_expressions: tuple[LabelRequirement, ...] = ()
    match_fields: tuple[LabelRequirement, ...] = ()


class NodeSelector(Record, frozen=True):
    node_selector_terms: tuple[NodeSelectorTerm, ...] = ()


class NodeAffinity(Record, frozen=True):
    required: NodeSelector | None = msgspec.field(
        default=None, name="requiredDuringSchedulingIgnoredDuringExecution"
    )


class PodAffinityTerm(Record, frozen=True):
    label_selector: LabelSelector | None = None
    topology_key: str = ""
    namespaces: tuple[str, ...] = ()
    namespace_selector: LabelSelector | None = None


class PodAffinity(Record, frozen=True):
    """podAffinity and podAntiAffinity; only what is required."""

    required: tuple[PodAffinityTerm, ...] = msgspec.field(
        default=(), name="requiredDuringSchedulingIgnoredDuringExecution"
    )


class Affinity(Record, frozen=True):
    node_affinity: NodeAffinity | None = None
    pod_affinity: PodAffinity | None = None
    pod_anti_affinity: PodAffinity | None = None


class TopologySpread(Record, frozen=True):
    max_skew: int = 1
    topology_key: str = ""
    when_unsatisfiable: str = ""
    label_selector: LabelSelector | None = None
    node_taints_policy: str = "Ignore"


class SchedulingGate(Record, frozen=True):
    name: str = ""


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
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    spec: PodSpec = msgspec.field(default_factory=PodSpec)


# ------------------------------------------------------------------------------------ workloads
class RollingUpdate(Record, frozen=True):
    max_unavailable: IntOrString | None = None
    max_surge: IntOrString | None = None
    partition: int = 0


class Strategy(Record, frozen=True):
    """Deployment.strategy and the updateStrategy of the others."""

    type: str = ""
    rolling_update: RollingUpdate | None = None


class DeploymentSpec(Record, frozen=True):
    replicas: int = 1
    paused: bool = False
    selector: LabelSelector = msgspec.field(default_factory=LabelSelector)
    template: PodTemplate = msgspec.field(default_factory=PodTemplate)
    strategy: Strategy = msgspec.field(default_factory=Strategy)
    progress_deadline_seconds: int = 600


class WorkloadStatus(Record, frozen=True):
    """Status of Deployment, ReplicaSet and StatefulSet."""

    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    updated_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""
    conditions: tuple[Condition, ...] = ()


class Deployment(Object, frozen=True):
    KIND: ClassVar[str] = "Deployment"
    spec: DeploymentSpec = msgspec.field(default_factory=DeploymentSpec)
    status: WorkloadStatus = msgspec.field(default_factory=WorkloadStatus)

    def condition(self, kind: str) -> Condition | None:
        for condition in self.status.conditions:
            if condition.type == kind:
                return condition
        return None


class ReplicaSetSpec(Record, frozen=True):
    replicas: int = 1
    template: PodTemplate = msgspec.field(default_factory=PodTemplate)


class ReplicaSet(Object, frozen=True):
    KIND: ClassVar[str] = "ReplicaSet"
    spec: ReplicaSetSpec = msgspec.field(default_factory=ReplicaSetSpec)
    status: WorkloadStatus = msgspec.field(default_factory=WorkloadStatus)

    @property
    def revision(self) -> int:
        text = self.annotations.revision
        return int(text) if text.isdigit() else 0


class ClaimSpec(Record, frozen=True):
    storage_class_name: str | None = None
    volume_name: str = ""
    access_modes: tuple[str, ...] = ()
    volume_mode: str = ""
    resources: Resources = msgspec.field(default_factory=Resources)


class ClaimTemplate(Record, frozen=True):
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    spec: ClaimSpec = msgspec.field(default_factory=ClaimSpec)


class StatefulSetSpec(Record, frozen=True):
    replicas: int = 1
    selector: LabelSelector = msgspec.field(default_factory=LabelSelector)
    template: PodTemplate = msgspec.field(default_factory=PodTemplate)
    update_strategy: Strategy = msgspec.field(default_factory=Strategy)
    pod_management_policy: str = ""
    volume_claim_templates: tuple[ClaimTemplate, ...] = ()


class StatefulSet(Object, frozen=True):
    KIND: ClassVar[str] = "StatefulSet"
    spec: StatefulSetSpec = msgspec.field(default_factory=StatefulSetSpec)
    status: WorkloadStatus = msgspec.field(default_factory=WorkloadStatus)


class DaemonSetSpec(Record, frozen=True):
    selector: LabelSelector = msgspec.field(default_factory=LabelSelector)
    template: PodTemplate = msgspec.field(default_factory=PodTemplate)
    update_strategy: Strategy = msgspec.field(default_factory=Strategy)


class DaemonSetStatus(Record, frozen=True):
    observed_generation: int = 0
    desired_number_scheduled: int = 0
    current_number_scheduled: int = 0
    number_ready: int = 0
    number_available: int = 0
    updated_number_scheduled: int = 0


class DaemonSet(Object, frozen=True):
    KIND: ClassVar[str] = "DaemonSet"
    spec: DaemonSetSpec = msgspec.field(default_factory=DaemonSetSpec)
    status: DaemonSetStatus = msgspec.field(default_factory=DaemonSetStatus)


class RevisionSpec(Record, frozen=True):
    template: PodTemplate = msgspec.field(default_factory=PodTemplate)


class RevisionData(Record, frozen=True):
    spec: RevisionSpec = msgspec.field(default_factory=RevisionSpec)


class ControllerRevision(Object, frozen=True):
    """An older pod template of a StatefulSet or DaemonSet."""

    KIND: ClassVar[str] = "ControllerRevision"
    revision: int = 0
    data: RevisionData = msgspec.field(default_factory=RevisionData)


class JobSpec(Record, frozen=True):
    suspend: bool = False
    backoff_limit: int = 6
    active_deadline_seconds: int | None = None
    completions: int | None = None
    parallelism: int | None = None
    template: PodTemplate = msgspec.field(default_factory=PodTemplate)


class JobStatus(Record, frozen=True):
    active: int = 0
    succeeded: int = 0
    failed: int = 0
    start_time: datetime | None = None
    completion_time: datetime | None = None
    conditions: tuple[Condition, ...] = ()


class Job(Object, frozen=True):
    KIND: ClassVar[str] = "Job"
    spec: JobSpec = msgspec.field(default_factory=JobSpec)
    status: JobStatus = msgspec.field(default_factory=JobStatus)

    def condition(self, kind: str) -> Condition | None:
        """A condition whose status is True."""
        for condition in self.status.conditions:
            if condition.type == kind and condition.status == "True":
                return condition
        return None


class JobTemplate(Record, frozen=True):
    spec: JobSpec = msgspec.field(default_factory=JobSpec)


class CronJobSpec(Record, frozen=True):
    schedule: str = ""
    time_zone: str = ""
    suspend: bool = False
    concurrency_policy: str = "Allow"
    starting_deadline_seconds: int | None = None
    failed_jobs_history_limit: int | None = None
    job_template: JobTemplate = msgspec.field(default_factory=JobTemplate)


class CronJobStatus(Record, frozen=True):
    last_schedule_time: datetime | None = None
    last_successful_time: datetime | None = None


class CronJob(Object, frozen=True):
    KIND: ClassVar[str] = "CronJob"
    spec: CronJobSpec = msgspec.field(default_factory=CronJobSpec)
    status: CronJobStatus = msgspec.field(default_factory=CronJobStatus)


# -------------------------------------------------------------------------- nodes and namespaces
class Taint(Record, frozen=True):
    key: str = ""
    value: str = ""
    effect: str = ""
    time_added: datetime | None = None


class NodeSpec(Record, frozen=True):
    unschedulable: bool = False
    taints: tuple[Taint, ...] = ()


class NodeAddress(Record, frozen=True):
    type: str = ""
    address: str = ""


class NodeInfo(Record, frozen=True):
    kubelet_version: str = ""
    os_image: str = ""
    kernel_version: str = ""
    container_runtime_version: str = ""
    architecture: str = ""
    operating_system: str = ""


class NodeImage(Record, frozen=True):
    names: tuple[str, ...] | None = None
    size_bytes: int = 0


class Endpoint(Record, frozen=True):
    port: int = msgspec.field(default=0, name="Port")  # this one key is capital in the API


class DaemonEndpoints(Record, frozen=True):
    kubelet_endpoint: Endpoint = msgspec.field(default_factory=Endpoint)


class NodeStatus(Record, frozen=True):
    capacity: Quantities | None = None
    allocatable: Quantities | None = None
    conditions: tuple[Condition, ...] = ()
    addresses: tuple[NodeAddress, ...] = ()
    node_info: NodeInfo = msgspec.field(default_factory=NodeInfo)
    images: tuple[NodeImage, ...] = ()
    daemon_endpoints: DaemonEndpoints = msgspec.field(default_factory=DaemonEndpoints)


class Node(Object, frozen=True):
    KIND: ClassVar[str] = "Node"
    spec: NodeSpec = msgspec.field(default_factory=NodeSpec)
    status: NodeStatus = msgspec.field(default_factory=NodeStatus)

    def condition(self, kind: str) -> Condition | None:
        for condition in self.status.conditions:
            if condition.type == kind:
                return condition
        return None

    @property
    def ready(self) -> bool:
        condition = self.condition("Ready")
        return condition is not None and condition.status == "True"


class NamespaceStatus(Record, frozen=True):
    phase: str = ""
    conditions: tuple[Condition, ...] = ()


class Namespace(Object, frozen=True):
    KIND: ClassVar[str] = "Namespace"
    status: NamespaceStatus = msgspec.field(default_factory=NamespaceStatus)


# --------------------------------------------------------------------------------------- events
class ObjectReference(Record, frozen=True):
    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""
    field_path: str = ""

    @property
    def ref(self) -> Ref:
        return Ref(self.kind, self.namespace, self.name)


class EventSeries(Record, frozen=True):
    count: int = 0
    last_observed_time: datetime | None = None


class EventSource(Record, frozen=True):
    component: str = ""
    host: str = ""


class Event(Object, frozen=True):
    KIND: ClassVar[str] = "Event"
    involved_object: ObjectReference = msgspec.field(default_factory=ObjectReference)
    type: str = ""
    reason: str = ""
    message: str = ""
    count: int | None = None
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    event_time: datetime | None = None
    series: EventSeries | None = None
    source: EventSource = msgspec.field(default_factory=EventSource)

    @property
    def first_at(self) -> datetime | None:
        return self.first_timestamp or self.event_time or self.metadata.creation_timestamp

    @property
    def last_at(self) -> datetime | None:
        """When it was last seen: series, lastTimestamp or eventTime, whichever is set."""
        if self.series is not None and self.series.last_observed_time is not None:
            return self.series.last_observed_time
        return self.last_timestamp or self.event_time or self.metadata.creation_timestamp


class Scaling(Event, frozen=True):
    """An event that says from how many pods to how many a ReplicaSet was scaled."""


# -------------------------------------------------------------------------------------- storage
class ClaimStatus(Record, frozen=True):
    phase: str = ""
    conditions: tuple[Condition, ...] = ()
    allocated_resource_statuses: dict[str, str] | None = None


class PersistentVolumeClaim(Object, frozen=True):
    KIND: ClassVar[str] = "PersistentVolumeClaim"
    spec: ClaimSpec = msgspec.field(default_factory=ClaimSpec)
    status: ClaimStatus = msgspec.field(default_factory=ClaimStatus)


class VolumeNodeAffinity(Record, frozen=True):
    required: NodeSelector | None = None


class VolumeSpec(Record, frozen=True):
    claim_ref: ObjectReference | None = None
    node_affinity: VolumeNodeAffinity | None = None
    storage_class_name: str = ""
    access_modes: tuple[str, ...] = ()


class VolumeStatus(Record, frozen=True):
    phase: str = ""
    reason: str = ""
    message: str = ""
    last_phase_transition_time: datetime | None = None


class PersistentVolume(Object, frozen=True):
    KIND: ClassVar[str] = "PersistentVolume"
    spec: VolumeSpec = msgspec.field(default_factory=VolumeSpec)
    status: VolumeStatus = msgspec.field(default_factory=VolumeStatus)


class StorageClass(Object, frozen=True):
    KIND: ClassVar[str] = "StorageClass"
    provisioner: str = ""
    volume_binding_mode: str = ""
    allow_volume_expansion: bool = False


class AttachmentSource(Record, frozen=True):
    persistent_volume_name: str = ""


class AttachmentSpec(Record, frozen=True):
    attacher: str = ""
    node_name: str = ""
    source: AttachmentSource = msgspec.field(default_factory=AttachmentSource)


class VolumeError(Record, frozen=True):
    time: datetime | None = None
    message: str = ""


class AttachmentStatus(Record, frozen=True):
    attached: bool = False
    attach_error: VolumeError | None = None
    detach_error: VolumeError | None = None


class VolumeAttachment(Object, frozen=True):
    KIND: ClassVar[str] = "VolumeAttachment"
    spec: AttachmentSpec = msgspec.field(default_factory=AttachmentSpec)
    status: AttachmentStatus = msgspec.field(default_factory=AttachmentStatus)


class SnapshotSource(Record, frozen=True):
    persistent_volume_claim_name: str = ""


class SnapshotSpec(Record, frozen=True):
    source: SnapshotSource = msgspec.field(default_factory=SnapshotSource)


class SnapshotStatus(Record, frozen=True):
    ready_to_use: bool | None = None
    error: VolumeError | None = None


class VolumeSnapshot(Object, frozen=True):
    KIND: ClassVar[str] = "VolumeSnapshot"
    spec: SnapshotSpec = msgspec.field(default_factory=SnapshotSpec)
    status: SnapshotStatus = msgspec.field(default_factory=SnapshotStatus)


# ------------------------------------------------------------------------ admission and networks
class QuotaSpec(Record, frozen=True):
    hard: Quantities | None = None


class QuotaStatus(Record, frozen=True):
    hard: Quantities | None = None
    used: Quantities | None = None


class ResourceQuota(Object, frozen=True):
    KIND: ClassVar[str] = "ResourceQuota"
    spec: QuotaSpec = msgspec.field(default_factory=QuotaSpec)
    status: QuotaStatus = msgspec.field(default_factory=QuotaStatus)


class LimitRangeItem(Record, frozen=True):
    type: str = ""
    max: Quantities | None = None
    min: Quantities | None = None
    max_limit_request_ratio: Quantities | None = None


class LimitRangeSpec(Record, frozen=True):
    limits: tuple[LimitRangeItem, ...] | None = None


class LimitRange(Object, frozen=True):
    KIND: ClassVar[str] = "LimitRange"
    spec: LimitRangeSpec = msgspec.field(default_factory=LimitRangeSpec)


class ServiceAccount(Object, frozen=True):
    KIND: ClassVar[str] = "ServiceAccount"


class ConfigMap(Object, frozen=True):
    """Metadata only: the data is never asked for."""

    KIND: ClassVar[str] = "ConfigMap"


class ServicePort(Record, frozen=True):
    name: str = ""
    port: int = 0
    target_port: IntOrString = 0
    protocol: str = "TCP"


class ServiceSpec(Record, frozen=True):
    type: str = ""
    cluster_ip: str = msgspec.field(default="", name="clusterIP")
    selector: dict[str, str] | None = None
    ports: tuple[ServicePort, ...] = ()
    internal_traffic_policy: str = ""
    external_traffic_policy: str = ""


class LoadBalancerAddress(Record, frozen=True):
    ip: str = ""
    hostname: str = ""


class LoadBalancerStatus(Record, frozen=True):
    ingress: tuple[LoadBalancerAddress, ...] | None = None


class ServiceStatus(Record, frozen=True):
    load_balancer: LoadBalancerStatus = msgspec.field(default_factory=LoadBalancerStatus)


class Service(Object, frozen=True):
    KIND: ClassVar[str] = "Service"
    spec: ServiceSpec = msgspec.field(default_factory=ServiceSpec)
    status: ServiceStatus = msgspec.field(default_factory=ServiceStatus)

    @property
    def headless(self) -> bool:
        """Its name means the pods themselves: no address and no port of its own."""
        return self.spec.cluster_ip == "None"


class EndpointConditions(Record, frozen=True):
    ready: bool | None = None


class SliceEndpoint(Record, frozen=True):
    addresses: tuple[str, ...] | None = None
    conditions: EndpointConditions = msgspec.field(default_factory=EndpointConditions)
    node_name: str = ""
    target_ref: ObjectReference | None = None


class EndpointPort(Record, frozen=True):
    name: str | None = None
    port: int | None = None


class EndpointSlice(Object, frozen=True):
    KIND: ClassVar[str] = "EndpointSlice"
    endpoints: tuple[SliceEndpoint, ...] | None = None
    ports: tuple[EndpointPort, ...] | None = None

    @property
    def service(self) -> str:
        return self.labels.get("kubernetes.io/service-name", "")

    @property
    def ready_count(self) -> int:
        """How many endpoints take traffic; a missing condition counts as ready (API reference)."""
        return sum(endpoint.conditions.ready is not False for endpoint in self.endpoints or ())


class IpBlock(Record, frozen=True):
    cidr: str = ""
    excluded: tuple[str, ...] | None = msgspec.field(default=None, name="except")


class PolicyPeer(Record, frozen=True):
    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: IpBlock | None = None


class PolicyPort(Record, frozen=True):
    protocol: str = "TCP"
    port: IntOrString | None = None
    end_port: int | None = None


class EgressRule(Record, frozen=True):
    """A rule without peers means all peers, one without ports all ports."""

    peers: tuple[PolicyPeer, ...] | None = msgspec.field(default=None, name="to")
    ports: tuple[PolicyPort, ...] | None = None


class IngressRule(Record, frozen=True):
    """As EgressRule, for the other direction."""

    peers: tuple[PolicyPeer, ...] | None = msgspec.field(default=None, name="from")
    ports: tuple[PolicyPort, ...] | None = None


class NetworkPolicySpec(Record, frozen=True):
    pod_selector: LabelSelector = msgspec.field(default_factory=LabelSelector)
    policy_types: tuple[str, ...] = ()
    ingress: tuple[IngressRule, ...] | None = None
    egress: tuple[EgressRule, ...] | None = None


class NetworkPolicy(Object, frozen=True):
    KIND: ClassVar[str] = "NetworkPolicy"
    spec: NetworkPolicySpec = msgspec.field(default_factory=NetworkPolicySpec)


class IngressServicePort(Record, frozen=True):
    name: str = ""
    number: int = 0


class IngressService(Record, frozen=True):
    name: str = ""
    port: IngressServicePort = msgspec.field(default_factory=IngressServicePort)


class IngressBackend(Record, frozen=True):
    service: IngressService | None = None  # None: a resource of another kind


class IngressPath(Record, frozen=True):
    path: str = ""
    backend: IngressBackend = msgspec.field(default_factory=IngressBackend)


class IngressHttp(Record, frozen=True):
    paths: tuple[IngressPath, ...] = ()


class IngressHost(Record, frozen=True):
    host: str = ""
    http: IngressHttp | None = None


class IngressSpec(Record, frozen=True):
    ingress_class_name: str = ""
    default_backend: IngressBackend | None = None
    rules: tuple[IngressHost, ...] | None = None


class Ingress(Object, frozen=True):
    KIND: ClassVar[str] = "Ingress"
    spec: IngressSpec = msgspec.field(default_factory=IngressSpec)

    @property
    def backends(self) -> tuple[IngressService, ...]:
        """The Services its rules lead to, each once, in order."""
        paths = [path for rule in self.spec.rules or () if rule.http for path in rule.http.paths]
        backends = [self.spec.default_backend, *(path.backend for path in paths)]
        return tuple(dict.fromkeys(each.service for each in backends if each and each.service))


class IngressClassSpec(Record, frozen=True):
    controller: str = ""


class IngressClass(Object, frozen=True):
    KIND: ClassVar[str] = "IngressClass"
    spec: IngressClassSpec = msgspec.field(default_factory=IngressClassSpec)


class WebhookService(Record, frozen=True):
    namespace: str = ""
    name: str = ""
    port: int = 443


class WebhookClient(Record, frozen=True):
    service: WebhookService | None = None
    url: str = ""


class WebhookRule(Record, frozen=True):
    operations: tuple[str, ...] | None = None
    api_groups: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None


class Webhook(Record, frozen=True):
    """One webhook of a configuration; a selector that is None takes everything."""

    name: str = ""
    rules: tuple[WebhookRule, ...] | None = None
    namespace_selector: LabelSelector | None = None
    object_selector: LabelSelector | None = None
    failure_policy: str = "Fail"
    timeout_seconds: int = 10
    client_config: WebhookClient = msgspec.field(default_factory=WebhookClient)


class MutatingWebhookConfiguration(Object, frozen=True):
    KIND: ClassVar[str] = "MutatingWebhookConfiguration"
    webhooks: tuple[Webhook, ...] = ()


class ValidatingWebhookConfiguration(Object, frozen=True):
    KIND: ClassVar[str] = "ValidatingWebhookConfiguration"
    webhooks: tuple[Webhook, ...] = ()


class PolicyRule(Record, frozen=True):
    """One rule of a role; with `resource_names` it is about these objects alone."""

    verbs: tuple[str, ...] = ()
    api_groups: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    resource_names: tuple[str, ...] | None = None


class Aggregation(Record, frozen=True):
    """A role with it has its rules written by a controller."""


class Role(Object, frozen=True):
    KIND: ClassVar[str] = "Role"
    rules: tuple[PolicyRule, ...] | None = None


class ClusterRole(Object, frozen=True):
    KIND: ClassVar[str] = "ClusterRole"
    rules: tuple[PolicyRule, ...] | None = None
    aggregation_rule: Aggregation | None = None


class RoleSubject(Record, frozen=True):
    kind: str = ""
    name: str = ""
    namespace: str = ""


class RoleRef(Record, frozen=True):
    kind: str = ""
    name: str = ""


class RoleBinding(Object, frozen=True):
    KIND: ClassVar[str] = "RoleBinding"
    subjects: tuple[RoleSubject, ...] | None = None
    role_ref: RoleRef = msgspec.field(default_factory=RoleRef)


class ClusterRoleBinding(Object, frozen=True):
    KIND: ClassVar[str] = "ClusterRoleBinding"
    subjects: tuple[RoleSubject, ...] | None = None
    role_ref: RoleRef = msgspec.field(default_factory=RoleRef)


class PriorityClass(Object, frozen=True):
    KIND: ClassVar[str] = "PriorityClass"
    value: int = 0
    global_default: bool = False
    preemption_policy: str = ""


class BudgetSpec(Record, frozen=True):
    selector: LabelSelector | None = None


class BudgetStatus(Record, frozen=True):
    observed_generation: int = 0
    disruptions_allowed: int = 0
    current_healthy: int = 0
    desired_healthy: int = 0
    expected_pods: int = 0


class PodDisruptionBudget(Object, frozen=True):
    KIND: ClassVar[str] = "PodDisruptionBudget"
    spec: BudgetSpec = msgspec.field(default_factory=BudgetSpec)
    status: BudgetStatus = msgspec.field(default_factory=BudgetStatus)


class LeaseSpec(Record, frozen=True):
    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    renew_time: datetime | None = None


class Lease(Object, frozen=True):
    KIND: ClassVar[str] = "Lease"
    spec: LeaseSpec = msgspec.field(default_factory=LeaseSpec)


# ---------------------------------------------------------------------------------------- usage
class NodeMetrics(Object, frozen=True):
    """One sample of what a node uses. Source: metrics.k8s.io/v1beta1."""

    KIND: ClassVar[str] = "NodeMetrics"
    timestamp: datetime | None = None
    usage: Quantities | None = None


class ContainerMetrics(Record, frozen=True):
    name: str = ""
    usage: Quantities | None = None


class PodMetrics(Object, frozen=True):
    """One sample of what the containers of a pod use."""

    KIND: ClassVar[str] = "PodMetrics"
    timestamp: datetime | None = None
    containers: tuple[ContainerMetrics, ...] | None = None


class Filesystem(Record, frozen=True):
    """What a kubelet knows of one file system; any number may be missing."""

    capacity_bytes: int | None = None
    available_bytes: int | None = None
    used_bytes: int | None = None
    inodes: int | None = None
    inodes_free: int | None = None


class ClaimVolume(Filesystem, frozen=True):
    """One volume of a pod; without `pvc_ref` it belongs to no claim."""

    name: str = ""
    pvc_ref: ObjectReference | None = None


class PodStats(Record, frozen=True):
    pod_ref: ObjectReference = msgspec.field(default_factory=ObjectReference)
    ephemeral: Filesystem | None = msgspec.field(default=None, name="ephemeral-storage")
    volumes: tuple[ClaimVolume, ...] | None = msgspec.field(default=None, name="volume")


class RuntimeStats(Record, frozen=True):
    image_fs: Filesystem | None = None


class NodeSummary(Record, frozen=True):
    fs: Filesystem | None = None
    runtime: RuntimeStats | None = None


class NodeStats(Object, frozen=True):
    """A kubelet's own statistics, under the name of its node. Source: kubelet stats/v1alpha1.

    A kubelet sends no metadata: whoever reads it adds the name.
    """

    KIND: ClassVar[str] = "NodeStats"
    node: NodeSummary = msgspec.field(default_factory=NodeSummary)
    pods: tuple[PodStats, ...] | None = None


# ------------------------------------------------------------------- custom resources, autoscaling
class ConditionsStatus(Record, frozen=True):
    """What most custom resources report and nothing else."""

    conditions: tuple[Condition, ...] | None = None


class Conditioned(Object, frozen=True):
    """An object whose state is in its conditions."""

    status: ConditionsStatus = msgspec.field(default_factory=ConditionsStatus)

    def condition(self, kind: str) -> Condition | None:
        for condition in self.status.conditions or ():
            if condition.type == kind:
                return condition
        return None


class TypedName(Record, frozen=True):
    """issuerRef, secretStoreRef, sourceRef, scaleTargetRef: an object by kind and name."""

    kind: str = ""
    name: str = ""
    namespace: str = ""
    group: str = ""


class CertificateSpec(Record, frozen=True):
    secret_name: str = ""
    issuer_ref: TypedName = msgspec.field(default_factory=TypedName)


class CertificateStatus(ConditionsStatus, frozen=True):
    not_before: datetime | None = None
    not_after: datetime | None = None
    renewal_time: datetime | None = None
    last_failure_time: datetime | None = None
    failed_issuance_attempts: int | None = None


class Certificate(Conditioned, frozen=True):
    KIND: ClassVar[str] = "Certificate"
    spec: CertificateSpec = msgspec.field(default_factory=CertificateSpec)
    status: CertificateStatus = msgspec.field(default_factory=CertificateStatus)


class CertificateRequest(Conditioned, frozen=True):
    KIND: ClassVar[str] = "CertificateRequest"


class AcmeStatus(Record, frozen=True):
    """Status of Order and Challenge."""

    state: str = ""
    reason: str = ""


class Order(Object, frozen=True):
    KIND: ClassVar[str] = "Order"
    status: AcmeStatus = msgspec.field(default_factory=AcmeStatus)


class Challenge(Object, frozen=True):
    KIND: ClassVar[str] = "Challenge"
    status: AcmeStatus = msgspec.field(default_factory=AcmeStatus)


class Issuer(Conditioned, frozen=True):
    KIND: ClassVar[str] = "Issuer"


class ClusterIssuer(Conditioned, frozen=True):
    KIND: ClassVar[str] = "ClusterIssuer"


class ArgoSource(Record, frozen=True):
    repo_url: str = msgspec.field(default="", name="repoURL")


class ArgoDestination(Record, frozen=True):
    server: str = ""
    name: str = ""
    namespace: str = ""


class ArgoAutomated(Record, frozen=True):
    prune: bool = False
    self_heal: bool = False
    enabled: bool | None = None


class ArgoSyncPolicy(Record, frozen=True):
    automated: ArgoAutomated | None = None


class ApplicationSpec(Record, frozen=True):
    project: str = ""
    source: ArgoSource | None = None
    sources: tuple[ArgoSource, ...] | None = None
    destination: ArgoDestination = msgspec.field(default_factory=ArgoDestination)
    sync_policy: ArgoSyncPolicy | None = None


class ArgoSync(Record, frozen=True):
    status: str = ""
    revision: str = ""


class ArgoHealth(Record, frozen=True):
    status: str = ""
    message: str = ""
    last_transition_time: datetime | None = None


class ArgoResource(Record, frozen=True):
    """One object of an Application; in a sync result `message` says how its apply went."""

    kind: str = ""
    namespace: str = ""
    name: str = ""
    status: str = ""
    message: str = ""
    health: ArgoHealth | None = None
    requires_pruning: bool = False

    @property
    def ref(self) -> Ref:
        return Ref(self.kind, self.namespace, self.name)


class ArgoSyncResult(Record, frozen=True):
    revision: str = ""
    resources: tuple[ArgoResource, ...] | None = None


class ArgoSyncOrder(Record, frozen=True):
    revision: str = ""
    self_heal_attempts_count: int = 0


class ArgoOperation(Record, frozen=True):
    """What is to be done, not how it went."""

    sync: ArgoSyncOrder | None = None


class ArgoOperationState(Record, frozen=True):
    phase: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    retry_count: int = 0
    operation: ArgoOperation | None = None
    sync_result: ArgoSyncResult | None = None

    @property
    def revision(self) -> str:
        """What it applied, or was told to apply; "" when not said."""
        done = self.sync_result.revision if self.sync_result else ""
        told = self.operation.sync.revision if self.operation and self.operation.sync else ""
        return done or told


class ApplicationStatus(ConditionsStatus, frozen=True):
    reconciled_at: datetime | None = None
    sync: ArgoSync = msgspec.field(default_factory=ArgoSync)
    health: ArgoHealth = msgspec.field(default_factory=ArgoHealth)
    operation_state: ArgoOperationState | None = None
    resources: tuple[ArgoResource, ...] | None = None


class Application(Conditioned, frozen=True):
    """Of Argo CD. A condition is active while it is there: it has no status."""

    KIND: ClassVar[str] = "Application"
    operation: ArgoOperation | None = None
    spec: ApplicationSpec = msgspec.field(default_factory=ApplicationSpec)
    status: ApplicationStatus = msgspec.field(default_factory=ApplicationStatus)

    @property
    def automated(self) -> ArgoAutomated | None:
        """How it is synced without being asked; None when it is not."""
        policy = self.spec.sync_policy.automated if self.spec.sync_policy else None
        return policy if policy is not None and policy.enabled is not False else None


class SyncWindow(Record, frozen=True):
    kind: str = ""
    schedule: str = ""
    duration: str = ""
    time_zone: str = ""
    applications: tuple[str, ...] | None = None
    namespaces: tuple[str, ...] | None = None
    clusters: tuple[str, ...] | None = None
    and_operator: bool = False


class AppProjectSpec(Record, frozen=True):
    sync_windows: tuple[SyncWindow, ...] | None = None


class AppProject(Object, frozen=True):
    KIND: ClassVar[str] = "AppProject"
    spec: AppProjectSpec = msgspec.field(default_factory=AppProjectSpec)


class FluxChartSpec(Record, frozen=True):
    source_ref: TypedName | None = None


class FluxChart(Record, frozen=True):
    spec: FluxChartSpec = msgspec.field(default_factory=FluxChartSpec)


class FluxSpec(Record, frozen=True):
    """Of all Flux kinds: what it is made from, waits for, and whether it is told to rest."""

    suspend: bool = False
    source_ref: TypedName | None = None
    chart_ref: TypedName | None = None
    chart: FluxChart | None = None
    depends_on: tuple[TypedName, ...] | None = None


class FluxObject(Conditioned, frozen=True):
    spec: FluxSpec = msgspec.field(default_factory=FluxSpec)


class Kustomization(FluxObject, frozen=True):
    KIND: ClassVar[str] = "Kustomization"


class HelmRelease(FluxObject, frozen=True):
    KIND: ClassVar[str] = "HelmRelease"


class GitRepository(FluxObject, frozen=True):
    KIND: ClassVar[str] = "GitRepository"


class OCIRepository(FluxObject, frozen=True):
    KIND: ClassVar[str] = "OCIRepository"


class HelmRepository(FluxObject, frozen=True):
    KIND: ClassVar[str] = "HelmRepository"


class Bucket(FluxObject, frozen=True):
    KIND: ClassVar[str] = "Bucket"


class SecretTarget(Record, frozen=True):
    name: str = ""


class ExternalSecretSpec(Record, frozen=True):
    refresh_interval: str = ""
    refresh_policy: str = ""
    secret_store_ref: TypedName | None = None
    target: SecretTarget | None = None


class ExternalSecretStatus(ConditionsStatus, frozen=True):
    refresh_time: datetime | None = None


class ExternalSecret(Conditioned, frozen=True):
    KIND: ClassVar[str] = "ExternalSecret"
    spec: ExternalSecretSpec = msgspec.field(default_factory=ExternalSecretSpec)
    status: ExternalSecretStatus = msgspec.field(default_factory=ExternalSecretStatus)

    @property
    def secret(self) -> Ref:
        """The Secret it writes: its own name when it names none."""
        target = self.spec.target.name if self.spec.target else ""
        return Ref("Secret", self.namespace, target or self.name)


class SecretStore(Conditioned, frozen=True):
    KIND: ClassVar[str] = "SecretStore"


class ClusterSecretStore(Conditioned, frozen=True):
    KIND: ClassVar[str] = "ClusterSecretStore"


class GatewaySpec(Record, frozen=True):
    gateway_class_name: str = ""


class ListenerStatus(ConditionsStatus, frozen=True):
    name: str = ""


class GatewayStatus(ConditionsStatus, frozen=True):
    listeners: tuple[ListenerStatus, ...] | None = None


class Gateway(Conditioned, frozen=True):
    KIND: ClassVar[str] = "Gateway"
    spec: GatewaySpec = msgspec.field(default_factory=GatewaySpec)
    status: GatewayStatus = msgspec.field(default_factory=GatewayStatus)


class GatewayClass(Conditioned, frozen=True):
    KIND: ClassVar[str] = "GatewayClass"


class RouteParent(ConditionsStatus, frozen=True):
    """What one Gateway says of a route that names it."""

    parent_ref: TypedName = msgspec.field(default_factory=TypedName)


class RouteSpec(Record, frozen=True):
    parent_refs: tuple[TypedName, ...] | None = None


class RouteStatus(Record, frozen=True):
    parents: tuple[RouteParent, ...] | None = None


class HTTPRoute(Object, frozen=True):
    KIND: ClassVar[str] = "HTTPRoute"
    spec: RouteSpec = msgspec.field(default_factory=RouteSpec)
    status: RouteStatus = msgspec.field(default_factory=RouteStatus)


class MetricTarget(Record, frozen=True):
    type: str = ""
    average_utilization: int | None = None


class MetricName(Record, frozen=True):
    name: str = ""


class MetricSource(Record, frozen=True):
    """One source of a metric: which fields are set depends on the type."""

    name: str = ""  # the resource, of Resource and ContainerResource
    container: str = ""
    metric: MetricName | None = None
    target: MetricTarget = msgspec.field(default_factory=MetricTarget)
    current: MetricTarget = msgspec.field(default_factory=MetricTarget)  # in currentMetrics


class Metric(Record, frozen=True):
    type: str = ""
    resource: MetricSource | None = None
    container_resource: MetricSource | None = None
    pods: MetricSource | None = None
    object: MetricSource | None = None
    external: MetricSource | None = None

    @property
    def source(self) -> MetricSource | None:
        return self.resource or self.container_resource or self.pods or self.object or self.external


class HpaSpec(Record, frozen=True):
    scale_target_ref: TypedName = msgspec.field(default_factory=TypedName)
    min_replicas: int | None = None
    max_replicas: int = 0
    metrics: tuple[Metric, ...] | None = None


class HpaStatus(ConditionsStatus, frozen=True):
    current_replicas: int | None = None
    desired_replicas: int | None = None
    current_metrics: tuple[Metric, ...] | None = None


class HorizontalPodAutoscaler(Conditioned, frozen=True):
    KIND: ClassVar[str] = "HorizontalPodAutoscaler"
    spec: HpaSpec = msgspec.field(default_factory=HpaSpec)
    status: HpaStatus = msgspec.field(default_factory=HpaStatus)


class ScaledObjectSpec(Record, frozen=True):
    scale_target_ref: TypedName = msgspec.field(default_factory=TypedName)


class ScaledObject(Conditioned, frozen=True):
    """Of KEDA; its conditions carry no time."""

    KIND: ClassVar[str] = "ScaledObject"
    spec: ScaledObjectSpec = msgspec.field(default_factory=ScaledObjectSpec)


class ApiServiceBackend(Record, frozen=True):
    namespace: str = ""
    name: str = ""


class ApiServiceSpec(Record, frozen=True):
    group: str = ""
    version: str = ""
    service: ApiServiceBackend | None = None  # None: served by the API server itself


class APIService(Conditioned, frozen=True):
    KIND: ClassVar[str] = "APIService"
    spec: ApiServiceSpec = msgspec.field(default_factory=ApiServiceSpec)
