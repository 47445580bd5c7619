"""Messages that wait a moment for a model's words. A hold only delays: when its time is over, or
the program has ended, the message goes out as it is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from watchdog.domain.notification import Message, Notification, NotificationKind
from watchdog.store.engine import Store
from watchdog.store.outbox import MESSAGE_FIELDS, waiting
from watchdog.store.tables import hold, outbox

# What tells the story of an Incident; an end and a reminder wait for nobody.
HELD = frozenset({NotificationKind.OPENED, NotificationKind.UPDATED})


@dataclass(frozen=True, slots=True)
class Holding:
    """For which Incidents (ids) messages wait, until when, and the moment they were worded at."""

    incidents: Collection[str]
    until: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A message that waits, and the Run and the moment it was worded in."""

    row: int
    message: Message
    run_id: str
    at: datetime


def write(
    connection: Connection, rows: Sequence[Notification], holding: Holding, run_id: str
) -> None:
    """Let those of these new rows wait that are about the Incidents, in a transaction that does
    more."""
    own = [
        each.id
        for each in rows
        if each.message.thread in holding.incidents and each.message.kind in HELD
    ]
    if not own:
        return
    later = update(outbox).where(outbox.c.id.in_(own)).values(next_try_at=holding.until)
    connection.execute(later)
    threads = {each.id: each.message.thread for each in rows}
    connection.execute(
        hold.insert(),
        [
            {"outbox": row, "incident": threads[row], "run_id": run_id, "at": holding.at}
            for row in own
        ],
    )


def of(store: Store, incident_id: str) -> tuple[Held, ...]:
    """Return what waits about one Incident and was never tried, oldest first."""
    query = (
        select(outbox, hold.c.run_id, hold.c.at)
        .join(hold, hold.c.outbox == outbox.c.id)
        .where(hold.c.incident == incident_id, waiting(), outbox.c.tries == 0)
        .order_by(outbox.c.id)
    )
    with store.read() as connection:
        return tuple(
            Held(
                row=row["id"],
                message=Message(**{name: row[name] for name in MESSAGE_FIELDS}),
                run_id=row["run_id"],
                at=row["at"],
            )
            for row in connection.execute(query).mappings()
        )


def incidents(store: Store) -> frozenset[str]:
    """Return the ids of all Incidents of which a message waits."""
    with store.read() as connection:
        return frozenset(connection.scalars(select(hold.c.incident)))


def reword(
    connection: Connection, messages: Mapping[int, Message], now: datetime, *, alone: bool
) -> None:
    """Give rows other words. Not a row that was tried, nor, unless this process sends for itself
    (`alone`), one whose time is over: it may be on its way with the old ones."""
    for row, message in messages.items():
        own = [outbox.c.id == row, waiting(), outbox.c.tries == 0]
        own += [] if alone else [outbox.c.next_try_at > now]
        words = {"title": message.title, "text": message.text}
        connection.execute(update(outbox).where(*own).values(**words))


def release(connection: Connection, incident_ids: Collection[str], now: datetime) -> None:
    """Let everything go that waits about these Incidents, within a transaction that does more."""
    of_them = select(hold.c.outbox).where(hold.c.incident.in_(incident_ids))
    held = update(outbox).where(
        outbox.c.id.in_(of_them), waiting(), outbox.c.tries == 0, outbox.c.next_try_at > now
    )
    connection.execute(held.values(next_try_at=now))
    connection.execute(delete(hold).where(hold.c.incident.in_(incident_ids)))


def release_all(store: Store, incident_ids: Collection[str], now: datetime) -> None:
    """Let everything go that waits about these Incidents."""
    if incident_ids:
        with store.write() as connection:
            release(connection, incident_ids, now)
