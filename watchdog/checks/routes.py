"""Ingresses, Gateways and HTTPRoutes that lead to nothing, or that nobody carries."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, gatewayv1, metav1, networkingv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.network import route_cure

_HOLD = timedelta(minutes=10)
# Condition types that make a Gateway API object work; all others are remarks.
_WORKING = ("Accepted", "Programmed", "ResolvedRefs")
# AWS reads the action from an annotation of this name; there is no such Service port.
_NO_PORT = "use-annotation"


@check(
    family="network",
    needs=("ingresses", "ingressclasses", "services"),
    optional=("gatewayclasses", "gateways", "httproutes"),
    reasons=("RouteInvalid",),
    params=NoParams,
)
def routes(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """An Ingress names a class, Service or port that does not exist, or the controller of a Gateway
    API object refuses it.

    Without the Gateway API only Ingresses are judged; a class in the old annotation needs no object.
    """
    for item in snapshot.of("ingresses", networkingv1.Ingress).values():
        if not item.deleting and (faults := _faults(snapshot, item)):
            yield _finding(item, faults, item.metadata.creation_timestamp, _around(snapshot, item))
    for gateway in snapshot.of("gateways", gatewayv1.Gateway).values():
        yield from _gateway(snapshot, gateway)
    for kind in snapshot.of("gatewayclasses", gatewayv1.GatewayClass).values():
        yield from _refused(kind, kind.status.conditions, "")
    for route in snapshot.of("httproutes", gatewayv1.HTTPRoute).values():
        yield from _route(snapshot, route)


def _faults(snapshot: Snapshot, item: networkingv1.Ingress) -> tuple[str, ...]:
    found = []
    wanted = item.spec.ingress_class_name
    classes = {ref.name for ref in snapshot.of("ingressclasses", networkingv1.IngressClass)}
    if wanted and wanted not in classes:
        found.append(f"IngressClass {wanted} does not exist")
    for backend in item.backends:
        service = snapshot.services.get(Ref("Service", item.namespace, backend.name))
        port = backend.port.name or str(backend.port.number)
        if port == _NO_PORT:
            continue
        if service is None:
            found.append(f"Service {backend.name} does not exist in {item.namespace}")
        elif service.spec.type != "ExternalName" and port not in _ports(service):
            offered = ", ".join(sorted(_ports(service))) or "none"
            found.append(f"Service {backend.name} has no port {port}, only {offered}")
    return tuple(dict.fromkeys(found))


def _ports(service: corev1.Service) -> frozenset[str]:
    names = {port.name for port in service.spec.ports if port.name}
    return frozenset(names | {str(port.port) for port in service.spec.ports})


def _around(snapshot: Snapshot, item: networkingv1.Ingress) -> tuple[str, ...]:
    """The command that mends it, else those that show what could be named instead."""
    if cure := route_cure.ingress_cure(snapshot, item):
        return (cure, command.describe(item.ref))
    wanted = item.spec.ingress_class_name
    classes = {ref.name for ref in snapshot.of("ingressclasses", networkingv1.IngressClass)}
    if wanted and wanted not in classes:
        return ("kubectl get ingressclass", command.describe(item.ref))
    return (command.listed(item.ref, "svc"), command.describe(item.ref))


def _gateway(snapshot: Snapshot, gateway: gatewayv1.Gateway) -> Iterator[Finding]:
    wanted = gateway.spec.gateway_class_name
    known = {ref.name for ref in snapshot.of("gatewayclasses", gatewayv1.GatewayClass)}
    if snapshot.has("gatewayclasses") and wanted not in known:
        fault = f"GatewayClass {wanted} does not exist"
        cure = route_cure.gateway_cure(gateway, known) or "kubectl get gatewayclass"
        commands = (cure, command.describe(gateway.ref))
        yield _finding(gateway, (fault,), gateway.metadata.creation_timestamp, commands)
        return
    listeners = gateway.status.listeners or ()
    # A Gateway whose listeners are refused says so itself only in part.
    conditions = (
        *(gateway.status.conditions or ()),
        *(each for listener in listeners for each in listener.conditions or ()),
    )
    yield from _refused(gateway, conditions, "")


def _route(snapshot: Snapshot, route: gatewayv1.HTTPRoute) -> Iterator[Finding]:
    gateways = snapshot.of("gateways", gatewayv1.Gateway)
    missing = [
        f"Gateway {parent.name} does not exist in {parent.namespace or route.namespace}"
        for parent in route.spec.parent_refs or ()
        if snapshot.has("gateways")
        and parent.kind in ("", "Gateway")
        and Ref("Gateway", parent.namespace or route.namespace, parent.name) not in gateways
    ]
    if missing:
        commands = ("kubectl get gateways -A", command.describe(route.ref))
        since = route.metadata.creation_timestamp
        yield _finding(route, tuple(missing), since, commands)
        return
    for parent in route.status.parents or ():
        refused = tuple(_refused(route, parent.conditions, f"Gateway {parent.parent_ref.name}: "))
        if refused:
            yield refused[0]
            return


def _refused(
    item: metav1.Object, conditions: tuple[metav1.Condition, ...] | None, whose: str
) -> Iterator[Finding]:
    bad = [
        each
        for each in conditions or ()
        if each.type in _WORKING
        and each.status == "False"
        and (each.observed_generation or 0) >= item.metadata.generation
        and each.reason != "Pending"
    ]
    if bad:
        faults = tuple(
            f"{whose}{each.type} is False ({each.reason}): {symptom.shorten(each.message, 150)}"
            for each in bad
        )
        since = symptom.first_of(each.last_transition_time for each in bad)
        yield _finding(item, tuple(dict.fromkeys(faults)), since, (command.describe(item.ref),))


def _finding(
    item: metav1.Object, faults: tuple[str, ...], since: datetime | None, commands: tuple[str, ...]
) -> Finding:
    ref = item.ref
    return Finding(
        reason="RouteInvalid",
        subject=ref,
        severity=Severity.WARNING,
        message=f"{ref}: {faults[0]}",
        why=f"{'; '.join(faults)}. What comes for {ref} is not passed on there. The routes beside it "
        "and the pods behind it are not at fault; a restart of the controller does not help.",
        since=since,
        hold=_HOLD,
        evidence=tuple(symptom.fact("spec", ref, fault) for fault in faults[:5]),
        proposal=symptom.advise_on(
            item, f"Correct in {ref} what it names, or create that.", *commands
        ),
    )
