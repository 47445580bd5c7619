"""What is said now, to whom it is news, and why the rest stays unsaid.

State decides, not texts: what has been announced is on the Incident, so nothing is said twice and
what was held back is said once nothing holds it any more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

from watchdog.domain.incident import Announced, Incident, Status
from watchdog.domain.notification import NotificationKind
from watchdog.domain.severity import Severity
from watchdog.domain.silence import Silence

STORM_WINDOW = timedelta(minutes=5)
_COUNTED = (NotificationKind.OPENED, NotificationKind.UPDATED, NotificationKind.REMINDER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """One thing to say about one Incident; `loud` posts anew, quiet edits the message in place."""

    kind: NotificationKind
    incident: Incident
    loud: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Too much at once: one message for all Incidents of a namespace ("" = cluster-wide).

    `kind` is what they have in common: they are new, got worse, or are still there.
    """

    thread: str
    kind: NotificationKind
    namespace: str
    incidents: tuple[Incident, ...]
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What to say, and the Incidents as they are once it is said. `unsaid` is id -> reason."""

    speeches: tuple[Speech, ...]
    summaries: tuple[Summary, ...]
    incidents: tuple[Incident, ...]
    unsaid: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """The settings of speaking: `silent` of the Job, reminders, the storm cap."""

    silent: Literal["auto", "never", "always"] = "auto"
    audience: bool = True  # False: nobody is told now; what is due stays due
    remind_after: timedelta = timedelta(hours=24)
    storm_limit: int = 10


def speak(
    incidents: Sequence[Incident],
    *,
    recent: Iterable[Incident],
    silences: Sequence[Silence],
    manners: Manners,
    now: datetime,
) -> Spoken:
    """Decide for every Incident of the checks that ran, and for ends that were held back before.

    `recent` are all known Incidents of the cluster: they count towards the storm cap. `silences`
    are those in force: their times are ours, while `now` is the API server's.
    """
    speeches: list[Speech] = []
    unsaid: dict[str, str] = {}
    due: set[str] = set()
    for incident in incidents:
        kind, loud, reason = _news(incident, manners, now)
        if kind is None:
            unsaid[incident.id] = reason
        elif reason := _held_back(incident, kind, silences, manners):
            unsaid[incident.id] = reason
            due.add(incident.id)
        else:
            speeches.append(Speech(kind=kind, incident=incident, loud=loud))
    lately = {NotificationKind.OPENED: _opened_lately(recent, now)}
    summaries: tuple[Summary, ...] = ()
    for kind in _COUNTED:
        pings = [each for each in speeches if each.kind is kind and each.loud]
        if len(pings) + lately.get(kind, 0) > manners.storm_limit and len(pings) > 1:
            summaries += _summaries(pings, kind, now)
            speeches = [each for each in speeches if each.kind is not kind or not each.loud]
    return Spoken(
        speeches=tuple(speeches),
        summaries=summaries,
        incidents=tuple(
            replace(each, announced=None)
            if each.status is Status.RESOLVED and each.id not in due
            else each
            for each in _announced(incidents, speeches, summaries, now)
        ),
        unsaid=unsaid,
    )


def _news(
    incident: Incident, manners: Manners, now: datetime
) -> tuple[NotificationKind | None, bool, str]:
    """Return what could be said, whether loudly, or the reason why there is nothing to say."""
    told = incident.announced
    if incident.status is Status.RESOLVED:
        if told is None or told.thread != incident.id:
            return None, False, "its opening was not announced"
        return NotificationKind.RESOLVED, False, ""
    if incident.status is Status.PENDING:
        return None, False, incident.inhibited_by or "not confirmed yet"
    if told is None:
        return _opening_kind(incident), True, ""
    if incident.severity.rank > told.severity.rank:
        return NotificationKind.UPDATED, True, ""
    if now - told.pinged_at >= manners.remind_after and incident.status is Status.OPEN:
        return NotificationKind.REMINDER, True, ""
    if digest(incident) != told.digest and told.thread == incident.id:
        return NotificationKind.UPDATED, False, ""
    return None, False, "already announced"


def _opening_kind(incident: Incident) -> NotificationKind:
    if incident.check != "self":
        return NotificationKind.OPENED
    unreadable = incident.reason == "ClusterUnreadable"
    return NotificationKind.UNKNOWN if unreadable else NotificationKind.SELF


def _held_back(
    incident: Incident,
    kind: NotificationKind,
    silences: Sequence[Silence],
    manners: Manners,
) -> str:
    """Return why it is not said although it is news; "" when it is said."""
    if not manners.audience:
        return "this run tells nobody"
    if manners.silent == "always":
        return "the job is silent"
    if kind is NotificationKind.RESOLVED:
        return ""
    if not incident.severity.needs_human:
        return "severity info"
    rises = incident.announced and incident.severity.rank > incident.announced.severity.rank
    if incident.status is Status.ACKNOWLEDGED and not rises:
        return f"acknowledged by {incident.acknowledged_by}"
    if incident.inhibited_by:
        return f"explained by {incident.inhibited_by}"
    for silence in silences:
        if silence.covers(incident):
            return f"silenced by {silence.author}: {silence.reason}"
    return ""


def digest(incident: Incident) -> str:
    """What must change before a message is edited: who, how bad; never the wording."""
    parts = (incident.severity.value, *sorted(map(str, incident.subjects)))
    return sha256("\n".join(parts).encode()).hexdigest()[:16]


def _opened_lately(recent: Iterable[Incident], now: datetime) -> int:
    return sum(
        incident.announced is not None
        and incident.opened_at is not None
        and abs(now - incident.opened_at) < STORM_WINDOW
        for incident in recent
    )


def _summaries(
    loud: Sequence[Speech], kind: NotificationKind, now: datetime
) -> tuple[Summary, ...]:
    spaces = sorted({each.incident.subjects[0].namespace for each in loud})
    found = []
    for space in spaces:
        members = tuple(
            each.incident for each in loud if each.incident.subjects[0].namespace == space
        )
        found.append(
            Summary(
                thread=f"storm-{space or 'cluster'}-{kind}-{now:%Y%m%dT%H%M%S}",
                kind=kind,
                namespace=space,
                incidents=members,
                severity=max((each.severity for each in members), key=lambda each: each.rank),
            )
        )
    return tuple(found)


def _announced(
    incidents: Sequence[Incident],
    speeches: Sequence[Speech],
    summaries: Sequence[Summary],
    now: datetime,
) -> tuple[Incident, ...]:
    threads = {each.incident.id: (each.incident.id, each.loud) for each in speeches}
    threads |= {
        incident.id: (incident.announced.thread if incident.announced else summary.thread, True)
        for summary in summaries
        for incident in summary.incidents
    }
    return tuple(
        replace(incident, announced=_told(incident, *threads[incident.id], now))
        if incident.id in threads
        else incident
        for incident in incidents
    )


def _told(incident: Incident, thread: str, loud: bool, now: datetime) -> Announced:
    before = incident.announced
    quiet = before is not None and not loud
    told = (incident.severity, before.severity) if before and quiet else (incident.severity,)
    return Announced(
        at=now,
        severity=max(told, key=lambda each: each.rank),
        digest=digest(incident),
        pinged_at=now if loud or before is None else before.pinged_at,
        thread=thread,
    )
