"""What the model is told of an Incident, what it answers, and what is left after checking it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from watchdog.domain.evidence import Explanation
from watchdog.domain.ref import Ref

Priority = Literal["now", "today", "later"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One piece of evidence under the id by which the answer cites it. The text is redacted."""

    id: str  # "E1"
    kind: str
    ref: Ref
    at: datetime | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """All that leaves for the model about one Incident: bounded, redacted, telling facts first.

    `digest` is equal while the facts are: what only counts on (ages, restarts) is not in it.
    """

    incident: str  # the id
    digest: str
    headline: str
    rule_text: str
    subjects: tuple[Ref, ...]
    affected: tuple[Ref, ...]
    facts: tuple[Fact, ...]
    more: int = 0  # subjects and affected that found no room
    remediation: str = ""  # the name of the candidate, "" when there is none
    left_out: int = 0  # facts that found no room
    tokens: int = 0  # an estimate of the whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One sentence of the answer and the facts it rests on."""

    text: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The model's answer as it came: of the right shape, and not believed yet."""

    claims: tuple[Claim, ...]
    priority: Priority
    confidence: float  # 0..1
    veto: bool  # the remediation should not be carried out
    veto_reason: str
    unexplained: str  # what the cause does not explain


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What is left of an answer. `explanation` is None when no claim stood: the rules explain."""

    explanation: Explanation | None
    priority: Priority
    veto: bool
    confidence: float
    dropped: int  # claims that cited nothing, or named what the facts do not
    reasons: tuple[str, ...]  # why, for the record
