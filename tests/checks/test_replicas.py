"""replicas: too few ready pods, and the many reasons to say nothing."""

from datetime import timedelta

import msgspec
import pytest

from tests.builders import (
    HOUR,
    MINUTE,
    NOW,
    ago,
    container,
    deployment,
    meta,
    node,
    pod,
    replicaset,
    running,
    snapshot,
    template,
    waiting,
)
from tests.network import app, ingress, service
from watchdog.checks.replicas import ReplicasParams, replicas
from watchdog.domain.finding import Finding
from watchdog.domain.objects import (
    appsv1,
    autoscalingv1,
    certmanagerv1,
    corev1,
    metav1,
    placementv1,
    podv1,
    probev1,
    storagev1,
)
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

WEB = Ref("Deployment", "shop", "web")
UNREADY = running(ready=False, started=True)


def detect(*items: metav1.Object, critical: tuple[str, ...] = ()) -> list[Finding]:
    return list(replicas.detect(snapshot(*items), ReplicasParams(critical=critical)))


def short(
    status: podv1.ContainerStatus = UNREADY,
    *,
    spec: podv1.PodTemplate | None = None,
    ready: int = 1,
    on: str = "w-1",
    paused: bool = False,
    conditions: tuple[metav1.Condition, ...] = (),
) -> list[metav1.Object]:
    """A Deployment of two with one pod that is not ready."""
    spec = spec or template()
    owner = deployment(
        WEB, replicas=2, ready=ready, pod_template=spec, paused=paused, conditions=conditions
    )
    revision = replicaset(owner, 1)
    ref = Ref("Pod", "shop", "web-1-x")
    return [owner, revision, pod(ref, status, owner=revision, spec=spec.spec, node=on)]


def test_pods_whose_images_found_no_space_point_at_their_node() -> None:
    full = waiting("ImagePullBackOff", "failed to extract layer: no space left on device")

    [finding] = detect(*short(full, on="w-3"))
    [other] = detect(*short(waiting("ImagePullBackOff", "manifest unknown"), on="w-3"))

    assert finding.blames == (Ref("Node", "", "w-3"),)
    assert other.blames == ()


def test_a_pod_behind_a_scheduling_gate_is_held_by_choice() -> None:
    gated = template(scheduling_gates=(placementv1.SchedulingGate(name="example.com/hold"),))

    assert detect(*short(waiting("ContainerCreating"), spec=gated, on="")) == []


def test_too_few_ready_pods_are_a_warning_after_a_quarter_of_an_hour() -> None:
    [finding] = detect(*short())

    assert (finding.reason, finding.subject) == ("ReplicasUnavailable", WEB)
    assert finding.severity is Severity.WARNING
    assert (finding.since, finding.hold) == (ago(HOUR), 15 * MINUTE)
    assert "1 of 2" in finding.message
    assert finding.proposal is not None
    assert finding.proposal.commands == (
        "kubectl -n shop describe pod web-1-x",
        "kubectl -n shop logs pod/web-1-x --tail=50",
    )


def test_pods_that_nobody_makes_are_asked_after_at_their_workload() -> None:
    owner, revision, _ = short(ready=0)

    [finding] = detect(owner, revision)

    assert "No pod is on its way" in finding.why
    assert finding.proposal is not None
    assert finding.proposal.text.startswith("Read its events")
    assert finding.proposal.commands == ("kubectl -n shop describe deployment web",)


def test_no_ready_pod_is_critical() -> None:
    [finding] = detect(*short(ready=0))

    assert finding.severity is Severity.CRITICAL


def test_a_workload_named_in_the_configuration_is_told_sooner() -> None:
    [finding] = detect(*short(ready=0), critical=("shop/web",))

    assert finding.hold == 5 * MINUTE


def test_the_state_of_a_pod_that_waits_is_told() -> None:
    [finding] = detect(*short(waiting("ContainerCreating")))

    assert "ContainerCreating" in finding.why


def test_pods_on_a_lost_node_are_the_nodes_fault() -> None:
    assert detect(node("w-1", ready="Unknown"), *short()) == []


def test_a_pod_inside_its_startup_budget_is_no_fault() -> None:
    probe = probev1.Probe(period_seconds=15, failure_threshold=60)
    slow = template(container(startup_probe=probe))
    starting = running(ready=False, started=False, age=9 * MINUTE)

    assert detect(*short(starting, spec=slow)) == []
    late = running(ready=False, started=False, age=20 * MINUTE)
    assert len(detect(*short(late, spec=slow))) == 1


