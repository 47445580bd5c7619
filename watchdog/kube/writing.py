"""One request that may change something, sent once: no retry, no redirect.

Whatever comes back, or does not, is told as it is.
"""

import json
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp
from yarl import URL

from watchdog.domain.errors import Permanent, WatchdogError
from watchdog.kube.answers import Refused, TimedOut, Unreachable, is_html, message_of
from watchdog.kube.client import JSON, Connection, Limits
from watchdog.kube.failures import translated
from watchdog.version import version

MERGE_PATCH = "application/merge-patch+json"

Authorization = Callable[[], Awaitable[Mapping[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call. `path` is quoted already; `query` is not."""

    method: str
    path: str
    body: Mapping[str, object]
    query: Mapping[str, str]
    content: str = JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The answer to one Request, success or not."""

    status: int
    body: bytes
    proxied: bool = False  # a web page: something between us and the API server spoke

    @property
    def ok(self) -> bool:
        """The API server did it."""
        return not self.proxied and 200 <= self.status < 300

    @property
    def text(self) -> str:
        """What was said, on one line."""
        if self.proxied:
            return f"HTTP {self.status} with a web page: a proxy answered, not the API server"
        return (not self.ok and message_of(self.body)) or f"HTTP {self.status}"


class Unsent(Permanent):
    """There is no credential to make the call with, so it was not made."""


class Writer:
    """Sends Requests in the name of a Connection, or of whom `authorization` speaks for."""

    def __init__(
        self,
        connection: Connection,
        *,
        authorization: Authorization | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Nothing is sent yet."""
        self._connection = connection
        self._authorization = authorization or connection.authorization
        self._limits = limits or Limits()

    async def send(self, request: Request, *, attempt: str = "") -> Said:
        """Send it once and return the answer, whatever it is; the audit log names the `attempt`.

        Raises:
            Transient, Permanent: no answer came. `was_sent` tells whether it may have had an effect.
        """
        host, limits = self._connection.host, self._limits
        try:
            with translated(host, limits.connect):
                credential = await self._credential()
                return await self._sent(request, credential, attempt)
        except TimeoutError as error:
            raise TimedOut(f"no answer from {host} within {limits.total:g} s") from error

    async def _credential(self) -> Mapping[str, str]:
        try:
            return await self._authorization()
        except WatchdogError as error:
            raise Unsent(f"no credential to write with: {error}", hint=error.hint) from error

    async def _sent(self, request: Request, credential: Mapping[str, str], attempt: str) -> Said:
        agent = f"kube-watchdog/{version()}" + (f" ({attempt})" if attempt else "")
        headers = {
            **credential,
            "Accept": JSON,
            "Content-Type": request.content,
            "User-Agent": agent,
        }
        configuration = self._connection.configuration
        url = URL(self._connection.host + request.path, encoded=True).with_query(request.query)
        async with (
            self._session() as session,
            session.request(
                request.method,
                url,
                data=json.dumps(request.body),
                headers=headers,
                allow_redirects=False,  # another host would get the call, and the credential
                proxy=configuration.proxy,
                proxy_headers=configuration.proxy_headers,
                server_hostname=configuration.tls_server_name,
            ) as reply,
        ):
            return Said(
                status=reply.status, body=await reply.read(), proxied=is_html(reply.headers)
            )

    def _session(self) -> aiohttp.ClientSession:
        limits = aiohttp.ClientTimeout(total=self._limits.total, sock_connect=self._limits.connect)
        connector = aiohttp.TCPConnector(ssl=_tls(self._connection), force_close=True)
        return aiohttp.ClientSession(
            connector=connector, timeout=limits, trust_env=True, middlewares=(_once,)
        )


async def _once(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep the HTTP client from sending a DELETE again, unasked, when its connection was lost.

    It does so on these two errors, also on a connection that was made for this very request. Those
    of making a connection are of the same family; they are passed on.
    """
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        host = request.url.origin()
        raise Unreachable(f"the connection to {host} was lost before it answered") from error


def was_sent(error: WatchdogError) -> bool:
    """Whether a request without an answer may have had an effect: it may have left this machine."""
    unmade = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
    return not isinstance(error, Refused | Unsent) and not isinstance(error.__cause__, unmade)


def surely_refused(status: int) -> bool:
    """Whether this status promises that nothing was changed."""
    return HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR


def _tls(connection: Connection) -> ssl.SSLContext:
    """Whom the connection trusts and what certificate it shows, read anew."""
    configuration = connection.configuration
    tls = ssl.create_default_context(
        cafile=configuration.ssl_ca_cert, cadata=configuration.ca_cert_data
    )
    # As for every read: certificates of k3s and older kubeadm lack some extensions.
    tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if configuration.cert_file:
        tls.load_cert_chain(configuration.cert_file, keyfile=configuration.key_file)
    if not configuration.verify_ssl:
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    return tls
