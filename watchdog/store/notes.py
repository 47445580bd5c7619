"""Notes that operators leave for whoever, or whatever, looks next."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from watchdog.store.engine import Store
from watchdog.store.tables import note


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One remark of a person."""

    id: int
    at: datetime
    author: str
    text: str


def add(store: Store, text: str, *, author: str, now: datetime) -> Note:
    """Keep a remark."""
    row = {"at": now, "author": author, "text": text}
    with store.write() as connection:
        added = connection.execute(note.insert().returning(note), row)
        return Note(**added.mappings().one())


def recent(store: Store, limit: int = 20) -> tuple[Note, ...]:
    """Return the newest remarks, newest first."""
    query = select(note).order_by(note.c.id.desc()).limit(limit)
    with store.read() as connection:
        return tuple(Note(**row) for row in connection.execute(query).mappings())
