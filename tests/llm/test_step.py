"""step: what a model writes in a turn, and what is said to it when it cannot be used."""

import json

import pytest

from watchdog.domain.asking import Step
from watchdog.llm.step import SCHEMA, complaint, step_of


def test_a_turn_that_asks_for_logs_is_a_step() -> None:
    text = '{"tool": "logs", "namespace": "shop", "name": "web-1", "previous": true}'

    assert complaint(text) == ""
    assert step_of(text) == Step(tool="logs", namespace="shop", name="web-1", previous=True)


def test_null_stands_for_a_key_left_out() -> None:
    assert step_of('{"tool": "incidents", "kind": null, "previous": null}') == Step(
        tool="incidents"
    )


def test_a_tool_that_does_not_exist_is_still_a_step() -> None:
    assert complaint('{"tool": "delete"}') == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"kind": "Pod"}', "tool: Field required"),
        ('{"tool": ["get"]}', "tool: Input should be a valid string"),
        ('{"tool": "answer", "text": "  "}', 'the answer has no "text"'),
        ("[]", "the object: Input should be an object"),
    ],
)
def test_the_complaint_names_the_key(text: str, said: str) -> None:
    assert complaint(text) == said


def test_the_schema_is_flat_and_small() -> None:
    schema = json.loads(SCHEMA)

    assert len(schema["properties"]) <= 8
    assert set(schema["required"]) == set(schema["properties"])
    assert {each["type"] for each in schema["properties"].values()} == {"string", "boolean"}
