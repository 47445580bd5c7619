"""The gate: what denies, what asks, what a yes overrides, and that it is closed when it breaks."""

from dataclasses import replace
from datetime import time, timedelta
from typing import cast

import pytest

from tests.builders import MINUTE, NOW, ago
from tests.logic.decision.deciding import acting, decided
from tests.logic.decision.planned import POD, debris, evict, failed, restart, scale, step
from tests.logic.incidents import API, BROKEN
from watchdog.domain.attempt import History
from watchdog.domain.job import Mode
from watchdog.domain.plan import Call, Plan
from watchdog.domain.policy import (
    PROTECTED_NAMESPACES,
    Bounds,
    Decision,
    Outcome,
    Policy,
    Rule,
    Window,
)
from watchdog.domain.ref import Ref
from watchdog.logic.decision.policy import guarded

# NOW is a Friday, 12:00 UTC.
OPEN_NOW = Window(days=(4,), start=time(9), end=time(17))
CLOSED_NOW = Window(days=(4,), start=time(13), end=time(17))
FORBID = Rule(decision="deny", reason="the database team wants no restarts")


def allowed() -> Decision:
    return Decision(outcome=Outcome.ALLOW)


def denied(*reasons: str) -> Decision:
    return Decision(outcome=Outcome.DENY, reasons=reasons)


def asked(*reasons: str) -> Decision:
    return Decision(outcome=Outcome.ASK, reasons=reasons)


@pytest.mark.parametrize("plan", [restart(), evict(), debris()])
def test_mode_act_allows_what_nothing_speaks_against(plan: Plan) -> None:
    assert decided(plan) == allowed()


# ------------------------------------------------------------------------------------- denials
@pytest.mark.parametrize("approved", [False, True])
def test_mode_observe_denies_whatever_a_person_says(approved: bool) -> None:
    expected = denied("mode observe: nothing is done")

    assert decided(mode="observe", approved=approved) == expected
    assert decided(policy=acting(mode="observe"), approved=approved) == expected


def test_an_unknown_mode_denies() -> None:
    assert decided(mode=cast("Mode", "yolo")) == denied("mode yolo: nothing is done")


def test_a_remediation_that_is_not_switched_on_is_denied() -> None:
    policy = acting(enabled=("EvictPod",))

    assert decided(policy=policy) == denied(
        "RolloutRestart is not switched on (remediation.enabled)"
    )


def test_an_unknown_remediation_is_denied_even_if_it_is_switched_on() -> None:
    plan = restart(remediation="ForceDelete")

    assert decided(plan, policy=acting(enabled=("ForceDelete",))) == denied(
        "ForceDelete is not in the closed set"
    )


@pytest.mark.parametrize("namespace", PROTECTED_NAMESPACES)
def test_protected_namespaces_are_denied_whatever_the_policy_says(namespace: str) -> None:
    plan = restart(Ref("Deployment", namespace, "api"))
    policy = acting(protected=(), namespaces=("*",))

    assert decided(plan, policy=policy) == denied(f"namespace {namespace} is protected")


def test_a_policy_may_protect_more_namespaces_by_pattern() -> None:
    policy = acting(protected=("sh*",))

    assert decided(policy=policy) == denied("namespace shop is protected")
    assert decided(policy=acting(protected=("sh", "SHOP"))) == allowed()


def test_the_namespace_of_the_owner_counts_like_that_of_the_target() -> None:
    elsewhere = evict(owner=Ref("Deployment", "kube-system", "api"))
    target = evict(Ref("Pod", "kube-system", "p"))

    assert decided(elsewhere) == denied("namespace kube-system is protected")
    assert decided(target) == denied("namespace kube-system is protected")


def test_listed_namespaces_are_the_only_ones() -> None:
    assert decided(policy=acting(namespaces=("shop",))) == allowed()
    assert decided(policy=acting(namespaces=("web", "sh?p"))) == allowed()
    assert decided(policy=acting(namespaces=("web",))) == denied(
        "namespace shop is not listed (remediation.namespaces)"
    )


