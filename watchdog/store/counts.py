"""Numbers for /metrics."""

from collections.abc import Mapping

from sqlalchemy import func, select

from watchdog.domain.incident import Status
from watchdog.domain.severity import Severity
from watchdog.store.engine import Store
from watchdog.store.tables import incident


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
