"""Which Incidents a model is asked about: new or changed ones that need a human, the worst first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from watchdog.domain.incident import Incident
from watchdog.domain.triaged import Triage, TriageOutcome

AGAIN_AFTER = timedelta(minutes=30)  # facts that keep changing are not asked about at every change
_TRIES = 2  # of one question, when the program ended during the first

Past = Mapping[tuple[str, str], Triage]  # by Incident and digest


def past(found: Iterable[Triage]) -> Past:
    """Return what was asked before, by Incident and digest."""
    return {(each.incident, each.digest): each for each in found}


def to_ask(
    incidents: Sequence[Incident], digests: Mapping[str, str], before: Past, now: datetime
) -> tuple[Incident, ...]:
    """Return those to ask about, the worst and oldest first.

    `digests` are the digests of their facts by id. What a larger Incident explains, what was not
    seen in the last run, and what watchdog says about itself is nobody's question.
    """
    asked: dict[str, datetime] = {}
    for each in before.values():
        if each.tries:
            asked[each.incident] = max(each.at, asked.get(each.incident, each.at))
    chosen = [
        each
        for each in incidents
        if eligible(each) and _due(each.id, digests[each.id], before, asked, now)
    ]
    return tuple(sorted(chosen, key=lambda each: (-each.severity.rank, each.since, each.id)))


def eligible(incident: Incident) -> bool:
    """Whether it is worth a question at all."""
    seen = incident.standing and not incident.clear_runs
    own = incident.check == "self"
    return seen and incident.severity.needs_human and not incident.inhibited_by and not own


def explained(incident: Incident, digest: str, before: Past) -> Incident:
    """Return the Incident with the words a model had for these very facts, if it had some."""
    known = before.get((incident.id, digest))
    if known is None or known.explanation is None:
        return incident
    return replace(incident, explanation=known.explanation.beside(incident.explanation))


def _due(
    incident: str, digest: str, before: Past, asked: Mapping[str, datetime], now: datetime
) -> bool:
    known = before.get((incident, digest))
    if known is not None:
        return known.outcome is TriageOutcome.ASKING and known.tries < _TRIES
    return incident not in asked or now - asked[incident] >= AGAIN_AFTER
