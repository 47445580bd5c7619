"""Incidents and save_run: what goes in comes out, all of it or nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import HOUR, MINUTE, NOW
from tests.store.builders import CLUSTER, announced, incident, message, run_row, save
from watchdog.domain.errors import Usage
from watchdog.domain.evidence import Evidence, Explanation, Proposal
from watchdog.domain.incident import Announced, Incident, Status, Transition
from watchdog.domain.job import RunState
from watchdog.domain.notification import Message
from watchdog.domain.ref import Ref
from watchdog.store import incidents, journal, ledger, outbox
from watchdog.store.engine import Store, open_store

FULL = incident(
    affected=(Ref("Pod", "shop", "cart-1"), Ref("Node", "", "w-1")),
    shared="image x",
    sightings=3,
    clear_runs=1,
    title="cart crashes",
    explanation=Explanation("it lacks a file", source="llm", confidence=0.7),
    evidence=(
        Evidence(kind="log", ref=Ref("Pod", "shop", "cart-1"), at=NOW - HOUR, text="no such file"),
        Evidence(kind="spec", ref=Ref("Deployment", "shop", "cart"), text="image x"),
    ),
    proposal=Proposal("undo it", ("kubectl -n shop rollout undo deployment/cart",)),
    inhibited_by="1a2b3c4d-1",
    announced=(announced("discord"), announced("log", thread="storm-1", summary="storm-1", of=12)),
    reopened=2,
)


def step(after: Status | None, before: Status | None = None, name: str = "cart") -> Transition:
    return Transition(
        incident=incident(name).id, before=before, after=after, at=NOW, reason="because"
    )


def test_an_incident_comes_back_as_it_went_in(store: Store) -> None:
    save(store, FULL)

    assert incidents.find(store, FULL.id) == FULL


# What a database cannot hold is replaced (test_tables.py); all else must come back.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
moments = st.timedeltas(-100_000 * 24 * HOUR, 100_000 * 24 * HOUR).map(lambda age: NOW + age)
refs = st.builds(Ref, texts, texts, texts)
any_incident = st.builds(
    Incident,
    cluster=texts,
    fingerprint=texts,
    check=texts,
    reason=texts,
    opening=st.integers(1, 2**31 - 1),
    sightings=st.integers(0, 2**31 - 1),
    clear_runs=st.integers(0, 2**31 - 1),
    subjects=st.lists(refs, min_size=1, max_size=3).map(tuple),
    affected=st.lists(refs, max_size=3).map(tuple),
    shared=texts,
    title=texts,
    since=moments,
    first_seen_at=moments,
    last_seen_at=moments,
    counted_at=moments,
    opened_at=st.none() | moments,
    resolved_at=st.none() | moments,
    explanation=st.builds(
        Explanation,
        texts,
        source=st.sampled_from(["rules", "llm"]),
        confidence=st.none() | st.floats(0, 1),
    ),
    evidence=st.lists(
        st.builds(
            Evidence,
            kind=st.sampled_from(["status", "event", "log", "spec", "change", "metric"]),
            ref=refs,
            at=st.none() | moments,
            text=texts,
        ),
        max_size=3,
    ).map(tuple),
    proposal=st.none() | st.builds(Proposal, texts, st.lists(texts, max_size=2).map(tuple)),
    acknowledged_by=texts,
    inhibited_by=texts,
    announced=st.lists(
        st.builds(
            Announced,
            target=texts,
            at=moments,
            digest=texts,
            pinged_at=moments,
            thread=texts,
            summary=texts,
            of=st.integers(0, 99),
        ),
        max_size=2,
    ).map(tuple),
    reopened=st.integers(0, 99),
)


@given(any_incident)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_incident_comes_back_as_it_went_in(store: Store, any_one: Incident) -> None:
    with store.write() as connection:
        connection.exec_driver_sql("DELETE FROM incident")
    save(store, any_one)

    assert incidents.select(store) == (any_one,)


def test_times_of_other_zones_come_back_as_the_same_moment_in_utc(store: Store) -> None:
    noon = datetime(2026, 11, 20, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    save(store, incident(since=noon))

    [found] = incidents.select(store)

    assert (found.since, found.since.tzinfo) == (noon, UTC)


# ---------------------------------------------------------------------------------------- known
def test_known_are_all_incidents_of_this_cluster_that_have_not_ended(store: Store) -> None:
    current = [incident(status.value, status) for status in Status if status != Status.RESOLVED]
    over, foreign = incident("over", Status.RESOLVED), incident("far", cluster="decaf")
    save(store, *current, over, foreign)

    known = incidents.known(store, CLUSTER)

    assert sorted(each.id for each in known.incidents) == sorted(each.id for each in current)


def test_openings_count_what_opened_and_not_what_is_pending(store: Store) -> None:
    first = incident(status=Status.RESOLVED)
    second = incident(status=Status.RESOLVED, opening=2)
    third = incident(status=Status.PENDING, opening=3)
    save(store, first, second, third, incident("never", Status.PENDING))

    assert incidents.known(store, CLUSTER).openings == {first.fingerprint: 2}


# ------------------------------------------------------------------------------------- save_run
def test_an_incident_is_written_over_its_former_self(store: Store) -> None:
    save(store, incident(status=Status.PENDING))
    later = incident(sightings=2, title="now open")

    save(store, later)

    assert incidents.select(store) == (later,)


def test_a_claimed_run_is_finished_by_what_it_saves(store: Store) -> None:
    due_at, ended = NOW - MINUTE, NOW + MINUTE
    ledger.claim(store, run_id="r1", job="health", trigger="schedule", due_at=due_at, now=NOW)

    save(store, run=run_row(trigger="schedule", state=RunState.ALERT, finished_at=ended))

    [entry] = ledger.recent(store)
    assert (entry.state, entry.due_at, entry.finished_at) == (RunState.ALERT, due_at, ended)


def test_a_run_that_nobody_claimed_gets_its_row(store: Store) -> None:
    save(store, run=run_row(job="all", started_at=NOW))

    [entry] = ledger.recent(store)
    assert (entry.job, entry.due_at, entry.state) == ("all", NOW, RunState.OK)


def test_pending_incidents_that_went_away_are_deleted(store: Store) -> None:
    gone = incident("gone", Status.PENDING)
    save(store, gone, incident("stays", Status.PENDING))

    save(store, run=run_row("r2", started_at=NOW + MINUTE), dropped=[gone])

    assert [each.subjects[0].name for each in incidents.select(store)] == ["stays"]


def test_an_incident_that_stands_is_never_dropped(store: Store) -> None:
    save(store, incident())

    save(store, run=run_row("r2", started_at=NOW + MINUTE), dropped=[incident()])

    assert incidents.select(store) == (incident(),)


def test_transitions_become_journal_entries(store: Store) -> None:
    save(store, incident(), transitions=[step(Status.PENDING), step(Status.OPEN, Status.PENDING)])

    lines = [(entry.kind, entry.text) for entry in journal.entries(store, incident().id)]
    assert lines == [("pending", "because"), ("open", "because")]


def test_messages_become_rows_of_the_outbox_in_their_order(store: Store) -> None:
    said = save(store, messages=[("discord", message()), ("jsonl", message(thread="t-2"))])

    assert [(each.target, each.message.thread) for each in said] == [
        ("discord", "t-1"),
        ("jsonl", "t-2"),
    ]
    assert outbox.due(store, NOW) == said


def interrupted(*before: tuple[str, Message]) -> Iterator[tuple[str, Message]]:
    yield from before
    raise InterruptedError


def test_a_failure_in_the_middle_leaves_nothing_of_the_run(store: Store) -> None:
    going = incident("going", Status.PENDING)
    save(store, going)

    with pytest.raises(InterruptedError):
        save(
            store,
            incident(),
            run=run_row("r2", started_at=NOW + MINUTE),
            dropped=[going],
            transitions=[step(Status.OPEN)],
            messages=interrupted(("console", message())),
        )

    assert incidents.select(store) == (going,)
    assert journal.entries(store, incident().id) == ()
    assert outbox.due(store, NOW) == ()
    assert [entry.run_id for entry in ledger.recent(store)] == ["r1"]


def test_a_person_who_acknowledges_while_a_run_is_under_way_is_heard(store: Store) -> None:
    save(store, incident())
    seen_by_the_run = incidents.known(store, CLUSTER).incidents
    incidents.acknowledge(store, incident().id, by="ada", now=NOW)

    save(store, *[replace(each, sightings=2) for each in seen_by_the_run])

    [found] = incidents.select(store)
    assert (found.status, found.acknowledged_by) == (Status.ACKNOWLEDGED, "ada")
    assert found.sightings == 2


def test_an_acknowledged_incident_can_end(store: Store) -> None:
    save(store, incident())
    incidents.acknowledge(store, incident().id, by="ada", now=NOW)

    save(store, incident(status=Status.RESOLVED))

    assert incidents.select(store) == (incident(status=Status.RESOLVED),)


def test_a_transition_can_open_an_acknowledged_incident_again(store: Store) -> None:
    save(store, incident())
    incidents.acknowledge(store, incident().id, by="ada", now=NOW)

    save(store, incident(), transitions=[step(Status.OPEN, Status.ACKNOWLEDGED)])

    assert incidents.select(store) == (incident(),)


# -------------------------------------------------------------------------------- select and find
def test_the_newest_incident_is_listed_first(store: Store) -> None:
    old = incident("old", opened_at=NOW - HOUR)
    young = incident("young", Status.PENDING, first_seen_at=NOW - MINUTE)
    save(store, old, young)

    assert incidents.select(store) == (young, old)
    assert incidents.select(store, limit=1) == (young,)


def test_incidents_are_listed_by_status(store: Store) -> None:
    over = incident("over", Status.RESOLVED)
    save(store, incident(), over)

    assert incidents.select(store, statuses=[Status.RESOLVED]) == (over,)


def test_the_start_of_an_id_is_enough_when_it_is_the_only_one(store: Store) -> None:
    save(store, incident("cart"), incident("api"))

    assert incidents.find(store, incident("cart").id[:5]) == incident("cart")


def test_a_whole_id_is_found_although_a_longer_one_starts_so(store: Store) -> None:
    save(store, incident(status=Status.RESOLVED), incident(opening=10))

    assert incidents.find(store, incident().id).opening == 1


def test_the_start_of_several_ids_is_refused_with_their_names(store: Store) -> None:
    first, second = incident(status=Status.RESOLVED), incident(opening=2)
    save(store, first, second)

    with pytest.raises(Usage) as refused:
        incidents.find(store, first.fingerprint[:8])

    assert refused.value.hint == f"one of {first.id}, {second.id}"


@pytest.mark.parametrize("unknown", ["nope", "", "%", "_"])
def test_an_unknown_id_is_refused_with_a_hint(store: Store, unknown: str) -> None:
    save(store, incident())

    with pytest.raises(Usage, match="there is no incident") as refused:
        incidents.find(store, unknown)

    assert "watchdog incidents list" in refused.value.hint


# ------------------------------------------------------------------------------------ acknowledge
def test_an_acknowledged_incident_says_who_did_it(store: Store) -> None:
    save(store, incident())

    after = incidents.acknowledge(store, incident().id, by="ada", now=NOW)

    assert after == incident(status=Status.ACKNOWLEDGED, acknowledged_by="ada")
    assert incidents.select(store) == (after,)


def test_acknowledging_is_an_entry_of_the_journal_once(store: Store) -> None:
    save(store, incident())

    incidents.acknowledge(store, incident().id, by="ada", now=NOW)
    again = incidents.acknowledge(store, incident().id, by="bob", now=NOW + MINUTE)

    [entry] = journal.entries(store, incident().id)
    assert (entry.at, entry.kind, entry.text) == (NOW, "acknowledged", "acknowledged by ada")
    assert again.acknowledged_by == "ada"


@pytest.mark.parametrize("status", [Status.PENDING, Status.RESOLVED])
def test_only_an_open_incident_can_be_acknowledged(store: Store, status: Status) -> None:
    save(store, incident(status=status))

    with pytest.raises(Usage, match=f"is {status}, it cannot be acknowledged"):
        incidents.acknowledge(store, incident().id, by="ada", now=NOW)

    assert incidents.select(store) == (incident(status=status),)
    assert journal.entries(store, incident().id) == ()


def test_what_was_saved_is_there_after_a_restart(tmp_path: Path) -> None:
    store = open_store("", home=tmp_path)
    save(store, FULL, messages=[("console", message())])
    store.close()

    store = open_store("", home=tmp_path)

    assert incidents.known(store, CLUSTER).incidents == (FULL,)
    assert len(outbox.due(store, NOW)) == 1
    store.close()


def test_past_openings_are_known_by_fingerprint_and_time(store: Store) -> None:
    first = incident(status=Status.RESOLVED, opened_at=NOW - 2 * HOUR)
    second = replace(first, opening=2, opened_at=NOW - HOUR)
    old = incident("web", Status.RESOLVED, opened_at=NOW - 9 * HOUR)
    save(store, first, second, replace(first, opening=3, status=Status.OPEN), old)
    save(store, incident("other", Status.RESOLVED, cluster="another"))

    assert incidents.opened_since(store, CLUSTER, NOW - 6 * HOUR) == {
        first.fingerprint: (NOW - 2 * HOUR, NOW - HOUR)
    }
