"""All sightings of one fingerprint, from the first suspicion to the end, and the steps between."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from watchdog.domain.attempt import Considered
from watchdog.domain.evidence import Evidence, Explanation, Proposal
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

FLAPS = 2  # so many returns within hours make an Incident a flapping one


class Status(StrEnum):
    """Where an Incident stands. `pending` counts for nothing yet; `acknowledged` is open, unsaid."""

    PENDING = "pending"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What one target was last told of an Incident: when, how severe, and a digest of the facts.

    `severity` is the worst since the last ping: what swings between two severities pings once.
    `thread` is where the target finds it: the Incident's own id, or the `summary` that spoke of its
    opening and of `of` Incidents in all.
    """

    target: str
    at: datetime
    severity: Severity
    said: Severity  # the last one that was told, in whatever way
    digest: str
    pinged_at: datetime  # the last message that was new or a reminder, not an edit
    thread: str
    summary: str = ""
    of: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One opening of a fingerprint. Times are aware UTC on the API server's clock."""

    cluster: str
    fingerprint: str
    opening: int  # which opening of this fingerprint, from 1; a pending one has the number to come
    status: Status
    check: str
    reason: str
    severity: Severity
    subjects: tuple[Ref, ...]  # never empty; root causes, ordered by since, then name
    affected: tuple[Ref, ...] = ()
    shared: str = ""
    since: datetime
    first_seen_at: datetime
    last_seen_at: datetime
    counted_at: datetime  # the last sighting or clear run that counted
    sightings: int = 1
    clear_runs: int = 0
    opened_at: datetime | None = None
    resolved_at: datetime | None = None
    title: str = ""
    explanation: Explanation = field(default_factory=lambda: Explanation(""))
    evidence: tuple[Evidence, ...] = ()
    proposal: Proposal | None = None
    remediation: Considered | None = None  # None: nothing of the closed set is meant for it
    acknowledged_by: str = ""
    inhibited_by: str = ""  # why it is not said now: the larger Incident that explains it
    announced: tuple[Announced, ...] = ()  # one for each target; empty once its end is told
    reopened: int = 0  # how often its fault had come back, within hours, when this one opened

    @property
    def id(self) -> str:
        """Eight digits of the fingerprint and the opening number: one id from log line to page."""
        return f"{self.fingerprint[:8]}-{self.opening}"

    @property
    def standing(self) -> bool:
        """Open or acknowledged: the fault is there."""
        return self.status in (Status.OPEN, Status.ACKNOWLEDGED)

    @property
    def flapping(self) -> bool:
        """It comes and goes: said once, and over only when it has stayed away for a while."""
        return self.reopened >= FLAPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One change of an Incident's status, or of what is known about an open one."""

    incident: str  # the id
    before: Status | None  # None: first sighting
    after: Status | None  # None: a pending Incident that went away before it opened
    at: datetime
    reason: str  # in words, for the Journal
