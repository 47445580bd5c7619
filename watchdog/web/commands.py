"""People's half of an Incident as commands: list, show, ack, silence, note. JSON in, JSON out."""

from datetime import datetime, timedelta

from pydantic import Field

from watchdog.domain.errors import Usage
from watchdog.domain.incident import Incident, Status
from watchdog.domain.ports import Clock
from watchdog.domain.silence import Silence
from watchdog.logic.incident.own_faults import CHECK, REMEDIATION_FAILED
from watchdog.logic.words.json_view import incident_json
from watchdog.logic.words.render import incident_text
from watchdog.store import breaker, incidents, journal, notes, silences
from watchdog.store.engine import Store
from watchdog.web.arguments import Arguments, command
from watchdog.web.door import Command
from watchdog.web.json_lines import moment, silence_line

UNRESOLVED = (Status.PENDING, Status.OPEN, Status.ACKNOWLEDGED)

_MATCHERS = ("incident", "check", "fault", "namespace", "name")


class _List(Arguments):
    status: tuple[Status, ...] = UNRESOLVED


class _One(Arguments):
    id: str


class _Ack(Arguments):
    id: str
    by: str = Field(min_length=1)


class _Silence(Arguments):
    reason: str = Field(min_length=1)
    author: str = Field(min_length=1)
    for_seconds: float = Field(gt=0, le=366 * 24 * 3600)
    incident: str = ""
    check: str = ""
    fault: str = ""
    namespace: str = ""
    name: str = ""


class _SilenceId(Arguments):
    id: int


class _Note(Arguments):
    text: str = Field(min_length=1, max_length=4000)
    by: str = Field(min_length=1)


class _Nothing(Arguments):
    pass


def incident_commands(store: Store, clock: Clock) -> dict[str, Command]:
    """The commands by dotted name. Each runs in a thread, one transaction each.

    `incidents.list {status?}`, `incidents.show {id}`, `ack {id, by}`, `silence.add {reason, author,
    for_seconds, incident?, check?, fault?, namespace?, name?}`, `silence.list {}`,
    `silence.end {id}`, `note.add {text, by}`. An incident's id may be a unique beginning.
    """

    def listed(asked: _List) -> object:
        return [incident_json(each) for each in incidents.select(store, statuses=asked.status)]

    def show(asked: _One) -> object:
        return _story(store, incidents.find(store, asked.id))

    def ack(asked: _Ack) -> object:
        return incident_json(_acknowledged(store, asked, clock.now()))

    def silence(asked: _Silence) -> object:
        return silence_line(_silenced(store, asked, clock.now()))

    def silences_listed(_asked: _Nothing) -> object:
        return _silences(store, clock.now())

    def silence_ended(asked: _SilenceId) -> object:
        return silence_line(silences.end(store, asked.id, clock.now()))

    def note(asked: _Note) -> object:
        return _noted(store, asked, clock.now())

    return {
        "incidents.list": command(_List, listed),
        "incidents.show": command(_One, show),
        "ack": command(_Ack, ack),
        "silence.add": command(_Silence, silence),
        "silence.list": command(_Nothing, silences_listed),
        "silence.end": command(_SilenceId, silence_ended),
        "note.add": command(_Note, note),
    }


def _silenced(store: Store, asked: _Silence, now: datetime) -> Silence:
    matchers = asked.model_dump(include=set(_MATCHERS))
    if not any(matchers.values()):
        raise Usage(
            "this would silence everything",
            hint="say what: --incident, --check, --reason-name, --namespace or --name",
        )
    if asked.incident:
        matchers["incident"] = incidents.find(store, asked.incident).id
    ends_at = now + timedelta(seconds=asked.for_seconds)
    return silences.add(
        store, reason=asked.reason, author=asked.author, now=now, ends_at=ends_at, **matchers
    )


def _silences(store: Store, now: datetime) -> list[dict[str, object]]:
    return [
        {**silence_line(each), "active": each.created_at <= now < each.ends_at}
        for each in silences.select(store)
    ]


def _noted(store: Store, asked: _Note, now: datetime) -> dict[str, object]:
    added = notes.add(store, asked.text, author=asked.by, now=now)
    return {"id": added.id, "at": moment(added.at), "author": added.author, "text": added.text}


def _acknowledged(store: Store, asked: _Ack, now: datetime) -> Incident:
    """Acknowledge it; where it is the breaker's, that closes the breaker."""
    seen = incidents.acknowledge(store, asked.id, by=asked.by, now=now)
    if (seen.check, seen.reason) == (CHECK, REMEDIATION_FAILED):
        breaker.close(store, by=asked.by, now=now)
    return seen


def _story(store: Store, incident: Incident) -> dict[str, object]:
    entries = journal.entries(store, incident.id)
    return {
        "incident": incident_json(incident),
        "text": incident_text(incident),
        "journal": [
            {"at": moment(entry.at), "kind": entry.kind, "text": entry.text} for entry in entries
        ],
    }
