"""due: which Jobs run now, late, once for all that was missed, or not at all."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchdog.domain.job import Job, LedgerEntry, RunState
from watchdog.logic.timetable.due import Decision, History, Timed, due, grace, next_due, seen_key
from watchdog.logic.timetable.grammar import parse_schedule

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
Trigger = Literal["schedule", "catch_up", "manual"]


def timed(
    schedule: str, *, name: str = "pods", enabled: bool = True, catch_up: bool = True
) -> Timed:
    job = Job(
        name=name, schedule=schedule, checks=("crash_loop",), enabled=enabled, catch_up=catch_up
    )
    return Timed(job=job, schedule=parse_schedule(schedule), zone=UTC)


def ran(at: datetime, *, trigger: Trigger = "schedule", started: datetime | None = None) -> History:
    entry = LedgerEntry(
        run_id="r", job="pods", trigger=trigger, due_at=at, state=RunState.OK, started_at=started
    )
    return History(last_runs={"pods": entry}, first_seen={"pods": NOW - 900 * HOUR})


def decide(
    job: Timed, history: History, *, now: datetime = NOW, in_flight: Collection[str] = ()
) -> list[tuple[str, str, datetime]]:
    decisions = due([job], history, in_flight=in_flight, now=now)
    return [(each.state.value, each.trigger, each.due_at) for each in decisions]


def test_nothing_is_due_before_its_time() -> None:
    assert decide(timed("every 15m"), ran(NOW - 14 * MINUTE)) == []


def test_an_interval_is_due_one_period_after_its_last_run() -> None:
    assert decide(timed("every 15m"), ran(NOW - 15 * MINUTE)) == [("due", "schedule", NOW)]


def test_a_job_never_run_is_due_one_period_after_it_was_first_seen() -> None:
    history = History(first_seen={"pods": NOW - 15 * MINUTE})

    assert decide(timed("every 15m"), history) == [("due", "schedule", NOW)]
    assert decide(timed("every 15m"), History(first_seen={"pods": NOW - 14 * MINUTE})) == []


def test_a_job_seen_for_the_first_time_is_not_due() -> None:
    assert decide(timed("every 15m"), History()) == []


def test_a_manual_run_is_a_last_run_too() -> None:
    assert decide(timed("every 15m"), ran(NOW - 5 * MINUTE, trigger="manual")) == []


def test_within_grace_a_job_runs_late_as_itself() -> None:
    history = ran(NOW - 22 * MINUTE)

    assert decide(timed("every 15m"), history) == [("due", "schedule", NOW - 7 * MINUTE)]


def test_beyond_grace_it_is_caught_up_once() -> None:
    history = ran(NOW - 23 * MINUTE)

    assert decide(timed("every 15m"), history) == [("due", "catch_up", NOW - 8 * MINUTE)]


def test_after_a_catch_up_the_next_period_counts_from_its_start() -> None:
    history = ran(NOW - 8 * MINUTE, trigger="catch_up", started=NOW)

    assert next_due(timed("every 15m"), history, NOW) == NOW + 15 * MINUTE


def test_after_long_downtime_earlier_due_times_are_one_missed_row() -> None:
    history = ran(NOW - 10 * HOUR - 3 * MINUTE)

    assert decide(timed("every 1h"), history) == [
        ("missed", "schedule", NOW - 9 * HOUR - 3 * MINUTE),
        ("due", "schedule", NOW - 3 * MINUTE),
    ]


def test_without_catch_up_a_late_job_is_missed() -> None:
    job = timed("0 8 * * *", catch_up=False)

    [decision] = due([job], ran(NOW - 28 * HOUR), in_flight=(), now=NOW)

    assert decision == Decision(
        job=job.job,
        state=RunState.MISSED,
        trigger="schedule",
        due_at=NOW - 4 * HOUR,
        reason="14400 s late and catch_up is off",
    )


def test_a_missed_due_time_is_not_missed_again() -> None:
    history = ran(NOW - 28 * HOUR)
    settled = History(
        last_runs=history.last_runs,
        first_seen=history.first_seen,
        settled={"pods": NOW - 4 * HOUR},
    )

    assert decide(timed("0 8 * * *", catch_up=False), settled) == []


def test_a_job_in_flight_skips_its_tick() -> None:
    [decision] = due([timed("every 15m")], ran(NOW - 15 * MINUTE), in_flight={"pods"}, now=NOW)

    assert (decision.state, decision.reason) == (
        RunState.SKIPPED,
        "the run before it has not ended",
    )


def test_a_job_that_is_switched_off_is_never_due() -> None:
    job = timed("every 15m", enabled=False)

    assert decide(job, ran(NOW - HOUR)) == []
    assert next_due(job, ran(NOW - HOUR), NOW) is None


def test_a_skipped_tick_does_not_move_the_anchor() -> None:
    history = ran(NOW - 25 * MINUTE)
    skipped = History(
        last_runs=history.last_runs,
        first_seen=history.first_seen,
        settled={"pods": NOW - 15 * MINUTE},
    )

    assert next_due(timed("every 10m"), skipped, NOW) == NOW - 5 * MINUTE


@pytest.mark.parametrize(("late", "state"), [(120, "due"), (121, "missed")])
def test_a_one_shot_waits_two_minutes(late: int, state: str) -> None:
    at = NOW - timedelta(seconds=late)
    job = timed(at.isoformat())

    assert decide(job, History(first_seen={"pods": NOW - HOUR})) == [(state, "schedule", at)]


def test_a_one_shot_that_ran_is_over() -> None:
    at = NOW - MINUTE
    history = History(first_seen={"pods": NOW - HOUR}, settled={"pods": at})

    assert decide(timed(at.isoformat()), history) == []
    assert next_due(timed(at.isoformat()), history, NOW) is None


def test_a_delay_counts_from_when_it_was_written() -> None:
    job = timed("in 30m")
    history = History(first_seen={seen_key(job): NOW - 30 * MINUTE})

    assert decide(job, history) == [("due", "schedule", NOW)]


def test_a_delay_that_ran_is_over() -> None:
    job = timed("in 30m")
    past = ran(NOW - MINUTE)
    history = History(
        last_runs=past.last_runs,
        first_seen={seen_key(job): NOW - 31 * MINUTE},
        settled={"pods": NOW - MINUTE},
    )

    assert decide(job, history) == []


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("every 1m", 2 * MINUTE),
        ("every 15m", 7.5 * MINUTE),
        ("0 8 * * *", 2 * HOUR),
        ("in 30m", 2 * MINUTE),
        ("0 0 */31 * *", 2 * HOUR),
    ],
)
def test_grace_is_half_the_period_within_bounds(schedule: str, expected: timedelta) -> None:
    assert grace(timed(schedule), NOW) == expected


def test_the_last_time_of_a_pattern_has_the_longest_grace() -> None:
    # cronsim looks fifty years ahead: from here on there is no following time to measure by
    job = timed("0 0 29 2 *")
    assert grace(job, datetime(2096, 2, 29, tzinfo=UTC)) == 2 * HOUR


def test_fixed_times_are_judged_in_the_zone_of_the_job() -> None:
    berlin = Timed(
        job=Job(name="pods", schedule="0 8 * * *"),
        schedule=parse_schedule("0 8 * * *"),
        zone=ZoneInfo("Europe/Berlin"),
    )
    now = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)

    assert decide(berlin, ran(now - 24 * HOUR), now=now) == [("due", "schedule", now)]


@given(
    schedule=st.sampled_from(["every 1m", "every 15m", "0 8 * * *", "*/7 * * * *", "every 2d"]),
    away=st.integers(0, 14 * 24 * 60),
    catch_up=st.booleans(),
    busy=st.booleans(),
)
def test_however_long_it_was_away_a_job_runs_at_most_once_and_is_then_settled(
    schedule: str, away: int, catch_up: bool, busy: bool
) -> None:
    job, past = timed(schedule, catch_up=catch_up), ran(NOW - away * MINUTE)
    in_flight = {"pods"} if busy else set()

    decisions = due([job], past, in_flight=in_flight, now=NOW)

    running = [each for each in decisions if each.state is RunState.DUE]
    assert len(running) <= (0 if busy else 1)
    assert len(decisions) <= 2
    assert all(each.due_at <= NOW for each in decisions)
    if decisions:
        settled = History(
            last_runs=past.last_runs,
            first_seen=past.first_seen,
            settled={"pods": decisions[-1].due_at},
        )
        assert due([job], settled, in_flight=(), now=NOW) == ()
