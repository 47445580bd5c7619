"""actuate on a real API server: each call has its effect once, and each refusal has none."""

from pathlib import Path

import pytest

from tests.cluster.control_plane import ControlPlane, KubectlFailed
from tests.cluster.kubelet import Kubelet
from tests.kube.actuating import (
    AT,
    actuator,
    budget,
    carry_out,
    create,
    fail,
    live,
    objections,
    plan_for,
    pod_ref,
    pods_of,
    ready_deployment,
    settled,
    version,
    with_step,
    workload,
)
from watchdog.domain.attempt import Result
from watchdog.domain.plan import Call
from watchdog.domain.ports import Done
from watchdog.domain.ref import Ref
from watchdog.kube.calls import RESTARTED_AT


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
async def test_a_restart_marks_the_template_and_replaces_the_pods(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str, kind: str
) -> None:
    ref = settled(control_plane, workload(kind, namespace))
    before = live(control_plane, ref)
    plan = plan_for(control_plane, Call.RESTART, ref)

    assert await objections(control_plane.kubeconfig, plan) == ()
    assert live(control_plane, ref)["spec"] == before["spec"]
    done = await carry_out(control_plane.kubeconfig, plan)

    assert done == Done(result=Result.APPLIED, text=f"k8s:restart:{ref}: HTTP 200")
    after = live(control_plane, ref)
    marks = after["spec"]["template"]["metadata"]["annotations"]
    assert marks == {RESTARTED_AT: "2026-11-21T09:30:15Z"}
    assert after["metadata"]["generation"] == before["metadata"]["generation"] + 1
    fields = control_plane.kubectl(
        *("get", kind, "web", "--namespace", namespace, "--show-managed-fields"),
        "--output=jsonpath={.metadata.managedFields[*].manager}",
    )
    assert "kube-watchdog" in fields.split()


async def test_an_eviction_removes_that_pod_and_no_other(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str
) -> None:
    owner = ready_deployment(control_plane, kubelet, namespace)
    target, other = (pod_ref(pod) for pod in pods_of(control_plane, namespace))
    plan = plan_for(control_plane, Call.EVICT, owner, target)
    stays = version(control_plane, other)

    assert await objections(control_plane.kubeconfig, plan) == ()
    assert target in map(pod_ref, pods_of(control_plane, namespace))
    done = await carry_out(control_plane.kubeconfig, plan)

    assert done == Done(result=Result.APPLIED, text=f"k8s:evict:{target}: HTTP 201")
    assert target not in map(pod_ref, pods_of(control_plane, namespace))
    assert version(control_plane, other) == stays


async def test_debris_is_deleted(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str
) -> None:
    owner = ready_deployment(control_plane, kubelet, namespace, replicas=3)
    first, second, running = (pod_ref(pod) for pod in pods_of(control_plane, namespace))
    for each in (first, second):
        fail(control_plane, each)
    plan = plan_for(control_plane, Call.DELETE, owner, first, second)

    assert await objections(control_plane.kubeconfig, plan) == ()
    assert {first, second} <= set(map(pod_ref, pods_of(control_plane, namespace)))
    done = await carry_out(control_plane.kubeconfig, plan)

    assert done == Done(result=Result.APPLIED, text="all 2 calls were applied")
    left = set(map(pod_ref, pods_of(control_plane, namespace)))
    assert running in left
    assert not left & {first, second}


async def test_a_scale_sets_the_replicas(control_plane: ControlPlane, namespace: str) -> None:
    ref = settled(control_plane, workload("Deployment", namespace), pods=False)
    plan = plan_for(control_plane, Call.SCALE, ref, replicas=3)

    assert await objections(control_plane.kubeconfig, plan) == ()
    assert live(control_plane, ref)["spec"]["replicas"] == 2
    done = await carry_out(control_plane.kubeconfig, plan)

    assert done.result is Result.APPLIED
    assert live(control_plane, ref)["spec"]["replicas"] == 3


@pytest.mark.parametrize("replicas", [0, 2, 4, None])
async def test_a_scale_is_one_step_and_never_to_nothing(
    control_plane: ControlPlane, namespace: str, replicas: int | None
) -> None:
    ref = settled(control_plane, workload("Deployment", namespace), pods=False)
    plan = plan_for(control_plane, Call.SCALE, ref, replicas=replicas)
    before = version(control_plane, ref)

    [said] = await objections(control_plane.kubeconfig, plan)
    done = await carry_out(control_plane.kubeconfig, plan)

    assert "is not one step" in said
    assert done.result is Result.REFUSED
    assert version(control_plane, ref) == before


