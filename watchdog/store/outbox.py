"""The outbox: every Message is a row until it is delivered or given up. At least once, in order."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    false,
    func,
    not_,
    select,
    true,
    update,
)

from watchdog.domain.notification import Message, Notification, NotificationKind
from watchdog.logic.incident.own_faults import DELIVERY_FAILING
from watchdog.store.columns import row_of
from watchdog.store.engine import Store
from watchdog.store.tables import incident, outbox

MESSAGE_FIELDS = tuple(each.name for each in fields(Message))
SUPERSEDED = "superseded"

_older = outbox.alias("older")
_later = outbox.alias("later")


def enqueue(
    store: Store, messages: Iterable[tuple[str, Message]], now: datetime
) -> tuple[Notification, ...]:
    """Add (target, Message) pairs; return their rows in the same order."""
    with store.write() as connection:
        return write(connection, messages, now)


def write(
    connection: Connection, messages: Iterable[tuple[str, Message]], now: datetime
) -> tuple[Notification, ...]:
    """Add rows within a transaction that does more.

    An `updated` takes the place of those of its thread and target that still wait: people need
    the newest facts only. It is loud when one of those was. Nothing takes the place of an `opened`.
    """
    return tuple(_add(connection, target, message, now) for target, message in messages)


def due(
    store: Store, now: datetime, *, ids: Collection[int] | None = None, limit: int = 50
) -> tuple[Notification, ...]:
    """Return what is to be sent now, by id; with `ids` only those, however long they should wait.

    Of each thread at each target at most the oldest undelivered one: order is kept.
    """
    when = outbox.c.next_try_at <= now if ids is None else outbox.c.id.in_(ids)
    query = select(outbox).where(_first_of_thread(), when).order_by(outbox.c.id).limit(limit)
    with store.read() as connection:
        return tuple(_notification(row) for row in connection.execute(query).mappings())


def delivered(store: Store, notification: Notification, *, receipt: str, now: datetime) -> None:
    """Note that it has arrived; `receipt` is the id under which the target can edit it."""
    values = {"delivered_at": now, "receipt": receipt, "failed": "", "abandoned": False}
    _tried(store, notification, values)


def failed(
    store: Store, notification: Notification, *, error: str, next_try_at: datetime | None
) -> None:
    """Note a try that did not work; None gives the row up for good."""
    if next_try_at is None:
        _tried(store, notification, {"failed": error, "abandoned": True})
    else:
        _tried(store, notification, {"failed": error, "next_try_at": next_try_at})


def reread(store: Store, ids: Collection[int]) -> tuple[Notification, ...]:
    """Return these rows as they are now, by id."""
    query = select(outbox).where(outbox.c.id.in_(ids)).order_by(outbox.c.id)
    with store.read() as connection:
        return tuple(_notification(row) for row in connection.execute(query).mappings())


def receipt(store: Store, target: str, thread: str) -> str:
    """Return the receipt of the newest delivered Message of a thread at a target, "" if none."""
    query = (
        select(outbox.c.receipt)
        .where(outbox.c.target == target, outbox.c.thread == thread)
        .where(outbox.c.delivered_at.is_not(None))
        .order_by(outbox.c.id.desc())
        .limit(1)
    )
    with store.read() as connection:
        return connection.scalar(query) or ""


def has_thread(store: Store, thread: str) -> bool:
    """Return whether anything was ever to be said in this thread."""
    with store.read() as connection:
        return connection.scalar(select(outbox.c.id).where(outbox.c.thread == thread)) is not None


def overdue(store: Store, now: datetime, age: timedelta) -> int:
    """Return how many rows have waited for `age` or longer."""
    query = select(func.count()).where(waiting(), outbox.c.created_at <= now - age)
    with store.read() as connection:
        return connection.scalar(query) or 0


def given_up(store: Store) -> Mapping[str, int]:
    """Return for each target how many rows it refused for good and took nothing since.

    Replaced ones do not count, nor what is said of refusals: that would go on for ever, or end by
    its own arrival.
    """
    of_itself = select(incident.c.id).where(incident.c.reason == DELIVERY_FAILING)
    taken = (
        select(_later.c.id)
        .where(_later.c.target == outbox.c.target, _later.c.id > outbox.c.id)
        .where(_later.c.delivered_at.is_not(None), _later.c.thread.not_in(of_itself))
    )
    query = select(outbox.c.target, func.count()).where(
        outbox.c.abandoned == true(),
        outbox.c.failed != SUPERSEDED,
        outbox.c.thread.not_in(of_itself),
        not_(taken.exists()),
    )
    with store.read() as connection:
        return dict(connection.execute(query.group_by(outbox.c.target)).all())


def last_delivered(store: Store) -> Mapping[str, datetime]:
    """Return when each target took its last message."""
    query = select(outbox.c.target, func.max(outbox.c.delivered_at)).where(
        outbox.c.delivered_at.is_not(None)
    )
    with store.read() as connection:
        return dict(connection.execute(query.group_by(outbox.c.target)).all())


def next_due_at(store: Store) -> datetime | None:
    """Return when the next row should be tried; None when nothing waits."""
    query = select(func.min(outbox.c.next_try_at)).where(_first_of_thread())
    with store.read() as connection:
        first: datetime | None = connection.scalar(query)
    return first


def waiting() -> ColumnElement[bool]:
    """Return the condition for rows that are neither delivered nor given up."""
    return and_(outbox.c.delivered_at.is_(None), outbox.c.abandoned == false())


def _first_of_thread() -> ColumnElement[bool]:
    earlier = (
        select(_older.c.id)
        .where(_older.c.target == outbox.c.target, _older.c.thread == outbox.c.thread)
        .where(_older.c.delivered_at.is_(None), _older.c.abandoned == false())
        .where(_older.c.id < outbox.c.id)
    )
    return and_(waiting(), not_(earlier.exists()))


def _add(connection: Connection, target: str, message: Message, now: datetime) -> Notification:
    if message.kind is NotificationKind.UPDATED:
        same = (outbox.c.target == target, outbox.c.thread == message.thread)
        stale = update(outbox).where(waiting(), *same, outbox.c.kind == message.kind)
        replaced = stale.values(abandoned=True, failed=SUPERSEDED).returning(outbox.c.quiet)
        quiet = all([message.quiet, *connection.scalars(replaced)])
        message = replace(message, quiet=quiet)
    row = {"target": target, **row_of(message), "created_at": now, "next_try_at": now}
    unsent = {"tries": 0, "failed": "", "abandoned": False, "receipt": ""}
    result = connection.execute(outbox.insert().returning(outbox.c.id), {**row, **unsent})
    return Notification(
        id=result.scalar_one(), target=target, message=message, created_at=now, next_try_at=now
    )


def _tried(store: Store, notification: Notification, values: Mapping[str, object]) -> None:
    change = update(outbox).where(outbox.c.id == notification.id, outbox.c.delivered_at.is_(None))
    with store.write() as connection:
        connection.execute(change.values(tries=outbox.c.tries + 1, **values))


def _notification(row: RowMapping) -> Notification:
    own = {key: row[key] for key in row if key not in (*MESSAGE_FIELDS, "receipt")}
    return Notification(**own, message=Message(**{key: row[key] for key in MESSAGE_FIELDS}))
