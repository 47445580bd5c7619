"""`watchdog runs` as its users see it, without a daemon."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.builders import HOUR, NOW
from tests.cli.installed import call, refusal
from tests.store.builders import EXCHANGE, call_of, incident, message, run_row, save
from watchdog.clock import SystemClock
from watchdog.domain.incident import Status, Transition
from watchdog.domain.job import RunState
from watchdog.domain.record import Frame
from watchdog.domain.run import RunRequest, RunResult, Unknown, VerdictState
from watchdog.logic.words.run_record import run_record
from watchdog.store import calls, exchanges
from watchdog.store.engine import open_store

CART = incident("cart", title="cart keeps crashing")
ALARM = "health-20261120T120000.000000Z"
FRAME = Frame(
    version="1.2", sha="abc", soul="plain", soul_digest="5001", model="big", fallbacks=("small",)
)
STEP = Transition(incident=CART.id, before=None, after=Status.OPEN, at=NOW, reason="first seen")


def result_of(run_id: str) -> dict[str, object]:
    request = RunRequest(
        run_id=run_id, job="health", trigger="schedule", checks=("dns",), schedule="every 1h"
    )
    result = RunResult(
        run_id=run_id,
        job="health",
        started_at=NOW,
        finished_at=NOW,
        cluster="home",
        verdict=VerdictState.ALERT,
        unknown=(Unknown(check="dns", need="pods", reason="forbidden", text="t"),),
        incidents=(CART,),
        told=(),
    )
    return run_record(request, FRAME, result, (STEP,), unsaid={"x-1": "severity info"})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three runs: an old healthy one, an alarm that asked a model, and one of this minute."""
    store = open_store("", home=tmp_path)
    save(store, run=run_row("health-old", started_at=NOW - HOUR))
    alarm = run_row(ALARM, state=RunState.ALERT, verdict="alert", result=result_of(ALARM))
    save(store, CART, run=alarm, messages=[("log", message(thread=CART.id))])
    calls.add(store, call_of(ALARM, 0.25))
    exchanges.keep(store, replace(EXCHANGE, run_id=ALARM))
    now = SystemClock().now()
    save(store, run=run_row("certs-new", job="certs", started_at=now, finished_at=now))
    store.close()
    return tmp_path


def ids(home: Path, *options: str) -> list[str]:
    done = call("runs", "list", "--output", "json", *options, home=home)
    assert done.returncode == 0, done.stderr
    return [each["run_id"] for each in json.loads(done.stdout)["runs"]]


def shown(home: Path, *options: str) -> Any:
    return json.loads(call("runs", "show", ALARM, "--output", "json", *options, home=home).stdout)


def test_the_list_is_a_table_on_stdout_newest_first(home: Path) -> None:
    done = call("runs", "list", home=home)

    assert (done.returncode, done.stderr) == (0, "")
    header, *rows = done.stdout.splitlines()
    assert header.split() == ["ID", "STATE", "DUE", "TRIGGER", "CALLS", "USD", "NOTE"]
    assert [row.split()[0] for row in rows] == ["certs-new", ALARM, "health-old"]
    assert "0.2500" in rows[1]


def test_an_empty_list_leaves_stdout_empty(tmp_path: Path) -> None:
    done = call("runs", "list", home=tmp_path)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "no runs\n")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (("--job", "certs"), ["certs-new"]),
        (("--verdict", "alert"), [ALARM]),
        (("--verdict", "healthy"), ["certs-new", "health-old"]),
        (("--since", "24h"), ["certs-new"]),
        (("--cost-over", "0.2"), [ALARM]),
        (("--cost-over", "0.3"), []),
        (("--text", "crashing"), [ALARM]),
        (("--text", "every 1h"), [ALARM]),
        (("--limit", "1"), ["certs-new"]),
    ],
)
def test_runs_are_found_by_what_people_remember(
    home: Path, options: tuple[str, ...], found: list[str]
) -> None:
    assert ids(home, *options) == found


def test_a_record_names_the_five_dimensions(home: Path) -> None:
    record = shown(home)

    assert record["soul"] == {"slug": "plain", "digest": "5001"}
    assert record["tools"]["checks"] == ["dns"]
    assert record["agent"] == {"version": "1.2", "sha": "abc"}
    assert record["model"] == {"requested": "big", "fallbacks": ["small"], "served": ["small"]}
    assert record["permissions"]["mode"] == "suggest"


def test_a_record_says_what_was_found_said_and_spent(home: Path) -> None:
    record = shown(home)

    assert record["incidents"] == {"open": [CART.id]}
    assert record["changes"][0]["after"] == "open"
    assert record["unsaid"] == {"severity info": ["x-1"]}
    assert [each["target"] for each in record["messages"]] == ["log"]
    assert record["cost"] == {"calls": 1, "input_tokens": 100, "output_tokens": 20, "usd": 0.25}
    assert "exchanges" not in record


def test_a_record_as_text_is_read_from_top_to_bottom(home: Path) -> None:
    text = call("runs", "show", "T1200", home=home).stdout

    assert f"run:          {ALARM}" in text
    assert "job:          health, every 1h" in text
    assert "soul:         plain (digest 5001)" in text
    assert "model:        big, small" in text
    assert f"{CART.id}: new > open (first seen)" in text
    assert "pods forbidden, so dns saw less" in text
    assert "fatal: boom" not in text


def test_what_was_said_to_models_is_shown_when_asked_for(home: Path) -> None:
    text = call("runs", "show", ALARM, "--brief", home=home).stdout

    assert "[user]\nfatal: boom" in text
    assert f"[answer of small]\n{EXCHANGE.answer}" in text
    assert shown(home, "--brief")["exchanges"][0]["answer"] == EXCHANGE.answer


def test_a_run_without_an_end_is_shown_too(home: Path) -> None:
    done = call("runs", "show", "health-old", home=home)

    assert (done.returncode, done.stderr) == (0, "")
    assert "state:        ok" in done.stdout


def test_an_unknown_run_is_a_usage_error(home: Path) -> None:
    code, error, hint = refusal(call("runs", "show", "nightly", home=home))

    assert (code, error) == (2, "there is no run 'nightly'")
    assert hint == "see: watchdog runs list"


def test_a_part_of_several_ids_is_a_usage_error(home: Path) -> None:
    code, error, hint = refusal(call("runs", "show", "health", home=home))

    assert (code, error) == (2, "health is a part of several ids of runs")
    assert ALARM in hint
