"""Attempts: the intent before the first call, the result after the last, and what was seen since."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from watchdog.domain.attempt import Answer, Approval, Attempt, Result, Verified
from watchdog.domain.ports import Done
from watchdog.store import approvals, journal
from watchdog.store.columns import row_of
from watchdog.store.engine import Store
from watchdog.store.tables import attempt, cluster


def begin(store: Store, intent: Attempt, yes: Approval | None = None) -> str:
    """Write the intent, or return why not: an Attempt is made once, and one at a time.

    The `yes` it stands on is used up with it, or not at all. Whoever holds the row of the cluster decides, so two processes on one database cannot both start.
    """
    own = attempt.c.cluster == intent.cluster
    lines = [(intent.incident, intent.begun_at, "attempt", _line(intent))]
    with store.write() as connection:
        connection.execute(select(cluster).with_for_update())
        flying = select(attempt.c.id).where(own, attempt.c.verified == Verified.PENDING)
        if (other := connection.scalar(flying)) is not None:
            return f"attempt {other} is not verified yet"
        if connection.scalar(select(attempt.c.id).where(attempt.c.id == intent.id)) is not None:
            return f"attempt {intent.id} was made before"
        if yes is not None and not approvals.change(
            connection, yes, Answer.CARRIED_OUT, by=yes.by, now=intent.begun_at
        ):
            return f"{yes.id} was settled meanwhile"
        connection.execute(attempt.insert().values(**row_of(intent)))
        journal.write(connection, lines)
    return ""


def finish(store: Store, intent: Attempt, done: Done, now: datetime) -> None:
    """Write how the calls ended, once."""
    values = {"result": done.result, "text": done.text, "result_at": now}
    change = (
        update(attempt)
        .where(attempt.c.id == intent.id, attempt.c.result == Result.INTENDED)
        .values(**values)
    )
    text = f"{intent.id} {done.result}: {done.text}" if done.text else f"{intent.id} {done.result}"
    with store.write() as connection:
        if connection.execute(change).rowcount:
            journal.write(connection, [(intent.incident, now, "result", text)])


def looked(store: Store, seen: Attempt) -> None:
    """Write what later Snapshots show of it; an end is written once, and told in the Journal."""
    change = (
        update(attempt)
        .where(attempt.c.id == seen.id, attempt.c.verified == Verified.PENDING)
        .values(
            looks=seen.looks,
            verified=seen.verified,
            verified_at=seen.verified_at,
            reasons=seen.reasons,
        )
    )
    with store.write() as connection:
        if connection.execute(change).rowcount and seen.verified_at is not None:
            text = "; ".join((f"{seen.id} {seen.verified}", *seen.reasons))
            journal.write(connection, [(seen.incident, seen.verified_at, "verification", text)])


def since(store: Store, cluster_id: str, moment: datetime) -> tuple[Attempt, ...]:
    """Return those of a cluster that began since then or are not verified, oldest first."""
    own = attempt.c.cluster == cluster_id
    recent = (attempt.c.begun_at >= moment) | (attempt.c.verified == Verified.PENDING)
    query = select(attempt).where(own, recent).order_by(attempt.c.begun_at, attempt.c.id)
    with store.read() as connection:
        return tuple(Attempt(**row) for row in connection.execute(query).mappings())


def of(store: Store, incident_ids: Collection[str]) -> tuple[Attempt, ...]:
    """Return all about these Incidents, oldest first."""
    query = select(attempt).where(attempt.c.incident.in_(incident_ids))
    with store.read() as connection:
        rows = connection.execute(query.order_by(attempt.c.begun_at, attempt.c.id)).mappings()
        return tuple(Attempt(**row) for row in rows)


def _line(intent: Attempt) -> str:
    by = f", approved by {intent.approved_by}" if intent.approved_by else ""
    return f"{intent.id} {'; '.join(step.verb for step in intent.plan.steps[:3])}{by}"
