"""What a Check says is wrong now. Values only: no clock, no I/O, no Kubernetes field names."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from watchdog.domain.custom import Carried, Writer
from watchdog.domain.evidence import Evidence, LogQuery, Proposal
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault that is there now: what has to change, and what suffers from it.

    A Finding becomes an open Incident once it has stood for `hold` since `since`. `since` is the
    object's own time (condition transition, container start, ...); when the object carries none it
    is None and `sightings` consecutive Runs, at least 60 s apart, stand in for the hold.
    """

    reason: str  # CamelCase and stable, like a Kubernetes condition: "CrashLoop"
    subject: Ref  # the root cause: a Deployment, a missing ConfigMap, a node; never its ten pods
    affected: tuple[Ref, ...] = ()  # who suffers: pods, their workloads; links for inhibition
    severity: Severity
    message: str  # one headline for people; may differ from Run to Run
    why: str = ""  # a paragraph: impact, the deciding fact, what it is not, what not to do
    since: datetime | None
    hold: timedelta = timedelta(0)
    sightings: int = 1
    shared: str = ""  # the one thing several subjects share ("image x"): one Incident for all
    blames: tuple[Ref, ...] = ()  # what its own facts point at: a Finding there explains this one
    evidence: tuple[Evidence, ...] = ()
    proposal: Proposal | None = None
    carried: tuple[Carried, ...] = ()  # what is wrong in the subject's spec, value by value
    proof: Writer | None = None  # it falls unless the spec of this one carries such a value
    logs: tuple[LogQuery, ...] = ()  # streams that would make the cause more specific


def fingerprint(cluster: str, check: str, reason: str, subject: Ref) -> str:
    """Return 64 hex digits that stay the same while the fault stays the same, whatever is said.

    `cluster` is the uid of namespace kube-system.
    """
    parts = (cluster, check, reason, str(subject))
    return sha256("\n".join(parts).encode()).hexdigest()
