"""Incidents, and the one transaction in which a Run becomes the truth."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, Select, func

from watchdog.domain.attempt import Considered
from watchdog.domain.errors import Usage
from watchdog.domain.grouping import grouped
from watchdog.domain.incident import Incident, Status, Transition
from watchdog.domain.job import RunState
from watchdog.domain.notification import Message, Notification
from watchdog.store import holds, journal, outbox
from watchdog.store.columns import row_of
from watchdog.store.engine import Store
from watchdog.store.holds import Holding
from watchdog.store.tables import incident, run

KEY = ("cluster", "fingerprint", "opening")


@dataclass(frozen=True, slots=True)
class Known:
    """What a Run has to know of its cluster before it judges.

    `incidents` are pending, open or acknowledged. `openings` is the highest number of each
    fingerprint that ever opened: the next opening has one more. `untold` are resolved ones whose
    opening was announced, by a Run that could tell nobody of their end.
    """

    incidents: tuple[Incident, ...]
    openings: Mapping[str, int]
    untold: tuple[Incident, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A finished Run. `result` is a JSON object; `save_run` adds what was to be said."""

    run_id: str
    job: str
    trigger: str
    cluster: str
    started_at: datetime
    finished_at: datetime
    state: RunState
    verdict: str
    result: Mapping[str, object]


def known(store: Store, cluster: str) -> Known:
    """Return what is remembered of one cluster (uid of namespace kube-system)."""
    own = incident.c.cluster == cluster
    highest = (
        sa.select(incident.c.fingerprint, func.max(incident.c.opening))
        .where(own, incident.c.opened_at.is_not(None))
        .group_by(incident.c.fingerprint)
    )
    with store.read() as connection:
        current = _incidents(connection, _all().where(own, incident.c.status != Status.RESOLVED))
        openings = dict(connection.execute(highest).all())
        announced = sa.type_coerce(incident.c.announced, sa.Text) != "[]"
        ended = incident.c.status == Status.RESOLVED
        untold = _incidents(connection, _all().where(own, ended, announced))
    return Known(current, openings, untold)


def opened_since(store: Store, cluster: str, since: datetime) -> Mapping[str, tuple[datetime, ...]]:
    """Return when each fingerprint opened since then, for openings that are over."""
    ended = (incident.c.cluster == cluster, incident.c.status == Status.RESOLVED)
    query = sa.select(incident.c.fingerprint, incident.c.opened_at).where(
        *ended, incident.c.opened_at >= since
    )
    with store.read() as connection:
        return grouped(
            (key, opened_at)
            for key, opened_at in connection.execute(query.order_by(incident.c.opened_at))
        )


def save_run(
    store: Store,
    *,
    run: RunRow,
    incidents: Iterable[Incident],
    dropped: Iterable[Incident],
    transitions: Iterable[Transition],
    messages: Iterable[tuple[str, Message]],
    holding: Holding | None = None,
) -> tuple[Notification, ...]:
    """Store all that a Run has found, decided and wants to say, or nothing of it.

    The ledger row becomes finished (and is made for a Run that nobody claimed), Incidents are
    written over their former selves, `dropped` pending ones go, Transitions become Journal
    entries. Returns the new rows of the outbox, in the order of `messages` (target, Message);
    those that `holding` names wait.
    """
    steps = tuple(transitions)
    with store.write() as connection:
        _upsert(store, connection, _keeping_acknowledgements(connection, incidents, steps))
        _drop(connection, dropped)
        journal.write(connection, map(journal.line_of, steps))
        rows = outbox.write(connection, messages, run.finished_at)
        if holding is not None:
            holds.write(connection, rows, holding, run.run_id)
        _finish_run(store, connection, run, rows)
    return rows


def select(
    store: Store, *, statuses: Collection[Status] = (), limit: int = 200
) -> tuple[Incident, ...]:
    """Return Incidents of these statuses (none given: of all), newest first."""
    came = func.coalesce(incident.c.opened_at, incident.c.first_seen_at)
    query = _all().order_by(came.desc(), incident.c.id).limit(limit)
    if statuses:
        query = query.where(incident.c.status.in_(statuses))
    with store.read() as connection:
        return _incidents(connection, query)


def find(store: Store, incident_id: str) -> Incident:
    """Return the Incident with this id, or the only one whose id starts so.

    Raises:
        Usage: there is none, or more than one.
    """
    with store.read() as connection:
        return _find(connection, incident_id)


