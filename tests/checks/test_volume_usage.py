"""volume_usage: volumes with little room, and those whose figures mean nothing."""

import pytest
from msgspec.structs import replace

from tests.builders import meta, pod, running, snapshot
from watchdog.checks.volume_usage import VolumeUsageParams, volume_usage
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, corev1, metav1, podv1, statsv1, storagev1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

GIB = 2**30
DATA = Ref("PersistentVolumeClaim", "git", "data")
GITEA = Ref("Pod", "git", "gitea-0")
GROWS = storagev1.StorageClass(
    metadata=metav1.Metadata(name="longhorn"), allow_volume_expansion=True
)


def detect(*items: metav1.Object, log: str = "") -> list[Finding]:
    logs = {LogQuery(GITEA, "app", previous=True): Log(log)}
    return list(volume_usage.detect(snapshot(*items).with_logs(logs), VolumeUsageParams()))


def claim(
    name: str = "data",
    *,
    modes: tuple[str, ...] = ("ReadWriteOnce",),
    labels: dict[str, str] | None = None,
    deleting: bool = False,
) -> storagev1.PersistentVolumeClaim:
    ref = Ref("PersistentVolumeClaim", "git", name)
    return storagev1.PersistentVolumeClaim(
        metadata=meta(ref, labels=labels, deleting=deleting),
        spec=appsv1.ClaimSpec(
            storage_class_name="longhorn",
            access_modes=modes,
            resources=podv1.Resources(requests={"storage": "20Gi"}),
        ),
        status=storagev1.ClaimStatus(phase="Bound"),
    )


def volume(
    share: float, *, name: str = "data", used: int | None = None, inodes: float = 0.1
) -> statsv1.ClaimVolume:
    return statsv1.ClaimVolume(
        name="data",
        pvc_ref=corev1.ObjectReference(namespace="git", name=name),
        capacity_bytes=20 * GIB,
        available_bytes=int(20 * GIB * (1 - share)),
        used_bytes=int(20 * GIB * share) if used is None else used,
        inodes=1000,
        inodes_free=int(1000 * (1 - inodes)),
    )


def stats(
    *volumes: statsv1.ClaimVolume, node: str = "w-1", fs: statsv1.Filesystem | None = None
) -> statsv1.NodeStats:
    return statsv1.NodeStats(
        metadata=metav1.Metadata(name=node),
        node=statsv1.NodeSummary(fs=fs),
        pods=(statsv1.PodStats(volumes=volumes or None), statsv1.PodStats()),
    )


def gitea(status: podv1.ContainerStatus | None = None) -> podv1.Pod:
    source = podv1.ClaimSource(claim_name="data")
    spec = podv1.PodSpec(
        containers=(
            podv1.Container(
                name="app",
                volume_mounts=(
                    podv1.VolumeMount(name="d", mount_path="/data/"),
                    podv1.VolumeMount(name="tmp", mount_path="/tmp"),
                ),
            ),
        ),
        volumes=(
            podv1.Volume(name="d", persistent_volume_claim=source),
            podv1.Volume(name="tmp"),
        ),
    )
    return pod(GITEA, status or running(), spec=spec)


CRASHED = running(restarts=4, ready=False)


def test_a_claim_with_little_room_needs_a_second_sample_and_can_grow() -> None:
    [finding] = detect(claim(), gitea(), GROWS, stats(volume(0.93)))

    assert (finding.reason, finding.subject) == ("VolumeNearlyFull", DATA)
    assert (finding.since, finding.sightings) == (None, 2)
    assert finding.severity is Severity.WARNING
    assert finding.message == "PersistentVolumeClaim/git/data is 93% full"
    assert finding.affected == (GITEA,)
    assert finding.shared == ""
    assert finding.proposal is not None
    assert finding.proposal.commands[0] == (
        "kubectl -n git patch pvc data --type=strategic "
        """-p '{"spec":{"resources":{"requests":{"storage":"30Gi"}}}}'"""
    )


def test_a_claim_whose_growth_is_under_way_is_not_asked_to_grow_more() -> None:
    resizing = metav1.Condition(type="ControllerResizeError", status="True")
    waits = replace(claim(), status=storagev1.ClaimStatus(conditions=(resizing,)))

    [finding] = detect(GROWS, waits, stats(volume(0.93)))

    assert finding.proposal is not None
    assert "asked to grow to 20Gi and has not yet" in finding.proposal.text
    assert all("describe" in each for each in finding.proposal.commands)


