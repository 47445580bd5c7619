"""Autoscalers: HorizontalPodAutoscaler and KEDA's ScaledObject."""

from typing import ClassVar

import msgspec

from watchdog.domain.objects.certmanagerv1 import TypedName
from watchdog.domain.objects.metav1 import Conditioned, ConditionsStatus, Metadata, Record


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
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    spec: HpaSpec = msgspec.field(default_factory=HpaSpec)
    status: HpaStatus = msgspec.field(default_factory=HpaStatus)


class ScaledObjectSpec(Record, frozen=True):
    scale_target_ref: TypedName = msgspec.field(default_factory=TypedName)


class ScaledObject(Conditioned, frozen=True):
    """Of KEDA; its conditions carry no time."""

    KIND: ClassVar[str] = "ScaledObject"
    spec: ScaledObjectSpec = msgspec.field(default_factory=ScaledObjectSpec)
