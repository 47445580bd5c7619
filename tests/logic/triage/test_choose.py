"""Which incidents a model is asked about, and which keep the words they have."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import NOW
from tests.store.builders import incident
from watchdog.domain.evidence import Explanation
from watchdog.domain.incident import Incident, Status
from watchdog.domain.severity import Severity
from watchdog.domain.triaged import Triage, TriageOutcome
from watchdog.logic.triage.choose import AGAIN_AFTER, explained, past, to_ask

CART = incident()
SECOND = timedelta(seconds=1)


def triage(
    outcome: TriageOutcome, *, digest: str = "d", tries: int = 1, ago: timedelta = SECOND
) -> Triage:
    return Triage(incident=CART.id, digest=digest, at=NOW - ago, outcome=outcome, tries=tries)


def asks(each: Incident, *before: Triage) -> bool:
    return bool(to_ask([each], {each.id: "d"}, past(before), NOW))


def test_a_new_incident_is_asked_about() -> None:
    assert asks(CART)


@pytest.mark.parametrize(
    "changed",
    [
        replace(CART, status=Status.PENDING),
        replace(CART, status=Status.RESOLVED),
        replace(CART, severity=Severity.INFO),
        replace(CART, inhibited_by="the node"),
        replace(CART, clear_runs=1),
        replace(CART, check="self"),
    ],
    ids=["pending", "resolved", "info", "inhibited", "not seen", "own"],
)
def test_what_needs_no_words_is_not(changed: Incident) -> None:
    assert not asks(changed)


def test_an_acknowledged_one_is_asked_about() -> None:
    assert asks(replace(CART, status=Status.ACKNOWLEDGED))


@pytest.mark.parametrize("outcome", set(TriageOutcome) - {TriageOutcome.ASKING})
def test_the_same_facts_are_asked_about_once_however_it_ended(outcome: TriageOutcome) -> None:
    assert not asks(CART, triage(outcome, ago=timedelta(days=1)))


def test_a_question_that_the_program_did_not_survive_is_asked_once_more() -> None:
    assert asks(CART, triage(TriageOutcome.ASKING, tries=1))
    assert not asks(CART, triage(TriageOutcome.ASKING, tries=2))


def test_other_facts_are_asked_about_after_half_an_hour() -> None:
    before = triage(TriageOutcome.EXPLAINED, digest="old", ago=AGAIN_AFTER - SECOND)

    assert not asks(CART, before)
    assert asks(CART, replace(before, at=NOW - AGAIN_AFTER))


def test_the_newest_question_starts_the_half_hour() -> None:
    old = triage(TriageOutcome.EXPLAINED, digest="old", ago=2 * AGAIN_AFTER)
    new = triage(TriageOutcome.FAILED, digest="new")

    assert not asks(CART, new, old)
    assert not asks(CART, old, new)


def test_what_was_left_out_was_no_question() -> None:
    assert asks(CART, triage(TriageOutcome.LEFT_OUT, digest="old", tries=0))


def test_the_worst_come_first_and_then_the_oldest() -> None:
    young = incident("a", since=NOW)
    old = incident("b", since=NOW - AGAIN_AFTER)
    worst = incident("c", severity=Severity.CRITICAL)
    digests = {each.id: "d" for each in (young, old, worst)}

    assert to_ask([young, old, worst], digests, {}, NOW) == (worst, old, young)


def test_words_stay_with_the_facts_they_were_made_for() -> None:
    words = Explanation("the image is gone", "llm", 0.8)
    known = past([replace(triage(TriageOutcome.EXPLAINED), explanation=words)])

    assert explained(CART, "d", known).explanation == words
    assert explained(CART, "other", known) == CART


def test_without_words_of_a_model_the_rules_words_stay() -> None:
    assert explained(CART, "d", past([triage(TriageOutcome.FAILED)])) == CART
