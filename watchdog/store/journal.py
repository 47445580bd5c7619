"""The Journal: what was learned, decided and done about an Incident. Entries are only appended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from watchdog.domain.incident import Transition
from watchdog.store.engine import Store
from watchdog.store.tables import journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of an Incident's history."""

    id: int
    incident: str  # the id; it outlives a pending Incident that went away before it opened
    at: datetime
    kind: str  # the status it came to, "changed" or "dropped" for a Transition; else the caller's
    text: str


def entries(store: Store, incident_id: str) -> tuple[Entry, ...]:
    """Return the history of one Incident, oldest first; empty when nothing is known of it."""
    query = select(journal).where(journal.c.incident == incident_id).order_by(journal.c.id)
    with store.read() as connection:
        return tuple(Entry(**row) for row in connection.execute(query).mappings())


def newest(store: Store) -> datetime | None:
    """Return the latest time of all entries: a clock behind it is, or was, wrong."""
    with store.read() as connection:
        latest: datetime | None = connection.scalar(select(func.max(journal.c.at)))
    return latest


def append(store: Store, incident_id: str, *, kind: str, text: str, at: datetime) -> None:
    """Add one entry."""
    with store.write() as connection:
        write(connection, [(incident_id, at, kind, text)])


def write(connection: Connection, lines: Iterable[tuple[str, datetime, str, str]]) -> None:
    """Add entries (incident id, time, kind, text) within a transaction that does more."""
    rows = [dict(zip(("incident", "at", "kind", "text"), line, strict=True)) for line in lines]
    if rows:
        connection.execute(journal.insert(), rows)


def line_of(transition: Transition) -> tuple[str, datetime, str, str]:
    """Return a Transition as a line for `write`."""
    if transition.after is None:
        kind = "dropped"
    elif transition.after is transition.before:
        kind = "changed"
    else:
        kind = transition.after.value
    return transition.incident, transition.at, kind, transition.reason
