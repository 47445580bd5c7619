"""What a language model is asked, what it answers, and what the call cost. Values only."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

Purpose = Literal["triage", "ask", "probe", "bench"]


class CallOutcome(StrEnum):
    """How one question ended, over all models that were tried."""

    ANSWERED = "answered"
    REFUSED_KEY = "refused_key"  # the own key: the same for every model, so nobody else is asked
    BUDGET = "budget"  # the proxy's budget is spent
    WRONG_REQUEST = "wrong_request"  # every model would refuse it
    NO_ANSWER = "no_answer"  # the whole chain failed, or the time was over
    UNUSABLE = "unusable"  # text came, and was no answer after one repair


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is sent.

    `models` is the ordered chain, the chosen one first. `deadline` is in seconds over the whole
    chain, retries and the repair included.
    """

    purpose: Purpose
    turns: tuple[Turn, ...]
    models: tuple[str, ...]
    deadline: float
    max_tokens: int = 1200
    schema: str = ""  # JSON Schema of the wanted object, as text; "" for free text


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one question cost, over all requests it took. None: nobody said."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One question and its end, as the record of it is kept. No prompt and no answer is in it."""

    purpose: Purpose
    at: datetime
    seconds: float
    outcome: CallOutcome
    requested: str  # the first of the chain
    served: str = ""  # by the proxy's headers; "" when nobody answered
    call_id: str = ""  # the proxy's
    requests: int = 0  # HTTP requests sent, repairs and retries included
    fallbacks: int = 0  # models given up before the one that answered, ours and the proxy's
    usage: Usage = Usage()
    error: str = ""  # status and type of the last refusal, redacted
    warnings: tuple[str, ...] = ()  # models that were skipped for a reason of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The record of a question, and the text that came; "" unless the outcome is `answered`."""

    call: Call
    text: str = ""
