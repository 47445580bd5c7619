"""How long a Finding waits for what explains it: for ever only when people are told of that.

A larger Finding may never stand for its hold: it comes and goes, or no job runs its check. What it
hides would then be said by nobody.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from watchdog.domain.incident import Incident
from watchdog.domain.ref import Ref
from watchdog.logic.incident.group import Seen, ripe

PATIENCE = timedelta(minutes=30)  # beyond the hold of what explains: a sample in each of two runs

_Fault = tuple[str, str, Ref]


def with_patience(
    seen: Iterable[Seen],
    known: Iterable[Incident],
    *,
    own: Collection[str] | None = None,
    now: datetime,
) -> tuple[Seen, ...]:
    """Return the same, with how long each has waited, and whether people are told of it.

    `known` are the Incidents of earlier Runs; `own` the checks whose Incidents this Run may open,
    None for all.
    """
    before = {
        (incident.check, incident.reason, subject): incident
        for incident in known
        for subject in incident.subjects
    }
    return tuple(_weighed(each, before, own, now) for each in seen)


def _weighed(
    each: Seen,
    before: Mapping[_Fault, Incident],
    own: Collection[str] | None,
    now: datetime,
) -> Seen:
    finding = each.finding
    incident = before.get((each.check, finding.reason, finding.subject))
    due = ripe(finding, now)
    opens = due and (own is None or each.check in own)
    if incident is None:
        return replace(each, told=opens)
    if finding.since is None:
        due = incident.sightings >= finding.sightings
    waited = now - incident.first_seen_at if due else timedelta(0)
    return replace(each, told=opens or incident.standing, waited=waited)


def patient(
    seen: Sequence[Seen], explained_by: Sequence[Sequence[int]]
) -> tuple[tuple[int, ...], ...]:
    """Return what still explains each Finding, by number; what is beyond `seen` is told.

    What was waited for in vain explains nothing, unless it is itself explained by what is told.
    """
    told = {number for number, each in enumerate(seen) if each.told}
    while more := {
        number
        for number in range(len(seen))
        if number not in told
        and any(other >= len(seen) or other in told for other in explained_by[number])
    }:
        told |= more
    return tuple(
        tuple(
            other
            for other in explainers
            if other >= len(seen) or other in told or not _outwaits(each, seen[other])
        )
        for each, explainers in zip(seen, explained_by, strict=True)
    )


def _outwaits(each: Seen, larger: Seen) -> bool:
    return each.waited >= larger.finding.hold + PATIENCE
