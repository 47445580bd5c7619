"""Questions to models, one row each: what the budget, the breaker and the records are made of."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from watchdog.domain.model import Call, Usage
from watchdog.domain.triaged import AskedCall
from watchdog.store.columns import row_of
from watchdog.store.engine import Store
from watchdog.store.tables import llm_call

_OF_CALL = tuple(each.name for each in fields(Call) if each.name != "usage")
_OF_USAGE = tuple(each.name for each in fields(Usage))
_OWN = ("run_id", "incident", "path")


def add(store: Store, asked: AskedCall) -> None:
    """Keep one question."""
    with store.write() as connection:
        write(connection, asked)


def write(connection: Connection, asked: AskedCall) -> None:
    """Keep one question within a transaction that does more."""
    whole = row_of(asked.call)
    whole.pop("usage")
    own = {name: getattr(asked, name) for name in _OWN}
    connection.execute(llm_call.insert(), {**own, **whole, **row_of(asked.call.usage)})


def since(store: Store, moment: datetime) -> tuple[AskedCall, ...]:
    """Return the questions of this time, newest first."""
    return _read(store, select(llm_call).where(llm_call.c.at >= moment))


def recent(store: Store, limit: int) -> tuple[AskedCall, ...]:
    """Return the newest questions, newest first."""
    return _read(store, select(llm_call).limit(limit))


def of_run(store: Store, run_id: str) -> tuple[AskedCall, ...]:
    """Return the questions that one Run asked, newest first."""
    return _read(store, select(llm_call).where(llm_call.c.run_id == run_id))


def _read(store: Store, query: Select[tuple[object, ...]]) -> tuple[AskedCall, ...]:
    newest = query.order_by(llm_call.c.at.desc(), llm_call.c.id.desc())
    with store.read() as connection:
        return tuple(_asked(row) for row in connection.execute(newest).mappings())


def _asked(row: Mapping[Any, Any]) -> AskedCall:
    usage = Usage(**{name: row[name] for name in _OF_USAGE})
    call = Call(**{name: row[name] for name in _OF_CALL}, usage=usage)
    return AskedCall(call=call, **{name: row[name] for name in _OWN})
