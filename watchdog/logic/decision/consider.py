"""What may be done about one Incident: the first Remediation that fits, its Plan, and the answer to it.

Everything here fails closed: what breaks, or says something that is no answer, is a refusal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from watchdog.domain.attempt import Approval, Attempt, Considered, History
from watchdog.domain.incident import Incident
from watchdog.domain.job import Mode
from watchdog.domain.plan import Call, Grant, NoPlan, Plan, Step
from watchdog.domain.policy import Decision, Outcome, Policy
from watchdog.domain.remediation import Remediation
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.decision.brake import brakes
from watchdog.logic.decision.budgets import restarted
from watchdog.logic.decision.policy import decide, guarded
from watchdog.logic.decision.preflight import objections

_MODES: tuple[Mode, ...] = ("observe", "suggest", "act")
_RESOURCES = {"Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What does not change between Incidents: who can do what, and the operator's limits."""

    remediations: tuple[Remediation, ...]
    policy: Policy

    def fixing(self, incident: Incident) -> tuple[Remediation, ...]:
        """The Remediations that are switched on and meant for its Reason."""
        return tuple(
            each
            for each in self.remediations
            if incident.reason in each.fixes and each.name in self.policy.enabled
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is remembered: of everything, and of this Incident."""

    history: History
    attempt: Attempt | None = None
    approval: Approval | None = None
    vetoed: str = ""  # a model's objection


def lower(first: Mode, second: Mode) -> Mode:
    """The stricter of two modes."""
    return _MODES[min(_MODES.index(first), _MODES.index(second))]


def consider(
    incident: Incident,
    snapshot: Snapshot,
    *,
    setting: Setting,
    mode: Mode,
    past: Past,
    approved: bool = False,
) -> Considered | None:
    """Return what is thought of doing; None when nothing of the closed set is meant for it.

    With `approved` a person has said yes to a Plan: the caller compares it with this one.
    """
    if past.attempt is not None and not past.attempt.tidied:
        return _done(past.attempt, mode, past)  # one for each Incident: that decision stands
    found = setting.fixing(incident)
    if not found or mode == "observe":
        return None
    refused: Considered | None = None  # the first that is meant for it tells why not
    for each in found:
        planned = _planned(each, incident, snapshot, setting.policy)
        if isinstance(planned, Plan):
            decision = _decision(
                each, planned, incident, snapshot, setting.policy, mode, past, approved=approved
            )
            return _considered(each.name, decision, planned, mode, past)
        if planned.reasons and refused is None:
            said = Decision(outcome=Outcome.DENY, reasons=planned.reasons)
            refused = _considered(each.name, said, None, mode, past)
    return refused


def _considered(
    name: str, decision: Decision, plan: Plan | None, mode: Mode, past: Past
) -> Considered:
    return Considered(name=name, decision=decision, plan=plan, mode=mode, approval=past.approval)


def _done(attempt: Attempt, mode: Mode, past: Past) -> Considered:
    by = (f"approved by {attempt.approved_by}",) if attempt.approved_by else ()
    return Considered(
        name=attempt.plan.remediation,
        decision=Decision(outcome=Outcome.ALLOW, reasons=by),
        plan=attempt.plan,
        mode=mode,
        attempt=attempt,
        approval=past.approval,
    )


def _planned(
    each: Remediation, incident: Incident, snapshot: Snapshot, policy: Policy
) -> Plan | NoPlan:
    missing = [need for need in each.needs if not snapshot.has(need)]
    if missing:
        return NoPlan((f"{', '.join(missing)} could not be read",))
    try:
        planned = each.plan(incident, snapshot, policy)
    except Exception as error:  # noqa: BLE001 - a planner that breaks must not stop the watch
        return NoPlan((f"{each.name} cannot be planned: {type(error).__name__}",))
    if isinstance(planned, Plan) and (undeclared := _undeclared(planned, each)):
        return NoPlan((f"{each.name} planned what it has not declared: {undeclared}",))
    return planned


def _undeclared(plan: Plan, remediation: Remediation) -> str:
    """The first Step that the remediation has not declared a Grant for, "" when all are."""
    if plan.remediation != remediation.name or not plan.steps:
        return plan.remediation or "no step"
    return next((step.verb for step in plan.steps if grant(step) not in remediation.grants), "")


def grant(step: Step) -> Grant | None:
    """The right one Step takes; None for what no identity is given."""
    resource = _RESOURCES.get(step.target.kind, "")
    match step.call:
        case Call.RESTART if resource:
            return Grant("patch", resource, "apps")
        case Call.SCALE if resource:
            return Grant("patch", f"{resource}/scale", "apps")
        case Call.EVICT if step.target.kind == "Pod":
            return Grant("create", "pods/eviction")
        case Call.DELETE if step.target.kind == "Pod":
            return Grant("delete", "pods")
        case Call.DELETE if step.target.kind == "Job":
            return Grant("delete", "jobs", "batch")
        case _:
            return None


def _decision(
    each: Remediation,
    plan: Plan,
    incident: Incident,
    snapshot: Snapshot,
    policy: Policy,
    mode: Mode,
    past: Past,
    *,
    approved: bool,
) -> Decision:
    def answer() -> Decision:
        return decide(
            plan,
            incident=incident,
            policy=policy,
            mode=mode,
            history=past.history,
            brakes=brakes(snapshot),
            objections=(
                *_standing(incident),
                *restarted(plan, snapshot),
                *objections(plan, snapshot),
            ),
            asks=each.asks,
            vetoed=past.vetoed,
            approved=approved,
            now=snapshot.taken_at,
        )

    return guarded(answer)()


def _standing(incident: Incident) -> Sequence[str]:
    """Objections that stand on the Incident itself."""
    found = {
        "it is not confirmed yet": not incident.standing,
        "it was not seen in this run": bool(incident.clear_runs),
        f"it is explained by {incident.inhibited_by}": bool(incident.inhibited_by),
        f"{incident.acknowledged_by} has acknowledged it": bool(incident.acknowledged_by),
    }
    return [text for text, holds in found.items() if holds]
