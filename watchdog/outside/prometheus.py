"""Prometheus over its HTTP API: a few instant queries per look, never redirected, bounded in size.

Whatever speaks the same API (Thanos, Mimir, VictoriaMetrics) serves as well.
Source: https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

import aiohttp
import msgspec

from watchdog.domain.errors import Forbidden, Permanent, Transient, WatchdogError
from watchdog.domain.measure import Answers, Sample

_CONNECT = 10.0  # seconds
_TOTAL = 30.0  # seconds for all queries of one look together
_LARGEST = 32 * 2**20  # bytes of one answer


class NoAnswer(Transient):
    """Refused, reset, no such host."""

    reason = "unreachable"


class Late(Transient):
    """No answer in time."""

    reason = "timeout"


class Malformed(Permanent):
    """What answers does not speak this API, or says more than anybody asked for."""

    reason = "malformed"


class _Series(msgspec.Struct):
    metric: dict[str, str]
    value: tuple[float, str]


class _Data(msgspec.Struct, rename="camel"):
    result_type: str = ""
    result: tuple[_Series, ...] = ()


class _Answer(msgspec.Struct):
    status: str = ""
    error: str = ""
    data: _Data = msgspec.field(default_factory=_Data)


class Prometheus:
    """One Prometheus; nothing is kept open between two looks."""

    def __init__(self, url: str, *, total: float = _TOTAL, largest: int = _LARGEST) -> None:
        """Ask at `url`, the address below which `/api/v1/query` is served."""
        self._url = f"{url.rstrip('/')}/api/v1/query"
        self._limits = aiohttp.ClientTimeout(total=total, sock_connect=_CONNECT)
        self._largest = largest

    async def ask(self, queries: Mapping[str, str]) -> Answers:
        """Ask all of them at once; the answers have the same keys.

        Raises:
            Transient: no answer, or not now.
            Permanent: it refuses, or is no Prometheus.
        """
        async with aiohttp.ClientSession(timeout=self._limits) as session:
            try:
                async with asyncio.TaskGroup() as group:
                    asked = {
                        name: group.create_task(self._ask(session, query))
                        for name, query in queries.items()
                    }
            except* WatchdogError as errors:
                raise errors.exceptions[0] from errors
        return {name: task.result() for name, task in asked.items()}

    async def _ask(self, session: aiohttp.ClientSession, query: str) -> tuple[Sample, ...]:
        # Thanos would otherwise answer with what half of its stores know.
        params = {"query": query, "partial_response": "false"}
        try:
            async with session.get(self._url, params=params, allow_redirects=False) as reply:
                body = await _body(reply, self._largest)
        except TimeoutError as error:
            raise Late("Prometheus does not answer in time") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise NoAnswer(f"Prometheus cannot be reached: {type(error).__name__}") from error
        return _samples(reply.status, body)


async def _body(reply: aiohttp.ClientResponse, largest: int) -> bytes:
    body = bytearray()
    async for chunk in reply.content.iter_chunked(2**16):
        body += chunk
        if len(body) > largest:
            raise Malformed(f"Prometheus answers with more than {largest} bytes")
    return bytes(body)


def _samples(status: int, body: bytes) -> tuple[Sample, ...]:
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise Forbidden(f"Prometheus refuses: HTTP {status}", hint="put who may ask into its URL")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Transient(f"Prometheus does not answer now: HTTP {status}")
    try:
        answer = msgspec.json.decode(body, type=_Answer)
        if answer.status != "success" or answer.data.result_type != "vector":
            raise Malformed(f"Prometheus answers HTTP {status} {answer.error[:200]}".rstrip())
        return tuple(_sample(each) for each in answer.data.result)
    except ValueError as error:
        raise Malformed(f"no Prometheus answers there: HTTP {status}") from error


def _sample(series: _Series) -> Sample:
    labels = dict(series.metric)
    return Sample(labels.pop("__name__", ""), labels, float(series.value[1]))
