"""run_record: what is kept of a Run stays small, however much is known of its Incidents."""

from dataclasses import replace

from tests.builders import NOW
from tests.logic.incident.test_reconcile import opened
from tests.logic.words.test_report import HEALTHY
from watchdog.domain.incident import Status, Transition
from watchdog.domain.run import Unknown
from watchdog.logic.words.run_record import run_record


def test_a_record_has_ids_changes_and_what_was_not_seen() -> None:
    [incident] = opened()
    step = Transition(incident=incident.id, before=None, after=Status.OPEN, at=NOW, reason="r")
    gone = Transition(incident="x-1", before=Status.PENDING, after=None, at=NOW, reason="r")
    blind = Unknown(check="dns", need="pods", reason="forbidden", text="cannot list pods")
    result = replace(HEALTHY, incidents=(incident,), unknown=(blind,))

    assert run_record(result, (step, gone), version="1", sha="0") == {
        "schema": 1,
        "watchdog": {"version": "1", "sha": "0"},
        "unknown": [{"check": "dns", "need": "pods", "reason": "forbidden"}],
        "incidents": {"open": [incident.id]},
        "changes": [
            {"incident": incident.id, "before": None, "after": "open"},
            {"incident": "x-1", "before": "pending", "after": None},
        ],
    }
