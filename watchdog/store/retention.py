"""Forgetting what nobody will ask for again. What stands, or waits to be said, is never forgotten."""

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Column, Connection, Table, and_, delete, exists, not_, select

from watchdog.domain.incident import Status
from watchdog.domain.job import RunState
from watchdog.store.engine import Store
from watchdog.store.ledger import newest_claimed
from watchdog.store.outbox import waiting
from watchdog.store.tables import (
    approval,
    attempt,
    exchange,
    hold,
    incident,
    journal,
    llm_call,
    outbox,
    run,
    triage,
)

Batch = Callable[[Connection, datetime, int], tuple[int, int]]


def prune(store: Store, *, before: datetime, batch: int = 500) -> int:
    """Delete what ended before `before`, in transactions of about `batch` rows; return how many.

    The newest Run of each Job stays, as its schedule hangs on it. So does the delivered message
    of an Incident that stands: a later one edits it.
    """
    return sum(
        _in_batches(store, rule, before, batch)
        for rule in (_runs, _incidents, _journal, _outbox, _triages, _calls, _exchanges, _holds)
    )


def _in_batches(store: Store, rule: Batch, before: datetime, batch: int) -> int:
    total, found = 0, batch
    while found == batch:
        with store.write() as connection:
            found, deleted = rule(connection, before, batch)
        total += deleted
    return total


def _runs(connection: Connection, before: datetime, batch: int) -> tuple[int, int]:
    newest = newest_claimed().subquery()
    anchor = exists().where(newest.c.job == run.c.job, newest.c.due_at == run.c.due_at)
    ended = and_(run.c.due_at < before, run.c.state != RunState.RUNNING, ~anchor)
    ids = connection.scalars(select(run.c.run_id).where(ended).limit(batch)).all()
    return len(ids), _delete(connection, run, run.c.run_id, ids)


def _incidents(connection: Connection, before: datetime, batch: int) -> tuple[int, int]:
    # With all that carries its id: numbers of openings may begin anew, and must find nothing old.
    ended = and_(incident.c.status == Status.RESOLVED, incident.c.resolved_at < before)
    unsaid = exists().where(outbox.c.thread == incident.c.id, waiting())
    ids = connection.scalars(select(incident.c.id).where(ended, ~unsaid).limit(batch)).all()
    deleted = (
        _delete(connection, incident, incident.c.id, ids)
        + _delete(connection, journal, journal.c.incident, ids)
        + _delete(connection, outbox, outbox.c.thread, ids)
        + _delete(connection, triage, triage.c.incident, ids)
        + _delete(connection, attempt, attempt.c.incident, ids)
        + _delete(connection, approval, approval.c.incident, ids)
    )
    return len(ids), deleted


def _journal(connection: Connection, before: datetime, batch: int) -> tuple[int, int]:
    known = exists().where(incident.c.id == journal.c.incident)
    orphans = select(journal.c.id).where(journal.c.at < before, ~known).limit(batch)
    ids = connection.scalars(orphans).all()
    return len(ids), _delete(connection, journal, journal.c.id, ids)


def _outbox(connection: Connection, before: datetime, batch: int) -> tuple[int, int]:
    stands = select(incident.c.id, incident.c.announced).where(incident.c.status != Status.RESOLVED)
    needed: set[str] = set()
    for own, announced in connection.execute(stands):
        needed.update(
            (own, *(thread for told in announced for thread in (told.thread, told.summary)))
        )
    done = and_(not_(waiting()), outbox.c.created_at < before, outbox.c.thread.not_in(needed))
    ids = connection.scalars(select(outbox.c.id).where(done).limit(batch)).all()
    return len(ids), _delete(connection, outbox, outbox.c.id, ids)


def _triages(connection: Connection, before: datetime, batch: int) -> tuple[int, int]:
    known = exists().where(incident.c.id == triage.c.incident)
    old = select(triage.c.incident, triage.c.digest).where(triage.c.at < before, ~known)
    keys = connection.execute(old.limit(batch)).all()
    for incident_id, digest in keys:
        own = (triage.c.incident == incident_id, triage.c.digest == digest)
        connection.execute(delete(triage).where(*own))
    return len(keys), len(keys)


def _calls(connection: Connection, before: datetime, batch: int) -> tuple[int, int]:
    old = select(llm_call.c.id).where(llm_call.c.at < before).limit(batch)
    ids = connection.scalars(old).all()
    return len(ids), _delete(connection, llm_call, llm_call.c.id, ids)


def _exchanges(connection: Connection, before: datetime, batch: int) -> tuple[int, int]:
    stands = exists().where(
        incident.c.id == exchange.c.incident, incident.c.status != Status.RESOLVED
    )
    old = select(exchange.c.id).where(exchange.c.at < before, ~stands).limit(batch)
    ids = connection.scalars(old).all()
    return len(ids), _delete(connection, exchange, exchange.c.id, ids)


def _holds(connection: Connection, before: datetime, batch: int) -> tuple[int, int]:
    # What waits as a row of the outbox keeps its hold, however old it is.
    unsaid = exists().where(outbox.c.id == hold.c.outbox, waiting())
    ids = connection.scalars(
        select(hold.c.outbox).where(hold.c.at < before, ~unsaid).limit(batch)
    ).all()
    return len(ids), _delete(connection, hold, hold.c.outbox, ids)


def _delete(
    connection: Connection, table: Table, column: Column[object], ids: Iterable[object]
) -> int:
    return connection.execute(delete(table).where(column.in_(ids))).rowcount