@pytest.mark.parametrize("known", [(), (replace(GROWS, allow_volume_expansion=False),)])
def test_a_class_that_does_not_let_claims_grow_is_not_asked_to(
    known: tuple[storagev1.StorageClass, ...],
) -> None:
    [finding] = detect(claim(), *known, stats(volume(0.9)))

    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n git describe pvc data",)


def test_a_claim_beyond_the_critical_share_counts_at_once() -> None:
    [finding] = detect(claim(), stats(volume(0.98)))

    assert (finding.severity, finding.sightings) == (Severity.CRITICAL, 1)


def test_inodes_run_out_like_bytes() -> None:
    [finding] = detect(claim(), stats(volume(0.2, inodes=0.99)))

    assert finding.message == "PersistentVolumeClaim/git/data is 99% full of its inodes"


def test_a_user_that_fails_for_want_of_space_there_makes_it_critical() -> None:
    said = "write /data/repo/x: no space left on device\n"
    [finding] = detect(claim(), gitea(CRASHED), stats(volume(0.9)), log=said)

    assert (finding.severity, finding.sightings) == (Severity.CRITICAL, 1)
    assert "as it does already" in finding.why
    assert LogQuery(GITEA, "app", previous=True) in finding.logs


def test_want_of_space_elsewhere_proves_nothing_of_the_claim() -> None:
    said = "write /tmp/x: no space left on device\n"
    [finding] = detect(claim(), gitea(CRASHED), stats(volume(0.9)), log=said)

    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("made", "measured"),
    [
        (claim(), volume(0.84)),
        (claim(), volume(0.9, used=0)),
        (claim(modes=("ReadOnlyMany",)), volume(0.9)),
        (claim(labels={"excluded_from_alerts": "true"}), volume(0.9)),
        (claim(deleting=True), volume(0.9)),
        (claim("other"), volume(0.9)),
        (claim(), statsv1.ClaimVolume(name="data")),
    ],
    ids=["room", "empty", "read-only", "excluded", "deleting", "unknown", "unmeasured"],
)
def test_other_volumes_are_no_fault(
    made: storagev1.PersistentVolumeClaim, measured: statsv1.ClaimVolume
) -> None:
    assert detect(made, stats(measured)) == []


def test_a_folder_of_the_nodes_own_disk_is_judged_as_the_disk() -> None:
    own = statsv1.Filesystem(capacity_bytes=20 * GIB, available_bytes=0, inodes=1000)

    assert detect(claim(), stats(volume(0.9), fs=own)) == []


def test_the_fullest_reading_of_a_shared_claim_counts() -> None:
    readings = [stats(volume(share), node=f"w-{n}") for n, share in enumerate((0.86, 0.9, 0.87))]

    [finding] = detect(claim(), *readings)

    assert "90%" in finding.message


def test_claims_on_one_file_system_are_one_incident() -> None:
    both = (volume(0.9), volume(0.9, name="more"))
    first, second = detect(claim(), claim("more"), stats(*both))

    assert first.shared == second.shared == "a file system of 20Gi"


def placed(**spec: object) -> storagev1.PersistentVolume:
    """The volume of the claim, where it lies."""
    return storagev1.PersistentVolume(
        metadata=meta(Ref("PersistentVolume", "", "pv-1")),
        spec=replace(storagev1.VolumeSpec(), **spec),
    )


def bound() -> storagev1.PersistentVolumeClaim:
    made = claim()
    return replace(made, spec=replace(made.spec, volume_name="pv-1"))


LOCAL = storagev1.NodeFolder(path="/mnt/disk")


@pytest.mark.parametrize("spec", [{"local": LOCAL}, {"host_path": LOCAL}])
def test_a_volume_on_a_node_whose_disk_nobody_measured_is_left_alone(
    spec: dict[str, object],
) -> None:
    assert detect(bound(), placed(**spec), stats(volume(0.9))) == []


def test_a_disk_of_its_own_on_a_node_is_judged() -> None:
    disk = statsv1.Filesystem(capacity_bytes=99, available_bytes=9)

    assert len(detect(bound(), placed(local=LOCAL), stats(volume(0.9), fs=disk))) == 1


def test_a_volume_of_a_driver_is_judged_whatever_is_known_of_the_node() -> None:
    assert len(detect(bound(), placed(), stats(volume(0.9)))) == 1
