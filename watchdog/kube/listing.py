"""All objects of one kind: pages, the restart after an expired token, duplicates, sharing."""

import asyncio
from collections.abc import AsyncIterator

from watchdog.domain.objects import metav1
from watchdog.kube.answers import Expired, TimedOut
from watchdog.kube.client import Connection
from watchdog.kube.decode import decode_page
from watchdog.kube.kind import Kind
from watchdog.kube.sharing import Sharing

_LIST_SECONDS = 120.0  # all pages of one kind


async def read_kind(
    connection: Connection, kind: Kind, *, page: int, sharing: Sharing
) -> tuple[metav1.Object, ...]:
    """Return every object of a kind as of one moment, each uid once, in the server's order.

    Raises:
        Expired: the list grew too old while it was read, twice.
        Malformed: an object cannot be read.
        Transient, Forbidden, Absent, Permanent: as `Connection.get`.
    """
    try:
        async with asyncio.timeout(_LIST_SECONDS):
            try:
                return await _read_once(connection, kind, page=page, sharing=sharing)
            except Expired:
                # The answer offers a token for the rest "as of now": that would mix two moments.
                return await _read_once(connection, kind, page=page, sharing=sharing)
    except TimeoutError as error:
        raise TimedOut(f"not listed within {_LIST_SECONDS:g} s") from error


async def _read_once(
    connection: Connection, kind: Kind, *, page: int, sharing: Sharing
) -> tuple[metav1.Object, ...]:
    found: dict[str, metav1.Object] = {}
    async for items in _pages(connection, kind, page):
        sharing.share(items)
        for item in items:
            found.setdefault(item.uid or str(item.ref), item)
    return tuple(found.values())


async def _pages(
    connection: Connection, kind: Kind, limit: int
) -> AsyncIterator[tuple[metav1.Object, ...]]:
    token = ""
    while True:
        # resourceVersion stays unset: with "0" the API server ignores the limit.
        query = [*kind.query, ("limit", limit)]
        if token:
            query.append(("continue", token))
        page = decode_page(kind.record, await connection.get(kind.path, query, kind.accept))
        yield page.items or ()
        token = page.metadata.next
        if not token:
            return