async def test_a_failed_job_is_deleted_with_its_pods(
    control_plane: ControlPlane, namespace: str
) -> None:
    owner, job = failed_job(control_plane, namespace)
    plan = plan_for(control_plane, Call.DELETE, owner, job)

    assert await objections(control_plane.kubeconfig, plan) == ()
    assert version(control_plane, job)
    done = await carry_out(control_plane.kubeconfig, plan)

    assert done.result is Result.APPLIED
    with pytest.raises(KubectlFailed, match="not found"):
        live(control_plane, job)


def failed_job(plane: ControlPlane, namespace: str) -> tuple[Ref, Ref]:
    """A CronJob, and a run of it that could not be scheduled in time."""
    pod = {"restartPolicy": "Never", "containers": [{"name": "app", "image": "x:1"}]}
    spec = {"activeDeadlineSeconds": 1, "backoffLimit": 0, "template": {"spec": pod}}
    owner, job = Ref("CronJob", namespace, "nightly"), Ref("Job", namespace, "nightly-1")
    create(
        plane,
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": {"name": owner.name, "namespace": namespace},
            "spec": {"schedule": "0 0 31 2 *", "jobTemplate": {"spec": spec}},
        },
    )
    where = ("--namespace", namespace)
    plane.kubectl("create", "job", job.name, "--from=cronjob/nightly", *where)
    plane.kubectl("wait", f"job/{job.name}", *where, "--for=condition=Failed", "--timeout=30s")
    return owner, job


async def test_a_pod_that_runs_is_no_debris(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str
) -> None:
    owner = ready_deployment(control_plane, kubelet, namespace)
    target = pod_ref(pods_of(control_plane, namespace)[0])
    plan = plan_for(control_plane, Call.DELETE, owner, target)
    before = version(control_plane, target)

    said = await objections(control_plane.kubeconfig, plan)
    done = await carry_out(control_plane.kubeconfig, plan)

    assert said == (f"{target} has not failed: its phase is Running",)
    assert done.result is Result.REFUSED
    assert version(control_plane, target) == before


async def test_a_budget_that_allows_no_disruption_refuses(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str
) -> None:
    create(control_plane, budget(namespace, "tight", 0))
    owner = ready_deployment(control_plane, kubelet, namespace)
    target = pod_ref(pods_of(control_plane, namespace)[0])
    plan = plan_for(control_plane, Call.EVICT, owner, target)
    before = version(control_plane, target)

    [said] = await objections(control_plane.kubeconfig, plan)
    done = await carry_out(control_plane.kubeconfig, plan)

    assert "its PodDisruptionBudget allows no disruption now" in said
    assert done.result is Result.REFUSED
    assert not done.disarm
    assert "its PodDisruptionBudget allows no disruption now" in done.text
    assert version(control_plane, target) == before


async def test_two_budgets_on_one_pod_are_an_objection(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str
) -> None:
    create(control_plane, budget(namespace, "one", 1), budget(namespace, "two", 1))
    owner = ready_deployment(control_plane, kubelet, namespace)
    target = pod_ref(pods_of(control_plane, namespace)[0])
    plan = plan_for(control_plane, Call.EVICT, owner, target)

    [said] = await objections(control_plane.kubeconfig, plan)

    assert "more than one PodDisruptionBudget" in said


async def test_an_object_of_the_same_name_is_another_one(
    control_plane: ControlPlane, namespace: str
) -> None:
    ref = settled(control_plane, workload("Deployment", namespace), pods=False)
    plan = plan_for(control_plane, Call.RESTART, ref)
    plan = with_step(plan, uid="11111111-2222-3333-4444-555555555555")
    before = version(control_plane, ref)

    said = await objections(control_plane.kubeconfig, plan)
    done = await carry_out(control_plane.kubeconfig, plan)

    assert said == (f"{ref} is another object of the same name now",)
    assert done == Done(result=Result.REFUSED, text=said[0])
    assert version(control_plane, ref) == before


