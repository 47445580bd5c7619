"""What came of asking about each Incident: asked once for the same facts, also across restarts."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, select, update

from watchdog.domain.evidence import Explanation
from watchdog.domain.exchange import Exchange
from watchdog.domain.notification import Message
from watchdog.domain.triaged import AskedCall, Triage, TriageOutcome
from watchdog.store import calls, exchanges, holds, journal
from watchdog.store.columns import row_of
from watchdog.store.engine import Store
from watchdog.store.tables import incident, triage

_KEY = ["incident", "digest"]


def of(store: Store, incident_ids: Collection[str]) -> tuple[Triage, ...]:
    """Return all that is known of these Incidents, oldest first."""
    query = select(triage).where(triage.c.incident.in_(incident_ids)).order_by(triage.c.at)
    with store.read() as connection:
        return tuple(Triage(**row) for row in connection.execute(query).mappings())


def begin(store: Store, incident_id: str, digest: str, now: datetime) -> None:
    """Note that a question starts: one that the program does not survive counts too."""
    with store.write() as connection:
        before = connection.scalar(
            select(triage.c.tries).where(
                triage.c.incident == incident_id, triage.c.digest == digest
            )
        )
        asking = Triage(
            incident=incident_id,
            digest=digest,
            at=now,
            outcome=TriageOutcome.ASKING,
            tries=(before or 0) + 1,
        )
        _put(store, connection, asking)


def leave_out(store: Store, digests: Mapping[str, str], now: datetime) -> None:
    """Note for Incidents (id -> digest) that they keep the rules' words, and let their messages go."""
    if not digests:
        return
    with store.write() as connection:
        for incident_id, digest in digests.items():
            left = Triage(
                incident=incident_id, digest=digest, at=now, outcome=TriageOutcome.LEFT_OUT
            )
            _put(store, connection, left)
        holds.release(connection, digests.keys(), now)


def finish(
    store: Store,
    done: Triage,
    asked: AskedCall,
    said: Exchange,
    *,
    explanation: Explanation | None,
    messages: Mapping[int, Message],
    note: str,
    alone: bool,
) -> None:
    """Store how a question ended and what was said, all of it or nothing.

    `explanation` takes the place of the rules' words at the Incident, `messages` (by row of the
    outbox) those of what still waits; everything that waits about the Incident may go.
    """
    with store.write() as connection:
        _put(store, connection, done)
        calls.write(connection, asked)
        exchanges.write(connection, said)
        journal.write(connection, [(done.incident, done.at, "triage", note)])
        if explanation is not None:
            own = update(incident).where(incident.c.id == done.incident)
            connection.execute(own.values(explanation=explanation))
        holds.reword(connection, messages, done.at, alone=alone)
        holds.release(connection, [done.incident], done.at)


def _put(store: Store, connection: Connection, value: Triage) -> None:
    add = store.insert(triage).values(**row_of(value))
    changed = {name: column for name, column in add.excluded.items() if name not in _KEY}
    if value.outcome is not TriageOutcome.ASKING and value.tries == 0:
        changed.pop("tries")
    connection.execute(add.on_conflict_do_update(index_elements=_KEY, set_=changed))
