"""What was done about an Incident, or waits for a person's yes: the records of remediation."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from watchdog.domain.job import Mode
from watchdog.domain.plan import Plan
from watchdog.domain.policy import Decision, Outcome


class Result(StrEnum):
    """How the API calls of an Attempt ended. `unknown`: they may have had an effect."""

    INTENDED = "intended"  # the row before the call; after a restart: interrupted
    APPLIED = "applied"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Verified(StrEnum):
    """What later Snapshots show."""

    PENDING = "pending"
    RECOVERED = "recovered"
    NOT_RECOVERED = "not_recovered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a workload stood at one time: what an Attempt is measured against."""

    wanted: int
    ready: int
    restarts: int  # of all its pods' containers
    restarted_at: str = ""  # the template's annotation


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one complete Snapshot after an Attempt shows of the owner."""

    at: datetime
    healthy: bool  # observed, updated = ready = wanted, no new restart
    steady_since: datetime | None = None  # by the objects' own times; None when they carry none
    cause_seen: bool = False  # the check still finds it
    worse: str = ""  # what shows at once that it does not help


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One carrying-out of a Plan. Times are aware UTC."""

    id: str  # in the call, the journal and the message alike
    incident: str
    cluster: str
    plan: Plan
    begun_at: datetime
    before: Health | None
    deadline: datetime  # of the verification
    result: Result = Result.INTENDED
    result_at: datetime | None = None
    text: str = ""  # what the API server said
    approved_by: str = ""
    looks: tuple[Look, ...] = ()
    verified: Verified = Verified.PENDING
    verified_at: datetime | None = None
    reasons: tuple[str, ...] = ()  # for the verification

    @property
    def in_flight(self) -> bool:
        """Whether it still has to be seen what came of it."""
        return self.verified is Verified.PENDING

    @property
    def tidied(self) -> bool:
        """Whether it took some of what lay about away, as meant: the rest may follow later."""
        return self.plan.remediation == "DeleteDebris" and self.verified is Verified.RECOVERED

    @property
    def reached(self) -> bool:
        """Whether a call may have had an effect."""
        return self.result not in (Result.REFUSED, Result.FAILED)

    @property
    def failed(self) -> bool:
        """Whether it counts for the breaker: it may have had an effect, and did not help."""
        return self.verified is Verified.NOT_RECOVERED and self.reached


class Answer(StrEnum):
    """What became of an ask."""

    OPEN = "open"
    APPROVED = "approved"  # a person said yes; carried out once
    CARRIED_OUT = "carried_out"
    DENIED = "denied"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"  # the fault is over, or a gate was shut: it may be asked again
    CHANGED = "changed"  # the Plan of today is another one


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A Plan that waits for, or had, a person's answer. One-shot."""

    id: str
    incident: str
    plan: Plan
    asked_at: datetime
    expires_at: datetime
    answer: Answer = Answer.OPEN
    by: str = ""
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """What is thought of doing about an Incident: kept with it, shown on every surface."""

    name: str  # of the Remediation
    decision: Decision
    plan: Plan | None = None
    mode: Mode = "suggest"  # in force when it was considered
    attempt: Attempt | None = None
    approval: Approval | None = None
    refused_at: datetime | None = None  # when the last gate, right before the call, said no

    def refused(self, *reasons: str, at: datetime | None) -> "Considered":
        """The same, refused at the last gate; without a time it did not come so far."""
        said = Decision(outcome=Outcome.DENY, reasons=reasons or self.decision.reasons)
        return replace(self, decision=said, refused_at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What Policy must know of the past. What could not be read is no History: nothing is allowed."""

    attempts: tuple[Attempt, ...] = ()  # of the last 24 hours, and all of open Incidents
    opened: tuple[datetime, ...] = ()  # Incidents that need a human, in the last minutes
    breaker: str = ""  # why nothing is done alone; "" while it is closed
    newest: datetime | None = None  # the latest time in the journal: a clock behind it is wrong
    waiting: tuple[Approval, ...] = field(default_factory=tuple)  # asks of open Incidents


SETTLED = timedelta(minutes=5)  # of health: what recovery means. Source: requirements.md R4.10
