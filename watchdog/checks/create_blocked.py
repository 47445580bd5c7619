"""Pods that the API server refuses to create, and the object that refuses them."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import symptom
from watchdog.logic.workloads.gatekeeper import Gatekeeper, gatekeeper
from watchdog.logic.workloads.refusal import Blocked, blocked
from watchdog.logic.workloads.refusal_cure import cure
from watchdog.logic.workloads.rejected import Rejected, rejected
from watchdog.logic.workloads.wrong_value import wrong_values

_HOLD = timedelta(minutes=2)


@check(
    family="admission",
    needs=("namespaces", "deployments", "replicasets", "statefulsets", "daemonsets", "jobs"),
    optional=(
        "events",
        "pods",
        "resourcequotas",
        "limitranges",
        "serviceaccounts",
        "services",
        "endpointslices",
        "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations",
        "controllerrevisions",
    ),
    reasons=(
        "QuotaRejects",
        "LimitRangeRejects",
        "PodSecurityRejects",
        "WebhookUnavailable",
        "PodSpecInvalid",
        "MissingServiceAccount",
    ),
    params=NoParams,
)
def create_blocked(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A controller has fewer pods than it wants because their creation, or that of the ReplicaSet
    which makes them, is refused.

    The message says which gate refuses; the Finding needs the gate's object to say the same now, so
    that a raised quota or a mended webhook is no fault while the controller backs off.
    """
    groups: defaultdict[tuple[str, Ref], list[tuple[Blocked, Gatekeeper]]] = defaultdict(list)
    for each in blocked(snapshot):
        if keeper := gatekeeper(snapshot, each):
            groups[keeper.reason, keeper.subject].append((each, keeper))
    for (reason, subject), found in sorted(groups.items(), key=lambda item: item[0]):
        yield _finding(snapshot, reason, subject, found)
    for refused in rejected(snapshot):
        yield _never_made(refused)


def _never_made(refused: Rejected) -> Finding:
    """An operator cannot even write its workload: what its custom resource asks for is invalid."""
    ref = refused.writer.ref
    return Finding(
        reason="PodSpecInvalid",
        subject=ref,
        severity=Severity.WARNING,
        message=f"the API server refuses {refused.workload} that is to be made of it",
        why=f"The API server's validation refuses {refused.workload}: "
        f"{symptom.sentence(refused.event.message)} What runs is what was made before; neither the "
        "operator nor a node is at fault, and a restart does not help.",
        since=refused.event.first_at,
        hold=_HOLD,
        carried=refused.carried,
        proof=refused.writer,
        evidence=(symptom.fact("event", ref, refused.event.message, refused.event.last_at),),
    )


def _made_by(each: Blocked) -> str:
    return "runs" if each.creator.kind == "CronJob" else "pods"


def _loss(snapshot: Snapshot, each: Blocked) -> str:
    """What is not made, and what that means for what runs."""
    if each.creator.kind == "CronJob":
        return (
            f"The Job of the next run of {each.creator} is not created, so nothing runs or fails."
        )
    return (
        f"{_not_made(each)} {symptom.readiness(snapshot, each.owner)} Pods that run go on running, but "
        "none that ends can be replaced: a restart makes it worse."
    )


def _not_made(each: Blocked) -> str:
    if each.creator.kind == "Deployment":
        return f"The ReplicaSet of the newest template of {each.creator} is not created."
    are = "is" if each.missing == 1 else "are"
    return f"{symptom.counted(each.missing, 'pod')} of {each.creator} {are} not created."


def _finding(
    snapshot: Snapshot, reason: str, subject: Ref, found: list[tuple[Blocked, Gatekeeper]]
) -> Finding:
    first, keeper = found[0]
    owners = tuple(dict.fromkeys(each.owner for each, _ in found))
    names = symptom.listed(map(str, owners))
    facts = [
        symptom.fact("status", each.creator, each.message, each.since) for each, _ in found[:3]
    ]
    severity = snapshot.severity_for(*owners)
    return Finding(
        reason=reason,
        subject=subject,
        affected=tuple(owner for owner in owners if owner != subject),
        severity=Severity.CRITICAL if reason == "WebhookUnavailable" else severity,
        message=f"{keeper.headline}; no new {_made_by(first)} for {names}",
        why=f"{keeper.fact} {_loss(snapshot, first)}",
        since=symptom.first_of(each.since for each, _ in found),
        hold=_HOLD,
        carried=wrong_values(first.message) if reason == "PodSpecInvalid" else (),
        evidence=(*facts, *(symptom.fact("spec", subject, text) for text in keeper.proof[:3])),
        proposal=cure(snapshot, subject, [each for each, _ in found]),
    )
