"""The door for a model's answer to a question about an Incident: JSON text in, an Answer out."""

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from watchdog.domain.triage import Answer, Priority
from watchdog.logic.triage.answer import claim

LONGEST = 20_000  # characters; six sentences are far below

_SENTENCES = 20  # more are an answer to something else; the first ones count


class AnswerBody(BaseModel):
    """The wanted object. Fields that nobody asked for are passed over: small models add some."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    claims: list[str] = Field(max_length=_SENTENCES)
    priority: Priority
    confidence: float
    veto: bool
    veto_reason: str = ""
    unexplained: str = ""


def complaint(text: str) -> str:
    """Return what is wrong with an answer, in words for the model to read; "" when it can be used.

    Nothing of the answer's own text is repeated.
    """
    if len(text) > LONGEST:
        return "the answer was far too long; write at most 6 short claims"
    try:
        AnswerBody.model_validate_json(text)
    except ValidationError as error:
        wrong = (
            f"{'.'.join(map(str, each['loc'][:2])) or 'the object'}: {each['msg']}"
            for each in error.errors(include_input=False, include_context=False, include_url=False)
        )
        return "; ".join(list(wrong)[:6])
    return ""


def answer_of(text: str) -> Answer:
    """Return the answer in JSON text of which `complaint` says nothing.

    Raises:
        ValidationError: it is no answer.
    """
    body = AnswerBody.model_validate_json(text)
    return Answer(
        claims=tuple(claim(each) for each in body.claims),
        priority=body.priority,
        confidence=body.confidence,
        veto=body.veto,
        veto_reason=body.veto_reason,
        unexplained=body.unexplained,
    )
