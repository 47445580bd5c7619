"""routes: names that lead nowhere, and what a controller refuses."""

import pytest

from tests.builders import MINUTE, NOW, ago, meta, snapshot
from tests.network import ingress, ingress_class, service
from watchdog.checks.routes import routes
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import certmanagerv1, corev1, gatewayv1, metav1, networkingv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

CART = service("cart", corev1.ServicePort(name="http", port=80))
TRAEFIK = ingress_class("traefik", "traefik.io/ingress-controller")


def found(*items: metav1.Object, missing: tuple[str, ...] = ()) -> list[Finding]:
    return list(routes.detect(snapshot(*items, missing=missing), NoParams()))


def faults(*items: metav1.Object) -> list[str]:
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


def commands(*items: metav1.Object) -> list[str]:
    return [each.proposal.commands[0] for each in found(*items) if each.proposal]


def test_the_only_class_and_the_only_port_there_are_are_proposed() -> None:
    path = '{"op":"replace","path":"/spec/rules/0/http/paths/1/backend/service/port"'
    item = ingress("shop", ("cart", 80), ("cart", "https"), kind="nginx")

    assert commands(CART, TRAEFIK, item) == [
        "kubectl -n shop patch ingress shop --type=json -p "
        '\'[{"op":"replace","path":"/spec/ingressClassName","value":"traefik"},'
        f'{path},"value":{{"number":80}}}}]\''
    ]


def test_the_port_of_a_default_backend_is_proposed_at_its_place() -> None:
    port = networkingv1.IngressServicePort(number=81)
    backend = networkingv1.IngressBackend(
        service=networkingv1.IngressService(name="cart", port=port)
    )

    [proposed] = commands(CART, ingress("shop", default_backend=backend))

    assert '"path":"/spec/defaultBackend/service/port","value":{"number":80}' in proposed


@pytest.mark.parametrize(
    "items",
    [
        [service("cart", 80, 90), ingress("shop", ("cart", 81))],
        [ingress("shop", ("cart", 81))],
        [CART, ingress("shop", ("cart", 80), ("mail", 25))],
        [
            CART,
            ingress("shop", ("cart", 81), default_backend=networkingv1.IngressBackend()),
            service("cart", 80, 90),
        ],
    ],
)
def test_nothing_is_proposed_where_there_is_a_choice(items: list[metav1.Object]) -> None:
    assert commands(*items) == ["kubectl -n shop get svc"]


def test_an_ingress_of_a_class_that_is_not_there_is_invalid() -> None:
    other = ingress_class("haproxy", "haproxy.org/ingress-controller")
    [finding] = found(CART, TRAEFIK, other, ingress("shop", ("cart", 80), kind="nginx"))

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
        ingress("shop", default_backend=networkingv1.IngressBackend()),
    ],
)
def test_an_ingress_that_leads_somewhere_is_silent(item: networkingv1.Ingress) -> None:
    assert found(CART, TRAEFIK, service("outside", type="ExternalName"), item) == []


# ---------------------------------------------------------------------------------- Gateway API
def condition(
    kind: str, status: str = "False", reason: str = "Invalid", *, seen: int = 1
) -> metav1.Condition:
    return metav1.Condition(
        type=kind,
        status=status,
        reason=reason,
        message="why",
        last_transition_time=ago(20 * MINUTE),
        observed_generation=seen,
    )


def of(*conditions: metav1.Condition) -> metav1.ConditionsStatus:
    return metav1.ConditionsStatus(conditions=conditions)


KIND = gatewayv1.GatewayClass(metadata=meta(Ref("GatewayClass", "", "envoy")))


def gateway(
    *conditions: metav1.Condition,
    listeners: tuple[gatewayv1.ListenerStatus, ...] | None = None,
    kind: str = "envoy",
) -> gatewayv1.Gateway:
    return gatewayv1.Gateway(
        metadata=meta(Ref("Gateway", "edge", "main")),
        spec=gatewayv1.GatewaySpec(gateway_class_name=kind),
        status=gatewayv1.GatewayStatus(conditions=conditions, listeners=listeners),
    )


def route(*parents: gatewayv1.RouteParent, to: str = "main", **extra: str) -> gatewayv1.HTTPRoute:
    ref = certmanagerv1.TypedName(name=to, namespace="edge", **extra)
    return gatewayv1.HTTPRoute(
        metadata=meta(Ref("HTTPRoute", "shop", "cart")),
        spec=gatewayv1.RouteSpec(parent_refs=(ref,)),
        status=gatewayv1.RouteStatus(parents=parents),
    )


def test_a_gateway_of_a_class_that_is_not_there_is_invalid() -> None:
    assert faults(gateway(kind="gone")) == ["Gateway/edge/main: GatewayClass gone does not exist"]


def test_a_gateway_gets_the_only_class_there_is() -> None:
    other = gatewayv1.GatewayClass(metadata=meta(Ref("GatewayClass", "", "istio")))

    assert commands(KIND, gateway(kind="gone")) == [
        "kubectl -n edge patch gateway main --type=merge "
        """-p '{"spec":{"gatewayClassName":"envoy"}}'"""
    ]
    assert commands(KIND, other, gateway(kind="gone")) == ["kubectl get gatewayclass"]


def test_a_class_that_was_not_read_is_not_missing() -> None:
    assert found(gateway(kind="gone"), missing=("gatewayclasses",)) == []


@pytest.mark.parametrize("kind", ["Accepted", "Programmed", "ResolvedRefs"])
def test_a_gateway_that_its_controller_refuses_is_invalid(kind: str) -> None:
    [finding] = found(KIND, gateway(condition(kind)))

    assert f"{kind} is False (Invalid): why" in finding.message
    assert finding.since == ago(20 * MINUTE)


def test_a_listener_that_is_refused_counts_for_its_gateway() -> None:
    refused = gatewayv1.ListenerStatus(name="https", conditions=(condition("ResolvedRefs"),))

    assert len(found(KIND, gateway(listeners=(refused, gatewayv1.ListenerStatus())))) == 1


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
def test_conditions_that_are_no_refusal_of_now_are_silent(each: metav1.Condition) -> None:
    assert found(KIND, gateway(each)) == []


def test_a_class_that_no_controller_accepts_is_invalid() -> None:
    refused = gatewayv1.GatewayClass(metadata=KIND.metadata, status=of(condition("Accepted")))

    assert [each.subject for each in found(refused)] == [KIND.ref]


def test_a_route_to_a_gateway_that_is_not_there_is_invalid() -> None:
    [finding] = found(route())

    assert "Gateway main does not exist in edge" in finding.message
    assert finding.since is not None
    assert finding.since < NOW
    assert commands(route()) == ["kubectl get gateways -A"]


def test_a_route_that_a_gateway_refuses_is_invalid_once() -> None:
    parent = gatewayv1.RouteParent(
        parent_ref=certmanagerv1.TypedName(name="main"), conditions=(condition("ResolvedRefs"),)
    )

    assert faults(KIND, gateway(), route(parent, parent)) == [
        "HTTPRoute/shop/cart: Gateway main: ResolvedRefs is False (Invalid): why"
    ]


def test_a_route_that_is_accepted_or_hangs_on_something_else_is_silent() -> None:
    accepted = gatewayv1.RouteParent(conditions=(condition("Accepted", "True"),))

    assert found(KIND, gateway(), route(accepted)) == []
    assert found(route(to="mesh", kind="Service")) == []
    assert found(route(), missing=("gateways",)) == []
