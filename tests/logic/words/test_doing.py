"""doing: what was done, what is asked, and why nothing is, in words for people."""

from dataclasses import replace
from typing import Any

import pytest

from tests.builders import NOW
from tests.logic.decision.planned import POD, ask, attempt, debris, restart
from watchdog.domain.attempt import Answer, Considered, Result, Verified
from watchdog.domain.policy import Decision, Outcome
from watchdog.domain.ref import Ref
from watchdog.logic.words.doing import doing, outcome, standing, steps, thought


def considered(
    outcome: Outcome = Outcome.ALLOW, reasons: tuple[str, ...] = (), **fields: Any
) -> Considered:
    decision = Decision(outcome=outcome, reasons=reasons)
    base = Considered(name="RolloutRestart", decision=decision, plan=restart(), mode="act")
    return replace(base, **fields)


def test_of_nothing_nothing_is_said() -> None:
    assert doing(None) == thought(None) == []
    assert doing(considered()) == standing(considered()) == []
    assert doing(considered(approval=ask(), plan=None)) == []
    assert outcome(None) == ["nothing is meant to be done about it any more"]


def test_an_ask_says_what_why_at_what_risk_and_how_to_answer() -> None:
    first, second = doing(considered(Outcome.ASK, approval=ask()))

    assert "restart Deployment/shop/api" in first
    assert "Its Secret is newer than its pods." in first
    assert "Its pods are replaced one by one." in first
    assert second == "Say yes until 2026-11-20 13:00 UTC: watchdog approve k-1"


@pytest.mark.parametrize(
    ("answer", "by", "text"),
    [
        (Answer.DENIED, "ann", "ask k-1 is denied by ann"),
        (Answer.EXPIRED, "", "ask k-1 is expired; it is not asked again for this incident"),
        (Answer.WITHDRAWN, "ann", "ask k-1 is withdrawn"),
    ],
)
def test_an_answer_is_shown_with_its_author(answer: Answer, by: str, text: str) -> None:
    found = considered(Outcome.ASK, approval=ask(answer=answer, by=by))

    assert doing(found) == [f"Asked to restart Deployment/shop/api: {text}"]
    assert outcome(found) == [text]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"verified": Verified.RECOVERED}, "it has recovered"),
        (
            {"verified": Verified.RECOVERED, "reasons": ("the cause remains",)},
            "it has recovered: the cause remains",
        ),
        (
            {"verified": Verified.NOT_RECOVERED, "reasons": ("fewer are ready",)},
            "it did not help: fewer are ready; nothing more is tried",
        ),
        ({}, "whether it helps is being watched"),
        ({"result": Result.INTENDED}, "interrupted, what came of it is being looked at"),
    ],
)
def test_what_was_done_says_what_came_of_it(fields: dict[str, Any], text: str) -> None:
    [line] = doing(considered(attempt=attempt(**fields)))

    assert line.startswith("Done by watchdog: restart Deployment/shop/api at 2026-11-20 12:00")
    assert line.endswith(text)


def test_who_approved_is_named() -> None:
    [line] = doing(considered(attempt=attempt(approved_by="ann")))

    assert ", approved by ann; " in line


def test_the_long_form_says_why_nothing_is_done() -> None:
    refused = considered(Outcome.DENY, ("a rollout is in progress", "it is paused"))

    assert thought(refused) == [
        "RolloutRestart is not done:",
        "  a rollout is in progress",
        "  it is paused",
    ]


def test_the_long_form_says_what_waits_and_what_is_allowed() -> None:
    assert thought(considered(Outcome.ASK, ("mode suggest",))) == [
        "RolloutRestart waits for a yes:",
        "  mode suggest",
    ]
    assert thought(considered()) == ["RolloutRestart: restart Deployment/shop/api is allowed"]
    assert thought(considered(plan=None)) == ["RolloutRestart is not done:"]


@pytest.mark.parametrize("answer", [Answer.DENIED, Answer.EXPIRED])
def test_after_a_no_nothing_waits(answer: Answer) -> None:
    refused = considered(Outcome.ASK, approval=replace(ask(), answer=answer))

    assert thought(refused)[1:] == ["RolloutRestart is not done:"]


def test_the_long_form_lists_what_was_seen_of_an_attempt() -> None:
    tried = attempt(verified=Verified.NOT_RECOVERED, verified_at=NOW, reasons=("worse", "reverted"))

    assert thought(considered(attempt=tried))[1:] == ["  worse", "  reverted"]


def test_where_it_stands_is_words_for_programs_too() -> None:
    assert standing(
        considered(attempt=attempt(text="HTTP 201", reasons=("the cause remains",)))
    ) == [
        f"attempt {attempt().id}: HTTP 201",
        "the cause remains",
    ]
    assert standing(considered(attempt=attempt())) == [f"attempt {attempt().id}: applied"]
    assert standing(considered(Outcome.ASK, approval=ask())) == [
        "say yes until 2026-11-20 13:00 UTC: watchdog approve k-1"
    ]


def test_an_answer_that_led_to_an_attempt_or_to_none_says_so() -> None:
    assert outcome(considered(attempt=attempt())) == [
        "RolloutRestart applied",
        "verification pending",
    ]
    denied = considered(Outcome.DENY, ("the file STOP",), approval=ask(answer=Answer.DENIED))
    assert outcome(denied) == ["ask k-1 is denied", "the file STOP"]


def test_of_many_steps_the_first_are_named() -> None:
    pods = [Ref("Pod", POD.namespace, f"api-{number}") for number in range(5)]

    assert steps(debris(*pods)).endswith("delete Pod/shop/api-2 and 2 more")
