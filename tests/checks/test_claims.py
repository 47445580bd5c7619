"""claims: why a claim gets no volume, and which waiting is by design."""

from datetime import timedelta

import msgspec
import pytest

from tests.builders import (
    HOUR,
    MINUTE,
    ago,
    container,
    deployment,
    event,
    meta,
    pod,
    snapshot,
    template,
)
from watchdog.checks.claims import claims
from watchdog.domain.check import NoParams
from watchdog.domain.custom import Carried
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, corev1, metav1, podv1, storagev1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

MEDIA = Ref("PersistentVolumeClaim", "home", "media")
PAPERLESS = Ref("Deployment", "home", "paperless")


def detect(*items: metav1.Object) -> list[Finding]:
    return list(claims.detect(snapshot(*items), NoParams()))


def claim(
    class_name: str | None,
    *,
    phase: str = "Pending",
    name: str = "media",
    volume: str = "",
    node: str = "",
    age: timedelta = HOUR,
) -> storagev1.PersistentVolumeClaim:
    ref = Ref("PersistentVolumeClaim", "home", name)
    return storagev1.PersistentVolumeClaim(
        metadata=meta(ref, age=age, annotations=metav1.Annotations(selected_node=node)),
        spec=appsv1.ClaimSpec(
            storage_class_name=class_name, volume_name=volume, access_modes=("ReadWriteOnce",)
        ),
        status=storagev1.ClaimStatus(phase=phase),
    )


def storage_class(
    name: str, *, late: bool = False, default: bool = False, provisioner: str = "driver.lan"
) -> storagev1.StorageClass:
    marks = metav1.Annotations(default_class="true" if default else "")
    return storagev1.StorageClass(
        metadata=meta(Ref("StorageClass", "", name), annotations=marks),
        provisioner=provisioner,
        volume_binding_mode="WaitForFirstConsumer" if late else "Immediate",
    )


def consumer(*, name: str = "media", age: timedelta = HOUR) -> list[metav1.Object]:
    source = podv1.ClaimSource(claim_name=name)
    spec = template(volumes=(podv1.Volume(name="v", persistent_volume_claim=source),))
    owner = deployment(PAPERLESS, ready=0, pod_template=spec)
    return [
        owner,
        pod(
            Ref("Pod", "home", "paperless-x"),
            owner=owner,
            spec=spec.spec,
            node="",
            ready=False,
            phase="Pending",
            age=age,
        ),
    ]


def test_a_class_that_does_not_exist_is_the_claims_finding_with_a_near_class_as_hint() -> None:
    [finding] = detect(claim("longhorn-ssd"), storage_class("longhorn", default=True), *consumer())

    assert (finding.reason, finding.subject) == ("StorageClassMissing", MEDIA)
    assert finding.severity is Severity.CRITICAL
    assert finding.hold == 5 * MINUTE
    assert PAPERLESS in finding.affected
    assert "longhorn-ssd" in finding.message
    assert finding.proposal is not None
    assert "similar name is longhorn" in finding.proposal.text
    assert [each.instead for each in finding.carried] == ["longhorn"]


def test_a_class_like_no_other_may_become_the_default_one_where_it_is_written() -> None:
    [alone] = detect(claim("gone"))
    [finding] = detect(claim("gone"), storage_class("longhorn", default=True))

    assert alone.carried == (Carried(value="gone", key="storageClassName"),)
    assert [each.instead for each in finding.carried] == ["longhorn"]


def test_no_class_and_no_default_is_a_missing_class_too() -> None:
    [finding] = detect(claim(None), storage_class("longhorn"))

    assert finding.reason == "StorageClassMissing"
    assert finding.carried == ()
    assert finding.proposal is not None
    assert finding.proposal.commands[0] == (
        "kubectl patch storageclass longhorn --type=merge -p "
        '\'{"metadata":{"annotations":{"storageclass.kubernetes.io/is-default-class":"true"}}}\''
    )
    assert detect(claim(None), storage_class("longhorn", default=True)) == []


def test_which_of_several_classes_becomes_the_default_one_is_for_people_to_say() -> None:
    [finding] = detect(claim(None), storage_class("longhorn"), storage_class("nfs"))

    assert finding.proposal is not None
    assert finding.proposal.commands[0] == "kubectl get storageclass"


