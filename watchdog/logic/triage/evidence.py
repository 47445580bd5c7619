"""A fixed set of evidence for a question: for models that cannot look around by themselves."""

import re
from collections.abc import Collection, Iterable, Sequence

from watchdog.domain.incident import Incident
from watchdog.domain.objects import metav1
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.triage.kinds import NAMED, Unread, all_of
from watchdog.logic.triage.rows import event_rows, incident_rows
from watchdog.logic.triage.sanitize import sanitize
from watchdog.logic.triage.slim import slim
from watchdog.logic.triage.tokens import trim

_OBJECTS = 4
_OF_ONE = 500  # tokens of an object, and of its events
_OF_INCIDENTS = 1200
_NAME = re.compile(r"[a-z0-9](?:[-.a-z0-9]*[a-z0-9])?")


def standing(
    snapshot: Snapshot, incidents: Sequence[Incident], own_secrets: Collection[str] = ()
) -> str:
    """What watchdog itself has found, for the start of every question."""
    told = sanitize(incident_rows(incidents, snapshot.taken_at), own_secrets)
    return f"Incidents that stand:\n{trim(told, _OF_INCIDENTS)}"


def evidence(question: str, snapshot: Snapshot, own_secrets: Collection[str] = ()) -> str:
    """The objects whose names stand in the question, and the warnings about them."""
    parts = []
    for item in named_in(question, snapshot)[:_OBJECTS]:
        events = event_rows(snapshot.events_of(item), snapshot.taken_at)
        parts += [
            trim(sanitize(slim(item), own_secrets), _OF_ONE),
            f"Events: {trim(sanitize(events, own_secrets), _OF_ONE)}",
        ]
    return "\n".join(parts)


def named_in(question: str, snapshot: Snapshot) -> list[metav1.Object]:
    """The objects of which the question has the whole name, the longest names first."""
    words = set(_NAME.findall(question.lower()))
    found = [item for kind in NAMED for item in _read(snapshot, kind) if item.name in words]
    return sorted(found, key=lambda item: (-len(item.name), item.ref))


def _read(snapshot: Snapshot, kind: str) -> Iterable[metav1.Object]:
    items = all_of(snapshot, kind)
    return () if isinstance(items, Unread) else items
