"""Which Jobs are to run now, which due times are lost, and why. Pure: everything is an argument."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Literal

from watchdog.domain.job import Job, LedgerEntry, RunState
from watchdog.logic.timetable.schedule import Delay, Once, Schedule, latest_between, next_after

LATE_ONE_SHOT = timedelta(seconds=120)
LEAST_GRACE = timedelta(seconds=120)
MOST_GRACE = timedelta(hours=2)
OLDEST_ONE_SHOT = timedelta(days=3660)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A Job with its schedule parsed and its zone found."""

    job: Job
    schedule: Schedule
    zone: tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the ledger knows of the Jobs, by name; all times aware UTC."""

    last_runs: Mapping[str, LedgerEntry] = field(default_factory=dict)
    first_seen: Mapping[str, datetime] = field(default_factory=dict)  # keys of `seen_key`
    settled: Mapping[str, datetime] = field(default_factory=dict)  # last due time with a ledger row


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of one due time. `state` is due (run it now), skipped or missed."""

    job: Job
    state: Literal[RunState.DUE, RunState.SKIPPED, RunState.MISSED]
    trigger: Literal["schedule", "catch_up"]
    due_at: datetime
    reason: str


def seen_key(timed: Timed) -> str:
    """Return the name under which `first_seen` is kept: "in 30m" counts from when it was written."""
    if isinstance(timed.schedule, Delay):
        return f"{timed.job.name} {timed.job.schedule}"
    return timed.job.name


def next_due(timed: Timed, history: History, now: datetime) -> datetime | None:
    """Return the first due time without a ledger row; it lies in the past when it is overdue.

    None: a one-shot that is over, or a Job that is switched off.
    """
    if not timed.job.enabled:
        return None
    anchor, settled = _anchor(timed, history, now)
    return next_after(timed.schedule, settled, zone=timed.zone, anchor=anchor)


def due(
    jobs: Iterable[Timed], history: History, *, in_flight: Collection[str], now: datetime
) -> tuple[Decision, ...]:
    """Decide every due time up to `now`, in the order of the jobs; nothing due gives nothing.

    Of several due times of one Job only the latest may run; those before it are one missed row.
    """
    return tuple(
        decision
        for timed in jobs
        if timed.job.enabled
        for decision in _decide(timed, history, in_flight=in_flight, now=now)
    )


def grace(timed: Timed, due_at: datetime) -> timedelta:
    """Return how late the due time may still run as itself: half the period, 120 s to 2 h."""
    if isinstance(timed.schedule, Once | Delay):
        return LATE_ONE_SHOT
    following = next_after(timed.schedule, due_at, zone=timed.zone, anchor=due_at)
    half = (following - due_at) / 2 if following else MOST_GRACE
    return min(max(half, LEAST_GRACE), MOST_GRACE)


def _decide(
    timed: Timed, history: History, *, in_flight: Collection[str], now: datetime
) -> Iterable[Decision]:
    anchor, settled = _anchor(timed, history, now)
    first = next_after(timed.schedule, settled, zone=timed.zone, anchor=anchor)
    latest = latest_between(timed.schedule, settled, now, zone=timed.zone, anchor=anchor)
    if first is None or latest is None:
        return
    if first < latest:
        reason = f"nothing ran when it was due, nor at later times before {latest:%Y-%m-%d %H:%MZ}"
        yield Decision(
            job=timed.job, state=RunState.MISSED, trigger="schedule", due_at=first, reason=reason
        )
    yield _judge(timed, latest, in_flight=in_flight, now=now)


def _judge(
    timed: Timed, due_at: datetime, *, in_flight: Collection[str], now: datetime
) -> Decision:
    job, late = timed.job, now - due_at
    state: Literal[RunState.DUE, RunState.SKIPPED, RunState.MISSED] = RunState.DUE
    trigger: Literal["schedule", "catch_up"] = "schedule"
    reason = "its time has come"
    if job.name in in_flight:
        state, reason = RunState.SKIPPED, "the run before it has not ended"
    elif late > grace(timed, due_at):
        seconds = int(late.total_seconds())
        if isinstance(timed.schedule, Once | Delay):
            state, reason = RunState.MISSED, f"{seconds} s late; a one-shot waits 120 s"
        elif not job.catch_up:
            state, reason = RunState.MISSED, f"{seconds} s late and catch_up is off"
        else:
            trigger, reason = "catch_up", f"{seconds} s late: one run for all that was missed"
    return Decision(job=job, state=state, trigger=trigger, due_at=due_at, reason=reason)


def _anchor(timed: Timed, history: History, now: datetime) -> tuple[datetime, datetime]:
    """Return where intervals count from, and the instant up to which due times are settled."""
    seen = history.first_seen.get(seen_key(timed), now)
    last = history.last_runs.get(timed.job.name)
    settled = history.settled.get(timed.job.name)
    if isinstance(timed.schedule, Once):
        # one written too late is a missed row, not silence
        return seen, settled or now - OLDEST_ONE_SHOT
    if last is None or isinstance(timed.schedule, Delay):
        return seen, max(seen, settled or seen)
    # A catch-up stands for all due times until it started; counting from its own due time would
    # make the next one overdue at once.
    started = last.started_at if last.trigger == "catch_up" else None
    anchor = started or last.due_at
    return anchor, max(anchor, settled or anchor)
