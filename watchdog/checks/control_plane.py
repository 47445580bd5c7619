"""Aggregated APIs that do not answer."""

from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.finding import Finding
from watchdog.domain.objects import apiregistrationv1, corev1, metav1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom

_DISCOVERY = "NamespaceDeletionDiscoveryFailure"


@check(
    family="control",
    needs=("apiservices", "namespaces"),
    optional=("services",),
    reasons=("APIServiceUnavailable",),
    params=NoParams,
)
def control_plane(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """An aggregated API is not Available: whoever needs it, and every deletion of a namespace, waits.

    What is wrong with the pods behind it explains it.
    """
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
            *(symptom.fact("status", ref, symptom.impact(snapshot, ref)) for ref in behind),
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
