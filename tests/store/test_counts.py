"""Numbers for /metrics."""

from tests.store.builders import incident, save
from watchdog.domain.incident import Status
from watchdog.domain.severity import Severity
from watchdog.store.counts import open_incidents
from watchdog.store.engine import Store


def test_what_stands_is_counted_by_severity(store: Store) -> None:
    save(
        store,
        incident("a"),
        incident("b", Status.ACKNOWLEDGED),
        incident("c", severity=Severity.CRITICAL),
        incident("d", Status.PENDING),
        incident("e", Status.RESOLVED),
    )

    assert open_incidents(store) == {"info": 0, "warning": 2, "critical": 1}
