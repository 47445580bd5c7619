"""One execution of due checks over one Snapshot: what was asked, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from watchdog.domain.incident import Incident
from watchdog.domain.job import Job, Mode, RunState
from watchdog.domain.notification import NotificationKind
from watchdog.domain.triaged import Spent

# Kinds that checks use where the identity may read them; the shipped role does not ask for them.
WHEN_GRANTED = frozenset({"configmaps", "dnsconfig"})
# Known by a Prometheus alone, which is a source to fall back from: nothing else is blind without it.
_BESIDE = frozenset({"kubeletcertificates"})


class VerdictState(StrEnum):
    """What code says of the state after a Run. `unknown` wins over `alert`."""

    HEALTHY = "healthy"
    ALERT = "alert"
    UNKNOWN = "unknown"

    @property
    def run_state(self) -> RunState:
        """How a Run with this verdict has ended."""
        match self:
            case VerdictState.HEALTHY:
                return RunState.OK
            case VerdictState.ALERT:
                return RunState.ALERT
            case VerdictState.UNKNOWN:
                return RunState.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """One check that could not see: which need was missing, and why.

    Reason `absent` (an optional API that is not installed) does not change the verdict.
    """

    check: str
    need: str
    reason: str
    text: str

    @property
    def counts(self) -> bool:
        """Whether it makes the verdict `unknown`: what is not there, or never granted, does not."""
        return self.reason != "absent" and self.need not in WHEN_GRANTED | _BESIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One message this Run caused, per target."""

    incident: str
    kind: NotificationKind
    target: str
    delivered: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What to run: a Job's checks, one check, or all of them.

    `checks` are check ids, resolved. `deliver` names targets as in jobs.json; empty means nobody is
    told now, and what is due stays due. `params` are per check id and already validated as mappings.
    """

    run_id: str
    job: str
    trigger: Literal["schedule", "catch_up", "manual"]
    checks: tuple[str, ...]
    params: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    silent: Literal["auto", "never", "always"] = "auto"
    deliver: tuple[str, ...] = ()
    summary: bool = False  # also say what was found when nothing needs a human
    mode: Mode = "suggest"
    timeout: timedelta = timedelta(minutes=10)
    wait: timedelta | None = None  # the most that models get for words; None: as configured
    schedule: str = ""  # the Job's, as written
    clone_of: str = ""  # the Run that this one repeats
    soul: str = ""  # the slug that the Job names; "": the default one
    model: str = ""  # that the Job names; "": the common one
    fallbacks: tuple[str, ...] = ()  # that the Job names
    asks: Job | None = None  # the Job, where it is a question to a model and has no checks


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a Run found and said: the object of `run --output json`."""

    run_id: str
    job: str
    started_at: datetime
    finished_at: datetime
    cluster: str  # the display name
    verdict: VerdictState
    unknown: tuple[Unknown, ...]
    incidents: tuple[Incident, ...]  # open after this Run, pending, or resolved by it
    told: tuple[Told, ...]
    spent: Spent = field(default_factory=Spent)  # on questions to models
