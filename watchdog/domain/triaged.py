"""What was asked about an Incident and what came of it: the memory of the model path."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from watchdog.domain.evidence import Explanation
from watchdog.domain.model import Call


class TriageOutcome(StrEnum):
    """What became of the facts of one Incident."""

    ASKING = "asking"  # the question is under way, or the program ended during it
    EXPLAINED = "explained"
    NOTHING_LEFT = "nothing_left"  # an answer came, and no sentence of it stood
    FAILED = "failed"  # no answer came
    LEFT_OUT = "left_out"  # too many at once: the rules' words stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """One Incident with one set of facts (`digest`). It is asked about once, however it ends."""

    incident: str  # the id
    digest: str
    at: datetime
    outcome: TriageOutcome
    tries: int = 0  # questions begun; more than one only when the program ended during the first
    explanation: Explanation | None = None
    priority: str = ""
    confidence: float = 0.0
    veto: bool = False
    dropped: int = 0  # sentences of the answer that did not stand
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCall:
    """A Call as it is kept: for which Run and Incident, and with which settings of the path."""

    call: Call
    run_id: str = ""
    incident: str = ""  # "" for a probe
    path: str = ""  # a digest of address, key and chain: another path starts with a clean sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What the questions of one Run came to. Tokens and dollars are those that somebody counted."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    requested: str = ""
    served: tuple[str, ...] = ()
