"""What was said between Runs and models. Texts come redacted; nothing here looks into them."""

import msgspec
from sqlalchemy import Connection, delete, func, select

from watchdog.domain.exchange import Exchange
from watchdog.domain.triaged import AskedCall
from watchdog.store import calls
from watchdog.store.columns import row_of
from watchdog.store.engine import Store
from watchdog.store.tables import exchange

_COLUMNS = tuple(exchange.c[name] for name in Exchange.__dataclass_fields__)


def keep(store: Store, value: Exchange) -> None:
    """Store one exchange."""
    with store.write() as connection:
        write(connection, value)


def add(store: Store, asked: AskedCall, said: Exchange) -> None:
    """Store a question that is about no Incident, and what was said in it, in one transaction."""
    with store.write() as connection:
        calls.write(connection, asked)
        write(connection, said)


def write(connection: Connection, value: Exchange) -> None:
    """Store one exchange within a transaction that does more."""
    size = len(msgspec.json.encode((value.turns, value.answer, value.brief)))
    connection.execute(exchange.insert(), {**row_of(value), "size": size})


def of_run(store: Store, run_id: str) -> tuple[Exchange, ...]:
    """Return the exchanges of one Run, oldest first."""
    query = select(*_COLUMNS).where(exchange.c.run_id == run_id).order_by(exchange.c.id)
    with store.read() as connection:
        return tuple(Exchange(**row) for row in connection.execute(query).mappings())


def shrink(store: Store, most_bytes: int, batch: int = 500) -> int:
    """Delete the oldest until the texts of the rest are no more than that; return how many."""
    upto = func.sum(exchange.c.size).over(order_by=exchange.c.id.desc()).label("upto")
    sums = select(exchange.c.id, upto).subquery()
    over = select(sums.c.id).where(sums.c.upto > most_bytes).limit(batch)
    total, found = 0, batch
    while found == batch:
        with store.write() as connection:
            ids = connection.scalars(over).all()
            found = len(ids)
            total += connection.execute(delete(exchange).where(exchange.c.id.in_(ids))).rowcount
    return total
