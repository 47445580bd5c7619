"""The Findings of one cause in one Run: what an Incident is made of."""

from dataclasses import dataclass
from datetime import datetime

from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Findings of one check with the same Reason and, if several, the same shared cause.

    `findings` is never empty and ordered by since, then subject. `inhibited_by` says which larger
    Finding explains this one. `uncertain` means that logs which would name the cause were unread.
    """

    check: str
    findings: tuple[Finding, ...]
    inhibited_by: str = ""
    uncertain: bool = False

    @property
    def first(self) -> Finding:
        """The oldest Finding; its subject is in the fingerprint of a new Incident."""
        return self.findings[0]

    @property
    def reason(self) -> str:
        return self.first.reason

    @property
    def shared(self) -> str:
        return self.first.shared

    @property
    def subjects(self) -> tuple[Ref, ...]:
        return tuple(dict.fromkeys(finding.subject for finding in self.findings))

    @property
    def affected(self) -> tuple[Ref, ...]:
        subjects = set(self.subjects)
        everyone = (ref for finding in self.findings for ref in finding.affected)
        return tuple(ref for ref in dict.fromkeys(everyone) if ref not in subjects)

    @property
    def severity(self) -> Severity:
        return max((finding.severity for finding in self.findings), key=lambda each: each.rank)

    @property
    def since(self) -> datetime | None:
        """The oldest onset; None when no object carries a time."""
        return self.first.since
