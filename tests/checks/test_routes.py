"""routes: names that lead nowhere, and what a controller refuses."""

import pytest

from tests.builders import MINUTE, NOW, ago, meta, snapshot
from tests.network import ingress, ingress_class, service
from watchdog.checks.routes import routes
from watchdog.domain import objects as k8s
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

CART = service("cart", k8s.ServicePort(name="http", port=80))
TRAEFIK = ingress_class("traefik", "traefik.io/ingress-controller")


def found(*items: k8s.Object, missing: tuple[str, ...] = ()) -> list[Finding]:
    return list(routes.detect(snapshot(*items, missing=missing), NoParams()))


def faults(*items: k8s.Object) -> list[str]:
    return [each.message for each in found(*items)]


def test_an_ingress_to_a_service_that_is_not_there_is_invalid() -> None:
    [finding] = found(ingress("shop", ("cart", 80)))

    assert (finding.reason, finding.subject) == ("RouteInvalid", Ref("Ingress", "shop", "shop"))
    assert (finding.severity, finding.hold) == (Severity.WARNING, 10 * MINUTE)
    assert "Service cart does not exist in shop" in finding.message


@pytest.mark.parametrize("port", [8080, "https"])
def test_an_ingress_to_a_port_the_service_lacks_is_invalid(port: int | str) -> None:
    assert faults(CART, ingress("shop", ("cart", port))) == [
        f"Ingress/shop/shop: Service cart has no port {port}, only 80, http"
    ]


def test_an_ingress_of_a_class_that_is_not_there_is_invalid() -> None:
    [finding] = found(CART, TRAEFIK, ingress("shop", ("cart", 80), kind="nginx"))

    assert "IngressClass nginx does not exist" in finding.message
    assert finding.proposal is not None
    assert finding.proposal.commands[0] == "kubectl get ingressclass"


@pytest.mark.parametrize(
    "item",
    [
        ingress("shop", ("cart", 80), kind="traefik"),
        ingress("shop", ("cart", "http")),
        ingress("shop", ("ssl-redirect", "use-annotation")),
        ingress("shop", ("outside", 443)),
        ingress("shop", default_backend=k8s.IngressBackend()),
    ],
)
def test_an_ingress_that_leads_somewhere_is_silent(item: k8s.Ingress) -> None:
    assert found(CART, TRAEFIK, service("outside", type="ExternalName"), item) == []


# ---------------------------------------------------------------------------------- Gateway API
def condition(
    kind: str, status: str = "False", reason: str = "Invalid", *, seen: int = 1
) -> k8s.Condition:
    return k8s.Condition(
        type=kind,
        status=status,
        reason=reason,
        message="why",
        last_transition_time=ago(20 * MINUTE),
        observed_generation=seen,
    )


def of(*conditions: k8s.Condition) -> k8s.ConditionsStatus:
    return k8s.ConditionsStatus(conditions=conditions)


KIND = k8s.GatewayClass(metadata=meta(Ref("GatewayClass", "", "envoy")))


def gateway(
    *conditions: k8s.Condition,
    listeners: tuple[k8s.ListenerStatus, ...] | None = None,
    kind: str = "envoy",
) -> k8s.Gateway:
    return k8s.Gateway(
        metadata=meta(Ref("Gateway", "edge", "main")),
        spec=k8s.GatewaySpec(gateway_class_name=kind),
        status=k8s.GatewayStatus(conditions=conditions, listeners=listeners),
    )


def route(*parents: k8s.RouteParent, to: str = "main", **extra: str) -> k8s.HTTPRoute:
    ref = k8s.TypedName(name=to, namespace="edge", **extra)
    return k8s.HTTPRoute(
        metadata=meta(Ref("HTTPRoute", "shop", "cart")),
        spec=k8s.RouteSpec(parent_refs=(ref,)),
        status=k8s.RouteStatus(parents=parents),
    )


def test_a_gateway_of_a_class_that_is_not_there_is_invalid() -> None:
    assert faults(gateway(kind="gone")) == ["Gateway/edge/main: GatewayClass gone does not exist"]


def test_a_class_that_was_not_read_is_not_missing() -> None:
    assert found(gateway(kind="gone"), missing=("gatewayclasses",)) == []


@pytest.mark.parametrize("kind", ["Accepted", "Programmed", "ResolvedRefs"])
def test_a_gateway_that_its_controller_refuses_is_invalid(kind: str) -> None:
    [finding] = found(KIND, gateway(condition(kind)))

    assert f"{kind} is False (Invalid): why" in finding.message
    assert finding.since == ago(20 * MINUTE)


def test_a_listener_that_is_refused_counts_for_its_gateway() -> None:
    refused = k8s.ListenerStatus(name="https", conditions=(condition("ResolvedRefs"),))

    assert len(found(KIND, gateway(listeners=(refused, k8s.ListenerStatus())))) == 1


@pytest.mark.parametrize(
    "each",
    [
        condition("Accepted", "True"),
        condition("Accepted", "Unknown"),
        condition("Conflicted"),
        condition("Programmed", reason="Pending"),
        condition("Accepted", seen=0),
    ],
)
def test_conditions_that_are_no_refusal_of_now_are_silent(each: k8s.Condition) -> None:
    assert found(KIND, gateway(each)) == []


def test_a_class_that_no_controller_accepts_is_invalid() -> None:
    refused = k8s.GatewayClass(metadata=KIND.metadata, status=of(condition("Accepted")))

    assert [each.subject for each in found(refused)] == [KIND.ref]


def test_a_route_to_a_gateway_that_is_not_there_is_invalid() -> None:
    [finding] = found(route())

    assert "Gateway main does not exist in edge" in finding.message
    assert finding.since is not None
    assert finding.since < NOW


def test_a_route_that_a_gateway_refuses_is_invalid_once() -> None:
    parent = k8s.RouteParent(
        parent_ref=k8s.TypedName(name="main"), conditions=(condition("ResolvedRefs"),)
    )

    assert faults(KIND, gateway(), route(parent, parent)) == [
        "HTTPRoute/shop/cart: Gateway main: ResolvedRefs is False (Invalid): why"
    ]


def test_a_route_that_is_accepted_or_hangs_on_something_else_is_silent() -> None:
    accepted = k8s.RouteParent(conditions=(condition("Accepted", "True"),))

    assert found(KIND, gateway(), route(accepted)) == []
    assert found(route(to="mesh", kind="Service")) == []
    assert found(route(), missing=("gateways",)) == []
