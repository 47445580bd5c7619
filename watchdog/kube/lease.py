"""The Lease that keeps two watchdogs of one cluster from both acting: held, watched, let go.

The official elector is not used: after a network error it stops renewing while the work goes on.
Source: safety.md section 9, integration.md section 1.8.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Protocol, TypeVar

import msgspec
import structlog

from watchdog.domain.errors import Permanent, WatchdogError
from watchdog.domain.ports import Clock
from watchdog.kube.answers import TimedOut, error_of
from watchdog.kube.client import Connection
from watchdog.kube.decode import Malformed
from watchdog.kube.live import quoted
from watchdog.kube.writing import Request, Unsent, Writer
from watchdog.logic.decision.lease import SURE, Lease, Seen, claimed, is_free, let_go, noted
from watchdog.logic.redact import clean

log = structlog.get_logger()

RENEW = timedelta(seconds=15)
_LOOK = timedelta(seconds=5)  # at a holder of whom nothing is known yet
_NAME = 100  # characters of a holder's name that are told
REQUEST = 4.0  # seconds for one request: three may fail before the Lease is lost

Answer = TypeVar("Answer")


class Leases(Protocol):
    """One Lease. Implementations: LeaseObject (real), and a simulated one in the tests."""

    @property
    def name(self) -> str:
        """NAMESPACE/NAME."""
        ...

    async def read(self) -> Lease:
        """Return it as it stands.

        Raises:
            Transient, Forbidden, Absent, Permanent: it cannot be read.
        """
        ...

    async def write(self, lease: Lease) -> Lease:
        """Write it over the version that it names, and return what stands then. Raises as `read`."""
        ...


class _Spec(msgspec.Struct, rename="camel"):
    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    lease_transitions: int | None = None
    acquire_time: str | None = None


class _Body(msgspec.Struct):
    metadata: dict[str, object]
    spec: _Spec = msgspec.field(default_factory=_Spec)


class LeaseObject:
    """Implements `Leases` with an object of the API server, which has to be there."""

    def __init__(self, connection: Connection, clock: Clock, *, namespace: str, name: str) -> None:
        """Nothing is sent yet; what will be, is in the name of the connection itself."""
        self._connection = connection
        self._writer = Writer(connection)
        self._clock = clock
        self.name = f"{namespace}/{name}"
        root = f"/apis/coordination.k8s.io/v1/namespaces/{quoted(namespace)}"
        self._path = f"{root}/leases/{quoted(name)}"
        self._last = _Body({})

    async def read(self) -> Lease:
        """As `Leases.read`."""
        return self._noted(await _in_time(self._connection.get(self._path)))

    async def write(self, lease: Lease) -> Lease:
        """As `Leases.write`; labels and annotations stay as they were read."""
        request = Request(method="PUT", path=self._path, body=self._body(lease), query={})
        said = await _in_time(self._writer.send(request))
        if not said.ok:
            raise error_of(said.status, {}, said.body)
        return self._noted(said.body)

    def _noted(self, body: bytes) -> Lease:
        try:
            self._last = msgspec.json.decode(body, type=_Body)
            version = self._last.metadata["resourceVersion"]
        except (ValueError, KeyError) as error:
            raise Malformed(f"the Lease {self.name} cannot be understood") from error
        spec = self._last.spec
        return Lease(
            version=str(version),
            holder=spec.holder_identity or "",
            seconds=spec.lease_duration_seconds or 0,
            transitions=spec.lease_transitions,
        )

    def _body(self, lease: Lease) -> dict[str, object]:
        last = self._last.spec
        now = f"{self._clock.now():%Y-%m-%dT%H:%M:%S.%fZ}"
        times = {
            "acquireTime": (last.holder_identity == lease.holder and last.acquire_time) or now,
            "renewTime": now,  # for people: nobody here judges by it
        }
        spec = {"leaseDurationSeconds": lease.seconds, "leaseTransitions": lease.transitions}
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {**self._last.metadata, "resourceVersion": lease.version},
            "spec": {**spec, **times, "holderIdentity": lease.holder or None},
        }


class LeaseFence:
    """Holds the Lease from the first time that it is asked for until `close`, or watches who does."""

    def __init__(self, leases: Leases, clock: Clock, *, me: str) -> None:
        """`me` names this process among all that there are; nothing is sent yet."""
        self._leases = leases
        self._clock = clock
        self._me = me
        self._seen: Seen | None = None
        self._current = False  # nobody but us can have written since
        self._until = 0.0  # monotonic; then it is ours no longer
        self._busy = asyncio.Lock()
        self._keeping: asyncio.Task[None] | None = None

    @property
    def left(self) -> float:
        """For how many seconds from now it is surely ours; 0 when it is not."""
        return max(0.0, self._until - self._clock.monotonic())

    async def refusal(self) -> str:
        """Return why nothing may be written, "" when the Lease is ours and was renewed just now.

        The first time it may take as long as a Lease lasts to see whether its holder lives.
        """
        if self._keeping is None:
            self._keeping = asyncio.get_running_loop().create_task(self._keep())
        while (why := await self.turn()) is None:
            await self._rest(_LOOK)
        return why

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """What is done in here ends before another one can hold the Lease.

        Raises:
            Unsent: it is not ours, and nothing was done.
            TimedOut: it was cut short.
        """
        if not self.left:
            raise Unsent(f"the Lease {self._leases.name} is not ours any more")
        try:
            async with asyncio.timeout(self.left):
                yield
        except TimeoutError as error:
            raise TimedOut(f"no answer before the Lease {self._leases.name} ends") from error

    async def turn(self) -> str | None:
        """Renew it, or take it when it is free: with one write over the version that was seen.

        Returns "" when it is ours, else why not; None when its holder was not watched long enough.
        """
        async with self._busy:
            try:
                return await self._turned()
            except WatchdogError as error:
                self._current = False
                return f"the Lease {self._leases.name} cannot be had: {error}"

    async def close(self) -> None:
        """Let go of it, so that the next one need not wait."""
        async with self._busy:
            if self._keeping is not None:
                self._keeping.cancel()
                await asyncio.wait([self._keeping])
            if self._seen is None or not self.left:
                return
            self._until = 0.0
            try:
                await self._leases.write(let_go(self._seen.lease))
            except WatchdogError as error:
                log.warning("the Lease was not let go", error=str(error))

    async def _turned(self) -> str | None:
        if not self._current or self._seen is None:
            self._note(await self._leases.read())
        assert self._seen is not None
        lease, ours = self._seen.lease, self.left > 0
        if not is_free(self._seen, self._me, self._clock.monotonic()):
            return self._held_by(lease.holder) if self._seen.moved else None
        asked = self._clock.monotonic()
        self._note(await self._leases.write(claimed(lease, self._me)))
        if self._seen.lease.holder != self._me:
            raise Permanent("another name stands in it than was written")
        self._current, self._until = True, asked + SURE
        if not ours:
            log.info("the Lease is ours", lease=self._leases.name, holder=self._me)
        return ""

    def _held_by(self, holder: str) -> str:
        if not holder:
            return f"the Lease {self._leases.name} was made anew, and is watched for a while first"
        return f"another watchdog acts here: {shown(holder)} holds the Lease {self._leases.name}"

    def _note(self, lease: Lease) -> None:
        self._seen = noted(self._seen, lease, self._clock.monotonic())
        self._current = False
        if lease.holder != self._me:
            self._until = 0.0

    async def _keep(self) -> None:
        """Renew it, or watch its holder, until cancelled."""
        while True:
            await self._rest(RENEW)
            try:
                await self.turn()
            except Exception:
                log.exception("the Lease was not renewed")

    async def _rest(self, span: timedelta) -> None:
        await self._clock.sleep_until(self._clock.now() + span)


def shown(holder: str) -> str:
    """A holder's name for people: whoever may write the Lease may write anything into it."""
    return clean(" ".join(holder.split()))[:_NAME]


async def _in_time(work: Awaitable[Answer]) -> Answer:
    try:
        async with asyncio.timeout(REQUEST):
            return await work
    except TimeoutError as error:
        raise TimedOut(f"no answer within {REQUEST:g} s") from error
