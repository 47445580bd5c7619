"""evict_pod: which one pod is evicted, and when none is."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, ago, event, meta, running, waiting
from tests.remediations.shop import (
    API,
    DAY,
    PROBED,
    REVISION,
    Shop,
    daemon,
    hanging,
    incident,
    made_of,
    replica,
    shop,
    stateful,
)
from tests.remediations.test_rollout_restart import NEVER, hung, rotated, tracked
from watchdog.domain.objects import appsv1, corev1, metav1, podv1, storagev1
from watchdog.domain.plan import Call, NoPlan, Plan, Step
from watchdog.domain.policy import Policy
from watchdog.domain.ref import Ref
from watchdog.logic.decision.preflight import objections
from watchdog.remediations.evict_pod import evict_pod

FIRST = Ref("Pod", "shop", "api-1")
NODE = Ref("Node", "", "w-1")
SANDBOX = "Failed to create pod sandbox: name is reserved"


def planned(reason: str, found: Shop, *subjects: Ref) -> Plan | NoPlan:
    affected = tuple(pod.ref for pod in found.pods)
    wanted = incident(reason, *(subjects or (found.top.ref,)), affected=affected)
    return evict_pod.plan(wanted, found.look(), Policy())


def refused(reason: str, found: Shop, *subjects: Ref) -> str:
    answer = planned(reason, found, *subjects)
    assert isinstance(answer, NoPlan)
    return "; ".join(answer.reasons)


def accepted(reason: str, found: Shop, *subjects: Ref) -> Plan:
    answer = planned(reason, found, *subjects)
    assert isinstance(answer, Plan), answer
    return answer


# ---------------------------------------------------------------------------- cannot start there
def starting(found: Shop, number: int = 1, **fields: Any) -> podv1.Pod:
    given = {"spec": found.top.spec.template.spec, "labels": found.pods[0].labels, **fields}
    status = waiting("ContainerCreating")
    since = 44 * MINUTE
    return replica(
        found.direct or found.top, number, status, phase="Pending", age=since, since=since, **given
    )


def reserved(base: Shop | None = None) -> Shop:
    """One of three waits for its sandbox, on w-1."""
    found = base or shop()
    item = starting(found)
    return found.with_pod(0, item).and_also(event(item, "FailedCreatePodSandBox", SANDBOX))


def test_a_pod_without_a_sandbox_is_evicted_while_its_siblings_run() -> None:
    plan = accepted("SandboxFailed", reserved(), NODE)

    assert plan.steps == (
        Step(call=Call.EVICT, target=FIRST, uid=str(FIRST), what="evict pod api-1"),
    )
    assert (plan.remediation, plan.cause, plan.owner) == ("EvictPod", "stuck", API)
    assert plan.reason == (
        "api-1 has not started on node w-1: no sandbox is made for it (Failed to create pod sandbox: "
        "name is reserved); api-2 of the same template is ready on w-2."
    )
    assert objections(plan, reserved().look()) == ()


@pytest.mark.parametrize("base", [stateful(), daemon()], ids=lambda each: each.top.KIND)
def test_a_pod_of_another_kind_of_workload_is_evicted_as_well(base: Shop) -> None:
    assert accepted("SandboxFailed", reserved(base), NODE).owner == base.top.ref


def test_a_sandbox_on_another_node_is_another_incident() -> None:
    assert planned("SandboxFailed", reserved(), Ref("Node", "", "w-2")) == NoPlan()


def test_a_network_that_fails_everywhere_is_no_matter_of_one_pod() -> None:
    assert planned("SandboxFailed", reserved(), Ref("DaemonSet", "kube-system", "cni")) == NoPlan()


def test_when_no_sibling_runs_elsewhere_nothing_is_evicted() -> None:
    assert planned("SandboxFailed", reserved(shop(replicas=1)), NODE) == NoPlan()


def test_when_several_wait_on_the_node_it_is_the_node() -> None:
    found = reserved()
    second = starting(found, 4, node="w-1")
    both = found.and_also(second, event(second, "FailedCreatePodSandBox", SANDBOX))

    assert refused("SandboxFailed", both, NODE) == (
        "2 pods are hit at once: it is no matter of one pod"
    )


def test_a_bare_pod_has_nobody_who_makes_it_anew() -> None:
    found = reserved()
    bare = msgspec.structs.replace(
        found.pods[0], metadata=msgspec.structs.replace(found.pods[0].metadata, owner_references=())
    )

    assert planned("SandboxFailed", found.with_pod(0, bare), NODE) == NoPlan()


def mounting(mode: str = "ReadWriteMany", *, others: str = "data") -> Shop:
    """A shop with a claim; one pod cannot mount it on its node."""

    def source(name: str) -> podv1.Volume:
        return podv1.Volume(name="d", persistent_volume_claim=podv1.ClaimSource(claim_name=name))

    found = shop().with_template(made_of(volumes=(source("data"),)))
    item = starting(found)
    rest = [
        msgspec.structs.replace(
            each, spec=msgspec.structs.replace(each.spec, volumes=(source(others),))
        )
        for each in found.pods[1:]
    ]
    claim = storagev1.PersistentVolumeClaim(
        metadata=meta(Ref("PersistentVolumeClaim", "shop", "data")),
        spec=appsv1.ClaimSpec(volume_name="pv-1", access_modes=(mode,)),
        status=storagev1.ClaimStatus(phase="Bound"),
    )
    disk = storagev1.PersistentVolume(metadata=meta(Ref("PersistentVolume", "", "pv-1")))
    said = event(item, "FailedMount", "MountVolume.SetUp failed: timed out")
    return replace(found, pods=(item, *rest)).and_also(claim, disk, said)


CLAIM = Ref("PersistentVolumeClaim", "shop", "data")


def test_a_mount_that_fails_on_one_node_is_tried_on_another() -> None:
    plan = accepted("MountFailed", mounting(), CLAIM)

    assert (plan.cause, plan.steps[0].target) == ("stuck", FIRST)
    assert "a volume cannot be mounted there" in plan.reason
    assert objections(plan, mounting().look()) == ()


def test_a_disk_for_one_node_is_not_tried_on_another() -> None:
    plan = accepted("MountFailed", mounting("ReadWriteOnce"), CLAIM)

    assert "can be used on one node only" in objections(plan, mounting("ReadWriteOnce").look())[0]


def test_a_sibling_with_its_own_volume_proves_nothing() -> None:
    assert planned("MountFailed", mounting(others="other"), CLAIM) == NoPlan()


def test_a_sibling_on_the_same_node_proves_nothing() -> None:
    found = mounting()
    beside = tuple(
        msgspec.structs.replace(each, spec=msgspec.structs.replace(each.spec, node_name="w-1"))
        for each in found.pods[1:]
    )

    assert planned("MountFailed", replace(found, pods=(found.pods[0], *beside)), CLAIM) == NoPlan()


def test_a_mount_of_another_workload_is_another_incident() -> None:
    found = mounting()
    wanted = incident("MountFailed", CLAIM)

    assert evict_pod.plan(wanted, found.look(), Policy()) == NoPlan()


# ------------------------------------------------------------------------------ changed by hand
def drifted(base: Shop | None = None, *, since: timedelta = HOUR) -> Shop:
    found = base or shop()
    other = msgspec.structs.replace(PROBED, image="ghcr.io/example/app:debug")
    spec = msgspec.structs.replace(found.pods[0].spec, containers=(other,))
    labels = found.pods[0].labels
    owner = found.direct or found.top
    return found.with_pod(0, hanging(owner, 1, spec=spec, since=since, labels=labels))


def test_a_pod_that_somebody_changed_is_evicted() -> None:
    plan = accepted("PodDrift", drifted(), FIRST)

    assert (plan.cause, plan.steps[0].target, plan.owner) == ("drift", FIRST, API)
    assert plan.reason == (
        "api-1 is not what the template of Deployment/shop/api says (image of app: "
        "ghcr.io/example/app:1 -> ghcr.io/example/app:debug)."
    )
    assert objections(plan, drifted().look()) == ()


def test_another_pod_than_that_of_the_incident_is_left_alone() -> None:
    assert planned("PodDrift", drifted(), Ref("Pod", "shop", "api-2")) == NoPlan()


def test_a_pod_that_differs_and_is_well_is_left_alone() -> None:
    found = drifted()
    well = replica(found.direct or found.top, 1, spec=found.pods[0].spec)

    assert planned("PodDrift", found.with_pod(0, well), FIRST) == NoPlan()


def test_the_only_pod_is_evicted_only_when_it_never_was_ready() -> None:
    single = shop(replicas=1)

    assert refused("PodDrift", drifted(single), FIRST) == f"no other pod of {API} is ready"
    assert accepted("PodDrift", drifted(single, since=2 * DAY), FIRST).cause == "drift"


def test_the_annotation_never_holds_for_evictions_on_every_link() -> None:
    found = drifted()
    assert found.direct is not None
    direct = msgspec.structs.replace(
        found.direct, metadata=msgspec.structs.replace(found.direct.metadata, annotations=NEVER)
    )
    space = corev1.Namespace(metadata=meta(Ref("Namespace", "", "shop"), annotations=NEVER))
    metadata = msgspec.structs.replace(found.pods[0].metadata, annotations=NEVER)

    for each in (
        found.with_metadata(annotations=NEVER),
        replace(found, direct=direct),
        found.and_also(space),
        found.changed(0, metadata=metadata),
    ):
        assert "watchdog/remediate: never" in refused("PodDrift", each, FIRST)


def test_a_workload_that_is_being_deleted_is_left_to_end() -> None:
    found = drifted().with_metadata(deletion_timestamp=ago(MINUTE))

    assert "is being deleted" in refused("PodDrift", found, FIRST)


def test_a_pod_whose_chain_does_not_hold_is_not_evicted() -> None:
    found = drifted()
    metadata = msgspec.structs.replace(found.pods[0].metadata, labels={"app": "other"})

    assert refused("PodDrift", found.changed(0, metadata=metadata), FIRST) == (
        "Pod/shop/api-1 has no controller that would make it anew"
    )


# ------------------------------------------------------------------------------- a bad revision
def left_behind(number: int = 3, **fields: Any) -> Shop:
    """A StatefulSet whose last pod is of a revision that was taken back."""
    found = stateful()
    labels = {**REVISION, "controller-revision-hash": "api-0"}
    item = replica(
        found.top,
        number,
        waiting("ImagePullBackOff"),
        phase="Pending",
        labels=labels,
        age=HOUR,
        since=HOUR,
        **fields,
    )
    return found.with_pod(number - 1, item).with_status(
        updated_replicas=2, current_revision="api-0"
    )


STS = Ref("StatefulSet", "shop", "api")


def test_a_pod_of_a_broken_revision_is_evicted_for_the_mended_one() -> None:
    plan = accepted("StatefulSetStuckRevision", left_behind())

    assert (plan.cause, plan.owner) == ("stuck_revision", STS)
    assert plan.steps[0].target == Ref("Pod", "shop", "api-3")
    assert plan.reason == (
        "api-3 is of revision api-0 and not ready, the template of StatefulSet/shop/api is at api-1."
    )
    assert objections(plan, left_behind().look()) == ()


def test_a_pod_of_the_wanted_revision_blocks_nothing() -> None:
    assert planned("StatefulSetStuckRevision", stateful()) == NoPlan()
    assert planned("StatefulSetStuckRevision", shop()) == NoPlan()


def test_a_stateful_set_of_one_that_was_ready_is_never_evicted() -> None:
    found = stateful(replicas=1)
    labels = {**REVISION, "controller-revision-hash": "api-0"}
    once = replica(found.top, 1, running(ready=False, age=DAY), labels=labels, since=HOUR)

    assert refused("StatefulSetStuckRevision", found.with_pod(0, once)) == (
        "no other pod of StatefulSet/shop/api is ready"
    )


def test_on_delete_waits_for_nobody() -> None:
    found = left_behind().with_spec(update_strategy=appsv1.Strategy(type="OnDelete"))

    assert planned("StatefulSetStuckRevision", found) == NoPlan()


# ---------------------------------------------------------------------- hanging, or an old value
def test_one_hanging_pod_of_several_is_evicted() -> None:
    plan = accepted("AppUnhealthy", hung(0))

    assert (plan.cause, plan.steps[0].target) == ("wedged", FIRST)
    assert objections(plan, hung(0).look()) == ()


def test_several_hanging_pods_are_not_evicted() -> None:
    assert "2 pods are hit at once" in refused("AppUnhealthy", hung(0, 1))


def test_all_hanging_pods_are_no_matter_of_one_pod() -> None:
    assert planned("AppUnhealthy", hung(0, 1, 2)) == NoPlan()


def test_nothing_hangs_so_nothing_is_evicted() -> None:
    assert planned("AppUnhealthy", shop()) == NoPlan()


def test_an_old_value_is_evicted_where_somebody_else_writes_the_template() -> None:
    above = metav1.OwnerReference(kind="Cluster", name="main", uid="u", controller=True)
    operated = rotated().with_metadata(owner_references=(above,))

    assert planned("StaleSecretEnv", rotated()) == NoPlan()
    assert accepted("StaleSecretEnv", tracked(rotated())).steps[0].target == FIRST
    assert accepted("StaleSecretEnv", operated).cause == "stale_config"


def test_a_pod_that_is_going_anyway_is_not_evicted() -> None:
    found = drifted()
    metadata = msgspec.structs.replace(found.pods[0].metadata, deletion_timestamp=ago(MINUTE))

    assert planned("PodDrift", found.changed(0, metadata=metadata), FIRST) == NoPlan()
