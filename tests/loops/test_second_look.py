"""refusal: what the last look says against a Plan, besides what the gates say."""

from dataclasses import replace

from tests.logic.decision.planned import attempt, considered
from watchdog.domain.policy import Outcome
from watchdog.loops.second_look import refusal

ALLOWED = considered(Outcome.ALLOW)


def test_nothing_speaks_against_what_is_allowed() -> None:
    assert refusal(ALLOWED, None) == ()


def test_what_was_tried_before_is_not_done_again() -> None:
    assert refusal(replace(ALLOWED, attempt=attempt()), None) == ("an attempt was made before",)


def test_an_answer_without_a_reason_is_refused_by_its_name() -> None:
    assert refusal(considered(Outcome.ASK), None) == ("ask",)


def test_what_is_meant_no_longer_is_refused() -> None:
    assert refusal(None, None) == ("nothing of the closed set is meant for it now",)