async def test_what_was_changed_after_it_was_planned_is_left_alone(
    control_plane: ControlPlane, namespace: str
) -> None:
    ref = settled(control_plane, workload("Deployment", namespace), pods=False)
    plan = plan_for(control_plane, Call.RESTART, ref)
    control_plane.kubectl("scale", "deployment/web", "--namespace", namespace, "--replicas=1")
    before = live(control_plane, ref)["metadata"]["generation"]

    said = await objections(control_plane.kubeconfig, plan)
    done = await carry_out(control_plane.kubeconfig, plan)

    assert f"{ref} was changed meanwhile" in said
    assert done.result is Result.REFUSED
    assert live(control_plane, ref)["metadata"]["generation"] == before


async def test_a_paused_rollout_stays_paused(control_plane: ControlPlane, namespace: str) -> None:
    ref = settled(control_plane, workload("Deployment", namespace, paused=True), pods=False)

    said = await objections(control_plane.kubeconfig, plan_for(control_plane, Call.RESTART, ref))

    assert said == (f"{ref} is paused",)


@pytest.mark.parametrize("where", ["pod", "replicaset", "deployment", "namespace"])
async def test_the_annotation_never_holds_wherever_it_is(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str, where: str
) -> None:
    owner = ready_deployment(control_plane, kubelet, namespace)
    pod = pods_of(control_plane, namespace)[0]
    named = {
        "pod": pod["metadata"]["name"],
        "replicaset": pod["metadata"]["ownerReferences"][0]["name"],
        "deployment": owner.name,
        "namespace": namespace,
    }
    mark = (where, named[where], "--namespace", namespace, "watchdog/remediate=never")
    control_plane.kubectl("annotate", *mark)
    plan = plan_for(control_plane, Call.EVICT, owner, pod_ref(pod))
    before = version(control_plane, pod_ref(pod))

    said = await objections(control_plane.kubeconfig, plan)

    assert [each for each in said if "watchdog/remediate: never" in each]
    assert version(control_plane, pod_ref(pod)) == before


async def test_a_pod_that_only_claims_an_owner_is_left_alone(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str
) -> None:
    owner = ready_deployment(control_plane, kubelet, namespace)
    [reference] = pods_of(control_plane, namespace)[0]["metadata"]["ownerReferences"]
    stranger = Ref("Pod", namespace, "stranger")
    create(
        control_plane,
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": stranger.name,
                "namespace": namespace,
                "ownerReferences": [reference],
            },
            "spec": {"containers": [{"name": "app", "image": "x:1"}]},
        },
    )
    plan = plan_for(control_plane, Call.EVICT, owner, stranger)

    said = " ".join(await objections(control_plane.kubeconfig, plan))

    # The controller takes such a reference away; which of the two is seen is a race.
    assert f"does not select {stranger}" in said or "has no controller" in said
    assert stranger in map(pod_ref, pods_of(control_plane, namespace))


async def test_a_pod_without_a_controller_is_left_alone(
    control_plane: ControlPlane, namespace: str
) -> None:
    owner = settled(control_plane, workload("Deployment", namespace), pods=False)
    bare = Ref("Pod", namespace, "bare")
    create(
        control_plane,
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": bare.name, "namespace": namespace},
            "spec": {"containers": [{"name": "app", "image": "x:1"}]},
        },
    )

    said = await objections(
        control_plane.kubeconfig, plan_for(control_plane, Call.EVICT, owner, bare)
    )

    assert said == (
        f"{bare} has no controller that would replace it",
        f"{bare} does not belong to {owner} (any more)",
    )


@pytest.mark.parametrize("name", ["", "..", "a/b", "a%2Fb"])
async def test_a_name_that_no_object_has_reaches_no_other_path(
    control_plane: ControlPlane, namespace: str, name: str
) -> None:
    ref = settled(control_plane, workload("Deployment", namespace), pods=False)
    odd = with_step(
        plan_for(control_plane, Call.RESTART, ref), target=Ref("Deployment", namespace, name)
    )

    [said] = await objections(control_plane.kubeconfig, odd)
    done = await carry_out(control_plane.kubeconfig, odd)

    assert "no object can be called" in said
    assert done.result is Result.FAILED


