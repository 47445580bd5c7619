"""backups: what Velero and Longhorn were to make twice and did not, and what is no proof of it."""

import dataclasses
from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.builders import HOUR, MINUTE, NOW, ago, meta, snapshot
from watchdog.domain.finding import Finding
from watchdog.domain.objects import backupv1, metav1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.logic.workloads.backups import stale_backups

DAY = 24 * HOUR
NIGHTLY = Ref("Schedule", "velero", "nightly")
DATA = Ref("Volume", "longhorn-system", "pvc-1")
DAILY = "0 9 * * *"  # three hours before NOW


def schedule(
    line: str = DAILY, *, age: timedelta = 60 * DAY, **changes: object
) -> backupv1.Schedule:
    skipped = changes.pop("last_skipped", None)
    return backupv1.Schedule(
        metadata=meta(NIGHTLY, age=age, deleting=bool(changes.pop("deleting", False))),
        spec=replace(backupv1.ScheduleSpec(schedule=line), **changes),
        status=replace(backupv1.ScheduleStatus(phase="Enabled"), last_skipped=skipped),
    )


def velero(
    phase: str, age: timedelta, *, of: str = "nightly", dated: bool = True, **status: object
) -> backupv1.VeleroBackup:
    """One that began `age` ago."""
    ref = Ref("Backup", "velero", f"nightly-{age.total_seconds():.0f}")
    made = backupv1.VeleroBackupStatus(
        phase=phase,
        start_timestamp=ago(age) if dated else None,
        completion_timestamp=ago(age) + MINUTE if dated and phase == "Completed" else None,
    )
    return backupv1.VeleroBackup(
        metadata=meta(ref, age=age, labels={"velero.io/schedule-name": of}),
        status=replace(made, **status),
    )


def found(*items: metav1.Object) -> list[Finding]:
    return list(stale_backups(snapshot(*items)))


# ------------------------------------------------------------------------------------- Velero
def test_two_backups_that_failed_in_a_row_are_told_on_the_schedule() -> None:
    [finding] = found(
        schedule(),
        velero("Completed", 51 * HOUR),
        velero("PartiallyFailed", 27 * HOUR),
        velero("Failed", 3 * HOUR, failure_reason="bucket does not exist"),
    )

    assert (finding.reason, finding.subject) == ("BackupStale", NIGHTLY)
    assert finding.severity is Severity.CRITICAL
    assert finding.since == ago(51 * HOUR) + MINUTE
    assert "bucket does not exist" in finding.why
    assert len(finding.affected) == 2
    assert finding.proposal is not None
    assert "kubectl -n velero describe schedules.velero.io nightly" in finding.proposal.commands


def test_a_schedule_that_makes_nothing_is_told_with_its_phase() -> None:
    [finding] = found(schedule(), velero("Completed", 60 * HOUR, of="other"))

    assert "there is none yet" in finding.message
    assert "No Backup was even made" in finding.why
    assert "Enabled" in finding.why


def test_a_refused_backup_tells_its_errors_and_one_without_words_points_to_its_log() -> None:
    errors = ("no storage location", "no volumes")
    [refused] = found(schedule(), velero("FailedValidation", HOUR, validation_errors=errors))
    [silent] = found(schedule(), velero("", HOUR, dated=False))

    assert "no storage location; no volumes" in refused.why
    assert "is New: its log says more" in silent.why


@pytest.mark.parametrize(
    "items",
    [
        (schedule(), velero("Completed", 3 * HOUR)),
        (schedule(), velero("Completed", 27 * HOUR), velero("Failed", 3 * HOUR)),
        (schedule(), velero("Completed", 51 * HOUR), velero("InProgress", 3 * HOUR)),
        (schedule(), velero("Completed", 3 * HOUR, completion_timestamp=None)),
        (schedule(age=20 * HOUR),),
        (schedule(paused=True),),
        (schedule(deleting=True),),
        (schedule("no schedule"),),
        (schedule(last_skipped=ago(20 * HOUR)),),
        (replace(schedule(), metadata=metav1.Metadata(name="nightly")),),
    ],
    ids=[
        *("fresh", "one failure", "still running", "without end", "young", "paused"),
        *("deleted", "unreadable", "was paused", "of no age"),
    ],
)
def test_a_schedule_that_is_well_or_rests_is_no_fault(items: tuple[metav1.Object, ...]) -> None:
    assert found(*items) == []


def test_a_run_that_goes_on_for_days_is_too_old_all_the_same() -> None:
    [finding] = found(schedule(), velero("Completed", 80 * HOUR), velero("InProgress", 51 * HOUR))

    assert "is InProgress" in finding.why


def unread(*missing: str) -> list[Finding]:
    """What is said when these kinds could not be listed."""
    look = snapshot(schedule(), volume(), job(), error())
    objects = {need: each for need, each in look.objects.items() if need not in missing}
    return list(stale_backups(dataclasses.replace(look, objects=objects)))


