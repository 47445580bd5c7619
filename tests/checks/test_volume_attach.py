"""volume_attach: volumes that stay with another node, and drivers that refuse."""

import pytest

from tests.builders import (
    HOUR,
    MINUTE,
    ago,
    container,
    deployment,
    event,
    meta,
    node,
    pod,
    replicaset,
    running,
    snapshot,
    template,
    waiting,
)
from watchdog.checks.volume_attach import volume_attach
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, metav1, podv1, storagev1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

APP = Ref("Deployment", "db", "vault")
CLAIM = Ref("PersistentVolumeClaim", "db", "data")
SPEC = template(
    container(),
    volumes=(
        podv1.Volume(name="tmp"),
        podv1.Volume(name="data", persistent_volume_claim=podv1.ClaimSource(claim_name="data")),
    ),
)
MULTI = (
    'Multi-Attach error for volume "pv-7" Volume is already exclusively attached to one node and '
    "can't be attached to another"
)
OWNER = deployment(APP, ready=0, pod_template=SPEC)
CURRENT = replicaset(OWNER, 1)
VICTIM = pod(
    Ref("Pod", "db", "vault-2"),
    waiting("ContainerCreating"),
    owner=CURRENT,
    spec=SPEC.spec,
    node="w-2",
    phase="Pending",
)


def detect(*items: metav1.Object) -> list[Finding]:
    return list(volume_attach.detect(snapshot(OWNER, CURRENT, *items), NoParams()))


def claim(*modes: str) -> storagev1.PersistentVolumeClaim:
    spec = appsv1.ClaimSpec(volume_name="pv-7", access_modes=modes or ("ReadWriteOnce",))
    return storagev1.PersistentVolumeClaim(metadata=meta(CLAIM), spec=spec)


def attachment(at: str, *, attached: bool = True, error: str = "") -> storagev1.VolumeAttachment:
    source = storagev1.AttachmentSource(persistent_volume_name="pv-7")
    failed = storagev1.VolumeError(time=ago(MINUTE), message=error) if error else None
    return storagev1.VolumeAttachment(
        metadata=meta(Ref("VolumeAttachment", "", f"csi-{at}")),
        spec=storagev1.AttachmentSpec(attacher="csi.example.com", node_name=at, source=source),
        status=storagev1.AttachmentStatus(attached=attached, attach_error=failed),
    )


def commands(finding: Finding) -> tuple[str, ...]:
    assert finding.proposal is not None
    return finding.proposal.commands


def test_a_volume_on_a_lost_node_is_a_fault_of_that_node() -> None:
    [finding] = detect(
        *(VICTIM, claim(), node("w-1", ready="Unknown"), node("w-2"), attachment("w-1")),
        event(VICTIM, "FailedAttachVolume", MULTI),
    )

    assert (finding.reason, finding.subject) == ("VolumeAttachFailed", Ref("Node", "", "w-1"))
    assert (finding.severity, finding.hold) == (Severity.CRITICAL, 10 * MINUTE)
    assert finding.since == ago(HOUR)
    assert set(finding.affected) == {APP, VICTIM.ref, CLAIM}
    assert "Do not force" in str(finding.proposal)


def test_a_rolling_update_that_waits_for_its_own_volume_gets_the_other_strategy() -> None:
    old = pod(Ref("Pod", "db", "vault-1"), running(), owner=CURRENT, spec=SPEC.spec, node="w-1")
    done = pod(
        *(Ref("Pod", "db", "vault-0"), running()), spec=SPEC.spec, node="w-1", phase="Succeeded"
    )

    [finding] = detect(
        *(VICTIM, old, done, claim(), node("w-1"), node("w-2"), attachment("w-1")),
        event(VICTIM, "FailedAttachVolume", MULTI),
    )

    assert finding.subject == CLAIM
    assert "where Pod/db/vault-1 uses it" in finding.why
    assert commands(finding) == (
        "kubectl -n db patch deployment vault --type=strategic -p "
        '\'{"spec":{"strategy":{"type":"Recreate","rollingUpdate":null}}}\'',
    )


def test_a_volume_that_somebody_else_holds_is_a_fault_of_the_claim() -> None:
    [finding] = detect(
        *(VICTIM, claim(), node("w-1"), node("w-2"), attachment("w-1")),
        event(VICTIM, "FailedAttachVolume", MULTI),
    )

    assert finding.subject == CLAIM
    assert commands(finding)[1] == "kubectl describe volumeattachment csi-w-1"


def test_where_no_attachment_can_be_read_the_pods_that_use_the_claim_tell_who_holds_it() -> None:
    other = Ref("Pod", "db", "backup")
    items = (VICTIM, claim(), node("w-2"), pod(other, spec=SPEC.spec, node="w-1"))

    [finding] = detect(*items, event(VICTIM, "FailedAttachVolume", MULTI))
    [unsaid] = detect(
        *items,
        event(VICTIM, "FailedAttachVolume", 'AttachVolume.Attach failed for volume "pv-7" : quota'),
    )

    assert "It is attached to node w-1, where Pod/db/backup uses it. 0 of" in finding.why
    assert commands(finding) == (
        "kubectl -n db describe pvc data",
        "kubectl -n db describe pod backup",
    )
    assert "attached to node" not in unsaid.why


@pytest.mark.parametrize("modes", [("ReadWriteOnce",), ("ReadWriteMany",)])
def test_a_driver_that_refuses_is_told_by_the_attachment_without_an_event(
    modes: tuple[str, ...],
) -> None:
    [finding] = detect(
        VICTIM, claim(*modes), attachment("w-2", attached=False, error="volume limit reached")
    )

    assert (finding.subject, "volume limit reached" in finding.message) == (CLAIM, True)
    assert commands(finding)[0] == "kubectl -n db describe pvc data"


def test_what_is_attached_elsewhere_or_merely_starting_is_no_fault() -> None:
    refused = attachment("w-2", attached=False, error="volume limit reached")

    assert detect(VICTIM, claim()) == []
    assert detect(VICTIM, claim(), attachment("w-2", error="an old one")) == []
    assert detect(VICTIM, claim(), attachment("w-3", attached=False, error="no")) == []
    assert detect(VICTIM, refused) == []  # of a claim that is not the pod's
    assert detect(VICTIM, claim(), event(VICTIM, "FailedAttachVolume", MULTI, age=HOUR)) == []
    started = pod(VICTIM.ref, running(), owner=CURRENT, spec=SPEC.spec, node="w-2")
    assert detect(started, claim(), refused, event(started, "FailedAttachVolume", MULTI)) == []
