"""The records of Runs: found by what people remember of them."""

from dataclasses import replace
from typing import Any

import pytest

from tests.builders import HOUR, NOW
from tests.store.builders import EXCHANGE, call_of, incident, message, run_row, save
from watchdog.domain.errors import Usage
from watchdog.domain.job import RunState
from watchdog.domain.record import Cost
from watchdog.store import calls, exchanges, ledger, records
from watchdog.store.engine import Store
from watchdog.store.holds import Holding
from watchdog.store.records import Wanted


def ids(store: Store, **wanted: Any) -> list[str]:
    return [line.entry.run_id for line in records.select_runs(store, Wanted(**wanted))]


def runs(store: Store) -> None:
    """Three Runs, the newest first: r3 of another job, r2 alarming, r1 old."""
    save(store, run=run_row("r1", started_at=NOW - HOUR))
    save(store, run=run_row("r2", state=RunState.ALERT, verdict="alert", result={"soul": "plain"}))
    save(store, run=run_row("r3", job="certificates", started_at=NOW + HOUR))


def test_the_newest_runs_come_first_and_no_more_than_asked_for(store: Store) -> None:
    runs(store)

    assert ids(store) == ["r3", "r2", "r1"]
    assert ids(store, limit=1) == ["r3"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"job": "health"}, ["r2", "r1"]),
        ({"state": RunState.ALERT}, ["r2"]),
        ({"since": NOW}, ["r3", "r2"]),
        ({"text": "PLAIN"}, ["r2"]),
        ({"text": "pl%n"}, []),
        ({"job": "health", "state": RunState.OK}, ["r1"]),
    ],
)
def test_runs_are_found_by_what_is_wanted(
    store: Store, wanted: dict[str, Any], found: list[str]
) -> None:
    runs(store)

    assert ids(store, **wanted) == found


def test_a_run_costs_what_its_questions_cost(store: Store) -> None:
    runs(store)
    for cost in (0.25, 0.5, None):
        calls.add(store, call_of("r2", cost))

    [line] = records.select_runs(store, Wanted(job="health", limit=1))

    assert line.cost == Cost(calls=3, input_tokens=300, output_tokens=60, usd=0.75)
    assert ids(store, cost_over=0.7) == ["r2"]
    assert ids(store, cost_over=0.8) == []


def test_a_word_of_an_answer_finds_its_run(store: Store) -> None:
    runs(store)
    exchanges.keep(store, replace(EXCHANGE, run_id="r3", answer="the registry is down"))

    assert ids(store, text="Registry") == ["r3"]


def test_a_word_of_a_title_finds_the_runs_that_met_the_incident(store: Store) -> None:
    cart = incident("cart", title="Cart keeps crashing")
    save(store, cart, run=run_row("r1", result={"incidents": {"open": [cart.id]}}))
    save(store, run=run_row("r2", started_at=NOW + HOUR))

    assert ids(store, text="crashing") == ["r1"]


def test_a_run_is_found_by_a_part_of_its_id(store: Store) -> None:
    save(store, run=run_row("health-20261120T1200", result={"schema": 2}), messages=[])

    found = records.find(store, "T1200")

    assert (found.line.entry.run_id, found.line.verdict) == ("health-20261120T1200", "healthy")
    assert found.result == {"schema": 2, "notifications": []}


def test_the_whole_id_wins_over_ids_that_contain_it(store: Store) -> None:
    save(store, run=run_row("x-r1", started_at=NOW - HOUR))
    save(store, run=run_row("r1"))
    save(store, run=run_row("r1-x", started_at=NOW + HOUR))

    assert records.find(store, "r1").line.entry.run_id == "r1"


def test_the_name_of_a_job_wins_over_ids_that_begin_with_it(store: Store) -> None:
    save(store, run=run_row("ask-1", job="ask"))
    save(store, run=run_row("ask-why-1", job="ask-why", started_at=NOW + HOUR))

    assert records.find(store, "ask").line.entry.run_id == "ask-1"


def test_where_an_end_is_wanted_the_run_under_way_is_meant(store: Store) -> None:
    for hour in range(12):
        save(store, run=run_row(f"ask-{hour}", job="ask", started_at=NOW + (hour + 1) * HOUR))
    ledger.claim(store, run_id="ask-now", job="ask", trigger="manual", due_at=NOW, now=NOW)

    assert records.find(store, "ask", under_way=True).line.entry.run_id == "ask-now"
    with pytest.raises(Usage, match="several"):
        records.find(store, "ask")


def test_of_two_runs_under_way_neither_is_meant(store: Store) -> None:
    for number, name in enumerate(("ask-1", "ask-2")):
        at = NOW + number * HOUR
        ledger.claim(store, run_id=name, job="ask", trigger="manual", due_at=at, now=at)

    with pytest.raises(Usage, match="several"):
        records.find(store, "ask", under_way=True)


@pytest.mark.parametrize(("part", "why"), [("r", "several"), ("z", "no run"), ("", "no run")])
def test_what_names_no_run_or_several_is_refused(store: Store, part: str, why: str) -> None:
    runs(store)

    with pytest.raises(Usage, match=why):
        records.find(store, part)


def test_a_run_under_way_has_no_result_yet(store: Store) -> None:
    ledger.claim(store, run_id="r1", job="health", trigger="schedule", due_at=NOW, now=NOW)

    assert records.find(store, "r1").result == {}


def test_a_run_names_the_messages_it_caused(store: Store) -> None:
    save(store, run=run_row("r1"), messages=[("console", message())])

    found = records.find(store, "r1").result["notifications"]

    assert found == [{"id": 1, "incident": "t-1", "kind": "opened", "target": "console"}]


def spoken(slug: str, *models: str) -> dict[str, object]:
    """As the record of a Run has it."""
    return {"soul": {"slug": slug}, "model": {"requested": models[0], "fallbacks": models[1:]}}


def test_an_incident_is_worded_as_the_run_wants_whose_message_waits(store: Store) -> None:
    cart = incident("cart")
    for number, made in enumerate((spoken("plain", "small"), spoken("terse", "big", "spare"))):
        save(
            store,
            cart,
            run=run_row(f"r{number}", started_at=NOW + number * HOUR, result=made),
            messages=[("console", message(thread=cart.id))],
            holding=Holding({cart.id}, NOW + HOUR, NOW),
        )

    found = records.voice_of(store, cart.id, "r0")

    assert found == records.Voice(soul="terse", models=("big", "spare"))


def test_where_no_message_waits_the_run_that_asks_is_heard(store: Store) -> None:
    save(store, run=run_row("r1", result=spoken("terse", "big")), messages=[])

    found = records.voice_of(store, incident("cart").id, "r1")

    assert found == records.Voice(soul="terse", models=("big",))


def test_without_a_run_the_common_soul_and_models_speak(store: Store) -> None:
    assert records.voice_of(store, incident("cart").id) == records.Voice()
