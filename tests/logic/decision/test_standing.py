"""How each kind of owner stands: whole or not, since when, and how many may be away."""

from typing import Any

import msgspec
import pytest

from tests.builders import (
    HOUR,
    MINUTE,
    NOW,
    ago,
    deployment,
    meta,
    pod,
    replicaset,
    running,
    snapshot,
    template,
    terminated,
    waiting,
)
from tests.logic.incidents import API
from watchdog.domain.attempt import Health
from watchdog.domain.objects import appsv1, batchv1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.logic.decision.standing import Standing, readable, standing

DB = Ref("StatefulSet", "shop", "db")
AGENT = Ref("DaemonSet", "shop", "agent")
DUMP = Ref("CronJob", "shop", "dump")


def statefulset(*, kind: str = "", partition: int = 0, **status: object) -> appsv1.StatefulSet:
    fields = appsv1.WorkloadStatus(
        observed_generation=1,
        replicas=3,
        ready_replicas=3,
        available_replicas=3,
        updated_replicas=3,
    )
    strategy = appsv1.Strategy(type=kind, rolling_update=appsv1.RollingUpdate(partition=partition))
    return appsv1.StatefulSet(
        metadata=meta(DB),
        spec=appsv1.StatefulSetSpec(replicas=3, update_strategy=strategy),
        status=msgspec.structs.replace(fields, **status),
    )


def daemonset(
    *, kind: str = "", away: int | str | None = None, **status: object
) -> appsv1.DaemonSet:
    fields = appsv1.DaemonSetStatus(
        observed_generation=1,
        desired_number_scheduled=3,
        current_number_scheduled=3,
        number_ready=3,
        number_available=3,
        updated_number_scheduled=3,
    )
    rolling = appsv1.RollingUpdate(max_unavailable=away) if away is not None else None
    return appsv1.DaemonSet(
        metadata=meta(AGENT),
        spec=appsv1.DaemonSetSpec(
            update_strategy=appsv1.Strategy(type=kind, rolling_update=rolling)
        ),
        status=msgspec.structs.replace(fields, **status),
    )


def stands(item: metav1.Object, *others: metav1.Object) -> Standing:
    found = standing(snapshot(item, *others), item.ref)
    assert found is not None
    return found


def changed(item: appsv1.Deployment, **status: object) -> appsv1.Deployment:
    return msgspec.structs.replace(item, status=msgspec.structs.replace(item.status, **status))


# -------------------------------------------------------------------------------------- whole
@pytest.mark.parametrize("item", [deployment(API, replicas=3), statefulset(), daemonset()])
def test_a_workload_with_all_its_pods_is_whole(item: metav1.Object) -> None:
    found = stands(item)

    assert (found.whole, found.wanted, found.ready) == (True, 3, 3)


@pytest.mark.parametrize(
    "status",
    [
        {"observed_generation": 0},
        {"updated_replicas": 2},
        {"available_replicas": 2},
        {"replicas": 4},
    ],
)
def test_a_deployment_that_lacks_one_thing_is_not_whole(status: dict[str, Any]) -> None:
    assert not stands(changed(deployment(API, replicas=3), **status)).whole
    assert not stands(statefulset(**status)).whole


@pytest.mark.parametrize(
    "status",
    [
        {"observed_generation": 0},
        {"updated_number_scheduled": 2},
        {"number_available": 2},
        {"current_number_scheduled": 2},
    ],
)
def test_a_daemonset_that_lacks_one_thing_is_not_whole(status: dict[str, Any]) -> None:
    assert not stands(daemonset(**status)).whole


def test_what_is_updated_by_hand_or_in_part_need_not_be_updated() -> None:
    assert stands(statefulset(kind="OnDelete", updated_replicas=1)).whole
    assert stands(statefulset(partition=2, updated_replicas=1)).whole
    assert stands(daemonset(kind="OnDelete", updated_number_scheduled=0)).whole


def test_a_replicaset_of_its_own_is_whole_with_all_its_pods() -> None:
    alone = appsv1.ReplicaSet(
        metadata=meta(Ref("ReplicaSet", "shop", "rs")),
        spec=appsv1.ReplicaSetSpec(replicas=2),
        status=appsv1.WorkloadStatus(
            observed_generation=1, replicas=2, ready_replicas=2, available_replicas=2
        ),
    )
    short = appsv1.WorkloadStatus(observed_generation=1, replicas=1, ready_replicas=1)

    assert stands(alone).whole
    assert not stands(msgspec.structs.replace(alone, status=short)).whole
    assert stands(msgspec.structs.replace(alone, status=short)).refused is not None
    assert stands(alone).refused is None


