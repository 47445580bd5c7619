"""EndpointSlices, NetworkPolicies and Ingresses."""

from typing import ClassVar

import msgspec

from watchdog.domain.objects.corev1 import LoadBalancerStatus, ObjectReference
from watchdog.domain.objects.metav1 import IntOrString, LabelSelector, Metadata, Object, Record


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
    metadata: Metadata = msgspec.field(default_factory=Metadata)
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


class IngressTLS(Record, frozen=True):
    hosts: tuple[str, ...] | None = None
    secret_name: str = ""


class IngressStatus(Record, frozen=True):
    load_balancer: LoadBalancerStatus = msgspec.field(default_factory=LoadBalancerStatus)


class IngressSpec(Record, frozen=True):
    ingress_class_name: str = ""
    default_backend: IngressBackend | None = None
    rules: tuple[IngressHost, ...] | None = None
    tls: tuple[IngressTLS, ...] | None = None


class Ingress(Object, frozen=True):
    KIND: ClassVar[str] = "Ingress"
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    spec: IngressSpec = msgspec.field(default_factory=IngressSpec)
    status: IngressStatus = msgspec.field(default_factory=IngressStatus)

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
