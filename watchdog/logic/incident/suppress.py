"""What is said now, to whom it is news, and why the rest stays unsaid.

State decides, not texts: what each target was told is on the Incident, so nothing is said twice to
anybody and what was held back is said once nothing holds it any more.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.incident import Announced, Incident, Status
from watchdog.domain.notification import NotificationKind
from watchdog.domain.silence import Silence
from watchdog.logic.incident.announced import after, digest
from watchdog.logic.incident.repairing import in_vain, mended, repairing
from watchdog.logic.incident.speech import Manners, Speech, Spoken
from watchdog.logic.incident.storm import progress, storms

# Who read "now only informational" is not pinged again for what swings back at once.
_SWING = timedelta(hours=1)


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
    room = _Room(silences=silences, manners=manners, now=now)
    found = {incident.id: tuple(room.weigh(incident)) for incident in incidents}
    known = tuple(recent)
    speeches, summaries = storms(
        [each for weighed in found.values() for each in weighed if isinstance(each, Speech)],
        recent=known,
        limit=manners.storm_limit,
        now=now,
    )
    ended = () if manners.mute else [each for each in incidents if each.status is Status.RESOLVED]
    return Spoken(
        speeches=speeches,
        summaries=summaries,
        progress=progress(ended, (*known, *incidents)),
        incidents=after(incidents, ended, speeches, summaries, now),
        unsaid={
            id: next((each for each in weighed if isinstance(each, str)), manners.mute)
            for id, weighed in found.items()
            if not any(isinstance(each, Speech) for each in weighed)
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Room:
    """The moment in which things are said."""

    silences: Sequence[Silence]
    manners: Manners
    now: datetime

    def weigh(self, incident: Incident) -> Iterator[Speech | str]:
        """Yield for each target what it is told, or the reason why it is told nothing.

        What is loud goes to whom this Run tells. An edit goes to whoever has the message.
        """
        heard = {each.target: each for each in incident.announced}
        if incident.status is Status.RESOLVED:
            yield from self._end(incident)
            return
        for target in dict.fromkeys((*self.manners.targets, *heard)):
            kind, loud, reason = self._news(incident, heard.get(target))
            if kind is None:
                yield reason
            elif loud and target not in self.manners.targets:
                yield "a run that tells this target says it"
            elif reason := self._held_back(incident, heard.get(target)):
                yield reason
            else:
                yield Speech(kind=kind, incident=incident, loud=loud, target=target)

    def _end(self, incident: Incident) -> Iterator[Speech | str]:
        posts = [each.target for each in incident.announced if each.thread == incident.id]
        if not posts and self.manners.tell_repairs and mended(incident):
            posts = list(self.manners.targets)
        if not posts:
            yield "its opening was not announced"
        for target in posts:
            yield self.manners.mute or Speech(
                kind=NotificationKind.RESOLVED, incident=incident, loud=False, target=target
            )

    def _news(
        self, incident: Incident, told: Announced | None
    ) -> tuple[NotificationKind | None, bool, str]:
        """Return what could be said to a target, whether loudly, or why there is nothing to say."""
        if incident.status is Status.PENDING:
            return None, False, incident.inhibited_by or "not confirmed yet"
        if incident.clear_runs:
            return None, False, "not seen in this run"
        if told is None:
            return _opening_kind(incident), True, ""
        if _rises(incident, told, self.now) or in_vain(incident, told.pinged_at):
            return NotificationKind.UPDATED, True, ""
        if self._stale(told) and incident.status is Status.OPEN and incident.severity.needs_human:
            return NotificationKind.REMINDER, True, ""
        if digest(incident) != told.digest and told.thread == incident.id:
            return NotificationKind.UPDATED, False, ""
        return None, False, "already announced"

    def _stale(self, told: Announced) -> bool:
        return self.now - told.pinged_at >= self.manners.remind_after

    def _held_back(self, incident: Incident, told: Announced | None) -> str:
        """Return why it is not said although it is news; "" when it is said."""
        if self.manners.mute:
            return self.manners.mute
        if not incident.severity.needs_human and told is None:
            return "severity info"
        rises = told is not None and _rises(incident, told, self.now)
        if incident.status is Status.ACKNOWLEDGED and not rises:
            return f"acknowledged by {incident.acknowledged_by}"
        if incident.inhibited_by:
            return f"explained by {incident.inhibited_by}"
        if told is None and (being := repairing(incident, self.now)):
            return being
        for silence in self.silences:
            if silence.covers(incident):
                return f"silenced by {silence.author}: {silence.reason}"
        return ""


def _opening_kind(incident: Incident) -> NotificationKind:
    if incident.check != "self":
        return NotificationKind.OPENED
    unreadable = incident.reason == "ClusterUnreadable"
    return NotificationKind.UNKNOWN if unreadable else NotificationKind.SELF


def _rises(incident: Incident, told: Announced, now: datetime) -> bool:
    """Worse than at the last ping, or worth a human again after it was long said not to be."""
    if incident.severity.rank > told.severity.rank:
        return True
    returned = incident.severity.needs_human and not told.said.needs_human
    return returned and now - told.at >= _SWING
