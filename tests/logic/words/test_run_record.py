"""run_record: what is kept of a Run stays small, however much is known of its Incidents."""

from dataclasses import replace

from tests.builders import NOW
from tests.logic.incident.test_reconcile import opened
from tests.logic.words.test_report import HEALTHY
from watchdog.domain.incident import Status, Transition
from watchdog.domain.record import Frame
from watchdog.domain.run import RunRequest, Unknown
from watchdog.logic.words.run_record import run_record

FRAME = Frame(version="1", sha="0", soul="plain", model="big", fallbacks=("small",))
REQUEST = RunRequest(run_id="r1", job="dns", trigger="schedule", checks=("dns",))


def test_a_record_has_ids_changes_and_what_was_not_seen() -> None:
    [incident] = opened()
    step = Transition(incident=incident.id, before=None, after=Status.OPEN, at=NOW, reason="r")
    gone = Transition(incident="x-1", before=Status.PENDING, after=None, at=NOW, reason="away")
    blind = Unknown(check="dns", need="pods", reason="forbidden", text="cannot list pods")
    result = replace(HEALTHY, incidents=(incident,), unknown=(blind,))

    record = run_record(REQUEST, FRAME, result, (step, gone), unsaid={})

    assert record["unknown"] == [{"check": "dns", "need": "pods", "reason": "forbidden"}]
    assert record["incidents"] == {"open": [incident.id]}
    assert record["changes"] == [
        {"incident": incident.id, "before": None, "after": "open", "reason": "r"},
        {"incident": "x-1", "before": "pending", "after": None, "reason": "away"},
    ]


def test_a_record_names_the_five_dimensions() -> None:
    request = replace(REQUEST, mode="observe")
    frame = replace(FRAME, soul_digest="s", tools_digest="t", policy_digest="p", rights_digest="r")

    record = run_record(request, frame, HEALTHY, (), unsaid={})

    assert record["soul"] == {"slug": "plain", "digest": "s"}
    assert record["tools"] == {"checks": ["dns"], "digest": "t"}
    assert record["agent"] == {"version": "1", "sha": "0"}
    assert record["model"] == {"requested": "big", "fallbacks": ["small"]}
    assert record["permissions"] == {"mode": "observe", "policy_digest": "p", "rights_digest": "r"}


def test_a_record_has_what_a_clone_asks_for() -> None:
    request = replace(REQUEST, params={"dns": {"a": 1}}, deliver=("log",), schedule="every 1h")

    record = run_record(request, FRAME, HEALTHY, (), unsaid={})

    assert record["request"] == {
        "schedule": "every 1h",
        "clone_of": "",
        "params": {"dns": {"a": 1}},
        "silent": "auto",
        "deliver": ["log"],
        "summary": False,
        "timeout_seconds": 600.0,
        "model": "",
        "fallbacks": [],
    }


def test_a_record_says_why_incidents_stayed_unsaid() -> None:
    unsaid = {"a-1": "already announced", "b-1": "severity info", "c-1": "already announced"}

    record = run_record(REQUEST, FRAME, HEALTHY, (), unsaid=unsaid)

    assert record["unsaid"] == {"already announced": ["a-1", "c-1"], "severity info": ["b-1"]}