def test_a_cronjob_is_whole_when_it_is_there() -> None:
    found = stands(batchv1.CronJob(metadata=meta(DUMP)))

    assert (found.whole, found.wanted, found.uid) == (True, 0, str(DUMP))


class Rollout(metav1.Object, frozen=True):
    KIND = "Rollout"


ROLLOUT = Ref("Rollout", "shop", "web")


def of_rollout(name: str, *, ready: bool = True, phase: str = "Running") -> podv1.Pod:
    owner = Rollout(metadata=meta(ROLLOUT))
    return pod(Ref("Pod", "shop", name), owner=owner, ready=ready, phase=phase)


def test_of_an_operators_resource_the_pods_tell() -> None:
    pods = (of_rollout("a"), of_rollout("b"), of_rollout("old", ready=False, phase="Failed"))

    whole = standing(snapshot(*pods), ROLLOUT)
    short = standing(snapshot(*pods), ROLLOUT, at_least=3)
    sick = standing(snapshot(*pods, of_rollout("c", ready=False)), ROLLOUT)

    assert whole is not None and (whole.whole, whole.wanted) == (True, 2)  # noqa: PT018
    assert short is not None and (short.whole, short.wanted) == (False, 3)  # noqa: PT018
    assert sick is not None and not sick.whole  # noqa: PT018


@pytest.mark.parametrize("ref", [API, DB, AGENT, DUMP, ROLLOUT, Ref("ReplicaSet", "shop", "rs")])
def test_what_is_not_there_does_not_stand(ref: Ref) -> None:
    assert standing(snapshot(), ref) is None


def test_pods_that_claim_an_owner_that_is_gone_are_not_it() -> None:
    orphan = pod(Ref("Pod", "shop", "api-1"), owner=deployment(API))

    assert standing(snapshot(orphan), API) is None


@pytest.mark.parametrize("need", ["deployments", "pods", "events", "replicasets", "jobs"])
def test_what_was_not_read_cannot_be_told(need: str) -> None:
    assert readable(snapshot(), API)
    assert not readable(snapshot(missing=[need]), API)


def test_kinds_that_it_is_not_made_of_need_not_be_read() -> None:
    assert readable(snapshot(missing=["statefulsets", "cronjobs"]), API)
    assert readable(snapshot(missing=["statefulsets", "cronjobs"]), ROLLOUT)


# -------------------------------------------------------------------------------------- numbers
def test_health_has_the_restarts_of_all_containers_and_the_mark() -> None:
    marked = podv1.PodTemplate(
        metadata=metav1.PlainMetadata(annotations=metav1.Annotations(restarted_at="then")),
        spec=template().spec,
    )
    owner = deployment(API, replicas=2, ready=1, pod_template=marked)
    pods = (
        pod(
            Ref("Pod", "shop", "a"), running(restarts=2), running(name="b", restarts=1), owner=owner
        ),
        pod(Ref("Pod", "shop", "b"), owner=owner, init=[running(restarts=4)]),
    )

    found = stands(owner, *pods)

    assert found.health == Health(wanted=2, ready=1, restarts=7, restarted_at="then")


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (appsv1.Strategy(), 2),
        (appsv1.Strategy(rolling_update=appsv1.RollingUpdate(max_unavailable="50%")), 5),
        (appsv1.Strategy(rolling_update=appsv1.RollingUpdate(max_unavailable=3)), 3),
        (appsv1.Strategy(rolling_update=appsv1.RollingUpdate(max_unavailable=0)), 0),
        (appsv1.Strategy(rolling_update=appsv1.RollingUpdate(max_unavailable=0, max_surge=0)), 1),
        (appsv1.Strategy(rolling_update=appsv1.RollingUpdate(max_unavailable=3, max_surge=0)), 3),
        (appsv1.Strategy(type="Recreate"), 10),
    ],
)
def test_a_rollout_takes_so_many_away(strategy: appsv1.Strategy, expected: int) -> None:
    assert stands(deployment(API, replicas=10, strategy=strategy)).spare == expected