def test_outside_of_the_windows_everything_is_denied() -> None:
    assert decided(policy=acting(windows=(CLOSED_NOW, OPEN_NOW))) == allowed()
    assert decided(policy=acting(windows=(CLOSED_NOW,))) == denied(
        "it is outside of the hours in which something may be done (remediation.windows)"
    )


def test_a_rule_that_forbids_denies_with_the_operators_words() -> None:
    assert decided(policy=acting(rules=(Rule(decision="ask"), FORBID))) == denied(
        "rule 2 forbids it: the database team wants no restarts"
    )


@pytest.mark.parametrize("text", ["brakes", "objections"])
def test_brakes_and_objections_deny(text: str) -> None:
    assert decided(brakes=["12 % of pods are sick"]) == denied("12 % of pods are sick")
    assert decided(objections=["no node has room"]) == denied("no node has room")


def test_what_is_spent_and_what_is_doubtful_denies() -> None:
    before = failed(ago(timedelta(hours=8)))
    history = History(attempts=(before,), opened=(NOW,) * 11, newest=NOW + MINUTE)

    decision = decided(history=history)

    assert decision.outcome is Outcome.DENY
    assert len(decision.reasons) == 3


def test_every_reason_to_deny_is_collected_once() -> None:
    policy = acting(enabled=(), protected=("shop",), windows=(CLOSED_NOW,), rules=(FORBID,))

    decision = decided(
        restart(cause="oom"),
        policy=policy,
        mode="observe",
        brakes=("the same",),
        objections=("the same", "another"),
        approved=True,
    )

    assert decision == denied(
        "mode observe: nothing is done",
        "RolloutRestart is not switched on (remediation.enabled)",
        "oom is no cause for a restart (remediation.restart_causes)",
        "namespace shop is protected",
        "it is outside of the hours in which something may be done (remediation.windows)",
        "rule 1 forbids it: the database team wants no restarts",
        "the same",
        "another",
    )


# ------------------------------------------------------------------------------------ questions
def test_mode_suggest_asks_and_a_yes_overrides_it() -> None:
    assert decided(mode="suggest") == asked("mode suggest: a person is asked")
    assert decided(policy=acting(mode="suggest")) == asked("mode suggest: a person is asked")
    assert decided(mode="suggest", approved=True) == allowed()


def test_a_remediation_that_asks_always_asks() -> None:
    expected = asked("RolloutRestart is never done without a person's yes")

    assert decided(asks=True) == expected
    assert decided(asks=True, approved=True) == allowed()


def test_scaling_asks_whatever_its_plugin_says() -> None:
    policy = acting(enabled=("Scale",), scale=Bounds(least=1, most=3))

    assert decided(scale(), policy=policy, asks=False).outcome is Outcome.ASK
    assert decided(scale(), policy=policy, approved=True) == allowed()


def test_a_rule_that_asks_is_overridden_by_a_yes() -> None:
    policy = acting(rules=(Rule(decision="ask"),))

    assert decided(policy=policy) == asked("rule 1 wants a person's yes")
    assert decided(policy=policy, approved=True) == allowed()


def test_an_open_breaker_asks() -> None:
    history = History(breaker="3 attempts within 24 hours did not help")

    assert decided(history=history) == asked(
        "nothing is done alone: 3 attempts within 24 hours did not help"
    )
    assert decided(history=history, approved=True) == allowed()


def test_a_models_objection_asks() -> None:
    assert decided(vetoed="the log shows a schema change") == asked(
        "a model objects: the log shows a schema change"
    )
    assert decided(vetoed="no", approved=True) == allowed()


def test_every_reason_to_ask_is_collected() -> None:
    decision = decided(
        mode="suggest",
        asks=True,
        policy=acting(rules=(Rule(decision="ask"),)),
        history=History(breaker="why"),
        vetoed="no",
    )

    assert (decision.outcome, len(decision.reasons)) == (Outcome.ASK, 5)


def test_only_a_real_yes_is_one() -> None:
    assert decided(mode="suggest", approved=cast("bool", "yes")).outcome is Outcome.ASK


# ---------------------------------------------------------------------------------------- rules
LABELLED = restart(labels={"tier": "db", "team": "core"})


