"""The shape of the proxy's answers, read forgivingly: a missing part is None, never an error."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from watchdog.domain.model import Usage

_MOST = 2_000_000  # characters of one answer that are looked at


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Moved(_Part):
    """Where the proxy puts what its own answer has no field for."""

    refusal: str | None = None


class _Message(_Part):
    content: str | None = None
    refusal: str | None = None
    provider_specific_fields: _Moved | None = None

    @property
    def declined(self) -> bool:
        moved = self.provider_specific_fields
        return bool(self.refusal or (moved and moved.refusal))


class _Choice(_Part):
    message: _Message = Field(default_factory=_Message)
    finish_reason: str | None = None


class _Usage(_Part):
    """Both shapes: chat completions count prompt and completion, responses input and output."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


class _Nested(_Part):
    usage: _Usage | None = None


class Completion(_Part):
    """The body of one answered chat completion."""

    choices: list[_Choice] = Field(default_factory=list)
    usage: _Usage | None = None
    response: _Nested | None = None


class _Delta(_Part):
    content: str | None = None
    reasoning_content: str | None = None


class _Change(_Part):
    delta: _Delta | None = None


class Chunk(_Part):
    """One piece of a streamed answer; the last one has the usage and no text."""

    choices: list[_Change] = Field(default_factory=list)
    usage: _Usage | None = None

    @property
    def written(self) -> bool:
        """Whether the model wrote something, if only a thought."""
        deltas = [each.delta for each in self.choices if each.delta]
        return any(each.content or each.reasoning_content for each in deltas)


class _ErrorBody(_Part):
    message: str | None = None
    type: str | None = None


class ErrorAnswer(_Part):
    """The body of a refused request."""

    error: _ErrorBody = Field(default_factory=_ErrorBody)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What one request brought: text that is not looked into yet, and what the proxy said of it."""

    text: str
    cut: bool  # the model stopped at its length limit
    refused: bool  # the model declined
    served: str
    call_id: str
    fallbacks: int  # the proxy's own
    usage: Usage


def answered(body: str, headers: Mapping[str, str]) -> Answered:
    """Read one 200.

    Raises:
        ValueError: the body is no chat completion (HTML, cut JSON).
    """
    found = Completion.model_validate_json(body)
    choice = found.choices[0] if found.choices else _Choice()
    return Answered(
        text=(choice.message.content or "")[:_MOST],
        cut=choice.finish_reason == "length",
        refused=choice.message.declined or choice.finish_reason == "content_filter",
        served=headers.get("x-litellm-model-group", ""),
        call_id=headers.get("x-litellm-call-id", ""),
        fallbacks=_whole(headers.get("x-litellm-attempted-fallbacks")),
        usage=usage_of(found, headers.get("x-litellm-response-cost")),
    )


def usage_of(found: Completion | Chunk, cost: str | None = None) -> Usage:
    """What was counted. No prompt is empty: 0 and 0 is how the proxy passes on that nobody counted.

    Source: LiteLLM 1.106, in front of a server that names no usage.
    """
    nested = found.response if isinstance(found, Completion) else None
    usage = found.usage or (nested.usage if nested else None) or _Usage()
    sent = usage.prompt_tokens if usage.prompt_tokens is not None else usage.input_tokens
    came = usage.completion_tokens if usage.completion_tokens is not None else usage.output_tokens
    if not sent and not came:
        sent, came = None, None
    return Usage(input_tokens=sent, output_tokens=came, cost_usd=_amount(cost))


def _amount(text: str | None) -> float | None:
    """A price of nothing is no price: the proxy says 0 for models it has no prices for."""
    try:
        amount = float(text or "")
    except ValueError:
        return None
    return amount if 0 < amount < float("inf") else None


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0
