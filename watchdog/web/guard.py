"""What stands before every page: the Host header, credentials, and headers that tie browsers down."""

import base64
import binascii
from dataclasses import dataclass, field
from hmac import compare_digest
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a browser has to send."""

    username: str
    password: str = field(repr=False)


class Guard:
    """ASGI middleware: refuses first, then adds the headers.

    On a loopback bind only loopback names are served: a hostile page whose own name suddenly
    resolves to 127.0.0.1 (DNS rebinding) sends its own name in the Host header.
    """

    def __init__(self, app: ASGIApp, *, loopback: bool, credentials: Credentials | None) -> None:
        """Guard `app`; without `credentials` nobody has to log in."""
        self._app = app
        self._loopback = loopback
        self._credentials = credentials

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope["type"] != "http":
            return
        answer = self._refusal(Headers(scope=scope)) or self._app

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await answer(scope, receive, send_guarded)

    def _refusal(self, headers: Headers) -> Response | None:
        host = headers.get("host", "")
        if self._loopback and not is_loopback(host):
            return PlainTextResponse("this page is served to loopback names only\n", 421)
        if self._credentials and not _authorized(headers, self._credentials):
            challenge = {"WWW-Authenticate": 'Basic realm="watchdog", charset="UTF-8"'}
            return PlainTextResponse("a user name and a password are needed\n", 401, challenge)
        return None


def is_loopback(host: str) -> bool:
    """Whether a Host header names this machine itself: localhost, 127.0.0.1:9119, [::1]."""
    name = host.rpartition("]")[0].removeprefix("[") or host.partition(":")[0]
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name.lower().rstrip(".") == "localhost"


def _authorized(headers: Headers, credentials: Credentials) -> bool:
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        sent = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return False
    return compare_digest(sent, f"{credentials.username}:{credentials.password}".encode())
