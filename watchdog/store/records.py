"""The records of Runs: the rows of the ledger with what each found, said, asked and cost."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, case, func, or_, select

from watchdog.domain.errors import Usage
from watchdog.domain.job import LedgerEntry, RunState
from watchdog.domain.record import Cost, RunLine, RunRecord
from watchdog.store.engine import Store
from watchdog.store.ledger import COLUMNS
from watchdog.store.tables import exchange, hold, incident, llm_call, run

_TITLES = 20  # the newest Incidents of which a searched word may be the title


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which Runs; what is empty or None matches every one."""

    job: str = ""
    state: RunState | None = None
    since: datetime | None = None  # by due time
    cost_over: float | None = None  # US dollars
    text: str = ""  # anywhere in the record, its incidents' titles and its models' answers
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Whose words the Incidents of a Run are to have."""

    soul: str = ""  # the slug; "" for the default one
    models: tuple[str, ...] = ()  # the chain, the chosen one first; empty for the common one


def select_runs(store: Store, wanted: Wanted) -> tuple[RunLine, ...]:
    """Return the newest Runs that match, by due time."""
    with store.read() as connection:
        query = _all().where(*_conditions(connection, wanted))
        newest = query.order_by(run.c.due_at.desc(), run.c.job).limit(wanted.limit)
        return tuple(_line(row) for row in connection.execute(newest).mappings())


def find(store: Store, run_id: str, *, under_way: bool = False) -> RunRecord:
    """Return the Run with this id, or the only one whose id has this part; with `under_way` those
    that have ended do not count where one has not.

    Raises:
        Usage: there is none, or more than one.
    """
    with store.read() as connection:
        query = _all().add_columns(run.c.cluster, run.c.result)
        found = _matching(connection, query, run_id)
    if under_way:
        found = [row for row in found if row["state"] is RunState.RUNNING] or found
    if run_id and len(found) == 1:
        return _record(found[0])
    if run_id and found:
        ids = ", ".join(row["run_id"] for row in found[:5])
        raise Usage(f"{run_id} is a part of several ids of runs", hint=f"one of {ids}")
    raise Usage(f"there is no run {run_id!r}", hint="see: watchdog runs list")


def voice_of(store: Store, incident_id: str, run_id: str = "") -> Voice:
    """Return the Voice of the Run whose message about this Incident waits; where none does, that of
    the Run with this id."""
    waiting = (
        select(run.c.result)
        .join(hold, hold.c.run_id == run.c.run_id)
        .where(hold.c.incident == incident_id)
        .order_by(hold.c.outbox.desc())
        .limit(1)
    )
    named = select(run.c.result).where(run.c.run_id == run_id)
    with store.read() as connection:
        result = connection.scalar(waiting) or connection.scalar(named)
    made = json.loads(result or "{}")
    model = made.get("model", {})
    chain = (model.get("requested", ""), *model.get("fallbacks", ()))
    return Voice(soul=made.get("soul", {}).get("slug", ""), models=tuple(filter(None, chain)))


def _matching(
    connection: Connection, query: Select[tuple[object, ...]], part: str
) -> list[RowMapping]:
    """Those with this very id, else those of this very job, else those that begin so, else those that
    have it anywhere; the ones under way first."""
    begins = run.c.run_id.startswith(part, autoescape=True)
    has = run.c.run_id.contains(part, autoescape=True)
    rank = case((run.c.run_id == part, 0), (run.c.job == part, 1), (begins, 2), else_=3).label(
        "rank"
    )
    ended = case((run.c.state == RunState.RUNNING, 0), else_=1)
    order = (rank, ended, run.c.due_at.desc())
    ordered = query.add_columns(rank).where(has).order_by(*order).limit(10)
    found = list(connection.execute(ordered).mappings())
    return [row for row in found if row["rank"] == found[0]["rank"]]


def _all() -> Select[tuple[object, ...]]:
    spent = (
        select(
            llm_call.c.run_id,
            func.count().label("calls"),
            *(
                func.coalesce(func.sum(llm_call.c[name]), 0).label(name)
                for name in ("input_tokens", "output_tokens", "cost_usd")
            ),
        )
        .group_by(llm_call.c.run_id)
        .subquery()
    )
    counted = [
        func.coalesce(spent.c[name], 0).label(name)
        for name in ("calls", "input_tokens", "output_tokens", "cost_usd")
    ]
    joined = run.outerjoin(spent, spent.c.run_id == run.c.run_id)
    return select(*COLUMNS, run.c.verdict, *counted).select_from(joined)


def _conditions(connection: Connection, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.job:
        found.append(run.c.job == wanted.job)
    if wanted.state is not None:
        found.append(run.c.state == wanted.state)
    if wanted.since is not None:
        found.append(run.c.due_at >= wanted.since)
    if wanted.cost_over is not None:
        costs = select(func.sum(llm_call.c.cost_usd)).where(llm_call.c.run_id == run.c.run_id)
        found.append(costs.scalar_subquery() > wanted.cost_over)
    if wanted.text:
        found.append(_says(connection, wanted.text))
    return found


def _says(connection: Connection, text: str) -> ColumnElement[bool]:
    titled = (
        select(incident.c.id)
        .where(_has(incident.c.title, text))
        .order_by(incident.c.last_seen_at.desc())
        .limit(_TITLES)
    )
    ids = connection.scalars(titled).all()
    answered = select(exchange.c.run_id).where(_has(exchange.c.answer, text))
    return or_(
        *(_has(column, text) for column in (run.c.run_id, run.c.text, run.c.result)),
        run.c.run_id.in_(answered),
        *(run.c.result.contains(each, autoescape=True) for each in ids),
    )


def _has(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    return func.lower(column).contains(text.lower(), autoescape=True)


def _line(row: RowMapping) -> RunLine:
    return RunLine(entry=_entry(row), verdict=row["verdict"], cost=_cost(row))


def _record(row: RowMapping) -> RunRecord:
    return RunRecord(
        line=_line(row), cluster=row["cluster"], result=json.loads(row["result"] or "{}")
    )


def _entry(row: RowMapping) -> LedgerEntry:
    return LedgerEntry(**{column.name: row[column.name] for column in COLUMNS})


def _cost(row: RowMapping) -> Cost:
    return Cost(
        calls=row["calls"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        usd=float(row["cost_usd"]),
    )
