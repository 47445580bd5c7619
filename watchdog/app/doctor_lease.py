"""Doctor's line about the Lease without which nothing is written: is it there, whose, and ours to hold?"""

from watchdog.app.access import Access
from watchdog.app.cluster import OWN_NAMESPACE, open_connection
from watchdog.app.lines import Line, State
from watchdog.clock import SystemClock
from watchdog.config.settings import Settings
from watchdog.domain.errors import WatchdogError
from watchdog.kube.client import Connection
from watchdog.kube.lease import LeaseObject, shown
from watchdog.kube.rights import allowed

_HINT = (
    "apply rbac/components/lease-fence, or leave actor.lease empty; until then nothing is written"
)


async def lease_lines(settings: Settings, access: Access) -> list[Line]:
    """One line where a Lease is set. It is read and not taken.

    Raises:
        Misconfigured: no cluster is configured.
    """
    if not settings.actor.lease:
        return []
    connection = await open_connection(access, settings)
    try:
        return [await _line(connection, settings.actor.lease)]
    except WatchdogError as error:
        return [Line(State.FAULT, f"actor.lease: {error}", _HINT)]
    finally:
        await connection.close()


async def _line(connection: Connection, name: str) -> Line:
    record = LeaseObject(connection, SystemClock(), namespace=OWN_NAMESPACE, name=name)
    lease = await record.read()
    asked = {"group": "coordination.k8s.io", "resource": "leases", "verb": "update"}
    if not await allowed(connection, {**asked, "namespace": OWN_NAMESPACE, "name": name}):
        return Line(State.FAULT, f"actor.lease: this identity may not update {record.name}", _HINT)
    held = f"{shown(lease.holder)} holds it, and acts" if lease.holder else "nobody holds it"
    return Line(State.OK, f"Lease {record.name}: {held}")
