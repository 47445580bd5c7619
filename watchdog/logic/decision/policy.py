"""Whether a Plan may be carried out: denied, only after a person's yes, or allowed.

Everything that is not explicitly allowed is denied. Whatever is added to the rules, to what is known
of the past or to what is wrong now makes the answer stricter, never looser.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from functools import wraps
from typing import Literal, ParamSpec

from watchdog.domain.attempt import History
from watchdog.domain.incident import Incident
from watchdog.domain.job import Mode
from watchdog.domain.plan import Plan
from watchdog.domain.policy import (
    ALONE,
    PROTECTED_NAMESPACES,
    Decision,
    Outcome,
    Policy,
    Rule,
)
from watchdog.domain.ref import Ref
from watchdog.logic.decision import budgets, closed_set
from watchdog.logic.decision.windows import inside

P = ParamSpec("P")


def decide(
    plan: Plan,
    *,
    incident: Incident,
    policy: Policy,
    mode: Mode,
    history: History,
    brakes: Sequence[str],
    objections: Sequence[str],
    asks: bool,
    vetoed: str,
    approved: bool,
    now: datetime,
) -> Decision:
    """Answer a Plan, with every reason for the answer.

    `mode` is the one in force, `asks` whether the Remediation always asks, `vetoed` a model's
    objection. `approved` stands for a person's yes to this very Plan: it takes the place of what
    would make us ask, and of nothing else.
    """
    denials = (
        *_switched_off(plan, policy, mode),
        *closed_set.faults(plan, policy),
        *_places(plan, policy),
        *_hours(policy, now),
        *_rules(plan, incident, policy, now, "deny"),
        *budgets.spent(plan, incident.id, history, policy.budgets, now),
        *budgets.doubtful(history, now),
        *brakes,
        *objections,
    )
    if denials:
        return Decision(outcome=Outcome.DENY, reasons=tuple(dict.fromkeys(denials)))
    doubts = (
        *_modes(mode, policy.mode),
        *_asking(plan, asks=asks),
        *_rules(plan, incident, policy, now, "ask"),
        *([f"nothing is done alone: {history.breaker}"] if history.breaker else []),
        *([f"a model objects: {vetoed}"] if vetoed else []),
    )
    if doubts and approved is not True:
        return Decision(outcome=Outcome.ASK, reasons=tuple(dict.fromkeys(doubts)))
    return Decision(outcome=Outcome.ALLOW)


def guarded(gate: Callable[P, object]) -> Callable[P, Decision]:
    """Return the gate closed on every side: what raises or gives no Decision, denies."""

    @wraps(gate)
    def closed(*args: P.args, **kwargs: P.kwargs) -> Decision:
        try:
            answer = gate(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 -- whatever broke, nothing is allowed
            return _denied(f"the policy could not be applied: {type(error).__name__}")
        if not isinstance(answer, Decision) or not isinstance(answer.outcome, Outcome):
            return _denied(f"the policy gave no decision but {type(answer).__name__}")
        return answer

    return closed


def _denied(reason: str) -> Decision:
    return Decision(outcome=Outcome.DENY, reasons=(reason,))


def _switched_off(plan: Plan, policy: Policy, mode: Mode) -> Iterator[str]:
    if mode not in ("suggest", "act") or policy.mode not in ("suggest", "act"):
        yield f"mode {mode if mode not in ('suggest', 'act') else policy.mode}: nothing is done"
    if plan.remediation not in policy.enabled:
        yield f"{plan.remediation} is not switched on (remediation.enabled)"


def _modes(*modes: Mode) -> Iterator[str]:
    if any(each != "act" for each in modes):
        yield "mode suggest: a person is asked"


def _asking(plan: Plan, *, asks: bool) -> Iterator[str]:
    if asks or plan.remediation not in ALONE:
        yield f"{plan.remediation} is never done without a person's yes"


def _places(plan: Plan, policy: Policy) -> Iterator[str]:
    """The owner's namespace counts as well: what is done to a pod is done to its workload."""
    protected = (*PROTECTED_NAMESPACES, *policy.protected)
    for namespace in dict.fromkeys((*plan.namespaces, plan.owner.namespace)):
        if _matches(namespace, protected):
            yield f"namespace {namespace} is protected"
        if policy.namespaces and not _matches(namespace, policy.namespaces):
            yield f"namespace {namespace} is not listed (remediation.namespaces)"


def _hours(policy: Policy, now: datetime) -> Iterator[str]:
    if policy.windows and not inside(policy.windows, now):
        yield "it is outside of the hours in which something may be done (remediation.windows)"


def _rules(
    plan: Plan, incident: Incident, policy: Policy, now: datetime, decision: Literal["ask", "deny"]
) -> Iterator[str]:
    for number, rule in enumerate(policy.rules, start=1):
        if rule.decision == decision and _applies(rule, plan, incident, now):
            verb = "forbids it" if decision == "deny" else "wants a person's yes"
            yield f"rule {number} {verb}" + (f": {rule.reason}" if rule.reason else "")


def _applies(rule: Rule, plan: Plan, incident: Incident, now: datetime) -> bool:
    objects = (plan.owner, *(step.target for step in plan.steps))
    return (
        (not rule.remediations or plan.remediation in rule.remediations)
        and (not rule.checks or incident.check in rule.checks)
        and any(_names(rule, each) for each in objects)
        and rule.labels.items() <= plan.labels.items()
        and (not rule.windows or inside(rule.windows, now))
    )


def _names(rule: Rule, ref: Ref) -> bool:
    """Whether the rule means this object: one object has to match all that is said of it."""
    return (
        (not rule.kinds or ref.kind in rule.kinds)
        and (not rule.namespaces or _matches(ref.namespace, rule.namespaces))
        and (not rule.names or _matches(ref.name, rule.names))
    )


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, each) for each in patterns)
