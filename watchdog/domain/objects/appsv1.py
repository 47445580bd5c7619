"""Deployments, ReplicaSets, StatefulSets, DaemonSets and their revisions."""

from typing import ClassVar

import msgspec

from watchdog.domain.objects.metav1 import (
    Condition,
    IntOrString,
    LabelSelector,
    Metadata,
    Object,
    PlainMetadata,
    Record,
)
from watchdog.domain.objects.podv1 import PodTemplate, Resources


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
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    spec: DeploymentSpec = msgspec.field(default_factory=DeploymentSpec)
    status: WorkloadStatus = msgspec.field(default_factory=WorkloadStatus)

    def condition(self, kind: str) -> Condition | None:
        for condition in self.status.conditions:
            if condition.type == kind:
                return condition
        return None


class ReplicaSetSpec(Record, frozen=True):
    replicas: int = 1
    selector: LabelSelector = msgspec.field(default_factory=LabelSelector)
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
    metadata: PlainMetadata = msgspec.field(default_factory=PlainMetadata)
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
    metadata: Metadata = msgspec.field(default_factory=Metadata)
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
    metadata: Metadata = msgspec.field(default_factory=Metadata)
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
