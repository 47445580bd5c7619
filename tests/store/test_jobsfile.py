"""What outlives an edit of jobs.json: the last good text, and pauses."""

from tests.builders import HOUR, NOW
from watchdog.store import jobsfile
from watchdog.store.engine import Store


def test_there_is_no_good_text_before_the_first(store: Store) -> None:
    assert jobsfile.last_good(store) is None


def test_the_last_good_text_replaces_the_one_before(store: Store) -> None:
    jobsfile.keep_good(store, "[]", NOW)
    jobsfile.keep_good(store, '[{"name": "ä"}]', NOW)

    assert jobsfile.last_good(store) == '[{"name": "ä"}]'


def test_a_paused_job_says_since_when_and_why(store: Store) -> None:
    jobsfile.pause(store, "health", reason="upgrade", now=NOW)

    assert jobsfile.pauses(store) == {"health": (NOW, "upgrade")}


def test_pausing_again_replaces_the_reason(store: Store) -> None:
    jobsfile.pause(store, "health", reason="upgrade", now=NOW)
    jobsfile.pause(store, "health", reason="still", now=NOW + HOUR)

    assert jobsfile.pauses(store) == {"health": (NOW + HOUR, "still")}


def test_a_resumed_job_is_not_paused(store: Store) -> None:
    jobsfile.pause(store, "health", reason="upgrade", now=NOW)
    jobsfile.resume(store, "health")
    jobsfile.resume(store, "never-paused")

    assert jobsfile.pauses(store) == {}
