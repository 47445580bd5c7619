"""Whether a Plan is one of the things watchdog can do at all, made of the calls that belong to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from watchdog.domain.plan import Call, Plan, Step
from watchdog.domain.policy import Policy
from watchdog.logic.decision.budgets import lowered

_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
_SCALABLE = frozenset({"Deployment", "StatefulSet"})


@dataclass(frozen=True, slots=True)
class _Form:
    """The one call that a remediation makes, and on which kinds."""

    call: Call
    kinds: frozenset[str]


# Source: safety.md §3.
_FORMS: Mapping[str, _Form] = {
    "RolloutRestart": _Form(Call.RESTART, _WORKLOADS),
    "EvictPod": _Form(Call.EVICT, frozenset({"Pod"})),
    "DeleteDebris": _Form(Call.DELETE, frozenset({"Pod"})),
    "Scale": _Form(Call.SCALE, _SCALABLE),
    "DeleteJob": _Form(Call.DELETE, frozenset({"Job"})),
}


def faults(plan: Plan, policy: Policy) -> tuple[str, ...]:
    """Return everything that makes the Plan another thing than it says it is, or too much."""
    form = _FORMS.get(plan.remediation)
    if form is None:
        return (f"{plan.remediation} is not in the closed set",)
    found = [*_number(plan, policy)]
    for step in plan.steps:
        found += _step(plan.remediation, form, step, policy)
    causes = policy.restart_causes
    if plan.remediation == "RolloutRestart" and plan.cause not in causes:
        found.append(f"{plan.cause} is no cause for a restart (remediation.restart_causes)")
    return tuple(dict.fromkeys(found))


def _number(plan: Plan, policy: Policy) -> Iterator[str]:
    most = lowered(policy.budgets).debris if plan.remediation == "DeleteDebris" else 1
    if not 1 <= len(plan.steps) <= most:
        yield f"{plan.remediation} with {len(plan.steps)} steps: 1 to {most} are allowed"
    if len({step.target for step in plan.steps}) < len(plan.steps):
        yield f"{plan.remediation} names an object twice"


def _step(name: str, form: _Form, step: Step, policy: Policy) -> Iterator[str]:
    if step.call is not form.call or step.target.kind not in form.kinds:
        yield f"{step.verb} is no step of {name}"
    if not (step.uid and step.target.name and step.target.namespace):
        yield f"{step.verb} does not name its object by namespace, name and uid"
    if step.call is Call.SCALE:
        yield from _bounds(step, policy)


def _bounds(step: Step, policy: Policy) -> Iterator[str]:
    bounds = policy.scale
    if bounds is None:
        yield "no bounds are set for scaling (remediation.scale)"
        return
    least, wanted = max(1, bounds.least), step.replicas or 0
    if not least <= wanted <= bounds.most:
        yield f"{wanted} replicas are outside of {least} to {bounds.most} (remediation.scale)"