def test_a_running_rollout_is_no_fault_while_old_pods_serve() -> None:
    going = metav1.Condition(
        type="Progressing", status="True", reason="ReplicaSetUpdated", last_update_time=NOW
    )

    assert detect(*short(conditions=(going,))) == []
    assert len(detect(*short(conditions=(going,), ready=0))) == 1


@pytest.mark.parametrize(
    "items", [short(ready=2), short(paused=True), [deployment(WEB, replicas=0)]]
)
def test_whole_paused_and_empty_workloads_are_no_fault(items: list[metav1.Object]) -> None:
    assert detect(*items) == []


def test_a_condition_dates_the_fault_better_than_the_newest_pod() -> None:
    gone = metav1.Condition(type="Available", status="False", last_transition_time=ago(9 * HOUR))
    owner, *_ = short(ready=0, conditions=(gone,))

    [finding] = detect(msgspec.structs.replace(owner))

    assert finding.since == ago(9 * HOUR)


# --------------------------------------------------------------------------------- ScaledToZero
SEARCH = Ref("Deployment", "shop", "search")


def at_zero(*more: metav1.Object, **spec: object) -> list[metav1.Object]:
    return [*app("search", 80, replicas=0, **spec), service("search", 80), *more]  # type: ignore[arg-type]


def scaling(
    message: str = "Scaled down replica set search-1 from 2 to 0",
    *,
    age: timedelta = 20 * MINUTE,
    of: str = str(SEARCH),
) -> corev1.Happening:
    return corev1.Happening(
        metadata=metav1.Metadata(name=f"e{abs(hash((message, age)))}", namespace="shop"),
        involved_object=corev1.ObjectReference(kind="Deployment", uid=of),
        reason="ScalingReplicaSet",
        message=message,
        last_timestamp=ago(age),
    )


def zero(*items: metav1.Object) -> list[Finding]:
    found = replicas.detect(snapshot(*items), ReplicasParams())
    return [each for each in found if each.reason == "ScaledToZero"]


def test_a_workload_at_zero_that_is_still_called_is_critical() -> None:
    caller = app("web", env={"SEARCH_URL": "http://search"})

    [finding] = zero(*at_zero(scaling()), *caller, ingress("shop", ("search", 80)))

    assert (finding.subject, finding.severity) == (SEARCH, Severity.CRITICAL)
    assert (finding.since, finding.hold) == (ago(20 * MINUTE), 5 * MINUTE)
    assert finding.affected == (
        Ref("Service", "shop", "search"),
        Ref("Deployment", "shop", "web"),
        Ref("Ingress", "shop", "shop"),
    )
    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n shop scale deployment/search --replicas=2",)


def test_a_workload_at_zero_that_nobody_calls_is_only_noted() -> None:
    [finding] = zero(*at_zero(scaling()))

    assert finding.severity is Severity.INFO


def test_the_newest_scaling_counts_and_what_says_no_number_does_not() -> None:
    scalings = [
        scaling("Scaled down replica set search-0 from 1 to 0", age=HOUR),
        scaling(),
        scaling("Scaled down replica set search-1 to 0", age=MINUTE),
        scaling("Scaled up replica set search-1 from 0 to 9", age=MINUTE),
        scaling("Scaled down replica set x from 7 to 0", age=MINUTE, of="other"),
    ]

    [finding] = zero(*at_zero(*scalings))

    assert "it had 2" in finding.message


def test_without_an_event_an_older_revision_knows_the_number() -> None:
    owner, item = at_zero()
    assert isinstance(owner, appsv1.Deployment)
    old, new = replicaset(owner, 1), replicaset(owner, 2)
    marked = [
        msgspec.structs.replace(
            each,
            metadata=msgspec.structs.replace(
                each.metadata,
                annotations=metav1.Annotations(revision=str(number), desired_replicas=wanted),
            ),
        )
        for each, number, wanted in ((old, 1, "3"), (new, 2, "0"))
    ]

    [finding] = zero(owner, item, *marked)

    assert (finding.since, finding.sightings) == (None, 2)
    assert "it had 3" in finding.message


def removal(ordinal: int, *, age: timedelta, of: str = "StatefulSet/shop/db") -> corev1.Happening:
    return corev1.Happening(
        metadata=metav1.Metadata(name=f"{of.replace('/', '-')}-{ordinal}", namespace="shop"),
        involved_object=corev1.ObjectReference(kind="StatefulSet", uid=of),
        reason="SuccessfulDelete",
        message=f"Delete Pod db-{ordinal} in StatefulSet db successful",
        last_timestamp=ago(age),
    )


