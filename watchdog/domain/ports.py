"""What the loops ask of the outside world. Each port has a real and a simulated implementation."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from watchdog.domain.attempt import Result
from watchdog.domain.custom import CustomKind, Spec, Writer
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.model import Question, Reply
from watchdog.domain.notification import Notification
from watchdog.domain.objects import corev1, metav1
from watchdog.domain.plan import Plan
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Missing, Snapshot


@dataclass(frozen=True, slots=True)
class Right:
    """One verb on one resource, and whether this identity has it."""

    group: str
    resource: str  # "pods" or "pods/log"
    verb: str
    allowed: bool


class Cluster(Protocol):
    """Read access to one cluster. Implementations: kube.collect (real), kube.simulated (demo)."""

    @property
    def name(self) -> str:
        """The display name: kubeconfig context, or "in-cluster"."""
        ...

    async def snapshot(self, needs: Collection[str]) -> Snapshot:
        """Read every needed kind once. What could not be read is in `Snapshot.missing`.

        Raises:
            Transient: the API server cannot be reached at all.
            Permanent: it refuses this identity altogether.
        """
        ...

    async def logs(self, queries: Sequence[LogQuery]) -> Mapping[LogQuery, Log]:
        """Read bounded, redacted log tails; every query has an answer. Never raises for one."""
        ...

    async def events(self, refs: Sequence[Ref]) -> Mapping[Ref, tuple[corev1.Event, ...]]:
        """Read the Normal events of these objects, of a bounded number. Never raises for one."""
        ...

    async def customs(
        self, kinds: Sequence[CustomKind]
    ) -> Mapping[CustomKind, tuple[metav1.Object, ...] | Missing]:
        """List each kind once, or say why it cannot be. Never raises for one."""
        ...

    async def specs(self, writers: Sequence[Writer]) -> Mapping[Writer, Spec | Missing]:
        """Read what these custom resources, and those above them, ask for; a bounded number."""
        ...

    async def rights(self, needs: Collection[str]) -> Sequence[Right]:
        """Ask the API server what this identity may do with each need."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How the calls of an Attempt ended; `text` is what the API server said, redacted."""

    result: Result
    text: str
    disarm: bool = False  # RBAC or a policy refused what should be allowed: a bug or an attack


class Actuator(Protocol):
    """The only writer to a cluster. Implementations: kube.actuate (real), kube.simulated (demo)."""

    @property
    def tested(self) -> bool:
        """Whether it takes a self-test to be armed: in a cluster, not with a person's kubeconfig."""
        ...

    async def faults(self) -> tuple[str, ...]:
        """Run the self-test of the fences (safety.md §5.2); empty when it passed. Never raises."""
        ...

    async def stopped(self) -> str:
        """Why nothing may be written now, "" when nothing stops it. Never raises."""
        ...

    async def objections(self, plan: Plan) -> tuple[str, ...]:
        """Look at the objects anew and try the very calls without effect (safety.md §6).

        What cannot be asked is an objection. Never raises, never writes.
        """
        ...

    async def carry_out(
        self, plan: Plan, *, attempt: str, at: datetime, stopped: Callable[[], Awaitable[str]]
    ) -> Done:
        """Make the calls, each once; `stopped` is asked before each. Never raises."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class Notifier(Protocol):
    """Delivers rows of the outbox to one place."""

    @property
    def name(self) -> str:
        """ "console", "jsonl", "discord"."""
        ...

    async def send(self, notification: Notification, receipt: str) -> str:
        """Deliver, and return a receipt: the id under which a later message can edit this one.

        `receipt` is what the last delivery of the same thread returned, "" when there was none.

        Raises:
            Transient: try again later.
            Permanent: never try this row again.
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class Model(Protocol):
    """The language models behind one proxy. Implementations: llm.chain (real), app.recorders (which
    counts what another one is asked)."""

    async def ask(self, question: Question) -> Reply:
        """Ask the chain within its deadline. Never raises: how it ended is in the Reply."""
        ...

    async def names(self) -> Sequence[str]:
        """The models the proxy offers.

        Raises:
            Transient: the proxy does not answer.
            Forbidden: it refuses the key.
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class Clock(Protocol):
    """The only source of time and of waiting."""

    def now(self) -> datetime:
        """The current time, aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only grow, for measuring and deadlines."""
        ...

    async def sleep_until(self, moment: datetime) -> None:
        """Return at `moment` (aware UTC), at once when it has passed."""
        ...
