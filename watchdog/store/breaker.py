"""The breaker: once it is open nothing is done alone, until a person closes it."""

from datetime import datetime

from sqlalchemy import select, update

from watchdog.store.engine import Store
from watchdog.store.tables import breaker


def reason(store: Store) -> str:
    """Return why it is open, "" while it is closed."""
    query = select(breaker.c.reason).where(breaker.c.closed_at.is_(None))
    with store.read() as connection:
        return connection.scalar(query.order_by(breaker.c.id)) or ""


def last_closed_at(store: Store) -> datetime | None:
    """Return when a person last closed it: failures before that count no more."""
    query = select(breaker.c.closed_at).where(breaker.c.closed_at.is_not(None))
    with store.read() as connection:
        closed: datetime | None = connection.scalar(query.order_by(breaker.c.closed_at.desc()))
    return closed


def trip(store: Store, why: str, now: datetime) -> bool:
    """Open it; False when it was open."""
    with store.write() as connection:
        standing = select(breaker.c.id).where(breaker.c.closed_at.is_(None)).with_for_update()
        if connection.scalar(standing) is not None:
            return False
        row = {"opened_at": now, "reason": why, "closed_at": None, "closed_by": ""}
        connection.execute(breaker.insert().values(**row))
    return True


def close(store: Store, *, by: str, now: datetime) -> None:
    """Close it; nothing changes when it is closed."""
    change = update(breaker).where(breaker.c.closed_at.is_(None))
    with store.write() as connection:
        connection.execute(change.values(closed_at=now, closed_by=by))
