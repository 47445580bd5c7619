"""Everything from Runs to calls around one hanging pod, with an Actuator that keeps what it is told."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from tests.builders import NOW
from tests.clock import FakeClock
from tests.logic.decision.deciding import ACT
from tests.loops.scripted import Stage, framed
from tests.remediations.shop import Shop, hanging, shop
from watchdog.domain.attempt import Answer, Approval, Attempt, Considered, Result
from watchdog.domain.check import NoParams, check
from watchdog.domain.finding import Finding
from watchdog.domain.incident import Incident
from watchdog.domain.job import Mode
from watchdog.domain.plan import Grant, NoPlan, Plan
from watchdog.domain.policy import Outcome, Policy
from watchdog.domain.ports import Done
from watchdog.domain.remediation import Planner, Remediation
from watchdog.domain.run import RunRequest, RunResult
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.decision.consider import Setting as Thoughts
from watchdog.logic.decision.planning import eviction, plan
from watchdog.logic.decision.preflight import EVICTING
from watchdog.loops import acting, observe
from watchdog.loops.acting import Acting
from watchdog.loops.breaking import Breaker
from watchdog.loops.considering import Considering
from watchdog.loops.fences import Fences
from watchdog.loops.observe import Observer
from watchdog.loops.own_state import OwnState
from watchdog.loops.timed_look import TimedLook
from watchdog.store import approvals, attempts, incidents
from watchdog.store.engine import Store
from watchdog.store.incidents import Known

SICK = "Sick"
STEP = timedelta(minutes=2)
APPLIED = Done(result=Result.APPLIED, text="HTTP 201")


@check(family="pods", needs=("pods", "deployments"), reasons=(SICK,), params=NoParams)
def sick(look: Snapshot, _: NoParams) -> Iterator[Finding]:
    """A workload has pods that are not ready."""
    for owner, pods in sorted(look.pods_by_owner.items()):
        hit = tuple(each.ref for each in pods if not each.ready)
        if hit:
            yield Finding(
                reason=SICK,
                subject=owner,
                affected=hit,
                severity=Severity.WARNING,
                message=f"{owner} is sick",
                since=NOW - timedelta(hours=1),
            )


def evict_first(incident: Incident, snapshot: Snapshot, _policy: Policy) -> Plan | NoPlan:
    """Evict the first pod that is named."""
    pod = snapshot.all_pods[incident.affected[0]]
    return plan(
        snapshot.workloads[incident.subjects[0]],
        (eviction(pod),),
        name="EvictPod",
        cause="stuck",
        reason="It hangs.",
        risk="It ends.",
    )


def remedy(planner: Planner = evict_first, *, asks: bool = False) -> Remediation:
    """The only Remediation there is."""
    return Remediation(
        id="evict_first",
        name="EvictPod",
        fixes=(SICK,),
        grants=(Grant("create", "pods/eviction"),),
        needs=EVICTING,
        optional=("configmaps",),
        asks=asks,
        plan=planner,
        doc="",
    )


@dataclass
class Hands:
    """Implements `domain.ports.Actuator`: calls nobody, and remembers what it was told to do."""

    tested: bool = False
    found: tuple[str, ...] = ()  # of the self-test
    stop: str = ""
    against: tuple[str, ...] = ()
    done: Done = APPLIED
    error: Exception | None = None  # of the call
    asked: int = 0
    tests: int = 0
    made: list[tuple[str, Plan]] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)  # what was heard right before the calls
    testing: Callable[[], Awaitable[None]] | None = None  # in the self-test
    rehearsed: Callable[[], Awaitable[None]] | None = None  # after the last gate
    before: Callable[[], Awaitable[None]] | None = None  # right before the calls
    during: Callable[[], Awaitable[None]] | None = None

    async def faults(self) -> tuple[str, ...]:
        self.tests += 1
        if self.testing is not None:
            await self.testing()
        return self.found

    async def stopped(self) -> str:
        return self.stop

    async def objections(self, plan: Plan) -> tuple[str, ...]:
        self.asked += 1
        if self.rehearsed is not None:
            await self.rehearsed()
        return self.against

    async def carry_out(
        self, plan: Plan, *, attempt: str, at: datetime, stopped: Callable[[], Awaitable[str]]
    ) -> Done:
        if self.before is not None:
            await self.before()
        if why := await stopped():
            self.stops.append(why)
            return Done(result=Result.REFUSED, text=f"stopped: {why}")
        self.made.append((attempt, plan))
        if self.during is not None:
            await self.during()
        if self.error is not None:
            raise self.error
        return self.done

    async def close(self) -> None:
        return


@dataclass
class Notes:
    """Implements `loops.observe_ports.RunRecorder` and `loops.considering.AttemptRecorder`."""

    results: list[Result] = field(default_factory=list)

    def ran(self, request: RunRequest, result: RunResult, *, took: timedelta, told: bool) -> None:
        return

    def attempted(self, attempt: Attempt) -> None:
        self.results.append(attempt.result)

    def verified(self, attempt: Attempt) -> None:
        return


def stuck(found: Shop | None = None, *, place: int = 0) -> Shop:
    """The shop with one pod that hangs."""
    whole = found or shop()
    assert whole.direct is not None
    return whole.with_pod(place, hanging(whole.direct, place + 1))


class Repair:
    """A daemon without loops: `run` looks, `act` does what may be done."""

    def __init__(
        self, store: Store, policy: Policy = ACT, remediation: Remediation | None = None
    ) -> None:
        self.store = store
        self.clock = FakeClock()
        self.stage = Stage(self.clock)
        self.hands = Hands()
        self.notes = Notes()
        self.switch: Callable[[], str] = lambda: ""  # the operator's file
        self.remediation = remediation or remedy()
        self._count = 0
        self.restart(policy)

    def restart(self, policy: Policy, remediation: Remediation | None = None) -> None:
        """A new process on the same records, with another policy."""
        self.remediation = remediation or self.remediation
        store, clock = self.store, self.clock
        self.considering = Considering(
            store,
            Thoughts(remediations=(self.remediation,), policy=policy),
            recorder=self.notes,
            new_id=self._new_id,
        )
        look = TimedLook(cluster=self.stage, store=store, clock=clock, checks=(sick,), params={})
        own = OwnState(store, clock, ("console",))
        self.breaker = Breaker(store, clock, own, policy=policy, namespace="own")
        self.fences = Fences(clock, self.hands, self.breaker, switch=self._switched)
        self.acting = Acting(
            store,
            clock,
            timed_look=look,
            considering=self.considering,
            actuator=self.hands,
            fences=self.fences,
            breaker=self.breaker,
            recorder=self.notes,
            setting=acting.Setting(checks=("sick",), needs=frozenset((*sick.needs, *EVICTING))),
            changed=lambda: None,
        )
        self.observer = Observer(
            cluster=self.stage,
            store=store,
            clock=clock,
            recorder=self.notes,
            advisor=self.considering,
            setting=observe.Setting(checks=(sick,), params={}, frame=framed, namespace="own"),
        )

    async def run(self, shown: Shop | Snapshot | None = None, *, mode: Mode = "act") -> None:
        """One Run over this view of the cluster, two minutes after the last."""
        if shown is not None:
            self.show(shown)
        self.clock.advance(STEP)
        self._count += 1
        request = RunRequest(
            run_id=f"run-{self._count}",
            job="watch",
            trigger="manual",
            checks=("sick",),
            deliver=("console",),
            mode=mode,
        )
        await self.observer.run([request])

    def show(self, shown: Shop | Snapshot) -> None:
        """What the cluster is from now on."""
        self.stage.shown = shown.look() if isinstance(shown, Shop) else shown

    async def act(self) -> bool:
        return await self.acting.act()

    def incident(self, reason: str = SICK) -> Incident:
        """The standing Incident of this reason."""
        [found] = [each for each in self.known.incidents if each.reason == reason]
        return found

    @property
    def known(self) -> Known:
        return incidents.known(self.store, self.stage.shown.cluster)

    @property
    def considered(self) -> Considered:
        return cast(Considered, self.incident().remediation)

    @property
    def outcome(self) -> Outcome:
        return self.considered.decision.outcome

    @property
    def reasons(self) -> str:
        return "; ".join(self.considered.decision.reasons)

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        return attempts.since(self.store, self.stage.shown.cluster, NOW - timedelta(days=9))

    @property
    def asks(self) -> tuple[Approval, ...]:
        return approvals.of(self.store, [each.id for each in self.known.incidents])

    def say(self, *, yes: bool) -> None:
        """A person's answer to the first thing that is asked."""
        ask = next(each for each in self.asks if each.answer is Answer.OPEN)
        approvals.answer(self.store, ask.id, yes=yes, by="ann", now=self.clock.now())

    def _switched(self) -> str:
        return self.switch()

    def _new_id(self) -> str:
        self._count += 1
        return f"k-{self._count}"
