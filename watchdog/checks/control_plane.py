"""The API server by its own word and by our measure, and aggregated APIs that do not answer."""

from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.finding import Finding
from watchdog.domain.objects import apiregistrationv1, corev1, metav1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.platform import server

_DISCOVERY = "NamespaceDeletionDiscoveryFailure"
# Who cannot work while the API server is not well, and would be blamed for it.
_LEADERS = tuple(
    Ref("Lease", "kube-system", name) for name in ("kube-controller-manager", "kube-scheduler")
)
_LISTED = "kubectl get --raw '/readyz?verbose'"


@check(
    family="control",
    needs=("apiservices", "namespaces"),
    optional=("services", "endpointslices", "apiserver"),
    reasons=("APIServiceUnavailable", "ControlPlaneUnhealthy"),
    params=NoParams,
)
def control_plane(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """The API server says that it is not healthy, or is slow; or an aggregated API is not Available.

    A health check that fails, or lists of two kinds that take ten seconds, count when two looks in a
    row show it. Whoever needs an aggregated API, and every deletion of a namespace, waits for it;
    what is wrong with the pods behind it explains it.
    """
    if (found := server.unwell(snapshot)) is not None:
        yield _unwell(snapshot, found)
    blocked = tuple(
        Ref("Namespace", "", name)
        for name, namespace in snapshot.namespaces.items()
        if any(
            (each.type, each.status) == (_DISCOVERY, "True") for each in namespace.status.conditions
        )
    )
    for item in snapshot.of("apiservices", apiregistrationv1.APIService).values():
        condition = item.condition("Available")
        if condition is None or condition.status != "False" or item.deleting:
            continue
        if item.spec.service is not None:
            yield _finding(snapshot, item, condition, item.spec.service, blocked)


def _unwell(snapshot: Snapshot, found: server.Unwell) -> Finding:
    subject = server.seat(snapshot)
    names = symptom.listed(each.name for each in found.failed)
    slow = symptom.listed(f"{each.need} {each.seconds:.0f} s" for each in found.slow)
    fails = f"its own health check fails ({names})" if names else ""
    waits = f"it takes long to answer (listing {slow})" if slow else ""
    what = " and ".join(each for each in (fails, waits) if each)
    return Finding(
        reason="ControlPlaneUnhealthy",
        subject=subject,
        affected=tuple(ref for ref in (server.SYSTEM, *_LEADERS) if ref != subject),
        severity=Severity.CRITICAL,
        message=f"the API server is not well: {what}",
        why=f"The API server is not well: {what}. While this lasts nothing is scheduled, replaced or "
        "scaled reliably, and nodes may be taken for lost; what runs goes on running. Restarting "
        "workloads does not help and adds load.",
        since=None,
        sightings=2,
        evidence=(
            *(
                symptom.fact("status", subject, f"/{each.endpoint}: {each.name} failed {each.said}")
                for each in found.failed[:6]
            ),
            *(
                symptom.fact(
                    "metric",
                    subject,
                    f"listing {each.objects} {each.need} took {each.seconds:.1f} s",
                )
                for each in found.slow[:6]
            ),
        ),
        proposal=symptom.advise(None, _cure(found), _LISTED, command.describe(subject)),
    )


def _cure(found: server.Unwell) -> str:
    storage = any("etcd" in each.name for each in found.failed)
    if storage:
        return (
            "Look after the store of the control plane (etcd, or the database of k3s): whether it "
            "runs, its disk is full or slow, and its members see each other."
        )
    return (
        "On the machine of the control plane look at load, memory and disk latency, then at the log "
        "of the API server (journalctl -u k3s on k3s)."
    )


def _finding(
    snapshot: Snapshot,
    item: apiregistrationv1.APIService,
    condition: metav1.Condition,
    backend: apiregistrationv1.ApiServiceBackend,
    blocked: tuple[Ref, ...],
) -> Finding:
    service = Ref("Service", backend.namespace, backend.name)
    behind = _workloads(snapshot, service)
    stuck = symptom.listed(ref.name for ref in blocked)
    return Finding(
        reason="APIServiceUnavailable",
        subject=item.ref,
        affected=(service, *behind, *blocked),
        severity=Severity.CRITICAL if blocked else Severity.WARNING,
        message=f"{item.ref} is not available: {condition.reason}",
        why=f"The API server cannot reach {item.spec.group}/{item.spec.version} through {service}: "
        f"{symptom.sentence(condition.message)}"
        f"{f' Deletion of namespaces waits for it: {stuck}.' if stuck else ''}",
        since=condition.last_transition_time or item.metadata.creation_timestamp,
        hold=timedelta(minutes=10),
        evidence=(
            symptom.said(item.ref, condition),
            symptom.fact("spec", item.ref, f"served by {service}"),
            *(symptom.readiness_fact(snapshot, ref) for ref in behind),
        ),
        proposal=symptom.advise(
            None,
            f"Make {service} answer: its pods, its endpoints, its certificate. If the component is gone "
            f"for good, remove {item.ref}, which it has left behind.",
            command.describe(item.ref),
            command.describe(service),
        ),
    )


def _workloads(snapshot: Snapshot, service: Ref) -> tuple[Ref, ...]:
    """The workloads whose pods the Service takes."""
    found = snapshot.of("services", corev1.Service).get(service)
    selector = found.spec.selector if found else None
    if not selector:
        return ()
    wanted = selector.items()
    return tuple(
        ref
        for ref, workload in sorted(snapshot.workloads.items())
        if ref.namespace == service.namespace
        and wanted <= (workload.template.metadata.labels or {}).items()
    )
