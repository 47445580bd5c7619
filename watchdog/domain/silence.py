"""People's word that something need not be said for a while."""

from dataclasses import dataclass
from datetime import datetime

from watchdog.domain.incident import Incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Do not notify what matches, until `ends_at` (aware UTC). Empty matchers match everything."""

    id: int
    reason: str
    author: str
    created_at: datetime
    ends_at: datetime
    incident: str = ""  # an incident id
    check: str = ""
    fault: str = ""  # a Reason, "CrashLoop"
    namespace: str = ""
    name: str = ""  # a subject's name

    def matches(self, incident: Incident, now: datetime) -> bool:
        """Whether this Silence is in force and covers every subject of the Incident."""
        return self.created_at <= now < self.ends_at and self.covers(incident)

    def covers(self, incident: Incident) -> bool:
        """Whether it means this Incident with every subject, whenever that is."""
        return (
            self.incident in ("", incident.id)
            and self.check in ("", incident.check)
            and self.fault in ("", incident.reason)
            and all(self.namespace in ("", subject.namespace) for subject in incident.subjects)
            and all(self.name in ("", subject.name) for subject in incident.subjects)
        )
