"""One turn of a question as a model writes it: the door from its JSON to a Step.

The shape is flat and every key is text but one: that is what small models manage.
"""

import json
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from watchdog.domain.asking import ANSWER, Step, Tool


def _text(value: object) -> object:
    return "" if value is None else value


_Text = Annotated[str, BeforeValidator(_text)]


class StepBody(BaseModel):
    """The object. A tool that does not exist is no fault here: the model is told when it asks."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)

    tool: str
    kind: _Text = ""
    namespace: _Text = ""
    name: _Text = ""
    container: _Text = ""
    previous: Annotated[bool, BeforeValidator(bool)] = False
    text: _Text = ""


_TEXTS = ("kind", "namespace", "name", "container", "text")
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            "tool": {"type": "string", "enum": [*(tool.value for tool in Tool), ANSWER]},
            **{name: {"type": "string"} for name in _TEXTS},
            "previous": {"type": "boolean"},
        },
        "required": ["tool", *_TEXTS, "previous"],
        "additionalProperties": False,
    }
)


def complaint(text: str) -> str:
    """What is wrong with a JSON object as a turn, for the model to read; "" when it is one."""
    try:
        step = step_of(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'the object'}: {first['msg']}"
    if step.answers and not step.text:
        return 'the answer has no "text"'
    return ""


def step_of(text: str) -> Step:
    """The Step of a JSON object that `complaint` finds nothing wrong with."""
    return Step(**StepBody.model_validate_json(text).model_dump())
