"""The door for answers: what is wrong is said, and nothing of the answer is repeated."""

import json

import jsonschema
import pytest
from pydantic import ValidationError

from watchdog.domain.triage import Answer, Claim
from watchdog.llm.answer import AnswerBody, answer_of, complaint
from watchdog.logic.triage.answer import SCHEMA

GOOD: dict[str, object] = {
    "claims": ["The image is gone [E1]."],
    "priority": "now",
    "confidence": 0.8,
    "veto": False,
    "veto_reason": "",
    "unexplained": "",
}


def test_an_answer_of_the_schema_is_read() -> None:
    text = json.dumps(GOOD)

    jsonschema.validate(GOOD, json.loads(SCHEMA))
    assert complaint(text) == ""
    assert answer_of(text) == Answer(
        claims=(Claim(text="The image is gone.", evidence=("E1",)),),
        priority="now",
        confidence=0.8,
        veto=False,
        veto_reason="",
        unexplained="",
    )


def test_the_schema_has_the_fields_that_are_read() -> None:
    assert list(json.loads(SCHEMA)["properties"]) == list(AnswerBody.model_fields)


@pytest.mark.parametrize("field", ["veto_reason", "unexplained"])
def test_words_that_are_mostly_empty_may_be_missing(field: str) -> None:
    assert complaint(json.dumps({key: GOOD[key] for key in GOOD if key != field})) == ""


def test_a_field_that_nobody_asked_for_is_passed_over() -> None:
    assert complaint(json.dumps({**GOOD, "severity": "info", "status": "resolved"})) == ""


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"claims": "It is down EVIL"}, "claims: "),
        ({"claims": [{"text": "EVIL"}]}, "claims.0: "),
        ({"claims": ["EVIL"] * 21}, "claims: "),
        ({"priority": "EVIL"}, "priority: Input should be 'now', 'today' or 'later'"),
        ({"confidence": "EVIL"}, "confidence: "),
        ({"veto": "EVIL"}, "veto: "),
        ({"veto_reason": None}, "veto_reason: "),
    ],
)
def test_a_wrong_field_is_named_and_its_content_is_not_repeated(
    change: dict[str, object], wrong: str
) -> None:
    said = complaint(json.dumps({**GOOD, **change}))

    assert said.startswith(wrong)
    assert "EVIL" not in said


@pytest.mark.parametrize("text", ["", "[]", "null", '{"claims": [', '{"confidence": NaN}'])
def test_what_is_no_answer_is_complained_of(text: str) -> None:
    assert complaint(text)
    with pytest.raises(ValidationError):
        answer_of(text)


def test_an_endless_answer_is_not_even_read() -> None:
    assert complaint(json.dumps({**GOOD, "claims": ["x" * 2_000_000]})).startswith("the answer was")
