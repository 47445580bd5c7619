"""run_view: a Run as JSON, whether it came to its end or not."""

from dataclasses import replace

from tests.builders import NOW
from tests.store.builders import EXCHANGE, call_of, message
from watchdog.domain.job import LedgerEntry, RunState
from watchdog.domain.model import CallOutcome
from watchdog.domain.notification import Notification
from watchdog.domain.record import Cost, RunLine, RunRecord
from watchdog.logic.words.run_view import caused, exchange_json, line_json, record_json

STAMP = "2026-11-20T12:00:00Z"
ENTRY = LedgerEntry(
    run_id="r1",
    job="dns",
    trigger="schedule",
    due_at=NOW,
    state=RunState.ALERT,
    started_at=NOW,
    finished_at=NOW,
)
LINE = RunLine(entry=ENTRY, verdict="alert", cost=Cost(calls=1, usd=0.0123456789))
RECORD = RunRecord(
    line=LINE,
    cluster="c0ffee",
    result={"model": {"requested": "big", "fallbacks": []}, "notifications": [{"id": 7}]},
)
ROW = Notification(
    id=7, target="log", message=message(), created_at=NOW, next_try_at=NOW, delivered_at=NOW
)


def test_a_line_has_state_verdict_and_cost() -> None:
    assert line_json(LINE) == {
        "run_id": "r1",
        "job": "dns",
        "trigger": "schedule",
        "state": "alert",
        "verdict": "alert",
        "due_at": STAMP,
        "started_at": STAMP,
        "finished_at": STAMP,
        "text": "",
        "cost": {"calls": 1, "input_tokens": 0, "output_tokens": 0, "usd": 0.012346},
    }


def test_a_run_without_an_end_has_no_verdict() -> None:
    waits = replace(ENTRY, state=RunState.SKIPPED, started_at=None, finished_at=None)

    shown = line_json(replace(LINE, entry=waits, verdict=""))

    assert (shown["verdict"], shown["started_at"]) == (None, None)


def test_a_record_names_the_model_that_answered_beside_the_one_that_was_to() -> None:
    failed = replace(call_of().call, outcome=CallOutcome.NO_ANSWER, served="", error="big: 503")

    shown = record_json(RECORD, [call_of(), replace(call_of(), call=failed)], [])

    assert shown["model"] == {"requested": "big", "fallbacks": [], "served": ["small"]}


def test_a_record_lists_calls_with_their_cost_and_end() -> None:
    assert record_json(RECORD, [call_of()], [])["calls"] == [
        {
            "purpose": "triage",
            "incident": "1a2b3c4d-1",
            "at": STAMP,
            "seconds": 1.5,
            "outcome": "answered",
            "requested": "big",
            "served": "small",
            "requests": 2,
            "fallbacks": 1,
            "input_tokens": 100,
            "output_tokens": 20,
            "cost_usd": 0.01,
            "error": None,
        }
    ]


def test_a_record_lists_its_messages_and_when_they_arrived() -> None:
    shown = record_json(RECORD, [], [ROW])

    assert "notifications" not in shown
    assert shown["messages"] == [
        {
            "incident": "t-1",
            "kind": "opened",
            "target": "log",
            "title": "cart crashes",
            "delivered_at": STAMP,
            "failed": None,
        }
    ]


def test_a_run_without_an_end_has_no_messages_and_no_planned_model() -> None:
    empty = replace(RECORD, result={})

    assert caused(RECORD) == (7,)
    assert caused(empty) == ()
    assert record_json(empty, [], [])["model"] == {"served": []}


def test_an_exchange_has_the_question_as_it_was_sent_and_the_answer() -> None:
    shown = exchange_json(EXCHANGE)

    assert shown["turns"] == [
        {"role": "system", "text": "You look."},
        {"role": "user", "text": "fatal: boom"},
    ]
    assert shown["answer"] == EXCHANGE.answer
    assert exchange_json(replace(EXCHANGE, answer=""))["answer"] is None
