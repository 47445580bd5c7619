"""One call of the gate, with everything in favour unless a test says otherwise."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tests.builders import NOW
from tests.logic.decision.planned import restart
from tests.logic.incidents import BROKEN
from watchdog.domain.attempt import History
from watchdog.domain.incident import Incident
from watchdog.domain.job import Mode
from watchdog.domain.plan import Plan
from watchdog.domain.policy import Decision, Outcome, Policy
from watchdog.logic.decision.policy import decide

ACT = Policy(mode="act")
STRICTNESS = (Outcome.ALLOW, Outcome.ASK, Outcome.DENY)


def strictness(decision: Decision) -> int:
    return STRICTNESS.index(decision.outcome)


def decided(
    plan: Plan | None = None,
    *,
    incident: Incident = BROKEN,
    policy: Policy = ACT,
    mode: Mode = "act",
    history: History | None = None,
    brakes: Sequence[str] = (),
    objections: Sequence[str] = (),
    asks: bool = False,
    vetoed: str = "",
    approved: bool = False,
    now: datetime = NOW,
) -> Decision:
    return decide(
        plan or restart(),
        incident=incident,
        policy=policy,
        mode=mode,
        history=history or History(),
        brakes=brakes,
        objections=objections,
        asks=asks,
        vetoed=vetoed,
        approved=approved,
        now=now,
    )


def acting(**fields: object) -> Policy:
    """A Policy in mode `act` that differs from the default in these fields."""
    return replace(ACT, **fields)  # type: ignore[arg-type]
