"""Known Incidents and new Sightings become Incidents and Transitions: damping, nothing else.

Idempotent: the same Sightings at the same time change nothing the second time.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from watchdog.domain.finding import fingerprint
from watchdog.domain.incident import Incident, Status, Transition
from watchdog.domain.ref import Ref
from watchdog.domain.sighting import Sighting
from watchdog.logic.incident.explain import evidence, explain, proposal
from watchdog.logic.incident.group import ripe
from watchdog.logic.incident.match import match

# Two jobs of one tick are one look: sightings and clear runs closer than this count once.
APART = timedelta(seconds=60)
CLEAR_RUNS = 2
# What returned twice within this time is flapping, and over when it stayed away for CALM.
FLAPS_WITHIN = timedelta(hours=6)
CALM = timedelta(hours=1)


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
    `retired` checks are switched off: nobody will ever say that what they once saw is over. `gone`
    maps checks to the API they are about, which is not installed any more. `lately` is when each
    fingerprint opened before, within FLAPS_WITHIN.
    """

    cluster: str
    at: datetime
    judged: Collection[str]
    unjudged: Collection[Ref] = frozenset()
    retired: Collection[str] = frozenset()
    gone: Mapping[str, str] = field(default_factory=dict)
    lately: Mapping[str, Collection[datetime]] = field(default_factory=dict)


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
    after: list[Incident] = []
    dropped: list[Incident] = []
    transitions: list[Transition] = []
    numbers = _Numbers(known, openings)
    ordered = _strongest_first(sightings)
    pairs = match(known, ordered)
    for number, sighting in enumerate(ordered):
        incident = known[pairs[number]] if number in pairs else None
        if incident is None or not _settled(incident, look):
            sighting = _ripe_part(sighting, look.at)
        if incident is None:
            seen = _seen(_born(sighting, look, numbers), sighting, look, new=True)
            transitions += _transition(None, seen, look, _why_open(seen, "first seen"))
        else:
            current = _rekeyed(incident, sighting, numbers)
            if current.id != incident.id:
                dropped.append(incident)
            seen = _seen(current, sighting, look, new=False)
            transitions += _transition(incident, seen, look, _why_open(seen, "its hold has passed"))
        after.append(seen)
    continued = set(pairs.values())
    for number, incident in enumerate(known):
        if number in continued:
            continue
        gone = _unseen(incident, look)
        if gone is None:
            dropped.append(incident)
            transitions.append(_change(incident, None, look, "went away before it was confirmed"))
        else:
            after.append(gone)
            transitions += _transition(incident, gone, look, _why_over(incident, look))
    return Reconciled(
        incidents=tuple(after), dropped=tuple(dropped), transitions=tuple(transitions)
    )


class _Numbers:
    """Gives every opening its number, so that no two ids are equal.

    Two faults of one object have one fingerprint, and two fingerprints may begin with the same
    eight digits: an id counts the openings of its digits.
    """

    def __init__(self, known: Sequence[Incident], openings: Mapping[str, int]) -> None:
        self._highest: dict[str, int] = {}
        numbered = [(each.fingerprint, each.opening) for each in known]
        for key, opening in (*openings.items(), *numbered):
            self._highest[key[:8]] = max(self._highest.get(key[:8], 0), opening)

    def next(self, key: str) -> int:
        self._highest[key[:8]] = self._highest.get(key[:8], 0) + 1
        return self._highest[key[:8]]


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
    return incident.standing and opened is not None and _apart(look.at, opened)


def _apart(moment: datetime, other: datetime) -> bool:
    """Two looks, not one; also when the clock was set back in between."""
    return abs(moment - other) >= APART


def _ripe_part(sighting: Sighting, now: datetime) -> Sighting:
    """What has not stood for its hold does not open on the back of what has; it joins later."""
    stood = tuple(finding for finding in sighting.findings if ripe(finding, now))
    return replace(sighting, findings=stood) if stood else sighting


def _fingerprint(sighting: Sighting, cluster: str) -> str:
    return fingerprint(cluster, sighting.check, sighting.reason, sighting.first.subject)


def _rekeyed(incident: Incident, sighting: Sighting, numbers: _Numbers) -> Incident:
    """A pending Incident is named after its first subject; from its opening on the name stays."""
    key = _fingerprint(sighting, incident.cluster)
    if incident.standing or key == incident.fingerprint:
        return incident
    return replace(incident, fingerprint=key, opening=numbers.next(key))


def _born(sighting: Sighting, look: Look, numbers: _Numbers) -> Incident:
    key = _fingerprint(sighting, look.cluster)
    return Incident(
        cluster=look.cluster,
        fingerprint=key,
        opening=numbers.next(key),
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
    counts = not new and _apart(look.at, incident.counted_at)
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
        before = look.lately.get(seen.fingerprint, ())
        return replace(seen, status=Status.OPEN, opened_at=look.at, reopened=len(before))
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
    retired = incident.check in look.retired
    if not retired and incident.check not in look.gone and not _judged(incident, look):
        return incident
    if incident.status is Status.PENDING:
        return None
    if retired:
        return _over(incident, look)
    if not _apart(look.at, incident.counted_at):
        return incident
    clear = replace(incident, clear_runs=incident.clear_runs + 1, counted_at=look.at)
    return _over(clear, look) if clear.clear_runs >= CLEAR_RUNS and _calm(clear, look) else clear


def _calm(incident: Incident, look: Look) -> bool:
    """What comes and goes is over when it has stayed away, not at its next pause."""
    return not incident.flapping or abs(look.at - incident.last_seen_at) >= CALM


def _over(incident: Incident, look: Look) -> Incident:
    return replace(incident, status=Status.RESOLVED, resolved_at=look.at, inhibited_by="")


def _judged(incident: Incident, look: Look) -> bool:
    """What cannot be judged cannot be called healthy."""
    hidden = any(ref in look.unjudged for ref in (*incident.subjects, *incident.affected))
    return incident.check in look.judged and not hidden


def _why_open(incident: Incident, reason: str) -> str:
    times, hours = incident.reopened + 1, FLAPS_WITHIN // timedelta(hours=1)
    return f"flapping: open for time {times} within {hours} h" if incident.flapping else reason


def _why_over(incident: Incident, look: Look) -> str:
    if incident.check in look.retired:
        return "its check is switched off"
    if incident.check in look.gone:
        return f"{look.gone[incident.check]} is not installed any more"
    return "clear for 1 h" if incident.flapping else f"clear in {CLEAR_RUNS} runs"


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
