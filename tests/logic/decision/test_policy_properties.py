"""What holds for every policy and every past: nothing added loosens, no budget is exceeded."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import NOW
from tests.logic.decision.deciding import acting, decided, strictness
from tests.logic.decision.planned import attempt, debris, evict, restart
from tests.logic.incidents import BROKEN
from watchdog.domain.attempt import Attempt, History, Result, Verified
from watchdog.domain.plan import Plan
from watchdog.domain.policy import ALONE, Budgets, Outcome, Policy, Rule, Window
from watchdog.domain.ref import Ref

MANY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
HOUR = timedelta(hours=1)
OWNERS = [Ref("Deployment", space, name) for space in ("shop", "web") for name in ("a", "b", "c")]
CAUSES = ("wedged", "stale_config", "cause_gone")
PATTERNS = st.sampled_from(["*", "shop", "w*", "a", "kube-*", "b?"])

spans = st.timedeltas(min_value=timedelta(hours=-2), max_value=timedelta(hours=30))
plans = st.one_of(
    st.builds(
        lambda owner, cause, labels: restart(owner, cause=cause, labels=labels),
        st.sampled_from(OWNERS),
        st.sampled_from(CAUSES),
        st.dictionaries(st.sampled_from("xyz"), st.sampled_from("12"), max_size=3),
    ),
    st.sampled_from(OWNERS).map(lambda owner: evict(owner=owner)),
    st.sampled_from(OWNERS).map(lambda owner: debris(owner=owner)),
)
windows = st.builds(
    Window,
    days=st.lists(st.integers(0, 6), max_size=4).map(tuple),
    start=st.integers(0, 23).map(time),
    end=st.integers(0, 23).map(time),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Auckland"]),
)
rules = st.builds(
    Rule,
    decision=st.sampled_from(["ask", "deny"]),
    remediations=st.lists(st.sampled_from(ALONE), max_size=1).map(tuple),
    checks=st.lists(st.sampled_from(["image_pull", "oom"]), max_size=1).map(tuple),
    namespaces=st.lists(PATTERNS, max_size=1).map(tuple),
    kinds=st.lists(st.sampled_from(["Pod", "Deployment"]), max_size=1).map(tuple),
    names=st.lists(PATTERNS, max_size=1).map(tuple),
    labels=st.dictionaries(st.sampled_from("xyz"), st.sampled_from("12"), max_size=1),
    windows=st.lists(windows, max_size=1).map(tuple),
)
attempts = st.builds(
    lambda plan, age, result, verified, incident: attempt(
        plan, at=NOW - age, result=result, verified=verified, incident=incident
    ),
    plans,
    spans,
    st.sampled_from(Result),
    st.sampled_from(Verified),
    st.sampled_from(["x-1", "x-2", "x-3", BROKEN.id]),
)
histories = st.builds(
    History,
    attempts=st.lists(attempts, max_size=4).map(tuple),
    opened=st.lists(spans.map(lambda age: NOW - age), max_size=3).map(tuple),
    breaker=st.sampled_from(["", "", "why"]),
    newest=st.none() | spans.map(lambda age: NOW - age),
)
policies = st.builds(
    acting,
    mode=st.sampled_from(["observe", "suggest", "act", "act"]),
    enabled=st.sampled_from([ALONE, ALONE, ("EvictPod",)]),
    namespaces=st.lists(PATTERNS, max_size=2).map(tuple),
    protected=st.lists(st.sampled_from(["kube-*", "w*"]), max_size=1).map(tuple),
    windows=st.lists(windows, max_size=2).map(tuple),
    rules=st.lists(rules, max_size=2).map(tuple),
)
texts = st.lists(st.text(min_size=1, max_size=5), max_size=2)
situations = st.fixed_dictionaries(
    {
        "plan": plans,
        "policy": policies,
        "mode": st.sampled_from(["observe", "suggest", "act", "act"]),
        "history": histories,
        "brakes": texts,
        "objections": texts,
        "asks": st.booleans(),
        "vetoed": st.sampled_from(["", "", "no"]),
        "approved": st.booleans(),
    }
)


def answer(situation: dict[str, Any], **changed: object) -> int:
    asked: dict[str, Any] = situation | changed
    return strictness(decided(asked.pop("plan"), **asked))


@MANY
@given(situations, rules)
def test_one_more_rule_never_loosens_a_decision(situation: dict[str, Any], rule: Rule) -> None:
    policy: Policy = situation["policy"]

    stricter = replace(policy, rules=(*policy.rules, rule))

    assert answer(situation, policy=stricter) >= answer(situation)


@MANY
@given(situations, PATTERNS)
def test_no_protected_namespace_loosens(situation: dict[str, Any], pattern: str) -> None:
    policy: Policy = situation["policy"]

    stricter = replace(policy, protected=(*policy.protected, pattern))

    assert answer(situation, policy=stricter) >= answer(situation)


@MANY
@given(situations, st.lists(windows, min_size=1, max_size=3))
def test_windows_never_loosen_what_had_none(situation: dict[str, Any], added: list[Window]) -> None:
    free = replace(situation["policy"], windows=())

    stricter = replace(free, windows=tuple(added))

    assert answer(situation, policy=stricter) >= answer(situation, policy=free)


@MANY
@given(situations, windows, windows)
def test_a_narrower_choice_of_windows_never_loosens(
    situation: dict[str, Any], kept: Window, dropped: Window
) -> None:
    wide = replace(situation["policy"], windows=(kept, dropped))
    narrow = replace(wide, windows=(kept,))

    assert answer(situation, policy=narrow) >= answer(situation, policy=wide)


@MANY
@given(situations, attempts)
def test_no_attempt_of_the_past_loosens(situation: dict[str, Any], made: Attempt) -> None:
    past: History = situation["history"]

    longer = replace(past, attempts=(*past.attempts, made))

    assert answer(situation, history=longer) >= answer(situation)


@MANY
@given(situations, st.text(min_size=1, max_size=5), st.sampled_from(["brakes", "objections"]))
def test_one_more_objection_never_loosens_a_decision(
    situation: dict[str, Any], text: str, where: str
) -> None:
    assert answer(situation, **{where: [*situation[where], text]}) >= answer(situation)


@MANY
@given(situations, st.sampled_from("xyz"), st.sampled_from("12"))
def test_one_more_label_never_loosens_a_decision(
    situation: dict[str, Any], key: str, value: str
) -> None:
    """Labels are the cluster's: whoever may write them may only tighten."""
    plan: Plan = situation["plan"]
    labelled = replace(plan, labels={key: value, **plan.labels})

    assert answer(situation, plan=labelled) >= answer(situation)


