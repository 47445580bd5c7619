"""A Plan that is not what it says it is."""

import pytest

from tests.logic.decision.planned import POD, debris, evict, restart, scale, step
from tests.logic.incidents import API
from watchdog.domain.plan import Call, Plan
from watchdog.domain.policy import Bounds, Budgets, Policy
from watchdog.domain.ref import Ref
from watchdog.logic.decision.closed_set import faults

POLICY = Policy(scale=Bounds(least=1, most=3))
JOB = Ref("Job", "shop", "dump-1")
DELETE_JOB = restart(
    Ref("CronJob", "shop", "dump"),
    remediation="DeleteJob",
    cause="failed",
    steps=(step(Call.DELETE, JOB),),
)


@pytest.mark.parametrize("plan", [restart(), evict(), debris(), scale(), DELETE_JOB])
def test_what_the_set_holds_has_no_fault(plan: Plan) -> None:
    assert faults(plan, POLICY) == ()


def test_what_the_set_does_not_hold_is_refused() -> None:
    plan = restart(remediation="ForceDelete")

    assert faults(plan, POLICY) == ("ForceDelete is not in the closed set",)


@pytest.mark.parametrize(
    "plan",
    [
        restart(steps=(step(Call.DELETE, POD),)),
        restart(steps=(step(Call.RESTART, POD),)),
        evict(steps=(step(Call.DELETE, POD),)),
        evict(Ref("Job", "shop", "dump-1")),
        debris(JOB),
        restart(remediation="Scale", steps=(step(Call.RESTART),)),
        restart(remediation="DeleteJob", cause="failed", steps=(step(Call.DELETE, POD),)),
    ],
)
def test_a_step_of_another_kind_is_refused(plan: Plan) -> None:
    [text] = faults(plan, POLICY)

    assert text.endswith(f"is no step of {plan.remediation}")


@pytest.mark.parametrize(
    "made",
    [
        step(uid=""),
        step(target=Ref("Deployment", "", "api")),
        step(target=Ref("Deployment", "shop", "")),
    ],
)
def test_a_step_that_does_not_name_its_object_is_refused(made: object) -> None:
    [text] = faults(restart(steps=(made,)), POLICY)

    assert text.endswith("does not name its object by namespace, name and uid")


def pods(number: int) -> list[Ref]:
    return [Ref("Pod", "shop", f"p-{each}") for each in range(number)]


@pytest.mark.parametrize(
    ("plan", "policy"),
    [
        (restart(steps=()), POLICY),
        (restart(steps=(step(), step(target=Ref("Deployment", "shop", "web")))), POLICY),
        (debris(*pods(21)), POLICY),
        (debris(*pods(3)), Policy(budgets=Budgets(debris=2))),
        (debris(*pods(21)), Policy(budgets=Budgets(debris=99))),
    ],
)
def test_none_or_too_many_steps_are_refused(plan: Plan, policy: Policy) -> None:
    [text] = faults(plan, policy)

    assert "steps: 1 to " in text


def test_twenty_pods_of_debris_are_not_too_many() -> None:
    assert faults(debris(*pods(20)), POLICY) == ()


def test_an_object_named_twice_is_refused() -> None:
    assert faults(debris(POD, POD), POLICY) == ("DeleteDebris names an object twice",)


def test_a_restart_for_a_cause_that_is_not_listed_is_refused() -> None:
    assert faults(restart(cause="oom"), POLICY) == (
        "oom is no cause for a restart (remediation.restart_causes)",
    )
    assert faults(restart(cause="oom"), Policy(restart_causes=("oom",))) == ()


@pytest.mark.parametrize(
    ("replicas", "allowed"), [(None, False), (0, False), (1, True), (3, True), (4, False)]
)
def test_scaling_stays_within_its_bounds(replicas: int | None, allowed: bool) -> None:
    assert (faults(scale(replicas), POLICY) == ()) is allowed


def test_scaling_to_zero_is_refused_whatever_the_bounds() -> None:
    assert faults(scale(0), Policy(scale=Bounds(least=0, most=3)))


def test_scaling_without_bounds_is_refused() -> None:
    assert faults(scale(), Policy()) == ("no bounds are set for scaling (remediation.scale)",)


def test_the_owner_may_be_another_kind_than_the_target() -> None:
    assert faults(evict(owner=API), POLICY) == ()
