"""Nodes, namespaces, events, quotas, ServiceAccounts, ConfigMaps and Services."""

from datetime import datetime
from typing import ClassVar

import msgspec

from watchdog.domain.objects.metav1 import (
    Condition,
    IntOrString,
    Metadata,
    Object,
    Quantities,
    Record,
)
from watchdog.domain.ref import Ref


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
    metadata: Metadata = msgspec.field(default_factory=Metadata)
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
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    status: NamespaceStatus = msgspec.field(default_factory=NamespaceStatus)


class ObjectReference(Record, frozen=True):
    api_version: str = ""
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


class Happening(Event, frozen=True):
    """A Normal event about a node, an autoscaler or a workload, and not one of each pod."""


class ScaleUp(Event, frozen=True):
    """The cluster autoscaler says of a pod that it adds a node for it: event TriggeredScaleUp.

    Source: cluster-autoscaler, processors/status/eventing_scale_up_processor.go.
    """

    REASON: ClassVar[str] = "TriggeredScaleUp"


class QuotaSpec(Record, frozen=True):
    hard: Quantities | None = None


class QuotaStatus(Record, frozen=True):
    hard: Quantities | None = None
    used: Quantities | None = None


class ResourceQuota(Object, frozen=True):
    KIND: ClassVar[str] = "ResourceQuota"
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    spec: QuotaSpec = msgspec.field(default_factory=QuotaSpec)
    status: QuotaStatus = msgspec.field(default_factory=QuotaStatus)


class LimitRangeItem(Record, frozen=True):
    type: str = ""
    max: Quantities | None = None
    min: Quantities | None = None
    max_limit_request_ratio: Quantities | None = None
    default: Quantities | None = None  # limits of containers that set none
    default_request: Quantities | None = None


class LimitRangeSpec(Record, frozen=True):
    limits: tuple[LimitRangeItem, ...] | None = None


class LimitRange(Object, frozen=True):
    KIND: ClassVar[str] = "LimitRange"
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    spec: LimitRangeSpec = msgspec.field(default_factory=LimitRangeSpec)


class ServiceAccount(Object, frozen=True):
    KIND: ClassVar[str] = "ServiceAccount"
    metadata: Metadata = msgspec.field(default_factory=Metadata)


class ConfigMap(Object, frozen=True):
    """Metadata only: the data is never asked for."""

    KIND: ClassVar[str] = "ConfigMap"
    metadata: Metadata = msgspec.field(default_factory=Metadata)


class ServicePort(Record, frozen=True):
    name: str = ""
    port: int = 0
    target_port: IntOrString = 0
    node_port: int = 0
    protocol: str = "TCP"


class ServiceSpec(Record, frozen=True):
    type: str = ""
    cluster_ip: str = msgspec.field(default="", name="clusterIP")
    external_name: str = ""
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
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    spec: ServiceSpec = msgspec.field(default_factory=ServiceSpec)
    status: ServiceStatus = msgspec.field(default_factory=ServiceStatus)

    @property
    def headless(self) -> bool:
        """Its name means the pods themselves: no address and no port of its own."""
        return self.spec.cluster_ip == "None"
