"""How often something is done at most. Every Attempt counts, whatever became of it.

One that was refused by the API server had no effect, but the same refusal in every run is noise.
Source: safety.md §8.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.attempt import Attempt, History
from watchdog.domain.plan import Plan
from watchdog.domain.policy import Budgets
from watchdog.domain.snapshot import Snapshot

HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
BURST = timedelta(minutes=5)
NEW_INCIDENTS = 10  # in that time; more of them: something larger is going on
_MOST = Budgets()


def lowered(limits: Budgets) -> Budgets:
    """Return limits none of which is looser than the default."""
    return Budgets(
        per_hour=min(limits.per_hour, _MOST.per_hour),
        per_owner_hour=min(limits.per_owner_hour, _MOST.per_owner_hour),
        per_owner_day=min(limits.per_owner_day, _MOST.per_owner_day),
        cause_cooldown=max(limits.cause_cooldown, _MOST.cause_cooldown),
        failures=min(limits.failures, _MOST.failures),
        debris=min(limits.debris, _MOST.debris),
    )


def spent(
    plan: Plan, incident: str, history: History, limits: Budgets, now: datetime
) -> tuple[str, ...]:
    """Return every limit that leaves no room for this Plan, in words.

    The owner is known by kind, namespace and name: made anew, it gets no fresh budget.
    """
    most, past = lowered(limits), _Past(history.attempts, now)
    own = _Past(tuple(each for each in past.attempts if each.plan.owner == plan.owner), now)
    same = _Past(tuple(each for each in own.attempts if each.plan.cause == plan.cause), now)
    cooldown, owner = most.cause_cooldown, str(plan.owner)
    hours = f"{cooldown / HOUR:g} hours"
    found = {
        "one attempt was made for this incident before": any(
            each.incident == incident and not each.tidied for each in past.attempts
        ),
        f"{owner} was treated for the same cause within {hours}": same.within(cooldown) > 0,
        f"attempts on {owner} within an hour: {most.per_owner_hour} at most": own.within(HOUR)
        >= most.per_owner_hour,
        f"attempts on {owner} within 24 hours: {most.per_owner_day} at most": own.within(DAY)
        >= most.per_owner_day,
        f"attempts in the cluster within an hour: {most.per_hour} at most": past.within(HOUR)
        >= most.per_hour,
        "what came of another attempt is not known yet": any(
            each.in_flight for each in past.attempts
        ),
    }
    return tuple(text for text, holds in found.items() if holds)


def doubtful(history: History, now: datetime) -> tuple[str, ...]:
    """Return what makes the counting of times, or the whole cluster, doubtful now."""
    times = [each.begun_at for each in history.attempts]
    newest = max([*times, *([history.newest] if history.newest else [])], default=now)
    new = sum(now - at < BURST for at in history.opened)
    found = {
        f"the clock is behind the journal, whose newest entry is of {newest:%Y-%m-%d %H:%M:%S} UTC": (
            now < newest
        ),
        f"{new} new incidents in 5 minutes: something larger is going on": new > NEW_INCIDENTS,
    }
    return tuple(text for text, holds in found.items() if holds)


def restarted(plan: Plan, snapshot: Snapshot) -> tuple[str, ...]:
    """Return what the object itself tells of a restart that no record here may know of.

    A second watchdog, or a person, wrote it; or the database is an older copy.
    """
    workload = snapshot.workloads.get(plan.owner)
    annotations = workload.template.metadata.annotations if workload else None
    at = moment(annotations.restarted_at) if annotations else None
    if at is None or snapshot.age(at) >= HOUR:
        return ()
    return (f"{plan.owner} was restarted at {at:%Y-%m-%d %H:%M} UTC, less than an hour ago",)


def moment(text: str) -> datetime | None:
    """Read the annotation restartedAt, which anybody may write; None for what is no time."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


@dataclass(frozen=True, slots=True)
class _Past:
    attempts: tuple[Attempt, ...]
    now: datetime

    def within(self, span: timedelta) -> int:
        """How many began less than `span` ago, or later than now."""
        return sum(self.now - each.begun_at < span for each in self.attempts)
