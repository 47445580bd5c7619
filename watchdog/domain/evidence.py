"""Facts that support a Finding, and the log streams a check may ask for."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from watchdog.domain.ref import Ref

EvidenceKind = Literal["status", "event", "log", "spec", "change", "metric"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One fact: where it was seen, when (aware UTC, None when the object carries no time)."""

    kind: EvidenceKind
    ref: Ref
    at: datetime | None = None
    text: str


@dataclass(frozen=True, slots=True, order=True)
class LogQuery:
    """One bounded read of a container's log; `previous` is the run before the last restart."""

    pod: Ref
    container: str
    previous: bool = False


@dataclass(frozen=True, slots=True)
class Log:
    """What a LogQuery returned: `text` is the redacted tail, "" when there is no such log.

    `unread` names why the API server did not answer (`forbidden`, `timeout`, ...); "" when it did.
    """

    text: str = ""
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a human should do: words, and commands that run as they are and cure the cause."""

    text: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The story of an Incident. `confidence` (0..1) is None for text made by rules.

    Beside a model's words `rules` keeps what the rules say: the fact that decides, and what not to do.
    """

    text: str
    source: Literal["rules", "llm"] = "rules"
    confidence: float | None = None
    rules: str = ""

    @property
    def by_rules(self) -> str:
        """What the rules say, whoever words the story."""
        return self.text if self.source == "rules" else self.rules

    def beside(self, other: "Explanation") -> "Explanation":
        """The same words, and beside them what the rules say in `other`."""
        return replace(self, rules=other.by_rules)
