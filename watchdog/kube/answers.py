"""What an answer of the API server means, in our error tree. Pure: bytes and numbers in.

Source: the table of answers in the Kubernetes API conventions ("HTTP Status codes"), and what a
load balancer or proxy in front of an API server says instead: HTML, with any status.
"""

from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from watchdog.domain.errors import Absent, Forbidden, Permanent, Transient, WatchdogError

_MESSAGE_LIMIT = 500  # characters of a server's message that are worth showing


class Unreachable(Transient):
    """No answer: refused, reset, no such host."""

    reason = "unreachable"


class TimedOut(Unreachable):
    """No answer within the limit. Asking again would double the wait, so nobody does."""

    reason = "timeout"


class Unconnected(TimedOut):
    """Not even a connection within the limit."""


class Unwell(Transient):
    """The API server answers, and says itself that it is not healthy."""

    reason = "unhealthy"


class Busy(Transient):
    """An answer that says "later". `retry_after` is in seconds, None when not said."""

    retry_after: float | None = None


class Expired(Permanent):
    """410: the continue token is too old; the list has to start again."""

    reason = "expired"


class Refused(Forbidden):
    """401: the API server does not know this identity, so no call will work."""

    reason = "unauthorized"


class Untrusted(Permanent):
    """TLS failed, so nothing that is said on this connection can be believed."""

    reason = "untrusted"


class _Status(msgspec.Struct):
    message: str = ""
    reason: str = ""


def message_of(body: bytes) -> str:
    """Return what the server said, on one line; "" when it said nothing readable."""
    try:
        text = msgspec.json.decode(body, type=_Status).message
    except ValueError:  # msgspec.DecodeError, and UnicodeDecodeError
        text = body[: 4 * _MESSAGE_LIMIT].decode("utf-8", "replace")
    return " ".join(text.split())[:_MESSAGE_LIMIT]


def is_html(headers: Mapping[str, str]) -> bool:
    """Whether a proxy answered instead of the API server, which never speaks HTML."""
    return "html" in headers.get("Content-Type", "").lower()


def error_of(status: int, headers: Mapping[str, str], body: bytes) -> WatchdogError:
    """Return the error that an answer other than success stands for."""
    if is_html(headers):
        return Busy(f"HTTP {status} with a web page: a proxy answered, not the API server")
    said = message_of(body) or f"HTTP {status}"
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return Refused(
                f"the API server does not accept this credential: {said}",
                hint="the token or certificate is expired or belongs to another cluster",
            )
        case HTTPStatus.FORBIDDEN:
            return Forbidden(said, hint="grant the missing right to this identity")
        case HTTPStatus.NOT_FOUND:
            return Absent(said)
        case HTTPStatus.GONE:
            return Expired(said)
        case HTTPStatus.TOO_MANY_REQUESTS:
            return _busy(said, headers)
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return _busy(f"HTTP {status}: {said}", headers)
        case _:
            return Permanent(f"HTTP {status}: {said}")


def _busy(text: str, headers: Mapping[str, str]) -> Busy:
    error = Busy(text)
    seconds = headers.get("Retry-After", "")
    error.retry_after = float(seconds) if seconds.isdigit() else None
    return error
