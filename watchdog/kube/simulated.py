"""A small cluster in memory behind the Cluster port, for `make demo`: a shop that breaks and heals.

Nothing here talks to anything. What happens when is in `story`.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from watchdog.domain.attempt import Result
from watchdog.domain.custom import CustomKind, Spec, Writer
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.objects import corev1, metav1, podv1
from watchdog.domain.plan import Plan
from watchdog.domain.ports import Clock, Done, Right
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import BASE_NEEDS, Missing, Snapshot
from watchdog.kube.ground import ground
from watchdog.kube.kinds import KINDS, LOGS
from watchdog.kube.shop import workloads
from watchdog.kube.shop_pods import uid_of
from watchdog.kube.story import APPS, END, Scene

# The seed of the demo's cron/jobs.json. On a DemoClock `every 2m` is six seconds of real time.
DEMO_JOBS = """\
{
  "version": 1,
  "jobs": [
    {
      "name": "shop-watch",
      "schedule": "every 2m",
      "checks": ["family:pods", "family:workloads", "node_ready", "node_pressure"],
      "deliver": "discord"
    }
  ]
}
"""


_ONLY_SHOWN = "the demo tells a story: nothing in its shop can be changed"
_INSTALLED = frozenset(need for need, kind in KINDS.items() if not kind.optional)


class DemoClock:
    """A clock that runs `speed` times as fast until the story has ended, then as all clocks do.

    It starts so far in the past that it meets the real time exactly when the story ends: no time
    that it ever gives lies in the future. `monotonic` stays real, as it measures our own work.
    """

    def __init__(self, clock: Clock, *, speed: int = 20) -> None:
        """Start now, by `clock`."""
        self._clock = clock
        self._speed = speed
        self._meeting = clock.now() + END / speed

    def now(self) -> datetime:
        """The time in the demo, aware UTC."""
        ahead = self._meeting - self._clock.now()
        return self._meeting - ahead * (self._speed if ahead > timedelta(0) else 1)

    def monotonic(self) -> float:
        """Real seconds that only grow."""
        return self._clock.monotonic()

    async def sleep_until(self, moment: datetime) -> None:
        """Return when the demo reaches `moment`."""
        ahead = self._meeting - moment
        wait = ahead / self._speed if ahead > timedelta(0) else ahead
        await self._clock.sleep_until(self._meeting - wait)


class SimulatedCluster:
    """Implements `domain.ports.Cluster`. The story begins at the clock's time of construction."""

    def __init__(self, clock: Clock) -> None:
        """Begin the story now."""
        self._clock = clock
        self._origin = clock.now()

    @property
    def name(self) -> str:
        """The display name."""
        return "demo"

    async def snapshot(self, needs: Collection[str]) -> Snapshot:
        """Show the shop as it is now. Needs without a kind here are missing as `absent`."""
        scene = Scene(self._origin, self._clock.now())
        shop = tuple(workloads(scene))
        pods = tuple(item for item in shop if isinstance(item, podv1.Pod))
        groups: defaultdict[type[metav1.Object], list[metav1.Object]] = defaultdict(list)
        for item in (*shop, *ground(scene, pods)):
            groups[type(item)].append(item)
        wanted = {*BASE_NEEDS, *needs} - {LOGS}
        return Snapshot(
            cluster=uid_of(Ref("Namespace", "", "kube-system")),
            taken_at=scene.now,
            objects={
                need: tuple(groups[KINDS[need].record]) for need in sorted(wanted & _INSTALLED)
            },
            missing={
                need: Missing("absent", f"the demo has no {need}")
                for need in sorted(wanted - _INSTALLED)
            },
        )

    async def logs(self, queries: Sequence[LogQuery]) -> Mapping[LogQuery, Log]:
        """Say what a running container says; no container of the shop has a previous run."""
        texts = {app.name: app.log for app in APPS}
        running = {
            pod.ref
            for pod in (await self.snapshot(("pods",))).all_pods.values()
            if pod.status.phase == "Running"
        }
        return {
            query: Log(texts.get(query.container, ""))
            if query.pod in running and not query.previous
            else Log()
            for query in queries
        }

    async def events(self, refs: Sequence[Ref]) -> Mapping[Ref, tuple[corev1.Event, ...]]:
        """Nothing happens in the shop but what its status shows."""
        return {}

    async def customs(
        self, kinds: Sequence[CustomKind]
    ) -> Mapping[CustomKind, tuple[metav1.Object, ...] | Missing]:
        """The shop has no operator."""
        return {kind: Missing("absent", f"the demo has no {kind}") for kind in kinds}

    async def specs(self, writers: Sequence[Writer]) -> Mapping[Writer, Spec | Missing]:
        """The shop has no operator."""
        return {each: Missing("absent", f"the demo has no {each.ref}") for each in writers}

    async def rights(self, needs: Collection[str]) -> Sequence[Right]:
        """Allow every read."""
        listed = tuple(
            Right(KINDS[need].group, KINDS[need].resource, verb, allowed=True)
            for need in sorted(_INSTALLED & set(needs))
            for verb in ("get", "list")
        )
        return (*listed, Right("", "pods/log", "get", allowed=True))

    async def close(self) -> None:
        """Nothing is held open."""


class SimulatedActuator:
    """Implements `domain.ports.Actuator` for a shop whose story nobody can change."""

    @property
    def tested(self) -> bool:
        """There are no fences to test."""
        return False

    async def faults(self) -> tuple[str, ...]:
        """Nothing to find."""
        return ()

    async def stopped(self) -> str:
        """Nothing stops it."""
        return ""

    async def objections(self, plan: Plan) -> tuple[str, ...]:
        """The one there always is."""
        return (_ONLY_SHOWN,)

    async def carry_out(
        self, plan: Plan, *, attempt: str, at: datetime, stopped: Callable[[], Awaitable[str]]
    ) -> Done:
        """Do nothing, and say so."""
        return Done(result=Result.REFUSED, text=_ONLY_SHOWN)

    async def close(self) -> None:
        """Nothing is held open."""
