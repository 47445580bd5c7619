"""Events of single objects, Normal ones too: few requests, and never a reason to fail."""

import asyncio
from collections.abc import Sequence
from urllib.parse import quote

from watchdog.domain.errors import WatchdogError
from watchdog.domain.objects import corev1
from watchdog.domain.ref import Ref
from watchdog.kube.client import Connection
from watchdog.kube.decode import decode_page

_OBJECTS = 10  # one call; what is known of ten objects tells of the others
_AT_ONCE = 4
_SECONDS = 20.0  # all together: events enrich a Finding, they must not hold it up
_EVENTS = 100  # of one object


async def read_events(
    connection: Connection, refs: Sequence[Ref], *, seconds: float = _SECONDS
) -> dict[Ref, tuple[corev1.Event, ...]]:
    """Return the Normal events of at most ten objects; an object whose events were not read is absent."""
    found: dict[Ref, tuple[corev1.Event, ...]] = {}
    slots = asyncio.Semaphore(_AT_ONCE)

    async def read(ref: Ref) -> None:
        async with slots:
            try:
                found[ref] = await _read(connection, ref)
            except WatchdogError:
                return  # what is not known is not told

    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for ref in tuple(dict.fromkeys(refs))[:_OBJECTS]:
                group.create_task(read(ref))
    except TimeoutError:
        return found  # what came in time counts
    return found


async def _read(connection: Connection, ref: Ref) -> tuple[corev1.Event, ...]:
    """One page: the API server cannot sort, and one object rarely has more."""
    # Events about what has no namespace are kept in "default".
    where = quote(ref.namespace or "default")
    about = f"involvedObject.kind={ref.kind},involvedObject.name={ref.name},type=Normal"
    query = [("fieldSelector", about), ("limit", _EVENTS)]
    body = await connection.get(f"/api/v1/namespaces/{where}/events", query)
    return decode_page(corev1.Event, body).items or ()
