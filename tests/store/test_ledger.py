"""The run ledger: no due time runs twice, none is lost."""

from dataclasses import replace
from datetime import datetime

import pytest

from tests.builders import HOUR, MINUTE, NOW
from tests.store.builders import run_row, save
from watchdog.domain.job import LedgerEntry, RunState
from watchdog.store import ledger
from watchdog.store.engine import Store


def claim(store: Store, run_id: str, due_at: datetime = NOW, job: str = "health") -> bool:
    return ledger.claim(
        store, run_id=run_id, job=job, trigger="schedule", due_at=due_at, now=NOW + MINUTE
    )


RUNNING = LedgerEntry(
    run_id="r1",
    job="health",
    trigger="schedule",
    due_at=NOW,
    state=RunState.RUNNING,
    started_at=NOW + MINUTE,
)
MISSED = LedgerEntry(
    run_id="m1",
    job="health",
    trigger="schedule",
    due_at=NOW,
    state=RunState.MISSED,
    text="the watchdog was down",
)


def test_a_claimed_due_time_is_running(store: Store) -> None:
    assert claim(store, "r1")

    assert ledger.recent(store) == (RUNNING,)


def test_a_due_time_is_claimed_once(store: Store) -> None:
    claim(store, "r1")

    assert not claim(store, "r2")
    assert ledger.recent(store) == (RUNNING,)


def test_a_finished_due_time_is_not_claimed_again(store: Store) -> None:
    claim(store, "r1")
    ledger.finish(store, "r1", state=RunState.OK, now=NOW + HOUR)

    assert not claim(store, "r2")


def test_other_jobs_and_other_times_are_claimed_apart(store: Store) -> None:
    assert claim(store, "r1")
    assert claim(store, "r2", job="certificates")
    assert claim(store, "r3", due_at=NOW + HOUR)


@pytest.mark.parametrize("run_id", ["m1", "r1"])
def test_a_missed_due_time_can_be_caught_up_once(store: Store, run_id: str) -> None:
    ledger.record(store, MISSED)

    assert claim(store, run_id)
    assert not claim(store, "r2")
    assert ledger.recent(store) == (replace(RUNNING, run_id=run_id),)


def test_a_run_ends_once(store: Store) -> None:
    claim(store, "r1")
    ledger.finish(store, "r1", state=RunState.FAILED, now=NOW + HOUR, text="it broke")
    ledger.finish(store, "r1", state=RunState.OK, now=NOW + 2 * HOUR)

    assert ledger.recent(store) == (
        replace(RUNNING, state=RunState.FAILED, finished_at=NOW + HOUR, text="it broke"),
    )


def test_a_due_time_that_did_not_run_is_written_down(store: Store) -> None:
    ledger.record(store, MISSED)

    assert ledger.recent(store) == (MISSED,)


def test_writing_down_a_due_time_does_not_touch_what_is_known_of_it(store: Store) -> None:
    claim(store, "r1")
    ledger.record(store, MISSED)

    assert ledger.recent(store) == (RUNNING,)


def test_the_last_run_of_a_job_is_the_newest_that_started(store: Store) -> None:
    claim(store, "r2", due_at=NOW - HOUR)
    claim(store, "r1")
    claim(store, "c1", job="certificates")
    ledger.record(store, replace(MISSED, due_at=NOW + HOUR))
    ledger.record(store, replace(MISSED, run_id="s", due_at=NOW + MINUTE, state=RunState.SKIPPED))
    ledger.record(store, replace(MISSED, run_id="x", job="never"))

    assert ledger.last_runs(store) == {
        "health": RUNNING,
        "certificates": replace(RUNNING, run_id="c1", job="certificates"),
    }


def test_a_job_is_known_since_it_was_first_seen(store: Store) -> None:
    ledger.first_seen(store, ["health"], NOW)

    assert ledger.first_seen(store, ["health", "new"], NOW + HOUR) == {
        "health": NOW,
        "new": NOW + HOUR,
    }


def test_without_jobs_nothing_is_seen(store: Store) -> None:
    assert ledger.first_seen(store, [], NOW) == {}


def test_what_runs_when_the_watchdog_starts_is_unknown_and_not_repeated(store: Store) -> None:
    claim(store, "r1")
    save(store, run=run_row("done", job="certificates"))

    after = replace(
        RUNNING,
        state=RunState.UNKNOWN,
        finished_at=NOW + HOUR,
        text="the watchdog ended during this run",
    )
    assert ledger.interrupt(store, NOW + HOUR) == (after,)
    assert ledger.interrupt(store, NOW + HOUR) == ()
    assert not claim(store, "r2")


def test_the_newest_entries_come_first(store: Store) -> None:
    claim(store, "r1", due_at=NOW - HOUR)
    claim(store, "r2")
    claim(store, "r3", job="certificates", due_at=NOW - MINUTE)

    assert [entry.run_id for entry in ledger.recent(store)] == ["r2", "r3", "r1"]
    assert [entry.run_id for entry in ledger.recent(store, limit=1)] == ["r2"]
    assert [entry.run_id for entry in ledger.recent(store, job="health")] == ["r2", "r1"]
