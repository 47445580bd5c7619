"""How the API server is, in its own words: `/version`, `/readyz`, `/livez`.

Whoever is logged in may read these, through the role system:public-info-viewer. Where that was taken
away, nothing is known and nothing is said.
"""

import asyncio
import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus

import msgspec

from watchdog.domain.errors import Absent, Forbidden, WatchdogError
from watchdog.domain.objects import metav1, serverv1
from watchdog.domain.ports import Clock
from watchdog.domain.snapshot import Missing
from watchdog.kube.answers import Busy, TimedOut, Unwell
from watchdog.kube.client import Connection

_WORD = 10.0  # seconds for its own word when it has no other
_FAILED = re.compile(r"^\[-\](\S+) failed(?:: *(.*))?$", re.MULTILINE)


class _Version(msgspec.Struct, rename="camel"):
    git_version: str = ""


async def read_server(
    connection: Connection, clock: Clock, lists: Sequence[serverv1.ListTime]
) -> serverv1.APIServer | Missing:
    """Ask for version and health; `lists` is how long other reads of this Run took.

    Missing as `absent` when this identity may not ask.
    """
    try:
        started = clock.monotonic()
        body = await connection.get("/version")
        seconds = clock.monotonic() - started
        version = msgspec.json.decode(body, type=_Version).git_version
        failed = await failing(connection)
    except (Forbidden, Absent) as error:
        return Missing("absent", f"cannot ask the API server for its health: {error}")
    except WatchdogError as error:
        return Missing(error.reason, f"cannot ask the API server for its health: {error}")
    except ValueError:
        return Missing("absent", "what answers /version is no API server")
    return serverv1.APIServer(
        metadata=metav1.Metadata(name="kubernetes"),
        version=version,
        version_seconds=seconds,
        failed=failed,
        lists=tuple(lists),
    )


async def failing(connection: Connection) -> tuple[serverv1.FailedCheck, ...]:
    """The health checks of the API server that fail.

    `/readyz` holds all of `/livez`: the second is asked only where the first fails, and tells whether
    a restart is near.

    Raises:
        Transient, Forbidden, Absent, Permanent: as `Connection.get`.
    """
    ready = await _failed(connection, "readyz")
    return (*ready, *await _failed(connection, "livez")) if ready else ()


async def explained(connection: Connection, error: WatchdogError) -> WatchdogError:
    """The same error; or, where the API server answers and calls itself ill, that as its cause."""
    answers = isinstance(error, Busy) or type(error) is TimedOut
    if not answers:
        return error
    try:
        async with asyncio.timeout(_WORD):
            failed = await failing(connection)
    except (WatchdogError, TimeoutError):
        return error
    if not failed:
        return error
    names = ", ".join(dict.fromkeys(each.name for each in failed))
    return Unwell(
        f"the API server at {connection.host} calls itself not healthy: {names} failed",
        hint="kubectl get --raw '/readyz?verbose' lists its checks; etcd is its store",
    )


async def _failed(connection: Connection, endpoint: str) -> tuple[serverv1.FailedCheck, ...]:
    """The checks of one endpoint that fail; a 500 lists them as a 200 does.

    Raises:
        Transient, Forbidden, Absent, Permanent: as `Connection.get`.
    """
    status, body = await connection.examine(f"/{endpoint}", [("verbose", "")])
    text = body.decode("utf-8", "replace")
    found = tuple(_checks(endpoint, text))
    if status != HTTPStatus.OK and not found:
        return (serverv1.FailedCheck(endpoint=endpoint, name=endpoint, said=f"HTTP {status}"),)
    return found


def _checks(endpoint: str, text: str) -> Iterator[serverv1.FailedCheck]:
    for match in _FAILED.finditer(text):
        yield serverv1.FailedCheck(endpoint=endpoint, name=match[1], said=(match[2] or "").strip())
