"""One connection to one API server: reads, time limits, errors translated once, the server's clock.

Nothing here changes anything in the cluster. The official client brings configuration, credentials
and TLS; bodies are returned undecoded.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path

import aiohttp
import tenacity

from watchdog.clock import SystemClock
from watchdog.domain.errors import Misconfigured, Transient
from watchdog.domain.ports import Clock
from watchdog.kube.answers import (
    Busy,
    Refused,
    TimedOut,
    error_of,
    is_html,
)
from watchdog.kube.credentials import Credential, from_kubeconfig, from_service_account, is_mounted
from watchdog.kube.failures import translated
from watchdog.kube.slimclient import Configuration, RESTResponse

JSON = "application/json"
Query = Sequence[tuple[str, object]]

_TRIES = 3
_LONGEST_WAIT = 5.0  # seconds; a server that asks for more is answered by the next tick


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds. `total` covers one read with its retries."""

    connect: float = 10
    total: float = 30


@dataclass(frozen=True, slots=True)
class _Call:
    """One request. `also` is a status that is an answer like any other, 0 for none."""

    method: str
    path: str
    query: Query = ()
    accept: str = JSON
    body: Mapping[str, object] | None = None
    also: int = 0


# Status (None: no answer came) and bytes of one answer.
OnAnswer = Callable[[int | None, int], None]


