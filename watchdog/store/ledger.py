"""The run ledger: what became of each due time of each Job, so that none runs twice or is lost."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Select, func, select, update

from watchdog.domain.job import LedgerEntry, RunState
from watchdog.store.columns import row_of
from watchdog.store.engine import Store
from watchdog.store.tables import job_seen, run

NOT_RUN = (RunState.DUE, RunState.SKIPPED, RunState.MISSED)

COLUMNS = tuple(run.c[name] for name in LedgerEntry.__dataclass_fields__)


def claim(
    store: Store, *, run_id: str, job: str, trigger: str, due_at: datetime, now: datetime
) -> bool:
    """Start the Run of one due time; False when that was done before, by whomever.

    A due time that was written down as skipped or missed can still be claimed, once.
    """
    own = {"run_id": run_id, "job": job, "trigger": trigger, "due_at": due_at}
    started = {"state": RunState.RUNNING, "started_at": now, "finished_at": None, "text": ""}
    same = (run.c.job == job, run.c.due_at == due_at)
    take_over = update(run).where(*same, run.c.state.in_(NOT_RUN)).values(**own, **started)
    new = store.insert(run).values(**own, **started, cluster="", verdict="", result="")
    add = new.on_conflict_do_nothing().returning(run.c.run_id)
    with store.write() as connection:
        if connection.execute(take_over).rowcount:
            return True
        return connection.scalar(add) is not None


def finish(store: Store, run_id: str, *, state: RunState, now: datetime, text: str = "") -> None:
    """End a running Run that saved nothing; one that has ended already keeps its end."""
    change = (
        update(run)
        .where(run.c.run_id == run_id, run.c.state == RunState.RUNNING)
        .values(state=state, finished_at=now, text=text)
    )
    with store.write() as connection:
        connection.execute(change)


def note(store: Store, run_id: str, text: str) -> None:
    """Give a Run its line in the list."""
    with store.write() as connection:
        connection.execute(update(run).where(run.c.run_id == run_id).values(text=text))


def record(store: Store, entry: LedgerEntry) -> None:
    """Write down a due time that did not run; what is already known of it stays."""
    add = store.insert(run).values(**row_of(entry), cluster="", verdict="", result="")
    with store.write() as connection:
        connection.execute(add.on_conflict_do_nothing())


def last_runs(store: Store) -> Mapping[str, LedgerEntry]:
    """Return the newest claimed entry of each Job that ever ran, by its due time."""
    newest = newest_claimed().subquery()
    query = select(*COLUMNS).join(
        newest, (run.c.job == newest.c.job) & (run.c.due_at == newest.c.due_at)
    )
    with store.read() as connection:
        return {entry.job: entry for entry in _entries(connection, query)}


def newest_claimed() -> Select[tuple[str, datetime]]:
    """Return the query for the newest claimed due time (`job`, `due_at`) of each Job."""
    newest = select(run.c.job, func.max(run.c.due_at).label("due_at"))
    return newest.where(run.c.state.not_in(NOT_RUN)).group_by(run.c.job)


def first_seen(store: Store, jobs: Collection[str], now: datetime) -> Mapping[str, datetime]:
    """Return since when each of these Jobs is known; one never seen before since `now`."""
    add = store.insert(job_seen).on_conflict_do_nothing()
    query = select(job_seen.c.job, job_seen.c.at).where(job_seen.c.job.in_(jobs))
    with store.write() as connection:
        if jobs:
            connection.execute(add, [{"job": job, "at": now} for job in jobs])
        return dict(connection.execute(query).all())


def interrupt(store: Store, now: datetime) -> tuple[LedgerEntry, ...]:
    """Turn what still runs into unknown; return these. Only right while nothing can be running."""
    change = (
        update(run)
        .where(run.c.state == RunState.RUNNING)
        .values(state=RunState.UNKNOWN, finished_at=now, text="the watchdog ended during this run")
        .returning(*COLUMNS)
    )
    with store.write() as connection:
        return tuple(LedgerEntry(**row) for row in connection.execute(change).mappings())


def recent(store: Store, *, job: str = "", limit: int = 50) -> tuple[LedgerEntry, ...]:
    """Return the newest entries by due time, of one Job or of all."""
    query = select(*COLUMNS).order_by(run.c.due_at.desc(), run.c.job).limit(limit)
    with store.read() as connection:
        return tuple(_entries(connection, query.where(run.c.job == job) if job else query))


def _entries(connection: Connection, query: Select[tuple[object, ...]]) -> Sequence[LedgerEntry]:
    return [LedgerEntry(**row) for row in connection.execute(query).mappings()]
