"""Commands that make an Ingress or a Gateway lead somewhere again, where the cluster leaves no choice."""

from collections.abc import Collection, Iterator

from watchdog.domain.objects import gatewayv1, networkingv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command

Change = dict[str, object]


def ingress_cure(snapshot: Snapshot, item: networkingv1.Ingress) -> str:
    """The patch for a missing class and for missing ports; "" when none of them is clear.

    Clear is the only class there is, and the only port that a Service has.
    """
    changes = [*_class(snapshot, item), *_ports(snapshot, item)]
    return command.patch(item.ref, changes, kind="json") if changes else ""


def gateway_cure(item: gatewayv1.Gateway, classes: Collection[str]) -> str:
    """The patch to the only GatewayClass there is; "" where there are more, or none."""
    if len(classes) != 1:
        return ""
    body = {"spec": {"gatewayClassName": next(iter(classes))}}
    return command.patch(item.ref, body, kind="merge")


def _class(snapshot: Snapshot, item: networkingv1.Ingress) -> Iterator[Change]:
    wanted = item.spec.ingress_class_name
    known = [ref.name for ref in snapshot.of("ingressclasses", networkingv1.IngressClass)]
    if wanted and wanted not in known and len(known) == 1:
        yield {"op": "replace", "path": "/spec/ingressClassName", "value": known[0]}


def _ports(snapshot: Snapshot, item: networkingv1.Ingress) -> Iterator[Change]:
    for path, backend in _backends(item):
        wanted = backend.service
        service = (
            snapshot.services.get(Ref("Service", item.namespace, wanted.name)) if wanted else None
        )
        if wanted is None or service is None or len(service.spec.ports) != 1:
            continue
        [only] = service.spec.ports
        if (wanted.port.name or wanted.port.number) not in (only.name, only.port):
            value = {"number": only.port}
            yield {"op": "replace", "path": f"{path}/service/port", "value": value}


def _backends(item: networkingv1.Ingress) -> Iterator[tuple[str, networkingv1.IngressBackend]]:
    """Every backend with its place in the object."""
    if item.spec.default_backend is not None:
        yield "/spec/defaultBackend", item.spec.default_backend
    for number, rule in enumerate(item.spec.rules or ()):
        for place, path in enumerate(rule.http.paths if rule.http else ()):
            yield f"/spec/rules/{number}/http/paths/{place}/backend", path.backend
