"""When nobody is asked, when one question tries the way again, and what is worth a message."""

from datetime import timedelta

import pytest

from tests.builders import NOW
from tests.logic.triage.calls import called
from watchdog.domain.model import Call, CallOutcome
from watchdog.logic.triage.breaker import breaker, down, of_way

MINUTE = timedelta(minutes=1)
LOST = CallOutcome.NO_ANSWER
FAILURES = (LOST, CallOutcome.UNUSABLE, CallOutcome.WRONG_REQUEST)


def test_a_new_path_is_open() -> None:
    assert breaker([], NOW).shut == ""
    assert down([]) == ""


def test_two_failures_in_a_row_leave_it_open() -> None:
    assert breaker([called(LOST), called(LOST)], NOW).shut == ""


@pytest.mark.parametrize("outcome", FAILURES)
def test_three_failures_in_a_row_shut_it(outcome: CallOutcome) -> None:
    state = breaker([called(outcome, error="small: 503"), called(LOST), called(LOST)], NOW)

    assert "small: 503" in state.shut
    assert not state.trying


def test_a_reason_that_nobody_named_is_named_by_its_kind() -> None:
    assert "no_answer" in breaker([called(LOST)] * 3, NOW).shut


def test_an_answer_in_between_keeps_it_open() -> None:
    assert breaker([called(LOST), called(LOST), called(), called(LOST)], NOW).shut == ""


@pytest.mark.parametrize(
    ("failures", "minutes"), [(3, 5), (4, 10), (5, 20), (6, 40), (7, 60), (50, 60)]
)
def test_the_pause_doubles_with_each_failure_up_to_an_hour(failures: int, minutes: int) -> None:
    before = [called(LOST, ago=minutes * MINUTE)] * failures
    after = [called(LOST, ago=minutes * MINUTE + timedelta(seconds=1))] * failures

    assert breaker(before, NOW).shut
    assert breaker(after, NOW).trying


@pytest.mark.parametrize("outcome", [CallOutcome.REFUSED_KEY, CallOutcome.BUDGET])
def test_a_refused_key_or_a_spent_proxy_shuts_it_for_an_hour_at_once(outcome: CallOutcome) -> None:
    assert breaker([called(outcome, ago=59 * MINUTE)], NOW).shut
    assert breaker([called(outcome, ago=61 * MINUTE)], NOW).trying


@pytest.mark.parametrize("outcome", [LOST, CallOutcome.UNUSABLE])
def test_two_questions_without_an_answer_are_worth_a_message(outcome: CallOutcome) -> None:
    assert down([called(outcome)]) == ""
    assert down([called(outcome), called()]) == ""
    assert down([called(outcome, error="small: 503"), called(LOST)]) == "small: 503"
    assert down([called(outcome), called(LOST)]) == outcome.value


@pytest.mark.parametrize("outcome", [CallOutcome.REFUSED_KEY, CallOutcome.WRONG_REQUEST])
def test_what_a_person_has_to_change_is_worth_a_message_at_once(outcome: CallOutcome) -> None:
    assert down([called(outcome, error="small: 401 auth")]) == "small: 401 auth"
    assert down([called(outcome)]) == outcome.value


def test_a_spent_proxy_is_no_broken_way() -> None:
    assert down([called(CallOutcome.BUDGET), called(LOST), called(LOST)]) == ""


def test_another_model_than_the_one_asked_is_worth_a_message() -> None:
    assert down([called(served="tiny")]) == ("small was asked, and tiny answered without saying so")


@pytest.mark.parametrize(("served", "fallbacks"), [("", 0), ("small", 0), ("big", 1)])
def test_the_model_asked_and_a_fallback_are_not(served: str, fallbacks: int) -> None:
    assert down([called(served=served, fallbacks=fallbacks)]) == ""


def test_a_question_whose_own_models_are_not_there_says_nothing_of_the_way() -> None:
    pinned = called(LOST, requested="nope", fallbacks=1, warnings=("nope: 404",))

    assert of_way([pinned, called(), pinned], ["small", "big"]) == (called(),)


@pytest.mark.parametrize(
    "call",
    [
        called(LOST, requested="small", fallbacks=2, warnings=("small: 404", "big: 404")),
        called(LOST, requested="nope", fallbacks=2, warnings=("nope: 404",), error="big: 503"),
        called(LOST, requested="nope", error="no answer within 60 s"),
        called(CallOutcome.REFUSED_KEY, requested="nope", error="nope: 401"),
        called(requested="nope", fallbacks=1, warnings=("nope: 404",), served="big"),
    ],
)
def test_every_other_question_does(call: Call) -> None:
    assert of_way([call], ["small", "big"]) == (call,)
