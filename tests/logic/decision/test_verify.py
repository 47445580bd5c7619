"""What one Snapshot shows of an Attempt, and when several prove something."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import (
    HOUR,
    MINUTE,
    NOW,
    ago,
    deployment,
    event,
    pod,
    replicaset,
    running,
    snapshot,
    template,
    terminated,
)
from tests.logic.decision.planned import (
    POD,
    WHOLE,
    attempt,
    debris,
    evict,
    restart,
    scale,
    seen,
    step,
)
from tests.logic.incidents import API
from watchdog.domain.attempt import Attempt, Health, Look, Result, Verified
from watchdog.domain.objects import appsv1, metav1, podv1
from watchdog.domain.policy import Policy
from watchdog.domain.ref import Ref
from watchdog.logic.decision.verify import deadline, health, look, verdict

# The Attempts of the first part were made so long before the Snapshot, which is taken at NOW.
AGO = 10 * MINUTE
BEGUN = ago(AGO)
MARK = "2026-11-20T11:50:00Z"  # BEGUN as the annotation says it
RECOVERED = (Verified.RECOVERED, ())
PENDING = (Verified.PENDING, ())


MANY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def api(*, mark: str = MARK, ready: int = 3, **fields: Any) -> appsv1.Deployment:
    """A Deployment of three, restarted by the Attempt."""
    annotations = metav1.Annotations(restarted_at=mark)
    marked = podv1.PodTemplate(
        metadata=metav1.PlainMetadata(annotations=annotations), spec=template().spec
    )
    made = deployment(API, replicas=3, ready=ready, pod_template=marked)
    return msgspec.structs.replace(made, **fields)


def pods(owner: appsv1.Deployment, since: timedelta = 8 * MINUTE) -> list[podv1.Pod]:
    names = [Ref("Pod", "shop", f"api-{number}") for number in range(3)]
    return [pod(name, running(age=since), owner=owner, since=since) for name in names]


def looked(made: Attempt, *items: metav1.Object, cause_seen: bool = False) -> Look:
    found = look(made, snapshot(*items), cause_seen)
    assert found is not None
    return found


RESTARTED = attempt(at=BEGUN)
EVICTED = attempt(evict(), at=BEGUN)


# ------------------------------------------------------------------------- health and deadline
def test_health_is_how_it_stands_or_none() -> None:
    owner = api(ready=2)

    assert health(snapshot(owner, *pods(owner)), API) == Health(
        wanted=3, ready=2, restarts=0, restarted_at=MARK
    )
    assert health(snapshot(), API) is None
    assert health(snapshot(owner, missing=["pods"]), API) is None


@pytest.mark.parametrize(
    ("progress", "lasting"),
    [(600, 15), (60, 15), (900, 20), (2_147_483_647, 65)],
)
def test_the_deadline_leaves_room_for_the_rollouts_own(progress: int, lasting: int) -> None:
    owner = deployment(API, progress_deadline_seconds=progress)

    assert deadline(restart(), snapshot(owner), NOW, Policy()) == NOW + lasting * MINUTE


def test_the_deadline_of_a_policy_may_be_longer() -> None:
    policy = Policy(verify_deadline=HOUR)

    assert deadline(restart(), snapshot(), NOW, policy) == NOW + HOUR
    assert deadline(restart(), snapshot(), NOW, Policy()) == NOW + 15 * MINUTE


# ------------------------------------------------------------------------------------ one look
def test_a_whole_workload_looks_healthy_since_its_own_times() -> None:
    assert looked(RESTARTED, api(), *pods(api())) == Look(
        at=NOW, healthy=True, steady_since=ago(8 * MINUTE)
    )


def test_that_the_cause_is_seen_is_kept() -> None:
    assert looked(RESTARTED, api(), cause_seen=True).cause_seen
    assert looked(RESTARTED, cause_seen=True).cause_seen


@pytest.mark.parametrize("age", [timedelta(0), timedelta(seconds=59)])
def test_it_is_too_early_within_a_minute(age: timedelta) -> None:
    owner = api()

    assert look(attempt(at=ago(age)), snapshot(owner), False) is None
    assert look(replace(RESTARTED, looks=(seen(-age),)), snapshot(owner), False) is None
    assert look(replace(RESTARTED, looks=(seen(-MINUTE),)), snapshot(owner), False) is not None


@pytest.mark.parametrize("need", ["deployments", "pods", "events", "replicasets"])
def test_an_incomplete_snapshot_tells_nothing(need: str) -> None:
    assert look(RESTARTED, snapshot(missing=[need]), False) is None


def test_an_owner_that_is_gone_proves_nothing() -> None:
    assert looked(RESTARTED) == Look(at=NOW, healthy=False)
    assert looked(EVICTED) == Look(at=NOW, healthy=False)


def test_an_owner_that_was_made_anew_proves_nothing() -> None:
    other = restart(steps=(step(uid="another"),))

    assert looked(attempt(other, at=BEGUN), api()) == Look(at=NOW, healthy=False)


def test_a_rollout_under_way_is_not_healthy_and_not_worse() -> None:
    owner = api(ready=3)
    moving = msgspec.structs.replace(
        owner, status=msgspec.structs.replace(owner.status, updated_replicas=1)
    )

    found = looked(RESTARTED, moving)

    assert (found.healthy, found.worse) == (False, "")


def test_a_restart_since_the_last_look_is_not_healthy() -> None:
    crashed = running(restarts=1, last_state=terminated(1, age=3 * MINUTE), age=3 * MINUTE)
    owner = api()
    sick = pod(Ref("Pod", "shop", "api-9"), crashed, owner=owner, since=3 * MINUTE)

    first = looked(RESTARTED, owner, sick)
    later = looked(replace(RESTARTED, looks=(seen(-2 * MINUTE),)), owner, sick)

    assert (first.healthy, later.healthy) == (False, True)


def test_a_restart_that_is_history_by_its_own_time_is_none() -> None:
    crashed = running(restarts=1, last_state=terminated(1, age=7 * MINUTE), age=7 * MINUTE)
    owner = api()
    calm = pod(Ref("Pod", "shop", "api-9"), crashed, owner=owner, since=7 * MINUTE)

    assert looked(RESTARTED, owner, calm).healthy


def test_a_workload_that_was_emptied_is_not_healthy() -> None:
    owner = api()
    empty = msgspec.structs.replace(
        owner,
        spec=msgspec.structs.replace(owner.spec, replicas=0),
        status=appsv1.WorkloadStatus(observed_generation=1),
    )

    assert not looked(RESTARTED, empty).healthy
    assert looked(replace(RESTARTED, before=Health(wanted=0, ready=0, restarts=0)), empty).healthy
    assert looked(replace(RESTARTED, before=None), empty).healthy


@pytest.mark.parametrize("plan", [evict(), debris()])
def test_what_was_to_end_has_to_be_gone_by_its_uid(plan: Any) -> None:
    made, owner = attempt(plan, at=BEGUN), api(mark="")
    old = pod(POD, owner=owner, phase="Failed", ready=False)
    new = msgspec.structs.replace(old, metadata=msgspec.structs.replace(old.metadata, uid="new"))

    assert not looked(made, owner, old).healthy
    assert looked(made, owner, new).healthy
    assert looked(made, owner).healthy


# ------------------------------------------------------------------------------- worse at once
def short(owner: appsv1.Deployment) -> appsv1.ReplicaSet:
    """A ReplicaSet that has one pod less than it wants."""
    made = replicaset(owner, 2, replicas=3)
    return msgspec.structs.replace(made, status=appsv1.WorkloadStatus(replicas=2))


def test_new_pods_that_are_refused_make_it_worse() -> None:
    owner = api()
    refused = event(short(owner), "FailedCreate", "pods is forbidden: exceeded quota", age=MINUTE)

    assert looked(RESTARTED, owner, short(owner), refused) == Look(
        at=NOW,
        healthy=False,
        worse="its new pods are refused: pods is forbidden: exceeded quota.",
    )


@pytest.mark.parametrize(
    ("reason", "age"), [("FailedCreate", AGO), ("FailedCreate", HOUR), ("Other", MINUTE)]
)
def test_older_and_other_events_make_nothing_worse(reason: str, age: timedelta) -> None:
    owner = api()
    found = event(short(owner), reason, "no", age=age)

    assert looked(RESTARTED, owner, short(owner), found).worse == ""


def test_an_event_that_the_state_contradicts_makes_nothing_worse() -> None:
    owner = api()
    complete = replicaset(owner, 2, replicas=3)
    forged = event(complete, "FailedCreate", "no", age=MINUTE)

    assert looked(RESTARTED, owner, complete, forged).healthy


def test_an_event_without_a_time_makes_nothing_worse() -> None:
    owner = api()
    found = event(short(owner), "FailedCreate", "no")
    timeless = msgspec.structs.replace(
        found,
        last_timestamp=None,
        metadata=msgspec.structs.replace(found.metadata, creation_timestamp=None),
    )

    assert looked(RESTARTED, owner, short(owner), timeless).worse == ""


@pytest.mark.parametrize(
    ("mark", "before", "text"),
    [
        (MARK, "", ""),
        ("2026-11-20T11:55:00Z", "", ""),  # a person did it once more
        ("2026-11-20T12:50:00+01:00", "", ""),
        ("by hand", "", ""),
        ("", "", "the restart was reverted"),
        ("by hand", "by hand", "the restart was reverted"),
        ("2026-11-20T11:49:59Z", "", "the restart was reverted"),
    ],
)
def test_a_mark_that_is_gone_means_reverted(mark: str, before: str, text: str) -> None:
    made = replace(RESTARTED, before=replace(WHOLE, restarted_at=before))

    assert looked(made, api(mark=mark)).worse == text


def test_a_revert_names_who_keeps_the_workload() -> None:
    owner = api(mark="")
    labels = {"argocd.argoproj.io/instance": "shop"}
    kept = msgspec.structs.replace(
        owner, metadata=msgspec.structs.replace(owner.metadata, labels=labels)
    )

    assert looked(RESTARTED, kept).worse == "the restart was reverted by Argo CD"


@pytest.mark.parametrize("result", [Result.UNKNOWN, Result.INTENDED])
def test_a_mark_that_never_came_means_that_nothing_was_done(result: Result) -> None:
    made = replace(RESTARTED, result=result)

    assert looked(made, api(mark="")).worse == "the restart did not reach the object"
    assert looked(made, api()).healthy


def test_fractions_of_the_second_are_not_in_the_mark() -> None:
    made = replace(RESTARTED, begun_at=BEGUN + timedelta(microseconds=700_000), before=None)

    assert looked(made, api()).worse == ""


def test_a_mark_is_not_asked_for_where_nothing_was_restarted() -> None:
    assert looked(EVICTED, api(mark="")).worse == ""


@pytest.mark.parametrize(
    ("plan", "ready", "worse"),
    [
        (restart(), 2, True),  # a quarter of three is none
        (evict(), 2, False),
        (evict(), 1, True),
        (scale(4), 2, True),
        (debris(), 0, False),
    ],
)
def test_fewer_ready_pods_than_before_make_it_worse(plan: Any, ready: int, worse: bool) -> None:
    found = looked(attempt(plan, at=BEGUN), api(ready=ready))

    text = f"{ready} of 3 pods are ready, 3 were before it"
    assert found.worse == (text if worse else "")


def test_a_rollout_may_take_as_many_away_as_its_strategy_says() -> None:
    owner = api(ready=2)
    rolling = appsv1.Strategy(rolling_update=appsv1.RollingUpdate(max_unavailable=1))
    spared = msgspec.structs.replace(
        owner, spec=msgspec.structs.replace(owner.spec, strategy=rolling)
    )

    assert looked(RESTARTED, spared).worse == ""
    after = replace(RESTARTED, looks=(seen(-2 * MINUTE),))
    assert looked(after, spared).worse == "2 of 3 pods are ready, 3 were before it"


def test_fewer_are_compared_with_what_was_ready_and_is_wanted() -> None:
    hurt = replace(RESTARTED, before=replace(WHOLE, ready=1))
    larger = replace(RESTARTED, before=replace(WHOLE, wanted=5, ready=5))

    assert looked(hurt, api(ready=1)).worse == ""
    assert looked(larger, api(ready=3)).worse == ""
    assert looked(replace(RESTARTED, before=None), api(ready=0)).worse == ""


# ------------------------------------------------------------------------------------- verdicts
def judged(
    *looks: Look, now: timedelta | None = None, lasting: timedelta = 15 * MINUTE, **fields: Any
) -> tuple[Verified, tuple[str, ...]]:
    """The verdict on an Attempt made at NOW."""
    made = attempt(at=NOW, looks=looks, lasting=lasting, **fields)
    return verdict(made, NOW + now if now is not None else (looks[-1].at if looks else NOW))


def minutes(*numbers: float, **fields: Any) -> list[Look]:
    return [seen(number * MINUTE, **fields) for number in numbers]


def test_three_healthy_looks_over_five_minutes_are_a_recovery() -> None:
    assert judged(*minutes(1, 3, 6)) == RECOVERED


@pytest.mark.parametrize(
    "looks",
    [
        [],
        minutes(1),
        minutes(1, 8),
        minutes(1, 3, 5),
        [*minutes(1), *minutes(2, healthy=False), *minutes(4, 7)],
        [*minutes(1), *minutes(2, cause_seen=True), *minutes(4, 7)],
    ],
)
def test_less_than_that_is_none(looks: list[Look]) -> None:
    assert judged(*looks) == PENDING


def test_one_look_is_enough_when_the_objects_own_times_show_five_minutes() -> None:
    def at(age: float) -> datetime:
        return NOW + 8 * MINUTE - age * MINUTE

    assert judged(*minutes(8, steady_since=at(5))) == RECOVERED
    assert judged(*minutes(8, steady_since=at(4.9))) == PENDING


def test_health_from_before_the_attempt_proves_nothing() -> None:
    assert judged(*minutes(4, steady_since=ago(HOUR))) == PENDING
    assert judged(*minutes(5, steady_since=ago(HOUR))) == RECOVERED


def test_own_times_of_what_is_not_healthy_prove_no_recovery() -> None:
    assert judged(*minutes(8, healthy=False, steady_since=NOW)) == PENDING


def test_what_is_worse_has_not_recovered_at_once() -> None:
    looks = minutes(1, healthy=False, worse="its new pods are refused")

    assert judged(*looks) == (Verified.NOT_RECOVERED, ("its new pods are refused",))


def test_after_its_deadline_it_has_not_recovered() -> None:
    sick = minutes(1, 5, 10, 14.9, healthy=False)

    assert judged(*sick) == PENDING
    assert judged(*sick, *minutes(15, healthy=False)) == (
        Verified.NOT_RECOVERED,
        ("not healthy for 5 minutes within 15 minutes",),
    )


def test_a_longer_deadline_is_waited_for() -> None:
    sick = minutes(5, 10, 15, 20, healthy=False)

    assert judged(*sick, lasting=25 * MINUTE) == PENDING
    assert judged(*sick, *minutes(25, healthy=False), lasting=25 * MINUTE)[0] is (
        Verified.NOT_RECOVERED
    )


def test_time_in_which_nobody_looked_does_not_count() -> None:
    late = minutes(1, 600, healthy=False)

    assert judged(*late) == PENDING
    assert judged(*late, *minutes(605, 610, healthy=False))[0] is Verified.NOT_RECOVERED


def test_one_late_look_is_enough_when_own_times_show_the_whole_time() -> None:
    assert judged(*minutes(20, healthy=False, steady_since=NOW + 4 * MINUTE))[0] is (
        Verified.NOT_RECOVERED
    )
    assert judged(*minutes(20, healthy=False, steady_since=NOW + 6 * MINUTE)) == PENDING


def test_what_begins_to_recover_before_its_deadline_may_finish() -> None:
    sick = minutes(4, 8, 12, healthy=False)

    assert judged(*sick, *minutes(14, 16)) == PENDING
    assert judged(*sick, *minutes(14, 16, 19)) == RECOVERED
    fallen = [*minutes(14, 16), *minutes(18, healthy=False)]
    assert judged(*sick, *fallen)[0] is Verified.NOT_RECOVERED


def test_health_with_the_cause_still_seen_is_told() -> None:
    green = minutes(5, 10, cause_seen=True)

    assert judged(*green) == PENDING
    assert judged(*green, *minutes(15, cause_seen=True)) == (
        Verified.RECOVERED,
        ("it has recovered, but the cause remains",),
    )


def test_a_cause_that_is_gone_at_the_end_gets_its_five_minutes() -> None:
    green = minutes(5, 10, cause_seen=True)

    assert judged(*green, *minutes(15, 17)) == PENDING
    assert judged(*green, *minutes(15, 17, 20)) == RECOVERED


def test_health_that_has_not_lasted_is_waited_for_whether_the_cause_is_seen_or_not() -> None:
    late = [*minutes(5, 10, healthy=False), *minutes(15, cause_seen=True)]

    assert judged(*late) == PENDING


def test_the_cause_without_health_is_no_recovery() -> None:
    assert judged(*minutes(5, 10, 15, healthy=False, cause_seen=True))[0] is Verified.NOT_RECOVERED


@pytest.mark.parametrize("result", [Result.REFUSED, Result.FAILED])
def test_what_was_not_done_did_not_help(result: Result) -> None:
    assert judged(result=result, text="409 Conflict") == (
        Verified.NOT_RECOVERED,
        ("nothing was changed: 409 Conflict",),
    )


@pytest.mark.parametrize("result", [Result.INTENDED, Result.UNKNOWN])
def test_what_may_have_been_done_is_judged_by_what_is_seen(result: Result) -> None:
    assert judged(result=result) == PENDING
    assert judged(*minutes(1, 3, 6), result=result) == RECOVERED


@pytest.mark.parametrize("verified", [Verified.RECOVERED, Verified.NOT_RECOVERED])
def test_a_verdict_stands(verified: Verified) -> None:
    said = judged(*minutes(1, healthy=False), verified=verified, reasons=("so",))

    assert said == (verified, ("so",))


@pytest.mark.parametrize("looks", [[], minutes(1), minutes(1, healthy=False)])
def test_without_a_look_for_an_hour_it_has_not_recovered(looks: list[Look]) -> None:
    last = MINUTE if looks else timedelta(0)
    at = f"12:0{int(last / MINUTE)}"

    assert judged(*looks, now=last + HOUR - timedelta(seconds=1)) == PENDING
    assert judged(*looks, now=last + HOUR) == (
        Verified.NOT_RECOVERED,
        (f"nothing could be seen of it since {at} UTC",),
    )


def test_a_longer_deadline_is_waited_for_without_looks_too() -> None:
    assert judged(now=89 * MINUTE, lasting=90 * MINUTE) == PENDING
    assert judged(now=90 * MINUTE, lasting=90 * MINUTE)[0] is Verified.NOT_RECOVERED


gaps = st.lists(
    st.tuples(
        st.integers(1, 20),
        st.booleans(),
        st.booleans(),
        st.none() | st.integers(0, 30),
    ),
    max_size=12,
)


def shown(taken: list[tuple[int, bool, bool, int | None]]) -> list[Look]:
    looks, passed = [], 0
    for gap, healthy, cause, steady in taken:
        passed += gap
        since = None if steady is None else NOW + (passed - steady) * MINUTE
        looks += minutes(passed, healthy=healthy, cause_seen=cause, steady_since=since)
    return looks


@MANY
@given(gaps)
def test_a_recovery_is_always_five_minutes_long_and_seen_healthy(
    taken: list[tuple[int, bool, bool, int | None]],
) -> None:
    looks = shown(taken)

    verified, reasons = judged(*looks)

    if verified is Verified.RECOVERED:
        assert looks[-1].healthy
        assert looks[-1].at - NOW >= 5 * MINUTE
        assert looks[-1].cause_seen is bool(reasons)


@MANY
@given(gaps)
def test_a_failure_is_never_said_of_what_looks_healthy(
    taken: list[tuple[int, bool, bool, int | None]],
) -> None:
    looks = shown(taken)

    verified, reasons = judged(*looks)

    if verified is Verified.NOT_RECOVERED:
        assert not looks[-1].healthy
        assert looks[-1].at - NOW >= 15 * MINUTE
        assert reasons


@MANY
@given(gaps, st.booleans())
def test_there_is_a_verdict_in_the_end_when_looks_go_on(
    taken: list[tuple[int, bool, bool, int | None]], healthy: bool
) -> None:
    looks = shown(taken)
    passed = int((looks[-1].at - NOW) / MINUTE) if looks else 0

    after = judged(*looks, *minutes(*range(passed + 5, passed + 25, 5), healthy=healthy))

    assert after[0] is not Verified.PENDING