# ------------------------------------------------------------------------------------- Longhorn
def job(
    task: str = "backup", *, groups: tuple[str, ...] | None = ("default",)
) -> backupv1.RecurringJob:
    return backupv1.RecurringJob(
        metadata=meta(Ref("RecurringJob", "longhorn-system", "daily")),
        spec=backupv1.RecurringJobSpec(task=task, cron=DAILY, groups=groups),
    )


def volume(
    last: str = "",
    *,
    state: str = "attached",
    claim: str = "data",
    labels: dict[str, str] | None = None,
) -> backupv1.LonghornVolume:
    return backupv1.LonghornVolume(
        metadata=meta(DATA, age=60 * DAY, labels=labels),
        status=backupv1.LonghornVolumeStatus(
            state=state,
            last_backup_at=last,
            kubernetes_status=backupv1.LonghornClaim(namespace="shop", pvc_name=claim),
        ),
    )


def error(
    age: timedelta = 3 * HOUR, *, of: str = "pvc-1", state: str = "Error", said: str = "no target"
) -> backupv1.LonghornBackup:
    ref = Ref("Backup", "longhorn-system", f"backup-{age.total_seconds():.0f}")
    return backupv1.LonghornBackup(
        metadata=meta(ref, age=age),
        status=backupv1.LonghornBackupStatus(state=state, error=said, volume_name=of),
    )


def stamped(age: timedelta) -> str:
    return (NOW - age).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_volume_whose_backups_fail_is_told_with_its_claim() -> None:
    [finding] = found(job(), volume(stamped(51 * HOUR)), error(27 * HOUR), error())

    assert (finding.reason, finding.subject) == ("BackupStale", DATA)
    assert finding.since == ago(51 * HOUR)
    assert "claim shop/data" in finding.message
    assert "2 backups since have failed, the newest: no target" in finding.why
    assert Ref("PersistentVolumeClaim", "shop", "data") in finding.affected


def test_a_job_that_makes_one_whatever_has_changed_needs_no_failed_one_as_proof() -> None:
    [finding] = found(job("backup-force-create"), volume("2026-11-01T00:00:00", claim=""))

    assert "No backup was even begun" in finding.why
    assert [ref.kind for ref in finding.affected] == ["RecurringJob"]


def test_a_failed_backup_that_gives_no_reason_is_told_so() -> None:
    [finding] = found(job(), volume(), error(said=""))

    assert "no reason is given" in finding.why


BY_NAME, BY_GROUP = "recurring-job.longhorn.io/daily", "recurring-job-group.longhorn.io/gold"


@pytest.mark.parametrize(
    ("labels", "groups", "stale"),
    [
        ({BY_NAME: "enabled"}, (), True),
        ({BY_NAME: "disabled"}, None, False),
        ({BY_GROUP: "enabled"}, ("gold",), True),
        ({BY_GROUP: "enabled"}, ("default",), False),
        ({"app": "enabled"}, ("default",), True),
        ({}, (), False),
    ],
)
def test_a_job_counts_for_the_volumes_it_is_for(
    labels: dict[str, str], groups: tuple[str, ...] | None, stale: bool
) -> None:
    assert bool(found(job(groups=groups), volume(labels=labels), error())) is stale


@pytest.mark.parametrize(
    "items",
    [
        (job(), volume(stamped(60 * DAY))),
        (job(), volume(stamped(4 * HOUR)), error()),
        (job(), volume(stamped(51 * HOUR)), error(60 * HOUR)),
        (job(), volume(), error(of="other")),
        (job(), volume(), error(state="Completed")),
        (job(), volume(state="detached"), error()),
        (job("snapshot"), volume(), error()),
        (
            replace(job(), spec=backupv1.RecurringJobSpec(task="backup", groups=("default",))),
            volume(),
            error(),
        ),
        (job(), replace(volume(), metadata=meta(DATA, deleting=True)), error()),
        (job(), volume(), replace(error(), metadata=metav1.Metadata(name="b"))),
        (job(), replace(volume(), metadata=metav1.Metadata(name="pvc-1")), error()),
    ],
    ids=[
        *("no new data", "fresh", "failed before", "of another", "completed", "detached"),
        *("snapshot", "no cron", "deleted", "failed at no time", "of no age"),
    ],
)
def test_a_volume_without_proof_is_no_fault(items: tuple[metav1.Object, ...]) -> None:
    assert found(*items) == []


def test_where_the_outcomes_cannot_be_read_nothing_is_said() -> None:
    assert unread("velerobackups", "longhornbackups") == []
    assert [each.subject.kind for each in unread("velerobackups", "recurringjobs")] == []
    assert [each.subject.kind for each in unread()] == ["Schedule", "Volume"]
