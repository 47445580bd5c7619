"""Silences: people's word that something need not be said for a while."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, Select

from watchdog.domain.errors import Usage
from watchdog.domain.silence import Silence
from watchdog.store.engine import Store
from watchdog.store.tables import silence


def add(
    store: Store,
    *,
    reason: str,
    author: str,
    now: datetime,
    ends_at: datetime,
    incident: str = "",
    check: str = "",
    fault: str = "",
    namespace: str = "",
    name: str = "",
) -> Silence:
    """Start a Silence at `now`; empty matchers match everything."""
    fields = {
        "reason": reason,
        "author": author,
        "created_at": now,
        "ends_at": ends_at,
        "incident": incident,
        "check": check,
        "fault": fault,
        "namespace": namespace,
        "name": name,
    }
    with store.write() as connection:
        added = connection.execute(silence.insert().returning(silence), fields)
        return Silence(**added.mappings().one())


def active(store: Store, now: datetime) -> tuple[Silence, ...]:
    """Return the Silences in force at `now`, newest first."""
    in_force = (silence.c.created_at <= now, silence.c.ends_at > now)
    with store.read() as connection:
        return _silences(connection, _all().where(*in_force))


def select(store: Store) -> tuple[Silence, ...]:
    """Return all Silences, ended ones too, newest first."""
    with store.read() as connection:
        return _silences(connection, _all())


def end(store: Store, id: int, now: datetime) -> Silence:
    """Let a Silence end at `now`; one that has ended already keeps its end.

    Raises:
        Usage: there is none with this id.
    """
    own = silence.c.id == id
    change = sa.update(silence).where(own, silence.c.ends_at > now).values(ends_at=now)
    with store.write() as connection:
        connection.execute(change)
        found = _silences(connection, _all().where(own))
    if not found:
        raise Usage(f"there is no silence {id}", hint="see: watchdog silence list")
    return found[0]


def _all() -> Select[tuple[object, ...]]:
    return sa.select(*silence.c).order_by(silence.c.id.desc())


def _silences(connection: Connection, query: Select[tuple[object, ...]]) -> tuple[Silence, ...]:
    return tuple(Silence(**row) for row in connection.execute(query).mappings())
