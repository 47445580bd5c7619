"""Argo CD Applications that cannot be synced, compared or made healthy."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.objects import argov1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.network.unanswered import unanswered
from watchdog.logic.platform import argo
from watchdog.logic.words.prose import span

_MINUTE = timedelta(minutes=1)
_HEALING = 5 * _MINUTE  # a self-heal has that long before the next look at it
_FIGHT = 5  # self-heals of one revision after which somebody else keeps writing


@check(
    family="gitops",
    needs=("applications",),
    optional=("appprojects", "services", "ingresses"),
    reasons=("ArgoSyncFailed", "ArgoOutOfSync", "ArgoDegraded", "ArgoComparisonFailed"),
    params=NoParams,
)
def argocd_sync(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """An Application's sync failed for good, does not happen, cannot be compared, or is unhealthy.

    A retry still runs, a closed sync window, skip-reconcile and pruning that is switched off are
    by choice. What is said of an Application's own objects explains that it is degraded.
    """
    for item in snapshot.of("applications", argov1.Application).values():
        if item.deleting or item.annotations.skip_reconcile == "true":
            continue
        yield from _sync_failed(snapshot, item)
        yield from _comparison_failed(snapshot, item)
        yield from _out_of_sync(snapshot, item)
        yield from _degraded(item)


def _sync_failed(snapshot: Snapshot, item: argov1.Application) -> Iterator[Finding]:
    given_up, state = item.condition("SyncError"), argo.failed(item)
    if argo.busy(item) or not (given_up or state):
        return
    ended = state.finished_at if state else None
    said = given_up.message if given_up else state.message if state else ""
    wrong = argo.refused(item)
    names = symptom.listed(f"{each.kind} {each.name}" for each in wrong)
    retries = f" after {state.retry_count} retries" if state and state.retry_count else ""
    yield _finding(
        item,
        reason="ArgoSyncFailed",
        message=f"{item.ref} has failed to sync{retries}{f': {names}' if names else ''}",
        why=f"Argo CD has given up on this revision: {symptom.sentence(said, 500)} What runs is what "
        "was applied before; the pods themselves are not at fault, and a restart changes nothing.",
        since=ended or (given_up.last_transition_time if given_up else None),
        hold=5 * _MINUTE,
        facts=(said, *(f"{each.ref}: {each.message or each.status}" for each in wrong[:3])),
        blames=unanswered(snapshot, said, item.namespace),
        proposal=_sync_cure(item, said, names),
    )


def _sync_cure(item: argov1.Application, said: str, names: str) -> Proposal:
    what = names or "the object it names"
    if "immutable" in said:
        text = (
            f"A field of {what} that cannot be changed (such as spec.selector) was changed in Git. "
            "Restore its former value in Git; or, if the change is meant, let Argo CD replace the "
            "object (sync option Replace=true,Force=true on it), which deletes and creates it anew."
        )
    else:
        text = (
            f"Correct {what} in Git as the error says; Argo CD syncs the next revision by itself."
        )
    return Proposal(text, (command.describe(item.ref),))


def _comparison_failed(snapshot: Snapshot, item: argov1.Application) -> Iterator[Finding]:
    found = item.condition("ComparisonError") or item.condition("InvalidSpecError")
    if item.status.sync.status != "Unknown" or found is None:
        return
    sources = argo.repositories(item)
    common = found.type == "ComparisonError" and argo.of_the_repository(found.message)
    where = f"repository {', '.join(sources)}" if sources else "its repository"
    yield _finding(
        item,
        reason="ArgoComparisonFailed",
        message=f"{item.ref} cannot be compared with Git ({found.type})",
        why=f"Argo CD says: {symptom.sentence(found.message, 500)} Until this is mended nothing of it "
        "is synced, and nobody knows whether it differs. What runs goes on running.",
        since=found.last_transition_time,
        hold=15 * _MINUTE,
        shared=f"repository {sources[0]}" if common and sources else "",
        blames=unanswered(snapshot, found.message, item.namespace, *sources),
        facts=(f"{found.type}: {found.message}", where),
        proposal=Proposal(
            f"Make {where} reachable again: its address, its credentials in Argo CD, the network path "
            "of argocd-repo-server."
            if common
            else f"Correct what Git holds for {item.name}, or the source, path and revision it names.",
            (command.describe(item.ref),),
        ),
    )


def _out_of_sync(snapshot: Snapshot, item: argov1.Application) -> Iterator[Finding]:
    state, policy = item.status.operation_state, item.automated
    if item.status.sync.status != "OutOfSync" or argo.busy(item) or argo.only_pruning(item):
        return
    if argo.shut(snapshot, item):
        return
    order = state.operation.sync if state and state.operation else None
    fights = order.self_heal_attempts_count if order else 0
    healed = state.finished_at if state and policy and policy.self_heal else None
    if healed and snapshot.age(healed) < _HEALING and fights < _FIGHT:
        return
    differing = [str(each.ref) for each in argo.refused(item)]
    names = symptom.listed(differing) or "its objects"
    if policy is None:
        how = "It is synced by hand only, so this may be meant."
        text = "Sync it in Argo CD if the state of Git is wanted."
    elif fights >= _FIGHT:
        how = f"It was healed {fights} times and differs again: something else keeps writing to it."
        text = (
            f"Find who else writes {names} (an autoscaler, an operator, a person), or tell Argo CD "
        )
        text += "to ignore that field (ignoreDifferences)."
    else:
        how = "It is synced automatically, yet nothing syncs it."
        text = f"Read why Argo CD does not sync {names}: its conditions and its last operation."
    yield _finding(
        item,
        reason="ArgoOutOfSync",
        severity=Severity.WARNING if policy else Severity.INFO,
        message=f"{item.ref} differs from Git: {names}",
        why=f"{how} What differs: {names}.",
        since=None,
        sightings=2,
        facts=tuple(f"{each} is OutOfSync" for each in differing[:3]),
        proposal=Proposal(text, (command.describe(item.ref),)),
    )


def _degraded(item: argov1.Application) -> Iterator[Finding]:
    health, state = item.status.health, item.status.operation_state
    since, hold = health.last_transition_time, 15 * _MINUTE
    what = f"is {health.status}"
    if health.status == "Missing" and state is None and item.automated is None:
        return  # never synced by anybody
    if health.status == "Progressing":
        hold = 60 * _MINUTE
        what = "does not become healthy"
    elif health.status not in ("Degraded", "Missing"):
        if state is None or state.phase != "Running":
            return
        since, hold = state.started_at, 30 * _MINUTE
        what = "has an operation that does not end"
    wrong = argo.troubled(item)
    words = [
        f"{each.ref}: {': '.join(filter(None, (each.health.status, each.health.message)))}"
        for each in wrong
        if each.health
    ]
    told = health.message or (state.message if state and state.phase == "Running" else "")
    names = symptom.listed(str(each.ref) for each in wrong)
    yield _finding(
        item,
        reason="ArgoDegraded",
        message=f"{item.ref} {what}",
        why=f"{f'Argo CD says: {symptom.sentence(told)} ' if told else ''}It takes its health from its "
        f"objects: {names or 'none are listed'}. Nothing more specific was found about them.",
        since=since,
        hold=hold,
        affected=tuple(each.ref for each in wrong),
        blames=tuple(each.ref for each in wrong if each.kind == item.KIND),
        facts=tuple(words[:4]),
        proposal=Proposal(
            f"Mend {names or 'its objects'}; Argo CD only reports the state of its objects.",
            (command.describe(item.ref),),
        ),
    )


def _finding(
    item: argov1.Application,
    *,
    reason: str,
    message: str,
    why: str,
    since: datetime | None,
    facts: tuple[str, ...],
    proposal: Proposal,
    severity: Severity = Severity.WARNING,
    hold: timedelta = timedelta(0),
    sightings: int = 1,
    shared: str = "",
    affected: tuple[Ref, ...] = (),
    blames: tuple[Ref, ...] = (),
) -> Finding:
    sync, health = item.status.sync, item.status.health
    state = item.status.operation_state
    unwell = f"health {health.status or 'unknown'} {health.message}".strip()
    shown = f"sync {sync.status or 'unknown'} at {sync.revision[:12] or 'no revision'}"
    return Finding(
        reason=reason,
        subject=item.ref,
        affected=affected,
        severity=severity,
        message=message,
        why=why,
        since=since,
        hold=hold,
        sightings=sightings if since is not None else 2,
        shared=shared,
        blames=blames,
        evidence=(
            *(symptom.fact("status", item.ref, text, since) for text in facts if text),
            *(
                (symptom.fact("status", item.ref, _told(state), state.finished_at),)
                if state is not None
                else ()
            ),
            symptom.fact("status", item.ref, shown),
            *(
                (symptom.fact("status", item.ref, unwell, health.last_transition_time),)
                if health.status != "Healthy"
                else ()
            ),
        ),
        proposal=proposal,
    )


def _told(state: argov1.ArgoOperationState) -> str:
    took = (
        f" within {span(state.finished_at - state.started_at)}"
        if state.finished_at and state.started_at
        else ""
    )
    return f"last operation {state.phase}{took}: {state.message}"
