"""Asks: Plans that wait for a person. One at a time for each Incident, answered once."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, or_, select, update

from watchdog.domain.attempt import Answer, Approval
from watchdog.domain.errors import Usage
from watchdog.store import journal
from watchdog.store.columns import row_of
from watchdog.store.engine import Store
from watchdog.store.tables import approval

_HINT = "see: watchdog incidents list"
_SAID = (Answer.APPROVED, Answer.CARRIED_OUT, Answer.DENIED)  # what a person's answer has led to


def ask(store: Store, new: Approval) -> bool:
    """Keep an ask; False when another about the same Incident is not settled."""
    unsettled = approval.c.answer.in_((Answer.OPEN, Answer.APPROVED))
    other = select(approval.c.id).where(approval.c.incident == new.incident, unsettled)
    with store.write() as connection:
        if connection.scalar(other) is not None:
            return False
        connection.execute(approval.insert().values(**row_of(new)))
        text = f"{new.id} asked: {'; '.join(step.verb for step in new.plan.steps[:3])}"
        journal.write(connection, [(new.incident, new.asked_at, "approval", text)])
    return True


def of(store: Store, incident_ids: Collection[str]) -> tuple[Approval, ...]:
    """Return all asks about these Incidents, oldest first."""
    query = select(approval).where(approval.c.incident.in_(incident_ids))
    with store.read() as connection:
        rows = connection.execute(query.order_by(approval.c.asked_at, approval.c.id)).mappings()
        return tuple(Approval(**row) for row in rows)


def answer(store: Store, name: str, *, yes: bool, by: str, now: datetime) -> Approval:
    """Write a person's answer to the ask with this id, or about this Incident.

    Raises:
        Usage: there is no such ask, it was answered before, or its time is over.
    """
    with store.write() as connection:
        found = _find(connection, name)
        if found.answer is Answer.OPEN:
            said = Answer.APPROVED if yes else Answer.DENIED
            if now < found.expires_at:
                change(connection, found, said, by=by, now=now)
                return _find(connection, found.id)
            change(connection, found, Answer.EXPIRED, now=now)
            found = _find(connection, found.id)
    whose = f" by {found.by}" if found.by and found.answer in _SAID else ""
    raise Usage(
        f"{found.id} cannot be answered: it is {found.answer}{whose}",
        hint=f"`watchdog incidents show {found.incident}` says what came of it, and what to do",
    )


def settle(store: Store, ask: Approval, answer: Answer, now: datetime) -> bool:
    """Move an ask on from where it was read; False when somebody else has done so."""
    with store.write() as connection:
        return change(connection, ask, answer, now=now, by=ask.by)


def change(
    connection: Connection, ask: Approval, answer: Answer, *, now: datetime, by: str = ""
) -> bool:
    """Move an ask on, by compare and set, within a transaction that does more."""
    moved = (
        update(approval)
        .where(approval.c.id == ask.id, approval.c.answer == ask.answer)
        .values(answer=answer, by=by, answered_at=now)
    )
    if not connection.execute(moved).rowcount:
        return False
    text = f"{ask.id} {answer}" + (f" by {by}" if by else "")
    journal.write(connection, [(ask.incident, now, "approval", text)])
    return True


def _find(connection: Connection, name: str) -> Approval:
    """The ask with this id, else the newest about the Incident whose id starts so."""
    own = or_(approval.c.id == name, approval.c.incident.startswith(name, autoescape=True))
    query = select(approval).where(own).order_by(approval.c.asked_at.desc())
    found = [Approval(**row) for row in connection.execute(query).mappings()]
    exact = [each for each in found if each.id == name] or found
    if not name or not exact:
        raise Usage(f"nothing waits for an answer about {name!r}", hint=_HINT)
    if len({each.incident for each in exact}) > 1:
        raise Usage(f"{name} is the start of several incidents", hint="write more of it")
    return exact[0]