@pytest.mark.parametrize("name", ["web?dryRun=All", "web#x", "wéb", "web\nx"])
async def test_an_odd_name_is_just_a_name_that_nothing_has(
    control_plane: ControlPlane, namespace: str, name: str
) -> None:
    ref = settled(control_plane, workload("Deployment", namespace), pods=False)
    odd = with_step(
        plan_for(control_plane, Call.RESTART, ref), target=Ref("Deployment", namespace, name)
    )
    before = version(control_plane, ref)

    [said] = await objections(control_plane.kubeconfig, odd)
    done = await carry_out(control_plane.kubeconfig, odd)

    assert "is gone" in said
    assert done.result is Result.REFUSED
    assert version(control_plane, ref) == before


async def test_a_stop_right_before_the_call_holds(
    control_plane: ControlPlane, namespace: str
) -> None:
    ref = settled(control_plane, workload("Deployment", namespace), pods=False)
    plan = plan_for(control_plane, Call.RESTART, ref)
    before = version(control_plane, ref)

    async def stopped() -> str:
        return "the file STOP is there"

    async with actuator(control_plane.kubeconfig) as acting:
        done = await acting.carry_out(plan, attempt="a-1", at=AT, stopped=stopped)

    assert done == Done(result=Result.REFUSED, text="stopped: the file STOP is there")
    assert version(control_plane, ref) == before


async def test_a_stop_between_two_calls_keeps_the_second_from_being_made(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str
) -> None:
    owner = ready_deployment(control_plane, kubelet, namespace)
    first, second = (pod_ref(pod) for pod in pods_of(control_plane, namespace))
    for each in (first, second):
        fail(control_plane, each)
    plan = plan_for(control_plane, Call.DELETE, owner, first, second)
    answers = ["", "somebody stopped it"]

    async def stopped() -> str:
        return answers.pop(0)

    async with actuator(control_plane.kubeconfig) as acting:
        done = await acting.carry_out(plan, attempt="a-1", at=AT, stopped=stopped)

    assert done.result is Result.APPLIED
    assert "1 of 2 calls were applied" in done.text
    assert second in map(pod_ref, pods_of(control_plane, namespace))


async def test_the_stop_map_stops(control_plane: ControlPlane, namespace: str) -> None:
    stop = ("configmap", "watchdog-stop", "--namespace", namespace)
    async with actuator(control_plane.kubeconfig, namespace=namespace) as acting:
        before = await acting.stopped()
        control_plane.kubectl("create", *stop)
        during = await acting.stopped()
        control_plane.kubectl("delete", *stop)
        after = await acting.stopped()

    assert (before, after) == ("", "")
    assert during == f"the ConfigMap watchdog-stop in namespace {namespace} stops every write"


async def test_without_the_namespace_nothing_stops(control_plane: ControlPlane) -> None:
    async with actuator(control_plane.kubeconfig, namespace="there-is-none") as acting:
        assert await acting.stopped() == ""


async def test_a_stop_map_that_may_not_be_read_stops(
    control_plane: ControlPlane, namespace: str
) -> None:
    path = control_plane.user_kubeconfig("may-not-see-stop")
    async with actuator(path, namespace=namespace) as acting:
        said = await acting.stopped()

    assert said.startswith("watchdog-stop cannot be read: configmaps")


async def test_with_a_kubeconfig_there_is_no_self_test(control_plane: ControlPlane) -> None:
    async with actuator(control_plane.kubeconfig) as acting:
        assert not acting.tested
        assert await acting.faults() == ()


async def test_an_identity_without_rights_is_told_so_before_anything_is_tried(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str, tmp_path: Path
) -> None:
    ref = ready_deployment(control_plane, kubelet, namespace)
    view = ("clusterrolebinding", "sees-everything", "--clusterrole=view", "--user=sees-everything")
    control_plane.kubectl("create", *view)
    path = control_plane.user_kubeconfig("sees-everything")
    plan = plan_for(control_plane, Call.RESTART, ref)
    before = version(control_plane, ref)

    said = await objections(path, plan)
    done = await carry_out(path, plan)

    assert said[0].startswith("it cannot be tried without effect: namespaces") or said == (
        f"this identity may not patch deployments in namespace {namespace}",
        f"this identity may not create pods in namespace {namespace}",
    )
    assert done.result is Result.REFUSED
    assert done.disarm
    assert version(control_plane, ref) == before
