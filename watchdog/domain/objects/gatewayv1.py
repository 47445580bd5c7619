"""Gateway API: gateways, classes and routes."""

from typing import ClassVar

import msgspec

from watchdog.domain.objects.certmanagerv1 import TypedName
from watchdog.domain.objects.metav1 import Conditioned, ConditionsStatus, Object, Record


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
