"""What can be said of Incidents: the values that `suppress` decides on and `storm` words."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from watchdog.domain.incident import Incident
from watchdog.domain.notification import NotificationKind
from watchdog.domain.severity import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """One thing to say about one Incident to one target.

    `loud` posts anew, quiet edits the message in place.
    """

    kind: NotificationKind
    incident: Incident
    loud: bool
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Too much at once: one message for all Incidents of a namespace ("" = cluster-wide).

    `kind` is what they have in common: they are new, got worse, or are still there.
    """

    thread: str
    target: str
    kind: NotificationKind
    namespace: str
    incidents: tuple[Incident, ...]
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Some Incidents that only a Summary told of have ended: its message is edited.

    `of` is how many the Summary spoke of, `rest` those that still stand.
    """

    thread: str
    target: str
    namespace: str
    of: int
    rest: tuple[Incident, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What to say, and the Incidents as they are once it is said. `unsaid` is id -> reason."""

    speeches: tuple[Speech, ...]
    summaries: tuple[Summary, ...]
    progress: tuple[Progress, ...]
    incidents: tuple[Incident, ...]
    unsaid: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """The settings of speaking: whom this Run tells, `silent` of the Job, reminders, storm cap."""

    targets: tuple[str, ...]  # empty: nobody is told now; what is due stays due
    silent: Literal["auto", "never", "always"] = "auto"
    remind_after: timedelta = timedelta(hours=24)
    storm_limit: int = 10
    tell_repairs: bool = True  # one message for what was mended and never told

    @property
    def mute(self) -> str:
        """Why nothing at all is said now; "" when this Run may speak."""
        if not self.targets:
            return "this run tells nobody"
        return "the job is silent" if self.silent == "always" else ""
