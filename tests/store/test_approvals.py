"""approvals: an ask is answered once, in time, by a person who is named."""

from dataclasses import replace

import pytest

from tests.builders import HOUR, MINUTE, NOW
from tests.logic.decision.planned import ask
from watchdog.domain.attempt import Answer
from watchdog.domain.errors import Usage
from watchdog.store import approvals, journal
from watchdog.store.engine import Store

ASK = ask()


def lines(store: Store) -> list[str]:
    return [each.text for each in journal.entries(store, ASK.incident)]


def test_an_ask_is_kept_as_it_is(store: Store) -> None:
    assert approvals.ask(store, ASK)

    assert approvals.of(store, [ASK.incident]) == (ASK,)
    assert lines(store) == ["k-1 asked: k8s:restart:Deployment/shop/api"]


def test_nobody_is_asked_twice_at_a_time(store: Store) -> None:
    approvals.ask(store, ASK)

    assert not approvals.ask(store, replace(ASK, id="k-2"))

    approvals.settle(store, ASK, Answer.CHANGED, NOW)
    assert approvals.ask(store, replace(ASK, id="k-2", asked_at=NOW + MINUTE))
    assert [each.id for each in approvals.of(store, [ASK.incident])] == ["k-1", "k-2"]


@pytest.mark.parametrize("name", ["k-1", ASK.incident, ASK.incident[:6]])
def test_an_answer_names_the_ask_or_its_incident(store: Store, name: str) -> None:
    approvals.ask(store, ASK)

    said = approvals.answer(store, name, yes=True, by="ann", now=NOW + MINUTE)

    assert (said.answer, said.by, said.answered_at) == (Answer.APPROVED, "ann", NOW + MINUTE)
    assert approvals.of(store, [ASK.incident]) == (said,)
    assert lines(store)[-1] == "k-1 approved by ann"


def test_a_no_is_an_answer(store: Store) -> None:
    approvals.ask(store, ASK)

    assert approvals.answer(store, "k-1", yes=False, by="ann", now=NOW).answer is Answer.DENIED


def test_a_second_answer_is_refused_with_the_first(store: Store) -> None:
    approvals.ask(store, ASK)
    approvals.answer(store, "k-1", yes=False, by="ann", now=NOW)

    with pytest.raises(Usage, match="denied by ann"):
        approvals.answer(store, "k-1", yes=True, by="bob", now=NOW)


def test_an_answer_after_the_time_is_a_no_for_good(store: Store) -> None:
    approvals.ask(store, ASK)

    with pytest.raises(Usage, match="expired"):
        approvals.answer(store, "k-1", yes=True, by="ann", now=NOW + HOUR)

    [kept] = approvals.of(store, [ASK.incident])
    assert kept.answer is Answer.EXPIRED


@pytest.mark.parametrize("name", ["", "nope", "%", "_"])
def test_an_unknown_ask_is_refused(store: Store, name: str) -> None:
    approvals.ask(store, ASK)

    with pytest.raises(Usage, match="nothing waits"):
        approvals.answer(store, name, yes=True, by="ann", now=NOW)


def test_the_start_of_several_incidents_is_refused(store: Store) -> None:
    approvals.ask(store, replace(ASK, incident="abc-1"))
    approvals.ask(store, replace(ASK, id="k-2", incident="abd-1"))

    with pytest.raises(Usage, match="several"):
        approvals.answer(store, "ab", yes=True, by="ann", now=NOW)


def test_an_ask_moves_on_from_where_it_was_read(store: Store) -> None:
    approvals.ask(store, ASK)
    approvals.answer(store, "k-1", yes=False, by="ann", now=NOW)

    assert not approvals.settle(store, ASK, Answer.CARRIED_OUT, NOW)
