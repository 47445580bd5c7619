"""Findings become Sightings: one for each cause, however many objects it hits."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from watchdog.domain.finding import Finding
from watchdog.domain.sighting import Sighting
from watchdog.logic.redact import redact


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One Finding with what the host knows of it.

    `told`: people know of it, or do after this Run. `waited` is how long it could have been said.
    """

    check: str
    finding: Finding
    inhibited_by: str = ""
    uncertain: bool = False
    told: bool = True
    waited: timedelta = timedelta(0)


def group(seen: Sequence[Seen]) -> tuple[Sighting, ...]:
    """Join what shares check, Reason and cause; hidden and visible Findings stay apart."""
    groups: defaultdict[tuple[str, ...], list[Seen]] = defaultdict(list)
    for each in seen:
        finding = each.finding
        cause = finding.shared or str(finding.subject)
        groups[(each.check, finding.reason, cause, each.inhibited_by)].append(each)
    found = [_join(members) for members in groups.values()]
    return tuple(sorted(found, key=lambda each: (each.check, each.reason, str(each.first.subject))))


def _join(members: Sequence[Seen]) -> Sighting:
    ordered = sorted(members, key=lambda each: _age_order(each.finding))
    return Sighting(
        check=ordered[0].check,
        findings=tuple(_safe(each.finding) for each in ordered),
        inhibited_by=ordered[0].inhibited_by,
        uncertain=any(each.uncertain for each in ordered),
    )


def _safe(finding: Finding) -> Finding:
    """A cause is known by its name: the address of a repository may hold a password."""
    return replace(finding, shared=redact(finding.shared)) if finding.shared else finding


def _age_order(finding: Finding) -> tuple[float, str]:
    since = finding.since.timestamp() if finding.since else float("inf")
    return since, str(finding.subject)


def ripe(finding: Finding, now: datetime) -> bool:
    """Whether it has stood for its hold by its object's own time; False when there is no such time."""
    return finding.since is not None and now - finding.since >= finding.hold
