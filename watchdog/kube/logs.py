"""Log tails of single containers: few, short, redacted, and never a reason to fail."""

import asyncio
from collections.abc import Sequence
from urllib.parse import quote

from watchdog.domain.errors import Forbidden, Permanent, Transient
from watchdog.domain.evidence import Log, LogQuery
from watchdog.kube.answers import TimedOut
from watchdog.kube.client import Connection
from watchdog.logic.redact import clean, redact

_STREAMS = 50  # one call; a fault that breaks a thousand pods is told by fifty
_AT_ONCE = 8
_SECONDS = 60.0  # all streams together: logs enrich a Finding, they must not hold it up
_LINES = 200
_BYTES = 65536


async def read_logs(connection: Connection, queries: Sequence[LogQuery]) -> dict[LogQuery, Log]:
    """Answer every query. `unread` is "forbidden", "timeout", "unavailable", or "limit" past fifty."""
    asked = list(dict.fromkeys(queries))
    answers = dict.fromkeys(asked[_STREAMS:], Log(unread="limit"))
    answers |= dict.fromkeys(asked[:_STREAMS], Log(unread="timeout"))
    slots = asyncio.Semaphore(_AT_ONCE)

    async def read(query: LogQuery) -> None:
        async with slots:
            answers[query] = await _read(connection, query)

    try:
        async with asyncio.timeout(_SECONDS), asyncio.TaskGroup() as group:
            for query in asked[:_STREAMS]:
                group.create_task(read(query))
    except TimeoutError:
        return answers  # what came in time counts
    return answers


async def _read(connection: Connection, query: LogQuery) -> Log:
    where = f"{quote(query.pod.namespace)}/pods/{quote(query.pod.name)}/log"
    options = [("container", query.container), ("tailLines", _LINES), ("limitBytes", _BYTES)]
    if query.previous:
        options.append(("previous", "true"))
    try:
        body = await connection.get(f"/api/v1/namespaces/{where}", options, "*/*")
    except Forbidden:
        return Log(unread="forbidden")
    except TimedOut:
        return Log(unread="timeout")
    except Transient:
        return Log(unread="unavailable")
    except Permanent:  # 404, and 400 for a container that has not run (before): there is no log
        return Log()
    return Log(redact(clean(body.decode("utf-8", "replace")), connection.secrets))