@MANY
@given(situations, st.sampled_from(["asks", "vetoed", "breaker"]))
def test_one_more_doubt_never_loosens_a_decision(situation: dict[str, Any], doubt: str) -> None:
    doubts: dict[str, dict[str, object]] = {
        "asks": {"asks": True},
        "vetoed": {"vetoed": "no"},
        "breaker": {"history": replace(situation["history"], breaker="why")},
    }

    assert answer(situation, **doubts[doubt]) >= answer(situation)


@MANY
@given(situations)
def test_a_yes_turns_no_denial_into_anything_else(situation: dict[str, Any]) -> None:
    without = answer(situation, approved=False)
    yes = answer(situation, approved=True)

    assert yes == (2 if without == 2 else 0)


@MANY
@given(situations)
def test_every_answer_but_yes_has_a_reason(situation: dict[str, Any]) -> None:
    asked = dict(situation)

    decision = decided(asked.pop("plan"), **asked)

    assert bool(decision.reasons) is (decision.outcome is not Outcome.ALLOW)


steps = st.lists(
    st.tuples(
        plans,
        st.timedeltas(min_value=timedelta(hours=-3), max_value=timedelta(hours=3)),
        st.sampled_from(["x-1", "x-2", "x-3", "x-4", "x-5", "x-6", "x-7", "x-8"]),
        st.sampled_from(Verified),
        st.booleans(),
    ),
    max_size=40,
)
limits = st.builds(
    Budgets,
    per_hour=st.integers(0, 9),
    per_owner_hour=st.integers(0, 9),
    per_owner_day=st.integers(0, 9),
    cause_cooldown=st.sampled_from([HOUR, 6 * HOUR, 9 * HOUR]),
)


@MANY
@given(steps, limits)
def test_no_history_with_restarts_and_clock_steps_exceeds_a_budget(
    taken: Sequence[tuple[Plan, timedelta, str, Verified, bool]], budgets: Budgets
) -> None:
    """The clock goes forth and back; a restart forgets all but the journal; approvals come in."""
    now, done = NOW, list[Attempt]()
    for plan, gone, name, verified, approved in taken:
        now += gone
        done = [replace(each, verified=verified) if each.in_flight else each for each in done]
        history = History(attempts=tuple(reversed(done)))
        incident = replace(BROKEN, fingerprint=name[0] * 64, opening=int(name[-1]))
        decision = decided(
            plan,
            incident=incident,
            history=history,
            now=now,
            approved=approved,
            policy=acting(budgets=budgets),
        )
        if decision.outcome is Outcome.ALLOW:
            assert not any(each.in_flight for each in done)
            made = attempt(plan, at=now, incident=incident.id)
            done.append(replace(made, verified=Verified.PENDING))

    assert within(done, HOUR, lambda _: "all") <= min(5, budgets.per_hour)
    assert within(done, HOUR, lambda each: each.plan.owner) <= min(1, budgets.per_owner_hour)
    assert within(done, 24 * HOUR, lambda each: each.plan.owner) <= min(2, budgets.per_owner_day)
    assert within(done, 6 * HOUR, lambda each: (each.plan.owner, each.plan.cause)) <= 1
    assert within(done, 9999 * HOUR, lambda each: each.incident) <= 1


def within(done: Sequence[Attempt], span: timedelta, key: Any) -> int:
    """The most that one key had in any stretch of this length."""
    times: dict[object, list[datetime]] = {}
    for each in done:
        times.setdefault(key(each), []).append(each.begun_at)
    return max(
        (
            sum(start <= at < start + span for at in group)
            for group in times.values()
            for start in group
        ),
        default=0,
    )