def acknowledge(store: Store, incident_id: str, *, by: str, now: datetime) -> Incident:
    """Mark an open Incident as seen by a person; a second time changes nothing.

    Raises:
        Usage: no such Incident, or it is not open.
    """
    with store.write() as connection:
        found = _find(connection, incident_id)
        change = (
            sa.update(incident)
            .where(incident.c.id == found.id, incident.c.status == Status.OPEN)
            .values(status=Status.ACKNOWLEDGED, acknowledged_by=by)
        )
        if connection.execute(change).rowcount:
            text = f"acknowledged by {by}"
            journal.write(connection, [(found.id, now, Status.ACKNOWLEDGED.value, text)])
        after = _find(connection, found.id)
    if after.status is not Status.ACKNOWLEDGED:
        raise Usage(
            f"incident {after.id} is {after.status}, it cannot be acknowledged",
            hint="only an open incident can: watchdog incidents list",
        )
    return after


def consider(store: Store, incident_id: str, considered: Considered) -> None:
    """Note what is thought of doing about an Incident, until the next Run thinks again."""
    change = sa.update(incident).where(incident.c.id == incident_id)
    with store.write() as connection:
        connection.execute(change.values(remediation=considered))


# --------------------------------------------------------------------------------------- reading
def _all() -> Select[tuple[object, ...]]:
    return sa.select(*(column for column in incident.c if column.name != "id"))


def _incidents(connection: Connection, query: Select[tuple[object, ...]]) -> tuple[Incident, ...]:
    return tuple(Incident(**row) for row in connection.execute(query).mappings())


def _find(connection: Connection, incident_id: str) -> Incident:
    like = incident.c.id.startswith(incident_id, autoescape=True)
    found = _incidents(connection, _all().where(like).order_by(incident.c.id).limit(10))
    exact = [each for each in found if each.id == incident_id] or found
    if incident_id and len(exact) == 1:
        return exact[0]
    if incident_id and exact:
        ids = ", ".join(each.id for each in exact)
        raise Usage(f"{incident_id} is the start of several incidents", hint=f"one of {ids}")
    raise Usage(f"there is no incident {incident_id!r}", hint="see: watchdog incidents list")


# --------------------------------------------------------------------------------------- writing
def _finish_run(
    store: Store, connection: Connection, row: RunRow, caused: Sequence[Notification]
) -> None:
    """Write the ledger row; whether and when a message arrived stands at its row of the outbox."""
    notifications = [
        {
            "id": each.id,
            "incident": each.message.thread,
            "kind": each.message.kind.value,
            "target": each.target,
        }
        for each in caused
    ]
    result = json.dumps({**row.result, "notifications": notifications}, ensure_ascii=False)
    values = {**row_of(row), "result": result}
    add = store.insert(run).values(**values, due_at=row.started_at, text="")
    connection.execute(add.on_conflict_do_update(index_elements=["run_id"], set_=values))


def _keeping_acknowledgements(
    connection: Connection, incidents: Iterable[Incident], transitions: Sequence[Transition]
) -> list[Incident]:
    """A person may acknowledge while a Run is under way: the Run, which knew nothing of it, must
    not undo that. Only a Transition that starts from acknowledged may."""
    undone = {step.incident for step in transitions if step.before is Status.ACKNOWLEDGED}
    query = (
        sa.select(incident.c.id, incident.c.acknowledged_by)
        .where(incident.c.status == Status.ACKNOWLEDGED, incident.c.id.not_in(undone))
        .with_for_update()
    )
    seen = {row.id: row.acknowledged_by for row in connection.execute(query)}
    return [
        replace(each, status=Status.ACKNOWLEDGED, acknowledged_by=seen[each.id])
        if each.status is Status.OPEN and each.id in seen
        else each
        for each in incidents
    ]


def _upsert(store: Store, connection: Connection, incidents: Sequence[Incident]) -> None:
    add = store.insert(incident)
    changed = {name: value for name, value in add.excluded.items() if name not in (*KEY, "id")}
    rows = [{**row_of(each), "id": each.id} for each in incidents]
    if rows:
        connection.execute(add.on_conflict_do_update(index_elements=KEY, set_=changed), rows)


def _drop(connection: Connection, incidents: Iterable[Incident]) -> None:
    for each in incidents:
        own = [incident.c[name] == getattr(each, name) for name in KEY]
        gone = sa.delete(incident).where(*own, incident.c.status == Status.PENDING)
        connection.execute(gone)
