"""Numbers for /metrics."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select

from watchdog.domain.incident import Status
from watchdog.domain.severity import Severity
from watchdog.store.engine import Store
from watchdog.store.outbox import waiting
from watchdog.store.tables import incident
from watchdog.store.tables import outbox as table


def open_incidents(store: Store) -> Mapping[str, int]:
    """Return how many Incidents stand (open or acknowledged) per severity; each has a number."""
    query = (
        select(incident.c.severity, func.count())
        .where(incident.c.status.in_((Status.OPEN, Status.ACKNOWLEDGED)))
        .group_by(incident.c.severity)
    )
    counts = {severity.value: 0 for severity in Severity}
    with store.read() as connection:
        counts.update((str(severity), number) for severity, number in connection.execute(query))
    return counts


def outbox(store: Store, now: datetime) -> tuple[int, timedelta]:
    """Return how many messages wait for delivery, and the age of the oldest (0 without one)."""
    query = select(func.count(), func.min(table.c.created_at)).where(waiting())
    with store.read() as connection:
        number, oldest = connection.execute(query).one()
    return number, now - oldest if oldest else timedelta(0)
