"""A model that does as a test says, and a Triager with everything around it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from typing import Any

from tests.builders import snapshot
from tests.clock import FakeClock
from tests.store.builders import CLUSTER, incident, message, run_row, save
from watchdog.domain.evidence import Explanation
from watchdog.domain.incident import Incident
from watchdog.domain.model import Call, CallOutcome, Question, Reply, Turn, Usage
from watchdog.domain.notification import Notification, NotificationKind
from watchdog.domain.soul import ClusterFacts
from watchdog.domain.triage import Brief, Checked
from watchdog.logic.triage.budget import Limits
from watchdog.loops.explaining import Explaining
from watchdog.loops.gate import Gate
from watchdog.loops.own_state import OwnState
from watchdog.loops.path_state import PathState
from watchdog.loops.triager import Setting, Triager
from watchdog.store import identity, outbox
from watchdog.store.engine import Store

DEADLINE = timedelta(seconds=60)
WORDS = Explanation("the image is gone", "llm", 0.8)
SECOND = timedelta(seconds=1)


@dataclass
class Model:
    """Implements `domain.ports.Model`: answers after `takes`, with the next of `outcomes`."""

    clock: FakeClock
    takes: timedelta = SECOND
    outcomes: list[CallOutcome] = field(default_factory=lambda: [CallOutcome.ANSWERED])
    served: str = "small"
    warnings: tuple[str, ...] = ()
    tokens: int | None = 100
    asked: list[Question] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None

    async def ask(self, question: Question) -> Reply:
        self.asked.append(question)
        at = self.clock.now()
        self.meanwhile()
        self.clock.advance(min(self.takes, timedelta(seconds=question.deadline)))
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        answered = outcome is CallOutcome.ANSWERED
        call = Call(
            purpose=question.purpose,
            at=at,
            seconds=self.takes.total_seconds(),
            outcome=outcome,
            requested=question.models[0],
            served=self.served if answered else "",
            requests=1,
            usage=Usage(input_tokens=self.tokens, output_tokens=0),
            error="" if answered else f"small: {outcome.value}",
            warnings=self.warnings,
        )
        return Reply(call=call, text="{}" if answered else "")

    async def names(self) -> Sequence[str]:
        return ("small",)

    async def close(self) -> None:
        return


@dataclass
class Asked:
    """Implements `loops.triager.QuestionRecorder`."""

    calls: list[tuple[Call, int]] = field(default_factory=list)

    def asked(self, call: Call, *, dropped: int) -> None:
        self.calls.append((call, dropped))


class Talk:
    """A Triager on a store, with a model that does as it is told."""

    def __init__(self, store: Store, *, most: int = 5, limits: Limits = Limits()) -> None:  # noqa: B008 - a frozen value
        self.store = store
        self.clock = FakeClock()
        self.model = Model(self.clock)
        self.recorder = Asked()
        self.checked: Checked | Callable[[], Checked] = checked()
        self.wordless: Exception | None = None
        self.released = 0
        self.runs = 0
        identity.claim_cluster(store, CLUSTER, "stage", self.clock.now())
        self.gate = Gate(
            store, self.clock, limits=limits, zone=UTC, path="p", models=("small", "big")
        )
        self.explaining = Explaining(
            store, self.clock, self.gate, cluster="stage", hold=DEADLINE, most=most
        )
        self.explaining.saw(snapshot())
        self.triager = self.build()

    def build(self, *, alone: bool = False) -> Triager:
        own = OwnState(self.store, self.clock, ["console"])
        return Triager(
            self.store,
            self.clock,
            model=self.model,
            turns=self._turns,
            read=self._read,
            explaining=self.explaining,
            gate=self.gate,
            state=PathState(self.store, self.clock, own, namespace="own", models=("small",)),
            setting=Setting(
                models=("small", "big"),
                deadline=DEADLINE,
                schema="{}",
                limit_tokens=3000,
                own_secrets=(),
                alone=alone,
            ),
            recorder=self.recorder,
            released=self._heard,
        )

    def opened(
        self, *names: str, made: dict[str, Any] | None = None, **fields: Any
    ) -> tuple[Notification, ...]:
        """A Run that opens Incidents of these Deployments, and tells of them; `made` is its record."""
        found = [self.incident(name, **fields) for name in names]
        own = [("console", message(NotificationKind.OPENED, each.id)) for each in found]
        holding = self.explaining.holding(found, wait=None, at=self.clock.now())
        self.runs += 1
        at = self.clock.now() + timedelta(microseconds=self.runs)
        run = run_row(f"run-{'-'.join(names)}", started_at=at)
        run = replace(run, finished_at=self.clock.now(), result=made or {})
        return save(self.store, *found, run=run, messages=own, holding=holding)

    def seen(self, *found: Incident) -> None:
        """A Run that sees these now."""
        self.runs += 1
        at = self.clock.now() + timedelta(microseconds=self.runs)
        save(self.store, *found, run=run_row(f"later-{self.runs}", started_at=at))

    def incident(self, name: str, **fields: Any) -> Incident:
        return incident(name, **fields)

    def due(self) -> list[str]:
        """The texts of what may go now."""
        return [each.message.text for each in outbox.due(self.store, self.clock.now())]

    def kinds(self) -> list[NotificationKind]:
        """What was ever to be said."""
        return [each.message.kind for each in outbox.reread(self.store, range(1, 100))]

    def _turns(self, told: Brief, _cluster: ClusterFacts, soul: str) -> tuple[Turn, ...]:
        if self.wordless:
            raise self.wordless
        return (Turn(role="user", text=f"{soul}{told.headline}"),)

    def _read(self, _text: str, _told: Brief) -> Checked:
        return self.checked if isinstance(self.checked, Checked) else self.checked()

    def _heard(self) -> None:
        self.released += 1


def checked(explanation: Explanation | None = WORDS, *, dropped: int = 0) -> Checked:
    """What is left of an answer."""
    return Checked(
        explanation=explanation,
        priority="now",
        veto=False,
        confidence=0.8,
        dropped=dropped,
        reasons=(),
    )
