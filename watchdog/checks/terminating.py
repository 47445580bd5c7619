"""Deletions that do not end: a finalizer nobody takes off, content that cannot be listed, a kubelet."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Evidence, Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.objects import apiregistrationv1, corev1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.words.prose import stamp
from watchdog.logic.workloads import rbac
from watchdog.logic.workloads.deletion import (
    Held,
    Suspect,
    absent_controller,
    controllers,
    held,
    refusals,
    suspects,
)
from watchdog.logic.workloads.deletion_words import holding

_KINDS = (
    "pods",
    "deployments",
    "replicasets",
    "statefulsets",
    "daemonsets",
    "jobs",
    "cronjobs",
    "persistentvolumeclaims",
    "persistentvolumes",
    "services",
    "configmaps",
    "ingresses",
    "applications",
    "certificates",
    "scaledobjects",
    "kustomizations",
    "helmreleases",
)
# Why a namespace cannot end, by the conditions its controller sets.
_UNDISCOVERED = "NamespaceDeletionDiscoveryFailure"
_REMAINS = (
    _UNDISCOVERED,
    "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceContentRemaining",
    "NamespaceFinalizersRemaining",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Blocked:
    """Held objects whose controller may not do what their end needs."""

    each: Held
    suspect: Suspect
    requests: tuple[rbac.Denied, ...]


@check(
    family="pods",
    needs=("pods", "namespaces", "nodes"),
    optional=(*_KINDS[1:], "apiservices", *rbac.NEEDS),
    reasons=("StuckTerminating", "FinalizerBlockedByRBAC"),
    params=NoParams,
)
def terminating(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """An object was asked to go and is still there after its grace period and the hold.

    A claim that is mounted and a parent that waits for its children are left alone. A namespace is
    held by what is in it, or by an API that does not answer; a finalizer by its controller, which has
    no ready pod, or whose log may say that it lacks a right which the roles do not give.
    """
    stuck = list(held(snapshot, _KINDS))
    blocked: defaultdict[Ref, list[_Blocked]] = defaultdict(list)
    waiting: defaultdict[Ref, list[Held]] = defaultdict(list)
    likely: dict[tuple[str, str, tuple[str, ...]], tuple[Suspect, ...]] = {}
    for each in stuck:
        kind = (each.need, each.item.namespace, each.finalizers)
        if kind not in likely:
            likely[kind] = suspects(snapshot, each)
        watching = likely[kind]
        found = _blocked(snapshot, each, watching)
        if found is None and (absent := absent_controller(snapshot, each)) is not None:
            waiting[absent].append(each)
        elif found is None:
            yield _stuck(snapshot, each, watching)
        else:
            blocked[rbac.culprit(snapshot, found.requests[0])].append(found)
    for subject, group in sorted(blocked.items()):
        yield _forbidden(snapshot, subject, group)
    for subject, held_up in sorted(waiting.items()):
        yield _left_alone(snapshot, subject, held_up)
    inside = {each.item.namespace for each in stuck}
    for namespace in snapshot.namespaces.values():
        if namespace.deleting:
            yield from _namespace(snapshot, namespace, explained=namespace.name in inside)


def _blocked(snapshot: Snapshot, each: Held, watching: tuple[Suspect, ...]) -> _Blocked | None:
    if not all(snapshot.has(need) for need in rbac.NEEDS):
        return None
    for suspect in watching:
        if requests := refusals(snapshot, each, suspect):
            return _Blocked(each=each, suspect=suspect, requests=requests)
    return None


def _within(snapshot: Snapshot, item: metav1.Object) -> tuple[Ref, ...]:
    """The namespace that waits for this object, if it is ending too."""
    namespace = snapshot.namespaces.get(item.namespace)
    return (namespace.ref,) if namespace is not None and namespace.deleting else ()


def _stuck(snapshot: Snapshot, each: Held, watching: tuple[Suspect, ...]) -> Finding:
    item, names = each.item, symptom.listed(each.finalizers)
    owners = (snapshot.owner_of(item),) if isinstance(item, podv1.Pod) else ()
    what, why, proposal = holding(each, watching)
    began = f" since {stamp(each.since)}" if each.since else ""
    return Finding(
        reason="StuckTerminating",
        subject=item.ref,
        affected=(*owners, *_within(snapshot, item)),
        severity=Severity.WARNING,
        message=f"{item.ref} does not end: {what}",
        why=f"{item.ref} has been ending{began}: {what}. {why}",
        since=each.since,
        hold=each.hold,
        shared=f"finalizer {names}" if names else "",
        blames=controllers(snapshot, each),
        evidence=_evidence(each),
        proposal=proposal,
        logs=tuple(query for other in watching for query in other.queries),
    )


def _left_alone(snapshot: Snapshot, controller: Ref, group: list[Held]) -> Finding:
    names = symptom.listed(str(each.item.ref) for each in group)
    finalizers = symptom.listed(name for each in group for name in each.finalizers)
    state = symptom.readiness(snapshot, controller)
    return Finding(
        reason="StuckTerminating",
        subject=controller,
        affected=tuple(
            dict.fromkeys(
                ref for each in group for ref in (each.item.ref, *_within(snapshot, each.item))
            )
        ),
        severity=Severity.WARNING,
        message=f"{names} cannot end: {controller}, which takes off {finalizers}, has no ready pod",
        why=f"{names} waits for finalizer {finalizers}, which {controller} takes off by its name. {state} "
        "The object is not at fault: it goes once its controller works again. Taking the finalizer "
        "off by hand leaves behind what it was to clean up.",
        since=symptom.first_of(each.since for each in group),
        hold=group[0].hold,
        blames=(controller,),
        evidence=(
            *(line for each in group[:3] for line in _evidence(each)),
            symptom.fact("status", controller, state),
        ),
        proposal=symptom.advise(
            snapshot.workloads[controller],
            f"Bring {controller} back: see why it has no ready pod, or how many replicas it is to have.",
            command.describe(controller),
        ),
    )


def _evidence(each: Held) -> tuple[Evidence, ...]:
    names = ", ".join(each.finalizers) or "none"
    return (
        symptom.fact(
            "status", each.item.ref, f"deletion asked for; finalizers: {names}", each.since
        ),
    )


def _forbidden(snapshot: Snapshot, subject: Ref, group: list[_Blocked]) -> Finding:
    first = group[0]
    requests = tuple(dict.fromkeys(request for each in group for request in each.requests))
    names = symptom.listed(str(each.each.item.ref) for each in group)
    lacks = symptom.listed(map(str, requests))
    who, account = first.suspect.owner, first.suspect.account
    grant = rbac.granting(snapshot, subject, requests)
    return Finding(
        reason="FinalizerBlockedByRBAC",
        subject=subject,
        affected=tuple(
            dict.fromkeys(
                ref
                for each in group
                for ref in (each.each.item.ref, *_within(snapshot, each.each.item))
            )
        ),
        severity=Severity.WARNING,
        message=f"{names} cannot end: {who} may not {lacks}",
        why=f"{names} waits for finalizer {symptom.listed(first.each.finalizers)}, whose controller "
        f"{who} runs but is refused by the API server: as {account} it may not {lacks}, and no role "
        f"bound to it allows it. The object is not at fault; taking off its finalizer by hand leaves "
        "behind what the controller was to clean up.",
        since=symptom.first_of(each.each.since for each in group),
        hold=first.each.hold,
        evidence=(
            *_evidence(first.each),
            *(symptom.fact("log", first.suspect.pod.ref, each.line) for each in requests[:2]),
            symptom.fact("spec", subject, f"does not allow {account.name} to {lacks}"),
        ),
        proposal=Proposal(
            f"Allow {account} to {lacks} in {subject}, no more; the controller then ends the deletion "
            "by itself.",
            (grant,) if grant else (command.describe(subject),),
        ),
        logs=tuple(query for each in group for query in each.suspect.queries),
    )


def _namespace(
    snapshot: Snapshot, namespace: corev1.Namespace, *, explained: bool
) -> Iterator[Finding]:
    conditions = [
        each
        for each in namespace.status.conditions
        if each.type in _REMAINS and each.status == "True"
    ]
    said = "; ".join(symptom.shorten(each.message, 200) for each in conditions)
    undiscovered = any(each.type == _UNDISCOVERED for each in conditions)
    broken = _unavailable(snapshot, said) if undiscovered else ()
    for subject in broken or (() if explained else (namespace.ref,)):
        api = subject != namespace.ref
        yield Finding(
            reason="StuckTerminating",
            subject=subject,
            affected=(namespace.ref,) if api else (),
            severity=Severity.WARNING,
            message=f"{namespace.ref} does not end"
            + (f": {subject} does not answer" if api else f": {said}" if said else ""),
            why=(
                f"{namespace.ref} cannot end because its content cannot be listed: {said}. Until "
                f"{subject} answers or is removed no namespace can."
                if api
                else f"{namespace.ref} has been asked to end and still has content: "
                f"{said or 'its controller does not say which'}. What is left in it has to end first."
            ),
            since=namespace.metadata.deletion_timestamp,
            hold=Held(item=namespace, need="namespaces", finalizers=()).hold,
            evidence=(
                *(symptom.said(namespace.ref, each) for each in conditions[:3]),
                symptom.fact("status", namespace.ref, "phase Terminating"),
            ),
            proposal=Proposal(
                f"Bring back the Service behind {subject}; remove {subject} only if what served it is "
                "gone for good."
                if api
                else f"End what is left in namespace {namespace.name}: see which finalizers its "
                "conditions name, and the controllers they belong to. Never take off the finalizer of "
                "the namespace.",
                (command.describe(subject), "kubectl get apiservices"),
            ),
        )


def _unavailable(snapshot: Snapshot, said: str) -> tuple[Ref, ...]:
    """The aggregated APIs that do not answer, as the namespace's condition says."""
    found = []
    for ref, item in snapshot.of("apiservices", apiregistrationv1.APIService).items():
        available = item.condition("Available")
        name = f"{item.spec.group}/{item.spec.version}"
        if available is not None and available.status == "False" and name in said:
            found.append(ref)
    return tuple(found)
