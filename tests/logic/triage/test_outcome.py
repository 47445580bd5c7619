"""The record of a question, and what the journal says of it."""

from dataclasses import replace

import pytest

from tests.logic.triage.calls import called
from watchdog.domain.evidence import Explanation
from watchdog.domain.model import CallOutcome
from watchdog.domain.triage import Checked
from watchdog.domain.triaged import TriageOutcome
from watchdog.logic.triage.outcome import triage_of, words_of

WORDS = Explanation("the image is gone [E1]", "llm", 0.8)


def checked(explanation: Explanation | None = WORDS, dropped: int = 0) -> Checked:
    return Checked(
        explanation=explanation,
        priority="now",
        veto=True,
        confidence=0.8,
        dropped=dropped,
        reasons=("veto: it is in use",),
    )


def test_an_answer_that_stands_explains() -> None:
    done = triage_of("i-1", "d", called(served="small"), checked(dropped=1))

    assert (done.outcome, done.explanation, done.veto) == (TriageOutcome.EXPLAINED, WORDS, True)
    assert (done.priority, done.confidence, done.dropped) == ("now", 0.8, 1)
    assert words_of(done, called(served="small")) == (
        "explained by small, 80% sure; 1 sentences of the answer did not stand; "
        "it objects to what would be done"
    )


def test_an_answer_of_which_nothing_stands_explains_nothing() -> None:
    done = triage_of("i-1", "d", called(), checked(None))

    assert done.outcome is TriageOutcome.NOTHING_LEFT
    assert words_of(done, called()) == (
        "no sentence of small explains it; it objects to what would be done"
    )


def test_an_answer_without_an_objection_is_told_without_one() -> None:
    done = triage_of("i-1", "d", called(), replace(checked(None), veto=False))

    assert words_of(done, called()) == "no sentence of small explains it"


@pytest.mark.parametrize(("error", "why"), [("small: 503", "small: 503"), ("", "no_answer")])
def test_a_question_without_an_answer_says_why(error: str, why: str) -> None:
    call = called(CallOutcome.NO_ANSWER, error=error)

    done = triage_of("i-1", "d", call, None)

    assert (done.outcome, done.reasons) == (TriageOutcome.FAILED, (why,))
    assert words_of(done, call) == f"no model explains it: {why}"
