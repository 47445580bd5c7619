"""The only writer to a cluster: four calls of a closed set, each looked at, tried, and made once.

Nothing is retried, nothing is guessed: an answer that did not come is `unknown`. Source: safety.md
sections 3, 5, 6 and 9.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from watchdog.domain.attempt import Result
from watchdog.domain.errors import Absent, WatchdogError
from watchdog.domain.plan import Call, Plan, Step
from watchdog.domain.ports import Clock, Done
from watchdog.kube import selftest
from watchdog.kube.actor_token import ActorToken
from watchdog.kube.calls import outcome, request_of
from watchdog.kube.client import Connection, Limits
from watchdog.kube.credentials import IN_CLUSTER
from watchdog.kube.fresh import changes, target_objections
from watchdog.kube.lease import LeaseFence, LeaseObject
from watchdog.kube.live import Live, Sight, quoted
from watchdog.kube.rehearsal import Rehearsal
from watchdog.kube.writing import Request, Said, Writer, was_sent
from watchdog.logic.redact import clean, redact

OWN_NAMESPACE = "platform-engineer"
STOP = "watchdog-stop"

Stopped = Callable[[], Awaitable[str]]


class KubeActuator:
    """Implements `domain.ports.Actuator` over a Connection of its own, which `close` ends."""

    def __init__(
        self,
        connection: Connection,
        *,
        clock: Clock,
        namespace: str = OWN_NAMESPACE,
        service_account: str = "",
        lease: str = "",
        me: str = "",
        limits: Limits | None = None,
    ) -> None:
        """Nothing is sent yet. In a cluster every call but reads is made by `service_account`, the
        name of another one in `namespace`; "" is our own identity. With the name of a `lease` there,
        nothing is written but while it is held by `me`, a name that no other process has."""
        self._connection = connection
        self._clock = clock
        self._namespace = namespace
        self._limits = limits
        own = Writer(connection, limits=limits)
        other = bool(service_account) and self.tested
        self._token = (
            ActorToken(own, clock, namespace=namespace, name=service_account) if other else None
        )
        speaks = self._token.authorization if self._token else None
        self._writer = Writer(connection, authorization=speaks, limits=limits)
        self._lease: LeaseFence | None = None
        if lease:
            record = LeaseObject(connection, clock, namespace=namespace, name=lease)
            self._lease = LeaseFence(record, clock, me=me)

    @property
    def tested(self) -> bool:
        """A mounted ServiceAccount has to be fenced in; a person's kubeconfig is that person's."""
        return self._connection.name == IN_CLUSTER

    async def faults(self) -> tuple[str, ...]:
        """The self-test; with a kubeconfig none of its calls is made."""
        if not self.tested:
            return ()
        found = await selftest.faults(self._writer, self._clock.now())
        return tuple(self._told(each) for each in found)

    async def stopped(self) -> str:
        """The ConfigMap that stops all writes, and whoever else holds the Lease: any answer but the
        absence of the one, and a renewal of the other, is a stop."""
        if (why := await self._switched()) or self._lease is None:
            return why
        return self._told(await self._lease.refusal())

    async def _switched(self) -> str:
        path = f"/api/v1/namespaces/{quoted(self._namespace)}/configmaps/{STOP}"
        try:
            await self._connection.get(path)
        except Absent as error:
            said = str(error)
            return "" if f'"{STOP}"' in said else self._told(f"{STOP} cannot be read: {said}")
        except WatchdogError as error:
            return self._told(f"{STOP} cannot be read: {error}")
        return f"the ConfigMap {STOP} in namespace {self._namespace} stops every write"

    async def objections(self, plan: Plan) -> tuple[str, ...]:
        """First what the objects say; only when that is nothing are the calls rehearsed."""
        sight = Sight(self._connection)
        try:
            found = await changes(plan, sight)
            found = found or await Rehearsal(self._writer, self._connection, sight).of(
                plan, self._clock.now()
            )
        except WatchdogError as error:
            found = (f"it cannot be tried without effect: {error}",)
        return tuple(self._told(each) for each in found)

    async def carry_out(self, plan: Plan, *, attempt: str, at: datetime, stopped: Stopped) -> Done:
        """One call after the other; the first that is not applied is the last."""
        made: list[Done] = []
        for step in plan.steps:
            made.append(await self._carry(plan, step, attempt=attempt, at=at, stopped=stopped))
            if made[-1].result is not Result.APPLIED:
                break
        return _summed(made, len(plan.steps))

    async def close(self) -> None:
        """Let go of the Lease and close the sockets."""
        if self._lease is not None:
            await self._lease.close()
        await self._connection.close()

    async def _carry(
        self, plan: Plan, step: Step, *, attempt: str, at: datetime, stopped: Stopped
    ) -> Done:
        try:
            live = await Sight(self._connection).of(step.target)
            found = [*target_objections(step, live), *_regenerated(plan, step, live)]
            if live is None or found:
                return Done(result=Result.REFUSED, text=self._told("; ".join(found)))
            request = request_of(step, live, at=at)
            if (why := await stopped()) != "":
                return Done(result=Result.REFUSED, text=self._told(f"stopped: {why}"))
        except WatchdogError as error:
            return Done(result=Result.FAILED, text=self._told(f"{step.verb}: not made: {error}"))
        try:
            done = outcome(step, await self._send(request, attempt))
        except WatchdogError as error:
            result = Result.UNKNOWN if was_sent(error) else Result.FAILED
            done = Done(result=result, text=f"{step.verb}: {error}")
        return Done(result=done.result, text=self._told(done.text), disarm=done.disarm)

    async def _send(self, request: Request, attempt: str) -> Said:
        """Raises as `Writer.send`: also when the Lease would end before the answer."""
        if self._lease is None:
            return await self._writer.send(request, attempt=attempt)
        async with self._lease.held():
            return await self._writer.send(request, attempt=attempt)

    def _told(self, text: str) -> str:
        """What the API server said may repeat what it was sent."""
        secrets = (*self._connection.secrets, *(self._token.secrets if self._token else ()))
        return redact(clean(" ".join(text.split())), secrets)


def _regenerated(plan: Plan, step: Step, live: Live | None) -> tuple[str, ...]:
    """A call on the owner itself is for the generation that was decided on."""
    if live is None or step.call not in (Call.RESTART, Call.SCALE):
        return ()
    same = live.metadata.generation == plan.generation
    return () if same else (f"{step.target} was changed meanwhile",)


def _summed(made: Sequence[Done], wanted: int) -> Done:
    """One result for all calls: what may have had an effect is never called refused or failed."""
    last, applied = made[-1], sum(each.result is Result.APPLIED for each in made)
    if wanted == 1:
        return last
    if applied == wanted:
        return Done(result=Result.APPLIED, text=f"all {wanted} calls were applied")
    text = f"{applied} of {wanted} calls were applied, then none was made after: {last.text}"
    result = last.result
    if applied and result is not Result.UNKNOWN:
        result = Result.APPLIED
    return Done(result=result, text=text, disarm=last.disarm)
