"""A second identity for writes alone, whose token lives for minutes. Source: safety.md section 17.

It is not bound to our own Pod: the API server binds a token to a pod of the very same account only.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from watchdog.domain.errors import Permanent
from watchdog.domain.ports import Clock
from watchdog.kube.answers import error_of
from watchdog.kube.decode import Malformed
from watchdog.kube.live import quoted
from watchdog.kube.writing import Request, Writer

_LIFE = 600  # seconds; the API server gives no shorter one
_SPARE = timedelta(seconds=120)  # of its life, in which it is not used any more


class _Status(msgspec.Struct, rename="camel"):
    token: str
    expiration_timestamp: datetime


class _Metadata(msgspec.Struct, rename="camel"):
    creation_timestamp: datetime


class _TokenRequest(msgspec.Struct):
    metadata: _Metadata
    status: _Status


class ActorToken:
    """The token of a ServiceAccount of our own namespace, asked for anew before it ends."""

    def __init__(self, writer: Writer, clock: Clock, *, namespace: str, name: str) -> None:
        """`writer` asks in our own name; nothing is sent yet."""
        self._writer = writer
        self._request = _request(namespace, name)
        self._clock = clock
        self._token = ""
        self._until = 0.0  # by the monotonic clock

    @property
    def secrets(self) -> tuple[str, ...]:
        """The token, so that it can be masked."""
        return (self._token,) if self._token else ()

    async def authorization(self) -> Mapping[str, str]:
        """The header that carries it.

        Raises:
            Transient, Forbidden, Permanent: it is not given.
        """
        if self._clock.monotonic() >= self._until:
            await self._mint()
        return {"Authorization": f"Bearer {self._token}"}

    async def _mint(self) -> None:
        asked = self._clock.monotonic()
        said = await self._writer.send(self._request)
        if not said.ok:
            raise error_of(said.status, {}, said.body)
        try:
            given = msgspec.json.decode(said.body, type=_TokenRequest)
        except ValueError as error:
            raise Malformed("the API server's answer holds no token") from error
        if not given.status.token.isascii() or not given.status.token.isprintable():
            raise Permanent("the API server's answer holds no token")
        # Both times are the API server's own: how our clock stands to it does not matter.
        life = given.status.expiration_timestamp - given.metadata.creation_timestamp
        self._token = given.status.token
        self._until = asked + (life - _SPARE).total_seconds()


def _request(namespace: str, name: str) -> Request:
    return Request(
        method="POST",
        path=f"/api/v1/namespaces/{quoted(namespace)}/serviceaccounts/{quoted(name)}/token",
        body={
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": _LIFE},
        },
        query={},
    )