class Connection:
    """An open connection. `requests` counts by HTTP status, 0 = no answer; `bytes_read` unzipped.

    `server_time` is the newest Date the API server sent (aware UTC), None before its first answer.
    """

    def __init__(
        self,
        credential: Credential,
        *,
        clock: Clock,
        limits: Limits | None = None,
        on_answer: OnAnswer | None = None,
    ) -> None:
        """Take over the credential's client; `close` ends it. `on_answer` hears of every request."""
        self._on_answer = on_answer
        self.name = credential.name
        self.requests: Counter[int] = Counter()
        self.bytes_read = 0
        self.server_time: datetime | None = None
        self._credential = credential
        self._api = credential.api
        self._clock = clock
        self._limits = limits or Limits()
        self._renewing = asyncio.Lock()

    @property
    def host(self) -> str:
        """The URL of the API server."""
        return str(self._api.configuration.host)

    async def get(self, path: str, query: Query = (), accept: str = JSON) -> bytes:
        """Return the body of one GET.

        Raises:
            Transient: no answer, 429, 5xx or a web page; tried up to three times.
            Forbidden: 401 or 403.
            Absent: 404.
            Permanent: any other refusal; TLS that cannot be trusted.
        """
        _, content = await self._persist(_Call("GET", path, query, accept))
        return content

    async def examine(self, path: str, query: Query = ()) -> tuple[int, bytes]:
        """Return status and body of one GET, a 500 included: there health checks list what fails.

        Raises as `get`.
        """
        return await self._persist(_Call("GET", path, query, "text/plain", also=500))

    async def review(self, path: str, body: Mapping[str, object]) -> bytes:
        """POST an access review, which creates nothing, and return the answer. Raises as `get`."""
        _, content = await self._persist(_Call("POST", path, body=body))
        return content

    @property
    def secrets(self) -> tuple[str, ...]:
        """Our own token, so that it can be masked in what we read."""
        token = self._token().partition(" ")[2].strip()
        return (token,) if token else ()

    @property
    def configuration(self) -> Configuration:
        """Where the credential's certificates are, and whom it trusts."""
        configuration: Configuration = self._api.configuration
        return configuration

    async def authorization(self) -> dict[str, str]:
        """The header that carries our token, read anew where it is a file; empty without one."""
        token = await self.configuration.get_api_key_with_prefix("BearerToken")
        return {"Authorization": token.strip()} if token else {}

    async def close(self) -> None:
        """Close the sockets."""
        await self._api.close()

    async def _persist(self, call: _Call) -> tuple[int, bytes]:
        attempts = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(_worth_retrying),
            stop=tenacity.stop_after_attempt(_TRIES),
            wait=_wait,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            async with asyncio.timeout(self._limits.total):
                answer: tuple[int, bytes] = await attempts(self._authorized, call)
                return answer
        except TimeoutError as error:
            raise TimedOut(
                f"no answer from {self.host} within {self._limits.total:g} s",
                hint="the API server or the network to it is overloaded",
            ) from error

    async def _authorized(self, call: _Call) -> tuple[int, bytes]:
        """One call; after a 401 one more with a credential read anew."""
        used = self._token()
        try:
            return await self._call(call)
        except Refused:
            await self._renew(used)
            return await self._call(call)

    async def _renew(self, used: str) -> None:
        """Read the credential again, unless another call has done so meanwhile."""
        async with self._renewing:
            if self._token() != used:
                return
            try:
                await self._credential.renew()
            except Misconfigured as error:
                raise Refused(str(error), hint=error.hint) from error

    async def _call(self, call: _Call) -> tuple[int, bytes]:
        status = 0
        content: bytes = b""
        try:
            with translated(self.host, self._limits.connect):
                reply = await self._send(call)
                status = reply.status
                content = await reply.read()
        finally:
            self.requests[status] += 1
            if self._on_answer:
                self._on_answer(status or None, len(content))
        self._note(reply.headers, content)
        failed = status >= HTTPStatus.BAD_REQUEST and status != call.also
        if failed or is_html(reply.headers):
            raise error_of(status, reply.headers, content)
        return status, content

    async def _send(self, call: _Call) -> RESTResponse:
        request = await self._api.param_serialize(
            call.method,
            call.path,
            query_params=list(call.query),
            header_params={"Accept": call.accept},
            body=call.body,
            auth_settings=["BearerToken"],
        )
        headers = request[2]
        if "authorization" in headers:  # a token file may end in a newline
            headers["authorization"] = headers["authorization"].strip()
        limits = aiohttp.ClientTimeout(total=self._limits.total, sock_connect=self._limits.connect)
        return await self._api.call_api(*request, _request_timeout=limits)

    def _token(self) -> str:
        return str(self._api.configuration.api_key.get("BearerToken", ""))

    def _note(self, headers: Mapping[str, str], content: bytes) -> None:
        self.bytes_read += len(content)
        try:
            said = parsedate_to_datetime(headers.get("Date", "")).astimezone(UTC)
        except ValueError:
            return
        if self.server_time is None or said > self.server_time:
            self.server_time = said

    async def _sleep(self, seconds: float) -> None:
        await self._clock.sleep_until(self._clock.now() + timedelta(seconds=seconds))


async def connect(
    kubeconfig: Path | None,
    context: str = "",
    *,
    explicit: bool = False,
    clock: Clock | None = None,
    limits: Limits | None = None,
    on_answer: OnAnswer | None = None,
) -> Connection:
    """Open a connection; nothing is sent yet.

    The mounted ServiceAccount comes first, unless a kubeconfig was named or `explicit` is set (the
    user chose by other means, such as --context).

    Raises:
        Misconfigured: no cluster is configured, or its configuration cannot be used.
    """
    if kubeconfig is None and not explicit and is_mounted():
        credential = await from_service_account()
    else:
        credential = await from_kubeconfig(kubeconfig, context)
    return Connection(credential, clock=clock or SystemClock(), limits=limits, on_answer=on_answer)


def _worth_retrying(error: BaseException) -> bool:
    if isinstance(error, Busy):
        return error.retry_after is None or error.retry_after <= _LONGEST_WAIT
    return isinstance(error, Transient) and not isinstance(error, TimedOut)


_jittered = tenacity.wait_random_exponential(multiplier=0.2, max=1)


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, Busy) and error.retry_after is not None:
        return error.retry_after
    return _jittered(state)
