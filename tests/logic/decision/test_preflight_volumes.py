"""The pre-flight: volumes, disruption budgets, and what may be deleted."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from tests.builders import HOUR, ago, meta, node, running, waiting
from tests.logic.decision.preflighting import (
    NIGHTLY,
    evict,
    labelled,
    one,
    plan,
    restart,
)
from tests.remediations.shop import (
    DAY,
    REVISION,
    Shop,
    made_of,
    replica,
    shop,
    stateful,
)
from watchdog.domain.objects import (
    appsv1,
    argov1,
    batchv1,
    metav1,
    podv1,
    policyv1,
    storagev1,
)
from watchdog.domain.plan import Call, Plan, Step
from watchdog.domain.ref import Ref
from watchdog.logic.decision.preflight import objections

CLAIM = Ref("PersistentVolumeClaim", "shop", "data")


def mounting() -> Shop:
    """A shop of one pod with a claim."""
    volume = podv1.Volume(name="d", persistent_volume_claim=podv1.ClaimSource(claim_name="data"))
    return shop(replicas=1).with_template(made_of(volumes=(volume,)))


def claim(mode: str, *, phase: str = "Bound") -> storagev1.PersistentVolumeClaim:
    return storagev1.PersistentVolumeClaim(
        metadata=meta(CLAIM),
        spec=appsv1.ClaimSpec(volume_name="pv-1", access_modes=(mode,)),
        status=storagev1.ClaimStatus(phase=phase),
    )


def disk(**fields: object) -> storagev1.PersistentVolume:
    spec = msgspec.structs.replace(storagev1.VolumeSpec(), **fields)
    return storagev1.PersistentVolume(metadata=meta(Ref("PersistentVolume", "", "pv-1")), spec=spec)


FOLDER = storagev1.NodeFolder(path="/data")


@pytest.mark.parametrize("fields", [{"local": FOLDER}, {"host_path": FOLDER}])
def test_a_volume_on_one_node_keeps_its_pod_there(fields: dict[str, object]) -> None:
    found = mounting().and_also(claim("ReadWriteMany"), disk(**fields))

    assert one(evict(found), "the volume of PersistentVolumeClaim/shop/data lies on one node")
    assert one(restart(found), "lies on one node")


def test_a_claim_must_be_there_and_bound() -> None:
    assert one(evict(mounting()), "PersistentVolumeClaim/shop/data is not there")
    unbound = mounting().and_also(claim("ReadWriteMany", phase="Pending"), disk())
    lost = mounting().and_also(claim("ReadWriteMany"))

    assert one(evict(unbound), "is not bound to a volume that can be seen")
    assert one(evict(lost), "is not bound to a volume that can be seen")


def test_a_claim_for_one_node_is_never_needed_on_two() -> None:
    found = mounting().and_also(claim("ReadWriteOnce"), disk())

    assert one(restart(found), "can be used on one node only")
    assert evict(found) == ()


def test_a_claim_for_one_node_that_another_pod_holds_is_not_let_go() -> None:
    found = mounting().and_also(claim("ReadWriteOnce"), disk())
    other = replica(found.top, 8, spec=found.pods[0].spec, labels={"app": "other"})

    assert one(evict(found.and_also(other)), "would be needed on two")


def test_a_claim_for_many_nodes_is_no_objection() -> None:
    found = mounting().and_also(claim("ReadWriteMany"), disk())

    assert restart(found) == ()


def own_claims(mode: str = "ReadWriteOnce", *, same: bool = False) -> Shop:
    """A StatefulSet whose pods have a claim each, or all one."""
    found = stateful(replicas=2)
    items: list[metav1.Object] = []
    for place, each in enumerate(found.pods):
        name = "data" if same else f"data-{each.name}"
        source = podv1.ClaimSource(claim_name=name)
        spec = msgspec.structs.replace(
            each.spec, volumes=(podv1.Volume(name="data", persistent_volume_claim=source),)
        )
        found = found.changed(place, spec=spec)
        items.append(
            storagev1.PersistentVolumeClaim(
                metadata=meta(Ref("PersistentVolumeClaim", "shop", name)),
                spec=appsv1.ClaimSpec(volume_name="pv-1", access_modes=(mode,)),
                status=storagev1.ClaimStatus(phase="Bound"),
            )
        )
    return found.and_also(*items, disk())


def test_the_pods_of_a_stateful_set_take_their_own_claims_with_them() -> None:
    assert restart(own_claims()) == ()
    assert evict(own_claims()) == ()


def test_one_claim_of_all_pods_of_a_stateful_set_is_an_objection() -> None:
    assert one(restart(own_claims(same=True)), "can be used on one node only")


def budget(
    name: str = "api", allowed: int = 1, *, counted: int = 1, app: str = "api", space: str = "shop"
) -> policyv1.PodDisruptionBudget:
    return policyv1.PodDisruptionBudget(
        metadata=meta(Ref("PodDisruptionBudget", space, name)),
        spec=policyv1.BudgetSpec(selector=metav1.LabelSelector(match_labels={"app": app})),
        status=policyv1.BudgetStatus(disruptions_allowed=allowed, observed_generation=counted),
    )


def test_a_budget_must_allow_the_eviction() -> None:
    assert one(evict(shop().and_also(budget(allowed=0))), "allows no disruption of Pod/shop/api-1")
    assert evict(shop().and_also(budget())) == ()
    assert restart(shop().and_also(budget(allowed=0))) == ()


def test_two_budgets_make_an_eviction_impossible() -> None:
    assert one(evict(shop().and_also(budget("a"), budget("b"))), "2 disruption budgets take")


def test_a_budget_that_was_not_counted_since_its_change_is_not_believed() -> None:
    assert one(evict(shop().and_also(budget(counted=0))), "has not been counted")


def test_budgets_of_others_are_no_objection() -> None:
    found = shop().and_also(budget("a", 0, app="other"), budget("b", 0, space="other"))

    assert evict(found) == ()


def test_a_pod_that_was_never_started_is_evicted_in_spite_of_a_budget() -> None:
    found = shop()
    status = waiting("ContainerCreating")
    pending = replica(found.direct or found.top, 1, status, phase="Pending", ready=False)

    assert evict(found.with_pod(0, pending).and_also(budget(allowed=0))) == ()


def failed(found: Shop, **fields: Any) -> podv1.Pod:
    given: dict[str, Any] = {"phase": "Failed", "reason": "Evicted", "ready": False, **fields}
    return replica(found.direct or found.top, 9, running(ready=False), **given)


def delete(found: Shop, item: podv1.Pod) -> tuple[str, ...]:
    known = found.and_also(item)
    step = Step(call=Call.DELETE, target=item.ref, uid=item.uid, what="")
    return objections(replace(plan(Call.DELETE, found), steps=(step,)), known.look())


def test_a_failed_pod_of_a_replica_set_may_be_deleted() -> None:
    assert delete(shop(), failed(shop())) == ()


@pytest.mark.parametrize(
    "fields",
    [{"phase": "Running"}, {"reason": "Error"}],
    ids=["running", "its own program"],
)
def test_a_pod_that_no_node_ended_is_never_deleted(fields: dict[str, object]) -> None:
    assert one(delete(shop(), failed(shop(), **fields)), "is no failed pod of a ReplicaSet")


def test_a_failed_pod_of_another_controller_is_never_deleted() -> None:
    found = stateful()

    assert one(delete(found, failed(found, labels=REVISION)), "is no failed pod of a ReplicaSet")


def test_a_failed_pod_with_a_finalizer_is_waited_for_by_somebody() -> None:
    item = failed(shop())
    held = msgspec.structs.replace(item, metadata=labelled(item, finalizers=("batch/tracking",)))

    assert one(delete(shop(), held), "has finalizers")


def test_a_node_under_pressure_is_the_cause() -> None:
    pressed = node("w-9", since=9 * DAY)
    conditions = (
        *pressed.status.conditions,
        metav1.Condition(type="DiskPressure", status="True"),
        metav1.Condition(type="PIDPressure", status="False"),
    )
    pressed = msgspec.structs.replace(
        pressed, status=msgspec.structs.replace(pressed.status, conditions=conditions)
    )

    assert one(delete(shop().and_also(pressed), failed(shop())), "node w-9 has DiskPressure")


def test_a_pod_to_delete_that_is_gone_is_an_objection() -> None:
    step = Step(call=Call.DELETE, target=Ref("Pod", "shop", "x"), uid="x", what="")
    found = shop()

    assert one(
        objections(replace(plan(Call.DELETE, found), steps=(step,)), found.look()), "is gone"
    )


def run(
    name: str = "nightly-29391840",
    *,
    how: str = "Failed",
    owner: metav1.Object | None = NIGHTLY,
    annotations: metav1.Annotations | None = None,
    ttl: int | None = None,
) -> batchv1.Job:
    return batchv1.Job(
        metadata=meta(Ref("Job", "shop", name), owner=owner, annotations=annotations, age=DAY),
        spec=batchv1.JobSpec(ttl_seconds_after_finished=ttl),
        status=batchv1.JobStatus(
            conditions=(
                metav1.Condition(type=how, status="True", last_transition_time=ago(2 * HOUR)),
            )
        ),
    )


def delete_run(item: batchv1.Job) -> tuple[str, ...]:
    step = Step(call=Call.DELETE, target=item.ref, uid=item.uid, what="")
    wanted = Plan(
        remediation="DeleteJob",
        cause="leftover",
        owner=NIGHTLY.ref,
        steps=(step,),
        reason="",
        risk="",
        generation=1,
    )
    return objections(wanted, shop().and_also(NIGHTLY, item).look())


def test_a_failed_run_may_be_deleted() -> None:
    assert delete_run(run()) == ()


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (run(how="Complete"), "has not failed"),
        (run(annotations=metav1.Annotations(helm_hook="pre-install")), "is a hook"),
        (run(annotations=metav1.Annotations(argo_hook="PreSync")), "is a hook"),
        (run(ttl=60), "is removed by itself"),
        (run(owner=None), "not controlled by CronJob/shop/nightly"),
        (run("by-hand"), "not controlled by CronJob/shop/nightly"),
        (run("nightly-by-hand"), "not controlled by CronJob/shop/nightly"),
        (run(owner=shop().top), "not controlled by CronJob/shop/nightly"),
    ],
)
def test_other_jobs_are_never_deleted(item: batchv1.Job, said: str) -> None:
    assert one(delete_run(item), said)


def test_a_run_of_a_cronjob_that_was_made_anew_is_another_ones() -> None:
    older = msgspec.structs.replace(NIGHTLY, metadata=meta(NIGHTLY.ref, uid="before"))

    assert one(delete_run(run(owner=older)), "not controlled by")


def test_a_job_to_delete_that_is_gone_is_an_objection() -> None:
    item = run()
    step = Step(call=Call.DELETE, target=item.ref, uid=item.uid, what="")
    wanted = replace(plan(Call.DELETE, shop()), owner=NIGHTLY.ref, steps=(step,))

    assert one(objections(wanted, shop().and_also(NIGHTLY).look()), "is gone")


def test_a_run_of_what_argo_cd_is_syncing_is_left_alone() -> None:
    labels = {"argocd.argoproj.io/instance": "shop-app"}
    kept = msgspec.structs.replace(NIGHTLY, metadata=labelled(NIGHTLY, labels=labels))
    item = run()
    step = Step(call=Call.DELETE, target=item.ref, uid=item.uid, what="")
    wanted = replace(plan(Call.DELETE, shop()), owner=NIGHTLY.ref, steps=(step,), cause="leftover")
    busy = argov1.Application(
        metadata=meta(Ref("Application", "argocd", "shop-app")),
        status=argov1.ApplicationStatus(operation_state=argov1.ArgoOperationState(phase="Running")),
    )

    assert one(objections(wanted, shop().and_also(kept, item, busy).look()), "is under way")