@pytest.mark.parametrize(
    ("rule", "plan"),
    [
        (replace(FORBID, remediations=("EvictPod", "RolloutRestart")), restart()),
        (replace(FORBID, checks=("image_pull",)), restart()),
        (replace(FORBID, namespaces=("sh*",)), restart()),
        (replace(FORBID, kinds=("Deployment",)), restart()),
        (replace(FORBID, kinds=("Pod",)), evict()),
        (replace(FORBID, kinds=("Deployment",), names=("api",)), evict()),
        (replace(FORBID, names=("api-*",)), evict()),
        (replace(FORBID, labels={"tier": "db"}), LABELLED),
        (replace(FORBID, windows=(OPEN_NOW,)), restart()),
        (replace(FORBID, names=("a*",), kinds=("Deployment",), namespaces=("shop",)), restart()),
    ],
)
def test_a_rule_holds_for_what_it_matches(rule: Rule, plan: Plan) -> None:
    assert decided(plan, policy=acting(rules=(rule,))).outcome is Outcome.DENY


@pytest.mark.parametrize(
    ("rule", "plan"),
    [
        (replace(FORBID, remediations=("EvictPod",)), restart()),
        (replace(FORBID, checks=("crash_loop",)), restart()),
        (replace(FORBID, namespaces=("web",)), restart()),
        (replace(FORBID, kinds=("StatefulSet",)), restart()),
        (replace(FORBID, kinds=("Pod",), names=("api",)), evict()),
        (replace(FORBID, names=("web-*",)), evict()),
        (replace(FORBID, labels={"tier": "web"}), LABELLED),
        (replace(FORBID, labels={"tier": "db", "zone": "a"}), LABELLED),
        (replace(FORBID, windows=(CLOSED_NOW,)), restart()),
    ],
)
def test_a_rule_leaves_alone_what_it_does_not_match(rule: Rule, plan: Plan) -> None:
    assert decided(plan, policy=acting(rules=(rule,))) == allowed()


# -------------------------------------------------------------------------------- failing closed
def raises(plan: Plan) -> object:
    raise RuntimeError("hunter2")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "the policy gave no decision but NoneType"),
        ("allow", "the policy gave no decision but str"),
        (True, "the policy gave no decision but bool"),
        (Outcome.ALLOW, "the policy gave no decision but Outcome"),
        (
            Decision(outcome=cast("Outcome", "allow")),
            "the policy gave no decision but Decision",
        ),
    ],
)
def test_what_is_no_decision_is_a_denial(answer: object, reason: str) -> None:
    def gate(plan: Plan) -> object:
        return answer

    assert guarded(gate)(restart()) == denied(reason)


def test_a_gate_that_raises_denies_and_does_not_repeat_what_it_said() -> None:
    assert guarded(raises)(restart()) == denied("the policy could not be applied: RuntimeError")


def test_a_decision_passes_the_guard_as_it_is() -> None:
    assert guarded(decided)(restart()) == allowed()
    assert guarded(decided)(restart(), mode="suggest").outcome is Outcome.ASK


def test_a_broken_zone_denies() -> None:
    policy = acting(windows=(Window(zone="Mars/Olympus"),))

    assert guarded(decided)(policy=policy).outcome is Outcome.DENY


def test_a_naive_clock_denies() -> None:
    history = History(newest=NOW)

    assert guarded(decided)(history=history, now=NOW.replace(tzinfo=None)).outcome is Outcome.DENY


def test_the_incident_is_known_by_its_id() -> None:
    history = History(attempts=(failed(ago(timedelta(hours=30))),))

    assert decided(history=history).outcome is Outcome.DENY
    assert decided(history=history, incident=replace(BROKEN, opening=2)) == allowed()


def test_a_step_that_is_no_step_of_it_is_denied() -> None:
    assert decided(restart(steps=(step(Call.DELETE, POD),))).outcome is Outcome.DENY
    assert decided(restart(steps=(step(Call.RESTART, API),))) == allowed()


def test_a_policy_without_a_word_asks() -> None:
    assert decided(policy=Policy(), mode="act").outcome is Outcome.ASK
