"""Who would say that calls to a Service fail: those who are told to call it, or carry its routes."""

from collections.abc import Iterable

from watchdog.domain.evidence import LogQuery
from watchdog.domain.objects import podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.network import caller_logs, hosts
from watchdog.logic.network.calls import Call
from watchdog.logic.network.infrastructure import ingress_controllers
from watchdog.logic.network.serving import Routes

_NEIGHBOURS = 4  # logs cost: of many workloads that may call it the first ones have to do


def declared(snapshot: Snapshot, own: Iterable[Call], leading: Routes) -> tuple[Ref, ...]:
    """The callers of a Service, and the workloads that carry the Ingresses to it."""
    classes = dict.fromkeys(item.spec.ingress_class_name for item, _ in leading)
    carriers = (ref for wanted in classes for ref in ingress_controllers(snapshot, wanted))
    return tuple(dict.fromkeys((*(call.caller for call in own), *carriers)))


def neighbours(snapshot: Snapshot, service: Ref) -> tuple[Ref, ...]:
    """Workloads of its namespace that may call a Service by an address nobody can read here."""
    selector = snapshot.services[service].spec.selector
    found = (
        workload.ref
        for workload in snapshot.workloads_by_namespace.get(service.namespace, ())
        if workload.wanted
        and not hosts.takes(selector, workload.template.metadata.labels or {})
        and _is_configured_elsewhere(workload.template.spec)
    )
    return tuple(sorted(found))[:_NEIGHBOURS]


def streams(snapshot: Snapshot, who: Iterable[Ref], own: Iterable[Call]) -> tuple[LogQuery, ...]:
    """Their logs; of a caller only those of the containers that call."""
    calling = {(call.caller, call.container) for call in own}
    callers = {caller for caller, _ in calling}
    return tuple(
        query
        for ref in who
        for query in caller_logs.streams(snapshot, ref)
        if ref not in callers or (ref, query.container) in calling
    )


def _is_configured_elsewhere(spec: podv1.PodSpec) -> bool:
    mounted = any(volume.config_map or volume.secret for volume in spec.volumes)
    return mounted or any(
        each.env_from or any(variable.value_from for variable in each.env)
        for each in spec.containers
    )
