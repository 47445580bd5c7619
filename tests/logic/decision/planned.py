"""Plans, Attempts and asks as tests of decisions want them."""

from dataclasses import replace
from datetime import datetime, timedelta

from tests.builders import MINUTE, NOW
from tests.logic.incidents import API, BROKEN
from watchdog.domain.attempt import Approval, Attempt, Considered, Health, Look, Result, Verified
from watchdog.domain.plan import Call, Plan, Step
from watchdog.domain.policy import Decision, Outcome
from watchdog.domain.ref import Ref

POD = Ref("Pod", "shop", "api-7d9f8b6c5d-x2x4z")
WHOLE = Health(wanted=3, ready=3, restarts=0)


def step(call: Call = Call.RESTART, target: Ref = API, uid: str = "u-1", **fields: object) -> Step:
    made = Step(call=call, target=target, uid=uid, what=f"{call} {target}")
    return replace(made, **fields)  # type: ignore[arg-type]


def restart(owner: Ref = API, **fields: object) -> Plan:
    made = Plan(
        remediation="RolloutRestart",
        cause="stale_config",
        owner=owner,
        steps=(step(target=owner, uid=str(owner)),),
        reason="Its Secret is newer than its pods.",
        risk="Its pods are replaced one by one.",
        generation=1,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def evict(target: Ref = POD, owner: Ref = API, **fields: object) -> Plan:
    steps = (step(Call.EVICT, target, str(target)),)
    made = restart(owner, remediation="EvictPod", cause="stuck", steps=steps)
    return replace(made, **fields)  # type: ignore[arg-type]


def debris(*targets: Ref, owner: Ref = API, **fields: object) -> Plan:
    steps = tuple(step(Call.DELETE, each, str(each)) for each in targets or (POD,))
    made = restart(owner, remediation="DeleteDebris", cause="debris", steps=steps)
    return replace(made, **fields)  # type: ignore[arg-type]


def scale(replicas: int | None = 2) -> Plan:
    steps = (step(Call.SCALE, uid=str(API), replicas=replicas),)
    return restart(remediation="Scale", cause="callers", steps=steps)


def attempt(
    plan: Plan | None = None,
    *,
    incident: str = BROKEN.id,
    at: datetime = NOW,
    lasting: timedelta = 15 * MINUTE,
    **fields: object,
) -> Attempt:
    made = Attempt(
        id=f"{incident}-a",
        incident=incident,
        cluster="c0ffee",
        plan=plan or restart(),
        begun_at=at,
        before=WHOLE,
        deadline=at + lasting,
        result=Result.APPLIED,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def failed(at: datetime, plan: Plan | None = None, **fields: object) -> Attempt:
    """One that did not help."""
    end = {"verified": Verified.NOT_RECOVERED, "verified_at": at}
    return attempt(plan, at=at, **(end | fields))  # type: ignore[arg-type]


def seen(after: timedelta, *, healthy: bool = True, **fields: object) -> Look:
    """A look so long after NOW."""
    return replace(Look(at=NOW + after, healthy=healthy), **fields)  # type: ignore[arg-type]


def ask(plan: Plan | None = None, *, at: datetime = NOW, **fields: object) -> Approval:
    made = Approval(
        id="k-1",
        incident=BROKEN.id,
        plan=plan or restart(),
        asked_at=at,
        expires_at=at + timedelta(hours=1),
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def considered(outcome: Outcome, *reasons: str, plan: Plan | None = None) -> Considered:
    decision = Decision(outcome=outcome, reasons=reasons)
    return Considered(name="RolloutRestart", decision=decision, plan=plan)
