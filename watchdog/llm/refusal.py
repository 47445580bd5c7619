"""What a refusal of the proxy means for the rest of the chain.

Source: the proxy's answers as measured against LiteLLM 1.106; it puts the same cause under several
status codes, so status and error type decide together.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Do(StrEnum):
    """What follows from a refusal."""

    RETRY = "retry"  # the same model may answer in a moment
    NEXT = "next"  # this model will not, another may
    STOP_KEY = "stop_key"  # the own key is refused: the same for every model
    STOP_BUDGET = "stop_budget"  # the proxy's budget is spent
    STOP_REQUEST = "stop_request"  # the request is wrong everywhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One refused request."""

    do: Do
    status: int
    kind: str  # the proxy's error type
    text: str
    wait: float = 0.0  # seconds the proxy asks for
    call_id: str = ""  # the proxy's, under which its own log tells more

    @property
    def brief(self) -> str:
        """Status and type in a few words, for records and messages."""
        return f"{self.status or 'no answer'} {self.kind}".strip()


_BUDGET = "budget_exceeded"
_NO_DATABASE = "no_db_connection"  # how a proxy without a database refuses an unknown key
_PROVIDER = "authentication_error"  # a key behind the proxy, not ours
_BEHIND = "litellm."  # opens what a model's host said; the proxy's words of our key do not
_NOT_FOR_US = "_model_access_denied"  # of our key, team or user; the key may be good for another
_OF_ONE_MODEL = (
    "invalid model name",
    "contextwindowexceeded",
    "context length",
    "context window",
    "contentpolicyviolation",
)
# As proxies and servers word it that there is no such model, where they say 400 for it.
_NO_SUCH = re.compile(
    r"\bmodel\b.{0,150}\b(?:not found|not exist|unknown)\b|\bunknown model\b", re.IGNORECASE
)
_PASSING = frozenset({408, 409, 425, 429})


def refusal_of(
    status: int, kind: str, text: str, *, wait: float = 0.0, call_id: str = ""
) -> Refusal:
    """Judge one error answer: HTTP status, the body's error type and its message."""
    do = _do(status, kind, text)
    return Refusal(do=do, status=status, kind=kind, text=text, wait=wait, call_id=call_id)


def _do(status: int, kind: str, text: str) -> Do:
    if kind == _BUDGET:
        return Do.STOP_BUDGET
    if kind == _NO_DATABASE or (status in (401, 403) and not _of_one_model(kind, text)):
        return Do.STOP_KEY
    if status >= 500 or status in _PASSING:
        return Do.RETRY
    if status in (401, 403, 404) or _NO_SUCH.search(text):
        return Do.NEXT
    if any(words in text.lower() for words in _OF_ONE_MODEL):
        return Do.NEXT
    return Do.STOP_REQUEST


def _of_one_model(kind: str, text: str) -> bool:
    """Whether a refused right concerns one model: its host's, or ours to ask just that one."""
    return kind == _PROVIDER or kind.endswith(_NOT_FOR_US) or text.startswith(_BEHIND)
