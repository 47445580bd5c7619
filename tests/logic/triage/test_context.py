"""context: what one job's question is told of another job's last Run."""

from datetime import datetime, timedelta

from tests.builders import HOUR, NOW, ago
from tests.logic.incidents import BROKEN
from watchdog.domain.job import LedgerEntry, RunState
from watchdog.logic.triage.context import Before, context


def entry(state: RunState, finished: datetime | None) -> LedgerEntry:
    return LedgerEntry(
        run_id="nightly-1",
        job="nightly",
        trigger="schedule",
        due_at=ago(HOUR),
        state=state,
        finished_at=finished,
    )


ALERT = entry(RunState.ALERT, ago(HOUR))


def test_findings_come_with_the_age_and_the_end_of_their_run() -> None:
    told = context([Before(job="nightly", period=HOUR, last=ALERT, found=[BROKEN])], NOW)

    assert told.splitlines() == [
        "Job nightly, 1 h ago: alert.",
        "- critical: no pod of api can start: image shop/api:2.0 does not exist "
        "[image_pull/ImageNotFound] Deployment/shop/api",
    ]


def test_what_is_older_than_two_periods_is_stale_and_has_no_content() -> None:
    old = entry(RunState.ALERT, ago(2 * HOUR + timedelta(seconds=1)))

    told = context([Before(job="nightly", period=HOUR, last=old, found=[BROKEN])], NOW)

    assert told == "Job nightly, 2 h ago: alert. Stale: what it found is left out."


def test_a_one_shot_does_not_get_stale() -> None:
    old = entry(RunState.OK, ago(100 * HOUR))

    assert "Nothing was found" in context([Before(job="nightly", period=None, last=old)], NOW)


def test_a_run_without_an_end_counts_from_its_due_time() -> None:
    lost = entry(RunState.UNKNOWN, None)

    assert context([Before(job="nightly", period=HOUR, last=lost)], NOW) == (
        "Job nightly, 1 h ago: unknown. Nothing was found."
    )


def test_a_job_that_never_ran_is_said_so() -> None:
    before = Before(job="nightly", period=HOUR)

    assert context([before], NOW) == "Job nightly: has not run to an end yet."
    assert not before.well


def test_an_opinion_is_passed_on_as_one() -> None:
    ok = entry(RunState.OK, ago(HOUR))
    before = Before(job="nightly", period=HOUR, last=ok, record={"answer": "Disks grow."})

    assert context([before], NOW).splitlines()[1] == "A model's opinion then: Disks grow."
    assert before.well