def stateful_set(*claim_names: str) -> appsv1.StatefulSet:
    return appsv1.StatefulSet(
        metadata=meta(Ref("StatefulSet", "home", "db")),
        spec=appsv1.StatefulSetSpec(
            volume_claim_templates=tuple(
                appsv1.ClaimTemplate(
                    metadata=metav1.Metadata(name=name),
                    spec=appsv1.ClaimSpec(storage_class_name="gone"),
                )
                for name in claim_names
            )
        ),
    )


def test_a_class_that_a_stateful_set_wrote_is_the_stateful_sets_fault() -> None:
    db = stateful_set("log", "data")

    [finding] = detect(db, claim("gone", name="data-db-0"))

    assert finding.subject == db.ref
    assert Ref("PersistentVolumeClaim", "home", "data-db-0") in finding.affected


@pytest.mark.parametrize("name", ["data-db-old", "other-db-0", "media"])
def test_a_claim_that_only_looks_like_one_of_a_stateful_set_is_its_own_fault(name: str) -> None:
    [finding] = detect(stateful_set("data"), claim("gone", name=name))

    assert finding.subject == Ref("PersistentVolumeClaim", "home", name)


def test_a_provisioner_that_fails_is_quoted() -> None:
    waits = claim("fast")
    said = event(waits, "ProvisioningFailed", "rpc error: pool is full")

    [finding] = detect(waits, storage_class("fast"), said)

    assert (finding.reason, finding.subject) == ("ClaimPending", MEDIA)
    assert "pool is full" in finding.message
    assert finding.severity is Severity.WARNING


def test_a_provisioner_that_failed_hours_ago_is_not_quoted() -> None:
    waits = claim("fast")
    past = event(waits, "ProvisioningFailed", "pool is full", age=3 * HOUR)
    other = event(waits, "ExternalExpanding", "waits for the driver")

    [finding] = detect(waits, storage_class("fast"), past, other)

    assert "pool is full" not in finding.message


def test_a_claim_that_names_a_volume_which_is_not_there_says_so() -> None:
    [finding] = detect(claim("fast", volume="pv-9"), storage_class("fast"))

    assert "volume pv-9, which does not exist" in finding.message


def test_a_provisioner_that_does_nothing_is_a_fault_of_a_class_that_binds_at_once() -> None:
    [finding] = detect(claim("fast"), storage_class("fast"))

    assert finding.reason == "ClaimPending"
    assert "driver.lan" in finding.message


def test_waiting_for_a_first_consumer_is_by_design() -> None:
    assert detect(claim("local"), storage_class("local", late=True)) == []


def test_a_consumer_that_no_node_takes_is_no_fault_of_the_claim() -> None:
    assert detect(claim("local"), storage_class("local", late=True), *consumer()) == []


def test_nothing_provisioned_on_the_chosen_node_counts_from_the_consumers_start() -> None:
    waits = claim("local", node="w-1", age=9 * HOUR)

    [finding] = detect(waits, storage_class("local", late=True), *consumer())

    assert finding.reason == "ClaimPending"
    assert finding.since == ago(HOUR)


def test_a_class_without_provisioner_needs_a_volume_at_hand() -> None:
    static = storage_class("nfs", provisioner="kubernetes.io/no-provisioner", late=True)
    free = storagev1.PersistentVolume(
        metadata=meta(Ref("PersistentVolume", "", "pv-1")),
        spec=storagev1.VolumeSpec(storage_class_name="nfs", access_modes=("ReadWriteOnce",)),
        status=storagev1.VolumeStatus(phase="Available"),
    )

    [finding] = detect(claim("nfs"), static, *consumer())

    assert "no volume of its class" in finding.message
    assert detect(claim("nfs"), static, free, *consumer()) == []
    assert detect(claim("nfs"), static) == []


def test_a_bound_claim_is_no_fault_whatever_its_class() -> None:
    assert detect(claim("gone", phase="Bound")) == []


def test_a_claim_that_lost_its_volume_is_critical_and_dated_by_its_event() -> None:
    lost = claim("fast", phase="Lost", volume="pv-1")

    [finding] = detect(lost, storage_class("fast"), event(lost, "ClaimLost", "lost", age=HOUR))

    assert (finding.reason, finding.subject) == ("VolumeLost", MEDIA)
    assert finding.severity is Severity.CRITICAL
    assert finding.since == ago(2 * HOUR)
    assert "pv-1" in finding.message


