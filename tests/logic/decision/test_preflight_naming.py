"""The pre-flight: what the template names, and what controllers were refused."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, event, meta, node, waiting
from tests.logic.decision.preflighting import (
    NIGHTLY,
    evict,
    one,
    restart,
)
from tests.remediations.shop import (
    DAY,
    PROBED,
    Shop,
    made_of,
    replica,
    shop,
)
from watchdog.domain.objects import (
    appsv1,
    batchv1,
    corev1,
    metav1,
    placementv1,
    podv1,
)
from watchdog.domain.ref import Ref


def test_the_new_pod_needs_a_node_that_takes_it() -> None:
    picky = made_of(node_selector={"disk": "fast"})

    assert one(restart(shop().with_template(picky)), "no node takes its replacement: labels that")


def test_a_taint_nobody_tolerates_keeps_the_new_pod_away() -> None:
    taint = corev1.Taint(key="dedicated", value="batch", effect="NoSchedule")
    tainted = [node(f"w-{number}", since=9 * DAY, taints=(taint,)) for number in (1, 2, 3)]

    assert one(evict(shop().and_also(*tainted)), "a taint that the pod does not tolerate (3)")


def large() -> Shop:
    """Three pods, each of which fills a node."""
    asks = podv1.Resources(requests={"cpu": "5"})
    return shop().with_template(made_of(msgspec.structs.replace(PROBED, resources=asks)))


def test_a_restart_that_surges_needs_room_beside_the_old_pods() -> None:
    assert one(restart(large()), "replacement: full (3)")


def test_an_eviction_leaves_the_room_of_its_pod() -> None:
    assert evict(large()) == ()


def test_a_restart_that_ends_a_pod_first_needs_no_room_beside_it() -> None:
    first = appsv1.Strategy(
        type="RollingUpdate", rolling_update=appsv1.RollingUpdate(max_unavailable=1, max_surge=0)
    )

    assert restart(large().with_spec(strategy=first)) == ()


def test_without_nodes_no_pod_has_a_home() -> None:
    found = shop()
    nodeless = replace(found, others=found.others[3:])

    assert any("there is no node" in each for each in evict(nodeless))


def naming(kind: str, *, optional: bool = False) -> Shop:
    """A shop whose template takes its environment from an object."""
    name = podv1.NameRef(name="settings", optional=optional or None)
    source = (
        podv1.EnvFrom(config_map_ref=name)
        if kind == "ConfigMap"
        else podv1.EnvFrom(secret_ref=name)
    )
    return shop().with_template(made_of(msgspec.structs.replace(PROBED, env_from=(source,))))


SETTINGS = corev1.ConfigMap(metadata=meta(Ref("ConfigMap", "shop", "settings"), age=9 * DAY))


def test_a_configmap_that_was_deleted_after_the_start_is_missed() -> None:
    assert one(restart(naming("ConfigMap")), "ConfigMap/shop/settings, which its template names")
    assert restart(naming("ConfigMap").and_also(SETTINGS)) == ()
    assert restart(naming("ConfigMap", optional=True)) == ()


def test_without_the_right_to_configmaps_the_kubelets_are_believed() -> None:
    found = naming("ConfigMap")
    said = event(found.pods[1], "FailedMount", 'configmap "settings" not found')

    assert restart(found, missing=("configmaps",)) == ()
    assert any(
        "the kubelet does not find ConfigMap/shop/settings" in each
        for each in restart(found.and_also(said), missing=("configmaps",))
    )


def test_a_secret_that_another_pod_misses_is_missed_here_too() -> None:
    other = replica(
        NIGHTLY,
        7,
        waiting("CreateContainerConfigError", 'secret "settings" not found'),
        spec=naming("Secret").pods[0].spec,
        labels={"app": "other"},
    )

    assert one(evict(naming("Secret").and_also(other)), "does not find Secret/shop/settings")


@pytest.mark.parametrize(
    ("reason", "age"), [("FailedMount", HOUR), ("BackOff", MINUTE)], ids=["old", "other"]
)
def test_old_and_other_events_say_nothing_of_objects(reason: str, age: timedelta) -> None:
    found = naming("Secret")
    said = event(found.pods[1], reason, 'secret "settings" not found', age=age)

    assert restart(found.and_also(said)) == ()


def test_a_pod_of_the_same_workload_that_cannot_start_is_a_warning() -> None:
    found = shop()
    stuck = replica(
        found.direct or found.top,
        2,
        waiting("CreateContainerConfigError", 'couldn\'t find key x in Secret shop/"y"'),
    )
    mounts = found.and_also(event(found.pods[1], "FailedMount", "timed out waiting"))

    assert one(restart(found.with_pod(1, stuck)), "api-2 of the same workload cannot start")
    assert one(restart(mounts), "api-2 of the same workload cannot start: timed out")


def test_the_pod_that_goes_may_be_the_one_that_cannot_mount() -> None:
    found = shop()

    assert evict(found.and_also(event(found.pods[0], "FailedMount", "timed out waiting"))) == ()


def test_the_service_account_must_be_there() -> None:
    account = Ref("ServiceAccount", "shop", "default")

    assert one(restart(shop().without(account)), f"{account}, as which its pods run")
    assert restart(shop().without(account), missing=("serviceaccounts",)) == ()


def failing(message: str, *, namespace: str = "shop", status: str = "True") -> appsv1.ReplicaSet:
    return appsv1.ReplicaSet(
        metadata=meta(Ref("ReplicaSet", namespace, "web-1")),
        status=appsv1.WorkloadStatus(
            conditions=(
                metav1.Condition(
                    type="ReplicaFailure", status=status, reason="FailedCreate", message=message
                ),
            )
        ),
    )


def test_a_replica_failure_in_the_namespace_is_an_objection() -> None:
    assert one(restart(shop().and_also(failing("no room"))), "could not create a pod: no room")
    assert restart(shop().and_also(failing("no room", status="False"))) == ()
    assert restart(shop().and_also(failing("no room", namespace="other"))) == ()


def test_a_fresh_failed_create_of_anyone_there_is_an_objection() -> None:
    job = batchv1.Job(metadata=meta(Ref("Job", "shop", "load")))
    fresh = event(job, "FailedCreate", "exceeded quota", component="job-controller")
    old = event(job, "FailedCreate", "exceeded quota", age=HOUR)

    assert one(restart(shop().and_also(fresh)), "Job/shop/load could not create a pod")
    assert restart(shop().and_also(old)) == ()


def test_what_a_controller_says_of_its_missing_pods_is_an_objection() -> None:
    load = appsv1.StatefulSet(
        metadata=meta(Ref("StatefulSet", "shop", "db"), age=DAY),
        spec=appsv1.StatefulSetSpec(replicas=2),
        status=appsv1.WorkloadStatus(replicas=1),
    )
    said = event(load, "FailedCreate", 'pods "db-1" is invalid: spec: bad', age=2 * HOUR)

    assert one(restart(shop().and_also(load, said)), "StatefulSet/shop/db could not create")


def test_what_pods_of_other_namespaces_miss_is_theirs() -> None:
    found = naming("Secret")
    away = msgspec.structs.replace(
        found.pods[1], metadata=meta(Ref("Pod", "other", "x"), uid="pod-x")
    )
    said = event(away, "FailedMount", 'secret "settings" not found')

    assert restart(found.and_also(away, said)) == ()


def test_an_eviction_leaves_the_place_that_a_spread_counts() -> None:
    spread = placementv1.TopologySpread(
        topology_key="kubernetes.io/hostname",
        when_unsatisfiable="DoNotSchedule",
        label_selector=metav1.LabelSelector(match_labels={"app": "api"}),
    )
    found = shop().with_template(made_of(topology_spread_constraints=(spread,)))

    assert evict(found) == ()
    assert restart(found) == ()
