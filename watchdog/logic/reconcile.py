"""Known Incidents and new Sightings become Incidents and Transitions: damping, nothing else.

Idempotent: the same Sightings at the same time change nothing the second time.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from watchdog.domain.finding import fingerprint
from watchdog.domain.incident import Incident, Status, Transition
from watchdog.domain.ref import Ref
from watchdog.domain.sighting import Sighting
from watchdog.logic.explain import evidence, explain, proposal
from watchdog.logic.group import ripe

# Two jobs of one tick are one look: sightings and clear runs closer than this count once.
APART = timedelta(seconds=60)
CLEAR_RUNS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """The Incidents of the checks that ran, after the Run, and what changed."""

    incidents: tuple[Incident, ...]  # pending, standing, and those resolved just now
    dropped: tuple[Incident, ...]  # pending ones that went away
    transitions: tuple[Transition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one Run could see: when, of which cluster, with which checks, and what it could not judge.

    `judged` are the ids of the checks that saw all they need; `unjudged` objects hid from them.
    """

    cluster: str
    at: datetime
    judged: Collection[str]
    unjudged: Collection[Ref] = frozenset()


def reconcile(
    known: Sequence[Incident],
    sightings: Sequence[Sighting],
    look: Look,
    openings: Mapping[str, int],
) -> Reconciled:
    """Match Sightings with known Incidents and move each by one step at most.

    `known` are pending, open and acknowledged Incidents of this cluster, of any check;
    `openings` is the highest number each fingerprint was ever opened with.
    """
    free = list(known)
    after: list[Incident] = []
    dropped: list[Incident] = []
    transitions: list[Transition] = []
    for sighting in _strongest_first(sightings):
        incident = _matching(free, sighting)
        if incident is None or not _settled(incident, look):
            sighting = _ripe_part(sighting, look.at)
        if incident is None:
            seen = _seen(_born(sighting, look, openings), sighting, look, new=True)
            transitions += _transition(None, seen, look, "first seen")
        else:
            free.remove(incident)
            seen = _seen(incident, sighting, look, new=False)
            transitions += _transition(incident, seen, look, "its hold has passed")
        after.append(seen)
    for incident in free:
        gone = _unseen(incident, look)
        if gone is None:
            dropped.append(incident)
            transitions.append(_change(incident, None, look, "went away before it was confirmed"))
        else:
            after.append(gone)
            transitions += _transition(incident, gone, look, f"clear in {CLEAR_RUNS} runs")
    return Reconciled(
        incidents=tuple(after), dropped=tuple(dropped), transitions=tuple(transitions)
    )


def _strongest_first(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Visible before inhibited, and old before young: they have the first choice of Incidents."""
    return sorted(
        sightings,
        key=lambda each: (
            bool(each.inhibited_by),
            each.since.timestamp() if each.since else float("inf"),
        ),
    )


def _settled(incident: Incident, look: Look) -> bool:
    """It was open before this tick: whatever joins now is an addition."""
    opened = incident.opened_at
    return incident.standing and opened is not None and look.at - opened >= APART


def _ripe_part(sighting: Sighting, now: datetime) -> Sighting:
    """What has not stood for its hold does not open on the back of what has; it joins later."""
    stood = tuple(finding for finding in sighting.findings if ripe(finding, now))
    return replace(sighting, findings=stood) if stood else sighting


def _matching(free: Sequence[Incident], sighting: Sighting) -> Incident | None:
    """The Incident this Sighting continues: standing ones before pending ones."""
    candidates = [
        incident
        for incident in free
        if incident.check == sighting.check and _same_cause(incident, sighting)
    ]
    return min(candidates, key=lambda each: (not each.standing, each.first_seen_at), default=None)


def _same_cause(incident: Incident, sighting: Sighting) -> bool:
    same_subject = bool(set(incident.subjects) & set(sighting.subjects))
    if incident.reason != sighting.reason:
        # Without the logs a check may only name the general cause: keep the one known before.
        return sighting.uncertain and incident.standing and same_subject
    return same_subject or (bool(sighting.shared) and incident.shared == sighting.shared)


def _born(sighting: Sighting, look: Look, openings: Mapping[str, int]) -> Incident:
    key = fingerprint(look.cluster, sighting.check, sighting.reason, sighting.first.subject)
    return Incident(
        cluster=look.cluster,
        fingerprint=key,
        opening=openings.get(key, 0) + 1,
        status=Status.PENDING,
        check=sighting.check,
        reason=sighting.reason,
        severity=sighting.severity,
        subjects=sighting.subjects,
        since=sighting.since or look.at,
        first_seen_at=look.at,
        last_seen_at=look.at,
        counted_at=look.at,
        sightings=1,
    )


def _seen(incident: Incident, sighting: Sighting, look: Look, *, new: bool) -> Incident:
    counts = not new and look.at - incident.counted_at >= APART
    seen = replace(
        incident,
        last_seen_at=max(incident.last_seen_at, look.at),
        counted_at=look.at if counts else incident.counted_at,
        sightings=incident.sightings + counts,
        clear_runs=0,
        inhibited_by=sighting.inhibited_by,
    )
    if incident.reason == sighting.reason:
        seen = _refreshed(seen, sighting)
    may_open = incident.status is Status.PENDING and not sighting.inhibited_by
    if may_open and _confirmed(seen, sighting, look.at):
        return replace(seen, status=Status.OPEN, opened_at=look.at)
    return seen


def _refreshed(incident: Incident, sighting: Sighting) -> Incident:
    title, explanation = explain(sighting)
    return replace(
        incident,
        severity=sighting.severity,
        subjects=sighting.subjects,
        affected=sighting.affected,
        shared=sighting.shared,
        since=min(incident.since, sighting.since or incident.since),
        title=title,
        explanation=explanation,
        evidence=evidence(sighting),
        proposal=proposal(sighting),
    )


def _confirmed(incident: Incident, sighting: Sighting, now: datetime) -> bool:
    first = sighting.first
    if first.since is None:
        return incident.sightings >= first.sightings
    return ripe(first, now)


def _unseen(incident: Incident, look: Look) -> Incident | None:
    """The Incident after a Run that did not show it; None when a pending one is over."""
    if incident.check not in look.judged or _hidden(incident, look):
        return incident
    if incident.status is Status.PENDING:
        return None
    if look.at - incident.counted_at < APART:
        return incident
    clear = replace(incident, clear_runs=incident.clear_runs + 1, counted_at=look.at)
    if clear.clear_runs < CLEAR_RUNS:
        return clear
    return replace(clear, status=Status.RESOLVED, resolved_at=look.at, inhibited_by="")


def _hidden(incident: Incident, look: Look) -> bool:
    """What cannot be judged cannot be called healthy."""
    return any(ref in look.unjudged for ref in (*incident.subjects, *incident.affected))


def _transition(
    before: Incident | None, after: Incident, look: Look, reason: str
) -> Iterator[Transition]:
    old = before.status if before else None
    if old is not after.status:
        yield Transition(
            incident=after.id, before=old, after=after.status, at=look.at, reason=reason
        )


def _change(incident: Incident, after: Status | None, look: Look, reason: str) -> Transition:
    return Transition(
        incident=incident.id, before=incident.status, after=after, at=look.at, reason=reason
    )