def volume(phase: str, owner: str = "") -> storagev1.PersistentVolume:
    held = corev1.ObjectReference(kind="PersistentVolumeClaim", namespace="home", name=owner)
    return storagev1.PersistentVolume(
        metadata=meta(Ref("PersistentVolume", "", "pv-1")),
        spec=storagev1.VolumeSpec(claim_ref=held if owner else None),
        status=storagev1.VolumeStatus(phase=phase, message="delete failed"),
    )


def test_a_failed_volume_is_named_by_its_claim_if_that_exists() -> None:
    [bound] = detect(volume("Failed", "media"), claim("fast", phase="Bound", volume="pv-1"))
    [unbound] = detect(volume("Failed", "media"))

    assert bound.subject == MEDIA
    assert unbound.subject == Ref("PersistentVolume", "", "pv-1")


def test_a_released_volume_is_no_fault() -> None:
    assert detect(volume("Released", "media")) == []


@pytest.mark.parametrize("phase", ["Available", "Bound"])
def test_a_claim_for_which_a_volume_is_kept_is_being_bound(phase: str) -> None:
    kept = volume(phase, "media")

    assert detect(storage_class("fast"), claim("fast"), kept, *consumer()) == []


def test_a_claim_whose_volume_belongs_to_another_gets_none() -> None:
    taken = volume("Bound", "other")

    [finding] = detect(storage_class("fast"), claim("fast", volume="pv-1"), taken, *consumer())

    assert finding.reason == "ClaimPending"


def by_hand(
    phase: str = "Available", *, size: str = "20Gi", kept: str = "", class_name: str = "manual"
) -> storagev1.PersistentVolume:
    owner = corev1.ObjectReference(namespace="home", name=kept) if kept else None
    return storagev1.PersistentVolume(
        metadata=meta(Ref("PersistentVolume", "", "nas-1")),
        spec=storagev1.VolumeSpec(
            capacity={"storage": size},
            storage_class_name=class_name,
            access_modes=("ReadWriteOnce",),
            claim_ref=owner,
        ),
        status=storagev1.VolumeStatus(phase=phase),
    )


def asks(size: str = "20Gi") -> storagev1.PersistentVolumeClaim:
    item = claim("manual")
    resources = podv1.Resources(requests={"storage": size})
    return msgspec.structs.replace(
        item, spec=msgspec.structs.replace(item.spec, resources=resources)
    )


def test_a_class_that_volumes_made_by_hand_carry_needs_no_object() -> None:
    [finding] = detect(asks("40Gi"), by_hand(), *consumer())

    assert (finding.reason, finding.subject) == ("ClaimPending", MEDIA)
    assert "large enough" in finding.why
    assert detect(asks(), by_hand(), *consumer()) == []
    assert detect(asks(), by_hand(class_name="other"), *consumer())[0].reason == (
        "StorageClassMissing"
    )


def test_a_volume_that_an_earlier_claim_of_the_name_left_behind_may_be_taken_over() -> None:
    [finding] = detect(asks(), by_hand("Released", kept="media"), *consumer())

    assert "kept for an earlier claim of this name" in finding.message
    assert finding.proposal is not None
    assert finding.proposal.commands[0] == (
        "kubectl patch pv nas-1 --type=json "
        """-p '[{"op":"remove","path":"/spec/claimRef/uid"}]'"""
    )
    [other] = detect(asks(), by_hand("Released", kept="books"), *consumer())
    assert "no volume of its class" in other.message


@pytest.mark.parametrize(
    ("template_of_it", "told"),
    [
        (template(container(env=(podv1.EnvVar(name="NAME", value="driver.lan"),))), True),
        (template(container(args=("--driver-name=driver.lan",))), True),
        (
            template(
                volumes=(
                    podv1.Volume(name="tmp"),
                    podv1.Volume(
                        name="s", host_path=podv1.HostPath(path="/plugins/driver.lan/csi.sock")
                    ),
                )
            ),
            True,
        ),
        (template(container(args=("--driver-name=old.driver.lan",))), False),
    ],
)
def test_who_is_told_the_provisioners_name_is_pointed_at(
    template_of_it: podv1.PodTemplate, told: bool
) -> None:
    maker = deployment(Ref("Deployment", "storage", "maker"), pod_template=template_of_it)

    [finding] = detect(claim("slow"), storage_class("slow"), maker, *consumer())

    assert finding.blames == ((maker.ref,) if told else ())