def test_a_rollout_of_the_others_takes_one_away_at_least() -> None:
    assert stands(statefulset()).spare == 1
    assert stands(daemonset()).spare == 1
    assert stands(daemonset(away=2)).spare == 2
    assert stands(daemonset(away="10%")).spare == 1


def test_the_newest_replicaset_is_asked_why_pods_are_missing() -> None:
    owner = deployment(API, replicas=3, ready=2)
    short = msgspec.structs.replace(
        replicaset(owner, 2, replicas=3), status=appsv1.WorkloadStatus(replicas=2)
    )
    foreign = replicaset(deployment(Ref("Deployment", "shop", "web")), 9)

    assert stands(owner, replicaset(owner, 1, replicas=3), short, foreign).refused == short
    assert stands(owner, short, replicaset(owner, 3, replicas=3)).refused is None
    assert stands(statefulset(replicas=2)).refused is not None
    assert stands(daemonset(current_number_scheduled=2)).refused is not None


# ---------------------------------------------------------------------------------------- times
def api_pod(name: str, *statuses: podv1.ContainerStatus, **fields: object) -> podv1.Pod:
    return pod(Ref("Pod", "shop", name), *statuses, owner=deployment(API), **fields)  # type: ignore[arg-type]


def test_a_whole_one_is_steady_since_the_last_of_its_pods_became_so() -> None:
    owner = deployment(API, replicas=2)
    early = api_pod("a", since=9 * MINUTE)

    assert stands(owner, early, api_pod("b", since=7 * MINUTE)).steady_since == ago(7 * MINUTE)
    younger = api_pod("b", running(age=4 * MINUTE), since=7 * MINUTE)
    assert stands(owner, early, younger).steady_since == ago(4 * MINUTE)


def test_a_whole_one_whose_pods_do_not_tell_is_steady_since_nobody_knows() -> None:
    owner = deployment(API, replicas=2)
    lost = msgspec.structs.replace(
        api_pod("b"), metadata=meta(Ref("Pod", "shop", "b"), owner=owner)
    )
    timeless = msgspec.structs.replace(
        lost,
        metadata=msgspec.structs.replace(lost.metadata, creation_timestamp=None),
        status=podv1.PodStatus(conditions=(metav1.Condition(type="Ready", status="True"),)),
    )

    assert stands(owner).steady_since is None
    assert stands(owner, api_pod("a")).steady_since is None  # one is not seen
    assert stands(owner, api_pod("a"), timeless).steady_since is None


def test_another_is_as_it_is_since_the_first_of_its_pods_fell() -> None:
    owner = deployment(API, replicas=3, ready=1)
    pods = (
        api_pod("a", since=50 * MINUTE),
        api_pod("b", ready=False, since=20 * MINUTE),
        api_pod("c", ready=False, since=30 * MINUTE),
    )

    assert stands(owner, *pods).steady_since == ago(30 * MINUTE)
    assert stands(owner, pods[0]).steady_since is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (running(restarts=1, last_state=terminated(1, age=4 * MINUTE)), True),
        (running(restarts=1, last_state=terminated(1, age=6 * MINUTE)), False),
        (running(restarts=0, last_state=terminated(1, age=4 * MINUTE)), False),
        (running(restarts=3), False),
        (waiting("CrashLoopBackOff", restarts=2, last_state=terminated(1, age=MINUTE)), True),
        (running(restarts=1, last_state=terminated(1, age=5 * MINUTE)), False),
    ],
)
def test_a_restart_counts_after_the_moment(status: podv1.ContainerStatus, expected: bool) -> None:
    found = stands(deployment(API), api_pod("a", status))

    assert found.restarted_since(ago(5 * MINUTE)) is expected


def test_an_end_without_a_time_is_none() -> None:
    timeless = podv1.ContainerState(terminated=podv1.Terminated(exit_code=1))
    found = stands(deployment(API), api_pod("a", running(restarts=1, last_state=timeless)))

    assert not found.restarted_since(NOW - 99 * HOUR)


def test_a_container_that_does_not_run_has_not_started() -> None:
    owner = deployment(API, replicas=1)
    odd = api_pod("a", waiting("X", ready=True), ready=True, since=9 * MINUTE)

    assert stands(owner, odd).steady_since == ago(9 * MINUTE)
