"""The pre-flight: rollouts, Git, autoscalers, drains, reboots and upgrades."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, ago, meta, node, waiting
from tests.logic.decision.preflighting import (
    FIRST,
    evict,
    labelled,
    one,
    plan,
    restart,
    room,
    scale,
)
from tests.remediations.shop import (
    DAY,
    Shop,
    daemon,
    replica,
    shop,
    stateful,
)
from watchdog.domain.objects import (
    appsv1,
    argov1,
    autoscalingv1,
    certmanagerv1,
    corev1,
    fluxv1,
    metav1,
)
from watchdog.domain.plan import Call
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Missing
from watchdog.logic.decision.preflight import objections


def test_a_paused_deployment_is_not_restarted() -> None:
    assert one(restart(shop().with_spec(paused=True)), "is paused")


def test_a_change_that_nobody_has_seen_yet_is_waited_for() -> None:
    assert one(restart(shop().with_status(observed_generation=0)), "has not seen its last change")


@pytest.mark.parametrize(
    "found",
    [
        shop().with_status(updated_replicas=2),
        shop().with_status(replicas=4),
        stateful().with_status(update_revision="api-2"),
        stateful().with_status(updated_replicas=2),
        daemon().with_status(updated_number_scheduled=2),
    ],
)
def test_a_rollout_in_progress_is_waited_for(found: Shop) -> None:
    assert one(restart(found), "a rollout of")


def test_the_pod_that_a_rollout_waits_for_may_be_evicted() -> None:
    found = stateful().with_status(update_revision="api-2")

    assert evict(found, cause="stuck_revision") == ()
    assert one(evict(found), "in progress")


@pytest.mark.parametrize("kind", ["Recreate", "OnDelete"])
def test_a_strategy_that_does_not_roll_is_not_restarted(kind: str) -> None:
    strategy = appsv1.Strategy(type=kind)
    found = (
        shop().with_spec(strategy=strategy)
        if kind == "Recreate"
        else stateful().with_spec(update_strategy=strategy)
    )

    assert one(restart(found), f"has the strategy {kind}")


def test_a_partition_would_leave_pods_behind() -> None:
    held = appsv1.Strategy(type="RollingUpdate", rolling_update=appsv1.RollingUpdate(partition=2))

    assert one(restart(stateful().with_spec(update_strategy=held)), "has a partition")


@pytest.mark.parametrize(
    ("most", "refused"), [("100%", True), (3, True), (2, False), ("99%", False)]
)
def test_a_restart_may_not_take_every_pod_at_once(most: int | str, *, refused: bool) -> None:
    loose = appsv1.Strategy(
        type="RollingUpdate", rolling_update=appsv1.RollingUpdate(max_unavailable=most)
    )
    said = restart(shop().with_spec(strategy=loose))

    assert bool(said) is refused
    assert not refused or one(said, "take all 3 pods at once")


TRACKED = metav1.Annotations(argo_tracking="shop-app:apps/Deployment:shop/api")


def application(
    name: str = "shop-app",
    *,
    phase: str = "Succeeded",
    healed: int = 0,
    heals: bool = True,
    status: str = "OutOfSync",
    resources: tuple[argov1.ArgoResource, ...] = (),
) -> argov1.Application:
    order = argov1.ArgoOperation(sync=argov1.ArgoSyncOrder(self_heal_attempts_count=healed))
    return argov1.Application(
        metadata=meta(Ref("Application", "argocd", name)),
        spec=argov1.ApplicationSpec(
            sync_policy=argov1.ArgoSyncPolicy(automated=argov1.ArgoAutomated(self_heal=heals))
        ),
        status=argov1.ApplicationStatus(
            sync=argov1.ArgoSync(status=status),
            operation_state=argov1.ArgoOperationState(phase=phase, operation=order),
            resources=resources,
        ),
    )


def tracked(*apps: argov1.Application) -> Shop:
    return shop().with_metadata(annotations=TRACKED).and_also(*apps)


def test_an_operation_of_argo_cd_is_waited_for() -> None:
    assert one(restart(tracked(application(phase="Running"))), "an operation of Application/")


def test_an_application_at_rest_is_no_objection() -> None:
    assert restart(tracked(application())) == ()
    assert restart(tracked(application("another"), application())) == ()


def test_a_self_heal_that_is_tried_again_is_waited_for() -> None:
    assert one(restart(tracked(application(healed=3))), "again and again")
    assert restart(tracked(application(healed=3, heals=False))) == ()
    assert restart(tracked(application(healed=3, status="Synced"))) == ()


def test_an_application_without_an_operation_is_no_objection() -> None:
    bare = msgspec.structs.replace(application(), status=argov1.ApplicationStatus())
    manual = msgspec.structs.replace(application(healed=2), spec=argov1.ApplicationSpec())
    empty = msgspec.structs.replace(
        application(),
        status=argov1.ApplicationStatus(operation_state=argov1.ArgoOperationState()),
    )

    for each in (bare, manual, empty):
        assert restart(tracked(each)) == ()


def test_an_application_is_found_by_its_objects_and_by_its_label() -> None:
    own = argov1.ArgoResource(group="apps", kind="Deployment", namespace="shop", name="api")
    by_object = tracked(application("renamed", phase="Running", resources=(own,)))
    labels = {"argocd.argoproj.io/instance": "argocd_shop-app"}
    by_label = shop().with_metadata(labels=labels).and_also(application(phase="Running"))

    assert one(restart(by_object), "Application/argocd/renamed")
    assert one(restart(by_label), "Application/argocd/shop-app")


def test_what_an_argo_cd_elsewhere_does_cannot_be_seen() -> None:
    assert one(restart(tracked()), "by no Application of this cluster")


def test_applications_that_cannot_be_read_are_an_objection_for_their_objects_only() -> None:
    seen = tracked().look(missing=("applications",))

    assert one(objections(plan(Call.RESTART, tracked()), seen), "cannot be seen")
    assert restart(shop(), missing=("applications",)) == ()
    assert objections(plan(Call.EVICT, tracked(), FIRST), seen) == ()


FLUX = {
    "kustomize.toolkit.fluxcd.io/name": "shop",
    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
}


@pytest.mark.parametrize(("status", "refused"), [("True", True), ("False", False), ("", False)])
def test_an_apply_of_flux_is_waited_for(status: str, *, refused: bool) -> None:
    ref = Ref("Kustomization", "flux-system", "shop")
    conditions = (metav1.Condition(type="Reconciling", status=status),) if status else ()
    item = fluxv1.Kustomization(
        metadata=meta(ref), status=metav1.ConditionsStatus(conditions=conditions)
    )
    said = restart(shop().with_metadata(labels=FLUX).and_also(item))

    assert bool(said) is refused
    assert not refused or one(said, f"{ref} is being applied")


def test_what_flux_does_must_be_seen() -> None:
    found = shop().with_metadata(labels=FLUX)

    assert one(restart(found, missing=("kustomizations",)), "cannot be seen")
    assert restart(found) == ()


def zero() -> Shop:
    found = shop().with_spec(replicas=0).with_status(replicas=0, updated_replicas=0)
    return replace(found, pods=())


def test_one_pod_more_is_asked_for_and_never_two_or_none() -> None:
    assert scale(zero(), 1) == ()
    assert one(scale(zero(), 2), "from 0 to 2 pods at once")
    assert one(scale(shop(), 0), "would be scaled to 0")


def test_an_autoscaler_decides_alone() -> None:
    target = certmanagerv1.TypedName(kind="Deployment", name="api")
    hpa = autoscalingv1.HorizontalPodAutoscaler(
        metadata=meta(Ref("HorizontalPodAutoscaler", "shop", "api")),
        spec=autoscalingv1.HpaSpec(scale_target_ref=target),
    )
    keda = autoscalingv1.ScaledObject(
        metadata=meta(Ref("ScaledObject", "shop", "api")),
        spec=autoscalingv1.ScaledObjectSpec(scale_target_ref=target),
    )
    other = msgspec.structs.replace(
        hpa,
        metadata=meta(Ref("HorizontalPodAutoscaler", "other", "api")),
    )

    assert one(scale(zero().and_also(hpa), 1), "HorizontalPodAutoscaler/shop/api decides")
    assert one(scale(zero().and_also(keda), 1), "ScaledObject/shop/api decides")
    assert scale(zero().and_also(other), 1) == ()


@pytest.mark.parametrize(("reason", "refused"), [("forbidden", True), ("absent", False)])
def test_a_keda_that_may_not_be_read_may_scale_it(reason: str, *, refused: bool) -> None:
    found = zero()
    seen = found.look(missing=("scaledobjects",))
    seen = replace(seen, missing={"scaledobjects": Missing(reason, "")})
    said = objections(plan(Call.SCALE, found, replicas=1), seen)

    assert bool(said) is refused
    assert not refused or one(said, "whether KEDA scales")


def test_a_scaling_needs_room_for_the_pod() -> None:
    quota = room({"pods": "3"}, {"pods": "3"})

    assert one(scale(zero().and_also(quota), 1), "leaves no room")


def cordoned(age: timedelta | None) -> corev1.Node:
    since = ago(age) if age is not None else None
    taint = corev1.Taint(
        key="node.kubernetes.io/unschedulable", effect="NoSchedule", time_added=since
    )
    return node("w-4", since=90 * DAY, unschedulable=True, taints=(taint,))


@pytest.mark.parametrize(("age", "refused"), [(10 * MINUTE, True), (None, True), (2 * HOUR, False)])
def test_a_fresh_cordon_may_be_a_drain(age: timedelta | None, *, refused: bool) -> None:
    said = restart(shop().and_also(cordoned(age)))

    assert bool(said) is refused
    assert not refused or one(said, "it may be drained")


def test_a_reboot_is_waited_for() -> None:
    last = node("w-4", since=90 * DAY)
    booting = msgspec.structs.replace(
        last, metadata=labelled(last, annotations=metav1.Annotations(reboot="2026-11-20"))
    )

    assert one(restart(shop().and_also(booting)), "about to be rebooted")


def test_a_node_that_leaves_is_waited_for() -> None:
    taint = corev1.Taint(key="ToBeDeletedByClusterAutoscaler", effect="NoSchedule")

    assert one(restart(shop().and_also(node("w-4", since=DAY, taints=(taint,)))), "being removed")


@pytest.mark.parametrize(
    ("since", "version", "refused"),
    [(10 * MINUTE, "v1.34.0", True), (10 * MINUTE, "", False), (DAY, "v1.34.0", False)],
)
def test_an_upgrade_is_waited_for(since: timedelta, version: str, *, refused: bool) -> None:
    last = node("w-4", since=since)
    info = corev1.NodeInfo(kubelet_version=version)
    last = msgspec.structs.replace(
        last, status=msgspec.structs.replace(last.status, node_info=info)
    )
    said = restart(shop().and_also(last))

    assert bool(said) is refused
    assert not refused or one(said, "an upgrade may go on")


def test_a_node_that_says_nothing_of_its_readiness_has_not_come_up() -> None:
    last = node("w-4")
    odd = msgspec.structs.replace(
        last,
        status=msgspec.structs.replace(
            last.status, conditions=(), node_info=corev1.NodeInfo(kubelet_version="v1.34.0")
        ),
    )

    assert restart(shop().and_also(odd)) == ()


def test_a_pod_on_a_lost_node_does_not_end() -> None:
    found = shop().and_also(node("w-1", ready="Unknown", since=DAY))

    assert "node w-1 is not Ready: a pod on it does not end" in evict(found)
    assert "node w-1 is not Ready: a pod on it does not end" in restart(found)


def test_a_pod_on_a_node_that_is_gone_does_not_end() -> None:
    found = shop()
    away = found.with_pod(0, replica(found.direct or found.top, 1, node="w-9"))

    assert one(evict(away), "node w-9 is not Ready")


def test_a_pod_without_a_node_leaves_none() -> None:
    found = shop()
    status = waiting("ContainerCreating")
    nowhere = replica(found.direct or found.top, 1, status, node="", phase="Pending", ready=False)

    assert evict(found.with_pod(0, nowhere)) == ()


def test_a_pod_that_is_still_ending_is_waited_for() -> None:
    found = shop()
    leaving = replica(found.direct or found.top, 2, deleting=True)

    assert one(restart(found.with_pod(1, leaving)), "api-2 has not ended yet")
