"""What each target knows of an Incident once it has been told."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from watchdog.domain.incident import Announced, Incident
from watchdog.logic.incident.speech import Speech, Summary

_Told = Speech | Summary


def digest(incident: Incident) -> str:
    """What must change before a message is edited: who, how bad; never the wording."""
    parts = (incident.severity.value, *sorted(map(str, incident.subjects)))
    return sha256("\n".join(parts).encode()).hexdigest()[:16]


def after(
    incidents: Sequence[Incident],
    ended: Collection[Incident],
    speeches: Sequence[Speech],
    summaries: Sequence[Summary],
    now: datetime,
) -> tuple[Incident, ...]:
    """Return the Incidents as they are once all this is said; of those that `ended` nothing is
    remembered."""
    heard: defaultdict[str, dict[str, _Told]] = defaultdict(dict)
    for speech in speeches:
        heard[speech.incident.id][speech.target] = speech
    for summary in summaries:
        for incident in summary.incidents:
            heard[incident.id][summary.target] = summary
    over = {each.id for each in ended}
    return tuple(
        replace(each, announced=()) if each.id in over else _told(each, heard[each.id], now)
        for each in incidents
    )


def _told(incident: Incident, heard: Mapping[str, _Told], now: datetime) -> Incident:
    knows = {each.target: each for each in incident.announced}
    for target, told in heard.items():
        knows[target] = _announced(incident, told, knows.get(target), now)
    return replace(incident, announced=tuple(knows.values()))


def _announced(
    incident: Incident, told: _Told, before: Announced | None, now: datetime
) -> Announced:
    quiet = isinstance(told, Speech) and not told.loud
    worst = (incident.severity, before.severity) if before and quiet else (incident.severity,)
    thread, summary, of = _where(incident, told, before)
    return Announced(
        target=told.target,
        at=now,
        severity=max(worst, key=lambda each: each.rank),
        said=incident.severity,
        digest=digest(incident),
        pinged_at=before.pinged_at if before and quiet else now,
        thread=thread,
        summary=summary,
        of=of,
    )


def _where(incident: Incident, told: _Told, before: Announced | None) -> tuple[str, str, int]:
    """The thread it was said in, and the summary that spoke of its opening."""
    if isinstance(told, Speech):
        return (incident.id, before.summary, before.of) if before else (incident.id, "", 0)
    if before:
        return before.thread, before.summary, before.of
    return told.thread, told.thread, len(told.incidents)
