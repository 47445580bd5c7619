"""settling: a Run as it stands after models were asked."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.builders import NOW
from tests.store.builders import CLUSTER, call_of, incident, message, run_row, save
from watchdog.domain.evidence import Explanation
from watchdog.domain.incident import Incident, Status
from watchdog.domain.model import Usage
from watchdog.domain.notification import Notification, NotificationKind
from watchdog.domain.run import RunResult, VerdictState
from watchdog.domain.severity import Severity
from watchdog.domain.triaged import Spent
from watchdog.loops.finished_run import Ran
from watchdog.loops.settling import settled, spent_of
from watchdog.store import calls, identity, outbox
from watchdog.store.engine import Store, open_store

WORDS = Explanation("the image is gone", "llm", 0.8)
CART = incident("cart")
OWN = incident("watchdog", check="self", reason="ModelPathDown")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("", home=tmp_path)
    identity.claim_cluster(opened, CLUSTER, "stage", NOW)
    yield opened
    opened.close()


def ran(*found: Incident, rows: tuple[Notification, ...] = (), **fields: Any) -> Ran:
    """A Run as it ended, before anybody was asked."""
    base = RunResult(
        run_id="r1",
        job="watch",
        started_at=NOW,
        finished_at=NOW,
        cluster="stage",
        verdict=VerdictState.HEALTHY,
        unknown=(),
        incidents=found,
        told=(),
    )
    return Ran(result=replace(base, **fields), notifications=rows)


def test_an_incident_has_the_words_that_it_has_now(store: Store) -> None:
    save(store, replace(CART, explanation=WORDS))

    after = settled(store, ran(CART), ()).result

    assert [each.explanation for each in after.incidents] == [WORDS]


def test_an_incident_that_ended_in_the_run_stays_in_it(store: Store) -> None:
    over = incident("cart", status=Status.RESOLVED)
    save(store, over)

    assert settled(store, ran(over), ()).result.incidents == (over,)


def test_what_the_way_to_the_models_opened_belongs_to_the_run_and_to_its_verdict(
    store: Store,
) -> None:
    save(store, OWN)

    after = settled(store, ran(), ()).result

    assert ([each.id for each in after.incidents], after.verdict) == ([OWN.id], VerdictState.ALERT)


def test_what_was_known_of_itself_before_is_no_second_incident(store: Store) -> None:
    save(store, OWN)

    assert len(settled(store, ran(OWN), ()).result.incidents) == 1


def test_incidents_of_other_jobs_stay_out(store: Store) -> None:
    save(store, CART)

    assert settled(store, ran(), ()).result.incidents == ()


def test_messages_are_read_again_with_what_was_said_of_the_way(store: Store) -> None:
    [opened] = save(store, CART, messages=[("console", message(NotificationKind.OPENED, CART.id))])
    notice = replace(message(NotificationKind.SELF, "llm"), severity=Severity.INFO)
    said = outbox.enqueue(store, [("console", notice)], NOW)
    stale = replace(opened, message=replace(opened.message, text="the words of before"))

    after = settled(store, ran(CART, rows=(stale,)), said)

    assert [each.id for each in after.notifications] == [opened.id, said[0].id]
    assert after.notifications[0].message.text == opened.message.text


def test_the_run_has_what_its_own_questions_cost(store: Store) -> None:
    save(store, run=run_row("r1"))
    for each in (call_of("r1"), call_of("another")):
        calls.add(store, each)

    spent = settled(store, ran(), ()).result.spent

    assert (spent.calls, spent.input_tokens, spent.cost_usd) == (1, 100, 0.01)


def test_nothing_asked_is_nothing_spent() -> None:
    assert spent_of(()) == Spent()


def test_costs_are_summed_and_who_answered_is_named_once_in_order() -> None:
    unknown = replace(call_of(cost_usd=None).call, usage=Usage(), served="")
    newest_first = [
        call_of(served="spare", cost_usd=0.02),
        replace(call_of(), call=unknown),
        call_of(served="small"),
        call_of(served="small"),
    ]

    assert spent_of(newest_first) == Spent(
        calls=4,
        input_tokens=300,
        output_tokens=60,
        cost_usd=0.04,
        requested="big",
        served=("small", "spare"),
    )
