"""volume_ops: resizes and snapshots that do not end."""

import pytest

from tests.builders import HOUR, MINUTE, ago, meta, pod, snapshot
from watchdog.checks.volume_ops import volume_ops
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, metav1, podv1, storagev1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

CLAIM = Ref("PersistentVolumeClaim", "db", "data")
SPEC = podv1.PodSpec(
    volumes=(
        podv1.Volume(name="tmp"),
        podv1.Volume(name="d", persistent_volume_claim=podv1.ClaimSource(claim_name="data")),
    )
)
USER = pod(Ref("Pod", "db", "db-0"), spec=SPEC)


def detect(*items: metav1.Object) -> list[Finding]:
    return list(volume_ops.detect(snapshot(*items), NoParams()))


def claim(
    *kinds: str, refused: str = "", status: str = "True", deleting: bool = False
) -> storagev1.PersistentVolumeClaim:
    conditions = tuple(
        metav1.Condition(type=kind, status=status, message="words", last_transition_time=ago(HOUR))
        for kind in kinds
    )
    return storagev1.PersistentVolumeClaim(
        metadata=meta(CLAIM, deleting=deleting),
        spec=appsv1.ClaimSpec(resources=podv1.Resources(requests={"storage": "20Gi"})),
        status=storagev1.ClaimStatus(
            phase="Bound",
            conditions=conditions,
            allocated_resource_statuses={"storage": refused} if refused else None,
        ),
    )


def test_a_resize_that_does_not_end_is_stuck() -> None:
    [finding] = detect(claim("Resizing"), USER)

    assert (finding.reason, finding.subject) == ("StorageOperationStuck", CLAIM)
    assert (finding.severity, finding.hold) == (Severity.WARNING, 30 * MINUTE)
    assert (finding.since, finding.affected) == (ago(HOUR), (USER.ref,))
    assert "20Gi" in finding.message


def test_a_size_the_driver_refuses_is_told_without_a_condition() -> None:
    [finding] = detect(claim(refused="ControllerResizeInfeasible"))

    assert (finding.since, finding.sightings) == (None, 2)
    assert "ControllerResizeInfeasible" in finding.message


def test_a_file_system_that_grows_at_the_next_mount_is_a_matter_of_its_pod() -> None:
    [finding] = detect(claim("FileSystemResizePending"), USER)

    assert "mounted anew" in str(finding.proposal)
    assert detect(claim("FileSystemResizePending")) == []


@pytest.mark.parametrize(
    "item",
    [
        claim(),
        claim("Resizing", status="False"),
        claim("Resizing", deleting=True),
        claim("ModifyingVolume"),
        claim(refused="NodeResizePending"),
    ],
)
def test_a_claim_that_is_not_resized_or_is_going_is_silent(
    item: storagev1.PersistentVolumeClaim,
) -> None:
    assert detect(item, USER) == []


def taken(
    *,
    ready: bool = False,
    failed: bool = True,
    deleting: bool = False,
    cut: bool = True,
    source: str = "data",
) -> storagev1.VolumeSnapshot:
    error = storagev1.VolumeError(time=ago(HOUR), message="no such class") if failed else None
    return storagev1.VolumeSnapshot(
        metadata=meta(Ref("VolumeSnapshot", "db", "nightly"), deleting=deleting),
        spec=storagev1.SnapshotSpec(
            source=storagev1.SnapshotSource(persistent_volume_claim_name=source)
        ),
        status=storagev1.SnapshotStatus(
            ready_to_use=ready, error=error, creation_time=ago(HOUR) if cut else None
        ),
    )


def test_a_snapshot_that_fails_is_told() -> None:
    [finding] = detect(taken())

    assert finding.subject == Ref("VolumeSnapshot", "db", "nightly")
    assert (finding.since, finding.affected) == (ago(HOUR), (CLAIM,))
    assert detect(taken(source=""))[0].affected == ()


def test_a_snapshot_that_nobody_has_begun_is_stuck() -> None:
    [finding] = detect(taken(failed=False, cut=False))

    assert (finding.reason, finding.since) == ("StorageOperationStuck", ago(HOUR))
    assert (finding.hold, finding.affected) == (30 * MINUTE, (CLAIM,))
    assert detect(taken(failed=False, cut=False, source=""))[0].affected == ()


def test_a_snapshot_that_is_ready_or_still_made_or_going_is_silent() -> None:
    assert detect(taken(ready=True)) == []
    assert detect(taken(failed=False)) == []
    assert detect(taken(deleting=True)) == []
