"""Whether an Attempt helped. Only later Snapshots show it: neither an answer of the API server, nor
that an object is gone, nor that one has a new name. Source: safety.md §10.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise, takewhile

from watchdog.domain.attempt import SETTLED, Attempt, Health, Look, Result, Verified
from watchdog.domain.objects import appsv1, metav1
from watchdog.domain.plan import Call, Plan
from watchdog.domain.policy import Policy
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.decision.budgets import moment
from watchdog.logic.decision.standing import Standing, readable, standing
from watchdog.logic.symptom import sentence

APART = timedelta(seconds=60)  # between the Attempt and the first look, and between two looks
ENOUGH = 3  # looks that agree, where the objects' own times prove nothing
BLIND = timedelta(hours=1)  # without a look: nothing more is waited for
_SLACK = timedelta(minutes=5)  # beyond a rollout's own deadline
_LONGEST = timedelta(hours=1)  # of that deadline: some are set to years
_NOTHING_DONE = (Result.REFUSED, Result.FAILED)


def health(snapshot: Snapshot, owner: Ref) -> Health | None:
    """Return how `owner` stands now, to be compared with later; None when that cannot be seen."""
    found = standing(snapshot, owner) if readable(snapshot, owner) else None
    return found.health if found else None


def deadline(plan: Plan, snapshot: Snapshot, begun_at: datetime, policy: Policy) -> datetime:
    """Return until when an Attempt that begins now has to have helped."""
    item = snapshot.deployments.get(plan.owner)
    progress = appsv1.DeploymentSpec() if item is None else item.spec
    rollout = min(timedelta(seconds=progress.progress_deadline_seconds), _LONGEST) + _SLACK
    return begun_at + max(policy.verify_deadline, rollout)


def look(attempt: Attempt, snapshot: Snapshot, cause_seen: bool) -> Look | None:
    """Return what this Snapshot shows; None when it cannot tell, or comes too early.

    `cause_seen`: the check still finds what the Attempt was to cure.
    """
    last = attempt.looks[-1].at if attempt.looks else attempt.begun_at
    owner, before = attempt.plan.owner, attempt.before
    if snapshot.taken_at - last < APART or not readable(snapshot, owner):
        return None
    found = standing(snapshot, owner, at_least=before.wanted if before else 0)
    if found is None or _another(attempt.plan, found):
        return Look(at=snapshot.taken_at, healthy=False, cause_seen=cause_seen)
    worse = _worse(attempt, found, snapshot)
    calm = not found.restarted_since(max(last, snapshot.taken_at - SETTLED))
    emptied = found.wanted == 0 and before is not None and before.wanted > 0
    return Look(
        at=snapshot.taken_at,
        healthy=found.whole and calm and not emptied and not worse and _gone(attempt, snapshot),
        steady_since=found.steady_since,
        cause_seen=cause_seen,
        worse=worse,
    )


def verdict(attempt: Attempt, now: datetime) -> tuple[Verified, tuple[str, ...]]:
    """Return what the looks so far prove, with the reasons where people have to know."""
    if not attempt.in_flight:
        return attempt.verified, attempt.reasons
    if attempt.result in _NOTHING_DONE:
        return Verified.NOT_RECOVERED, (f"nothing was changed: {attempt.text}",)
    if not attempt.looks:
        return _waiting(attempt, now)
    last, green = attempt.looks[-1], _proved(attempt, lambda each: each.healthy)
    if last.worse:
        return Verified.NOT_RECOVERED, (last.worse,)
    if _proved(attempt, lambda each: each.healthy and not each.cause_seen):
        return Verified.RECOVERED, ()
    if not _over(attempt) or (last.healthy and not (green and last.cause_seen)):
        return _waiting(attempt, now)
    if green:
        return Verified.RECOVERED, ("it has recovered, but the cause remains",)
    span = attempt.deadline - attempt.begun_at
    return Verified.NOT_RECOVERED, (f"not healthy for {_words(SETTLED)} within {_words(span)}",)


# ------------------------------------------------------------------------------- of one look
def _another(plan: Plan, found: Standing) -> bool:
    """Whether the object was made anew since: that of its name proves nothing."""
    uids = {step.uid for step in plan.steps if step.target == plan.owner}
    return bool(uids) and found.uid not in uids


def _gone(attempt: Attempt, snapshot: Snapshot) -> bool:
    """Whether what was to end has ended."""
    ended = {step.uid for step in attempt.plan.steps if step.call in (Call.EVICT, Call.DELETE)}
    there = (*snapshot.all_pods.values(), *snapshot.jobs.values())
    return not any(item.uid in ended for item in there)


def _worse(attempt: Attempt, found: Standing, snapshot: Snapshot) -> str:
    """Return what shows at once that it did not help, "" when nothing does."""
    return (
        _reverted(attempt, found)
        or _refused(attempt, found.refused, snapshot)
        or _fewer(attempt, found)
    )


def _reverted(attempt: Attempt, found: Standing) -> str:
    if all(step.call is not Call.RESTART for step in attempt.plan.steps):
        return ""
    at, before = moment(found.restarted_at), attempt.before.restarted_at if attempt.before else ""
    somebody_elses = at is None and found.restarted_at not in ("", before)
    if somebody_elses or (at is not None and at >= attempt.begun_at.replace(microsecond=0)):
        return ""
    if attempt.result is not Result.APPLIED:
        return "the restart did not reach the object"
    return f"the restart was reverted{f' by {found.gitops}' if found.gitops else ''}"


def _refused(attempt: Attempt, creator: metav1.Object | None, snapshot: Snapshot) -> str:
    """An event counts only while pods are missing: anybody may write one."""
    events = snapshot.events_of(creator) if creator is not None else ()
    for event in events:
        if event.reason == "FailedCreate" and event.last_at and event.last_at > attempt.begun_at:
            return f"its new pods are refused: {sentence(event.message)}"
    return ""


def _fewer(attempt: Attempt, found: Standing) -> str:
    """Deleting what had failed takes no ready pod away: there only the deadline counts."""
    before, calls = attempt.before, {step.call for step in attempt.plan.steps}
    if before is None or Call.DELETE in calls:
        return ""
    away = 0
    if not any(each.healthy for each in attempt.looks):  # it may still be on its way
        evicted = sum(step.call is Call.EVICT for step in attempt.plan.steps)
        away = found.spare if Call.RESTART in calls else evicted
    if found.ready >= min(before.ready, found.wanted) - away:
        return ""
    return f"{found.ready} of {found.wanted} pods are ready, {before.ready} were before it"


# ---------------------------------------------------------------------------- of several looks
def _proved(attempt: Attempt, holds: Callable[[Look], bool]) -> bool:
    """Whether something has held for long enough: by the objects' own times, or by looks."""
    stretch = tuple(takewhile(holds, reversed(attempt.looks)))  # newest first
    if not stretch:
        return False
    seen = stretch[0].at - stretch[-1].at
    return _lasts(attempt) >= SETTLED or (len(stretch) >= ENOUGH and seen >= SETTLED)


def _lasts(attempt: Attempt) -> timedelta:
    """How long it has stood as the last look shows it, by the objects' own times."""
    last = attempt.looks[-1]
    since = last.steady_since
    return last.at - max(since, attempt.begun_at) if since else timedelta(0)


def _over(attempt: Attempt) -> bool:
    """Whether the time for it has passed. Time in which nobody looked counts little."""
    times = (attempt.begun_at, *(each.at for each in attempt.looks))
    watched = sum((min(b - a, SETTLED) for a, b in pairwise(times)), timedelta(0))
    return max(watched, _lasts(attempt)) >= attempt.deadline - attempt.begun_at


def _waiting(attempt: Attempt, now: datetime) -> tuple[Verified, tuple[str, ...]]:
    seen = attempt.looks[-1].at if attempt.looks else attempt.begun_at
    if now - seen < max(BLIND, attempt.deadline - attempt.begun_at):
        return Verified.PENDING, ()
    return Verified.NOT_RECOVERED, (f"nothing could be seen of it since {seen:%H:%M} UTC",)


def _words(span: timedelta) -> str:
    return f"{int(span.total_seconds() // 60)} minutes"