def test_a_stateful_set_at_zero_is_known_by_the_pods_it_deleted_together() -> None:
    item = appsv1.StatefulSet(
        metadata=metav1.Metadata(name="db", namespace="shop", uid="StatefulSet/shop/db"),
        spec=appsv1.StatefulSetSpec(replicas=0),
    )
    events = [
        removal(4, age=50 * MINUTE),
        removal(1, age=21 * MINUTE),
        removal(0, age=20 * MINUTE),
        removal(7, age=MINUTE, of="StatefulSet/shop/other"),
    ]

    [finding] = zero(item, *events)

    assert finding.since == ago(20 * MINUTE)
    assert "it had 2" in finding.message
    assert zero(item) == []


def test_a_stateful_set_left_a_claim_for_each_pod() -> None:
    ref = Ref("StatefulSet", "shop", "db")
    owner = appsv1.StatefulSet(
        metadata=metav1.Metadata(name="db", namespace="shop", uid="db"),
        spec=appsv1.StatefulSetSpec(replicas=0),
    )
    claims = [
        storagev1.PersistentVolumeClaim(metadata=metav1.Metadata(name=name, namespace="shop"))
        for name in ("data-db-0", "data-db-2", "data-db-x", "other")
    ]

    [finding] = zero(owner, *claims)

    assert finding.subject == ref
    assert "it had 3" in finding.message
    assert zero(owner) == []


def autoscaler() -> autoscalingv1.HorizontalPodAutoscaler:
    target = certmanagerv1.TypedName(kind="Deployment", name="search")
    return autoscalingv1.HorizontalPodAutoscaler(
        metadata=metav1.Metadata(name="h", namespace="shop"),
        spec=autoscalingv1.HpaSpec(scale_target_ref=target),
    )


def scaled_object() -> autoscalingv1.ScaledObject:
    return autoscalingv1.ScaledObject(
        metadata=metav1.Metadata(name="s", namespace="shop"),
        spec=autoscalingv1.ScaledObjectSpec(
            scale_target_ref=certmanagerv1.TypedName(name="search")
        ),
    )


@pytest.mark.parametrize("item", [autoscaler(), scaled_object()])
def test_zero_that_an_autoscaler_decides_is_by_design(item: metav1.Object) -> None:
    caller = app("web", env={"SEARCH_URL": "http://search"})

    assert zero(*at_zero(scaling(), item), *caller) == []


def test_zero_by_a_schedule_or_since_ever_or_paused_is_by_design() -> None:
    owner, item = at_zero()
    assert isinstance(owner, appsv1.Deployment)
    marks = metav1.Annotations(downscaled="2")
    scheduled = msgspec.structs.replace(
        owner, metadata=msgspec.structs.replace(owner.metadata, annotations=marks)
    )
    paused = msgspec.structs.replace(owner, spec=msgspec.structs.replace(owner.spec, paused=True))

    assert zero(scheduled, item, scaling()) == []
    assert zero(owner, item) == []
    assert zero(paused, item, scaling()) == []


def test_a_pod_whose_volume_is_being_bound_is_on_its_way() -> None:
    claim = storagev1.PersistentVolumeClaim(
        metadata=meta(Ref("PersistentVolumeClaim", "shop", "data")),
        status=storagev1.ClaimStatus(phase="Pending"),
    )
    owner = corev1.ObjectReference(namespace="shop", name="data")
    kept = storagev1.PersistentVolume(
        metadata=meta(Ref("PersistentVolume", "", "pv-1")),
        spec=storagev1.VolumeSpec(claim_ref=owner),
        status=storagev1.VolumeStatus(phase="Available"),
    )
    source = podv1.ClaimSource(claim_name="data")
    made = template(container(), volumes=(podv1.Volume(name="d", persistent_volume_claim=source),))
    item = deployment(Ref("Deployment", "shop", "db"), ready=0, pod_template=made)
    current = replicaset(item, 1, age=HOUR)
    stuck = pod(Ref("Pod", "shop", "db-1"), owner=current, spec=made.spec, ready=False, since=HOUR)

    def said(*items: metav1.Object) -> list[str]:
        found = replicas.detect(snapshot(item, current, stuck, *items), ReplicasParams())
        return [each.reason for each in found]

    assert said(claim, kept) == []
    assert said(claim) == ["ReplicasUnavailable"]
    assert said() == ["ReplicasUnavailable"]
