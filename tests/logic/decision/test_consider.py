"""What is thought of doing about one Incident: which Remediation, which Plan, and the answer to it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from tests.builders import MINUTE
from tests.logic.decision.deciding import ACT
from tests.logic.decision.planned import ask, attempt, debris
from tests.logic.decision.planned import restart as planned_restart
from tests.remediations.shop import API, Shop, incident, shop
from watchdog.domain.attempt import Attempt, Considered, History, Verified
from watchdog.domain.incident import Incident, Status
from watchdog.domain.job import Mode
from watchdog.domain.objects import metav1
from watchdog.domain.plan import Call, Grant, NoPlan, Plan, Step
from watchdog.domain.policy import Decision, Outcome, Policy
from watchdog.domain.ref import Ref
from watchdog.domain.remediation import Remediation
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.decision.consider import Past, Setting, consider, grant, lower

PATCH = Grant("patch", "deployments", "apps")
STALE = incident("StaleSecretEnv", API)
PLAN = planned_restart()
ALLOWED = Decision(outcome=Outcome.ALLOW)


def remedy(answer: object, **fields: Any) -> Remediation:
    """One that answers with this Plan, NoPlan or anything else, or raises it."""

    def plan(found: Incident, snapshot: Snapshot, policy: Policy) -> Plan | NoPlan:
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[return-value]

    made = Remediation(
        id="rollout_restart",
        name="RolloutRestart",
        fixes=("StaleSecretEnv",),
        grants=(PATCH,),
        needs=("deployments",),
        optional=(),
        asks=False,
        plan=plan,
        doc="",
    )
    return replace(made, **fields)


def thought(
    *remedies: Remediation,
    about: Incident = STALE,
    found: Shop | None = None,
    missing: Sequence[str] = (),
    policy: Policy = ACT,
    mode: Mode = "act",
    approved: bool = False,
    tried: Attempt | None = None,
    **past: Any,
) -> Considered | None:
    return consider(
        about,
        (found or shop()).look(missing=missing),
        setting=Setting(remediations=remedies or (remedy(PLAN),), policy=policy),
        mode=mode,
        past=Past(**{"history": History(), "attempt": tried, **past}),
        approved=approved,
    )


def reasons(said: Considered | None) -> tuple[str, ...]:
    assert said is not None
    assert said.decision.outcome is Outcome.DENY
    return said.decision.reasons


# --------------------------------------------------------------------------------- what is meant
def test_a_plan_that_nothing_speaks_against_is_allowed() -> None:
    assert thought() == Considered(name="RolloutRestart", decision=ALLOWED, plan=PLAN, mode="act")


@pytest.mark.parametrize(
    "asked",
    [
        {"about": incident("ImageNotFound", API)},
        {"policy": replace(ACT, enabled=("EvictPod",))},
        {"mode": "observe"},
    ],
)
def test_nothing_is_thought_of_what_nothing_is_meant_for(asked: dict[str, Any]) -> None:
    assert thought(**asked) is None


def test_nothing_is_thought_of_where_nothing_applies() -> None:
    assert thought(remedy(NoPlan())) is None


def test_the_first_that_has_a_plan_is_taken_and_those_before_are_silent() -> None:
    first = remedy(NoPlan(("its cause stands",)))

    assert thought(first, remedy(PLAN)) == thought(remedy(PLAN))


def test_without_a_plan_the_first_that_is_meant_for_it_says_why() -> None:
    silent, first = remedy(NoPlan()), remedy(NoPlan(("its cause stands", "it is paused")))
    second = remedy(NoPlan(("it has one replica",)), name="EvictPod")

    said = thought(silent, first, second)

    assert said == Considered(
        name="RolloutRestart",
        decision=Decision(outcome=Outcome.DENY, reasons=("its cause stands", "it is paused")),
        mode="act",
    )


# ---------------------------------------------------------------------------------- what is wrong
def test_what_could_not_be_read_is_not_planned_with() -> None:
    said = thought(remedy(PLAN, needs=("services", "deployments")), missing=["services"])

    assert reasons(said) == ("services could not be read",)


def test_a_planner_that_breaks_plans_nothing() -> None:
    assert reasons(thought(remedy(RuntimeError("hunter2")))) == (
        "RolloutRestart cannot be planned: RuntimeError",
    )


@pytest.mark.parametrize(
    ("plan", "what"),
    [
        (replace(PLAN, remediation="EvictPod"), "EvictPod"),
        (replace(PLAN, remediation=""), "no step"),
        (replace(PLAN, steps=()), "RolloutRestart"),
        (
            replace(PLAN, steps=(replace(PLAN.steps[0], call=Call.DELETE),)),
            "k8s:delete:Deployment/shop/api",
        ),
        (
            replace(PLAN, steps=(replace(PLAN.steps[0], target=Ref("StatefulSet", "shop", "x")),)),
            "k8s:restart:StatefulSet/shop/x",
        ),
    ],
)
def test_a_plan_beyond_what_was_declared_is_none(plan: Plan, what: str) -> None:
    assert reasons(thought(remedy(plan))) == (
        f"RolloutRestart planned what it has not declared: {what}",
    )


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        (replace(STALE, status=Status.PENDING), "it is not confirmed yet"),
        (replace(STALE, clear_runs=1), "it was not seen in this run"),
        (replace(STALE, inhibited_by="NodeNotReady w-1"), "it is explained by NodeNotReady w-1"),
        (replace(STALE, acknowledged_by="ann"), "ann has acknowledged it"),
    ],
)
def test_an_incident_that_is_not_to_be_treated_is_denied(about: Incident, reason: str) -> None:
    assert reasons(thought(about=about)) == (reason,)


def test_what_the_snapshot_objects_to_is_denied() -> None:
    paused = shop().with_spec(paused=True)

    assert reasons(thought(found=paused))


def test_a_restart_that_only_the_object_tells_of_is_denied() -> None:
    found = shop()
    template = found.top.spec.template
    marks = metav1.Annotations(restarted_at="2026-11-20T11:30:00Z")
    marked = msgspec.structs.replace(
        template, metadata=msgspec.structs.replace(template.metadata, annotations=marks)
    )

    assert (
        "Deployment/shop/api was restarted at 2026-11-20 11:30 UTC, less than an hour ago"
        in reasons(thought(found=found.with_template(marked)))
    )


def test_a_gate_that_breaks_denies() -> None:
    assert reasons(thought(policy=replace(ACT, rules=(None,)))) == (  # type: ignore[arg-type]
        "the policy could not be applied: AttributeError",
    )


# ----------------------------------------------------------------------------------- who is asked
def test_a_remediation_that_asks_needs_a_yes() -> None:
    asking = remedy(PLAN, asks=True)

    said = thought(asking)

    assert said is not None
    assert said.decision.outcome is Outcome.ASK
    assert thought(asking, approved=True) == thought()


def test_a_models_veto_asks() -> None:
    said = thought(vetoed="it migrates its schema")

    assert said is not None
    assert said.decision == Decision(
        outcome=Outcome.ASK, reasons=("a model objects: it migrates its schema",)
    )


def test_the_ask_goes_along() -> None:
    asked = ask(PLAN)

    said = thought(approval=asked, mode="suggest")

    assert said is not None
    assert (said.approval, said.mode) == (asked, "suggest")


# -------------------------------------------------------------------------------- after an Attempt
@pytest.mark.parametrize(("by", "told"), [("", ()), ("ann", ("approved by ann",))])
@pytest.mark.parametrize("mode", ["observe", "act"])
def test_what_was_done_stands_and_nothing_new_is_thought_of(
    by: str, told: tuple[str, ...], mode: Mode
) -> None:
    tried = attempt(PLAN, approved_by=by, at=STALE.since + MINUTE)

    assert thought(remedy(RuntimeError()), tried=tried, mode=mode) == Considered(
        name="RolloutRestart",
        decision=Decision(outcome=Outcome.ALLOW, reasons=told),
        plan=PLAN,
        mode=mode,
        attempt=tried,
    )


def test_what_was_tidied_up_in_part_is_thought_of_again() -> None:
    tidied = attempt(debris(), verified=Verified.RECOVERED, at=STALE.since + MINUTE)
    failed = replace(tidied, verified=Verified.NOT_RECOVERED)

    again = thought(remedy(PLAN), tried=tidied)

    assert again is not None
    assert (again.plan, again.attempt) == (PLAN, None)
    assert thought(remedy(RuntimeError()), tried=failed) is not None


# ------------------------------------------------------------------------------------- small parts
POD, JOB = Ref("Pod", "shop", "p"), Ref("Job", "shop", "j")


@pytest.mark.parametrize(
    ("call", "target", "expected"),
    [
        (Call.RESTART, API, PATCH),
        (Call.RESTART, Ref("DaemonSet", "a", "b"), Grant("patch", "daemonsets", "apps")),
        (Call.RESTART, POD, None),
        (Call.SCALE, API, Grant("patch", "deployments/scale", "apps")),
        (Call.SCALE, JOB, None),
        (Call.EVICT, POD, Grant("create", "pods/eviction")),
        (Call.EVICT, JOB, None),
        (Call.DELETE, POD, Grant("delete", "pods")),
        (Call.DELETE, JOB, Grant("delete", "jobs", "batch")),
        (Call.DELETE, API, None),
    ],
)
def test_each_step_takes_one_right(call: Call, target: Ref, expected: Grant | None) -> None:
    assert grant(Step(call=call, target=target, uid="u", what="")) == expected


def test_the_stricter_of_two_modes_holds() -> None:
    pairs: Callable[[Mode, Mode], Mode] = lower

    assert pairs("act", "suggest") == pairs("suggest", "act") == "suggest"
    assert pairs("observe", "act") == "observe"
    assert pairs("act", "act") == "act"
