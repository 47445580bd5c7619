"""Backups that Velero or Longhorn were to make and did not: the last good one is too old.

A Schedule or a RecurringJob is a backup by what it is, so none of them needs a mark.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice

from watchdog.domain.finding import Finding
from watchdog.domain.objects import backupv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.timetable.schedule import Schedule, next_after
from watchdog.logic.workloads.cronjobs import read_schedule

NEEDS = (
    "veleroschedules",
    "velerobackups",
    "recurringjobs",
    "longhornvolumes",
    "longhornbackups",
)
_SETTLING = timedelta(minutes=10)  # what a backup that is due may take to begin
_BY_SCHEDULE = "velero.io/schedule-name"
# Source: velero.io/v1, BackupPhase. Whatever is not of these still goes on.
_ENDED = ("Completed", "PartiallyFailed", "Failed", "FailedValidation", "Deleting")
# Source: longhorn.io, "Recurring Snapshots and Backups".
_TASKS = ("backup", "backup-force-create")
_JOB, _GROUP = "recurring-job.longhorn.io/", "recurring-job-group.longhorn.io/"


def stale_backups(snapshot: Snapshot) -> Iterator[Finding]:
    """One Finding per Schedule of Velero and per Volume of Longhorn, in order of Ref.

    Nothing is said where the outcomes could not be read.
    """
    if snapshot.has("velerobackups"):
        for item in snapshot.of("veleroschedules", backupv1.Schedule).values():
            yield from _of_velero(snapshot, item)
    if snapshot.has("longhornbackups") and snapshot.has("recurringjobs"):
        for volume in snapshot.of("longhornvolumes", backupv1.LonghornVolume).values():
            yield from _of_longhorn(snapshot, volume)


def _second_due(
    timetable: tuple[Schedule, tzinfo], after: datetime, until: datetime, *, running: bool
) -> datetime | None:
    """The second start in (after, until]; one more where a run still goes on."""
    schedule, zone = timetable
    found = tuple(islice(_due(schedule, zone, after, until), 3 if running else 2))
    return found[-1] if len(found) == (3 if running else 2) else None


def _due(schedule: Schedule, zone: tzinfo, after: datetime, until: datetime) -> Iterator[datetime]:
    moment = next_after(schedule, after, zone=zone, anchor=after)
    while moment is not None and moment <= until:
        yield moment
        moment = next_after(schedule, moment, zone=zone, anchor=after)


# ------------------------------------------------------------------------------- Velero
def _of_velero(snapshot: Snapshot, item: backupv1.Schedule) -> Iterator[Finding]:
    timetable = read_schedule(item.spec.schedule, "")
    if timetable is None or item.spec.paused or item.deleting:
        return
    runs = sorted(
        (
            each
            for each in snapshot.of("velerobackups", backupv1.VeleroBackup).values()
            if each.namespace == item.namespace and each.labels.get(_BY_SCHEDULE) == item.name
        ),
        key=_started,
    )
    done = [
        at
        for each in runs
        if each.status.phase == "Completed"
        and (at := each.status.completion_timestamp or each.metadata.creation_timestamp)
    ]
    last = max(done, default=None)
    # A pause that has ended leaves the time it skipped to: nothing was due before.
    known = (last, item.metadata.creation_timestamp, item.status.last_skipped)
    since = max((at for at in known if at is not None), default=snapshot.taken_at)
    running = bool(runs) and runs[-1].status.phase not in _ENDED
    late = _second_due(timetable, since, snapshot.taken_at - _SETTLING, running=running)
    if late is not None:
        yield _velero(item, runs, last=last, since=since)


def _started(item: backupv1.VeleroBackup) -> float:
    at = item.status.start_timestamp or item.metadata.creation_timestamp
    return at.timestamp() if at else 0.0


def _velero(
    item: backupv1.Schedule,
    runs: Sequence[backupv1.VeleroBackup],
    *,
    last: datetime | None,
    since: datetime,
) -> Finding:
    failed = [each for each in runs if each.status.phase not in ("Completed", "Deleting")][-3:]
    newest = failed[-1] if failed else None
    why = (
        f"The newest one, {newest.name}, is {newest.status.phase or 'New'}: {_said(newest)}."
        if newest
        else "No Backup was even made: look at the Velero server and at the phase of the Schedule "
        f"({item.status.phase or 'none yet'})."
    )
    return _finding(
        item.ref,
        what=f"the backup of {item.ref}",
        plan=f"{item.spec.schedule}",
        last=last,
        since=since,
        why=why,
        affected=tuple(each.ref for each in failed),
        facts=tuple((each.ref, f"phase {each.status.phase}: {_said(each)}") for each in failed),
        commands=(
            *(
                (command.kubectl(newest.ref, f"describe backups.velero.io {newest.name}"),)
                if newest
                else ()
            ),
            command.kubectl(item.ref, f"describe schedules.velero.io {item.name}"),
            command.kubectl(item.ref, "get backupstoragelocations.velero.io"),
        ),
    )


def _said(item: backupv1.VeleroBackup) -> str:
    errors = "; ".join(item.status.validation_errors or ())
    return symptom.shorten(item.status.failure_reason or errors or "its log says more")


# ------------------------------------------------------------------------------- Longhorn
def _of_longhorn(snapshot: Snapshot, volume: backupv1.LonghornVolume) -> Iterator[Finding]:
    """A volume without new data is not backed up again: an old backup alone proves nothing.

    So the backups since must have failed, unless the job makes one whatever there is.
    """
    if volume.deleting or volume.status.state != "attached":
        return
    last = _moment(volume.status.last_backup_at)
    since = last or volume.metadata.creation_timestamp or snapshot.taken_at
    failed = [
        each
        for each in snapshot.of("longhornbackups", backupv1.LonghornBackup).values()
        if each.status.volume_name == volume.name
        and each.status.state == "Error"
        and (at := each.metadata.creation_timestamp) is not None
        and at > since
    ]
    for job in snapshot.of("recurringjobs", backupv1.RecurringJob).values():
        timetable = read_schedule(job.spec.cron, "")
        proven = failed or job.spec.task == "backup-force-create"
        if timetable is None or not proven or not _applies(job, volume):
            continue
        if _second_due(timetable, since, snapshot.taken_at - _SETTLING, running=False):
            yield _longhorn(volume, job, failed, last=last, since=since)
            return


def _applies(job: backupv1.RecurringJob, volume: backupv1.LonghornVolume) -> bool:
    """Whether the job backs the volume up: by name, by group, or by default where nothing is set."""
    on = {key for key, value in volume.labels.items() if value == "enabled"}
    chosen = [key for key in on if key.startswith((_JOB, _GROUP))]
    groups = job.spec.groups or ()
    named = f"{_JOB}{job.name}" in on or any(f"{_GROUP}{group}" in on for group in groups)
    return job.spec.task in _TASKS and (named or (not chosen and "default" in groups))


def _longhorn(
    volume: backupv1.LonghornVolume,
    job: backupv1.RecurringJob,
    failed: Sequence[backupv1.LonghornBackup],
    *,
    last: datetime | None,
    since: datetime,
) -> Finding:
    claim = volume.status.kubernetes_status
    of = f" (claim {claim.namespace}/{claim.pvc_name})" if claim.pvc_name else ""
    said = symptom.shorten(failed[-1].status.error or "no reason is given") if failed else ""
    return _finding(
        volume.ref,
        what=f"the Longhorn backup of {volume.ref}{of}",
        plan=f"{job.name}: {job.spec.cron}",
        last=last,
        since=since,
        why=f"{len(failed)} backups since have failed, the newest: {said}."
        if failed
        else f"No backup was even begun, although {job.name} makes one whatever has changed.",
        affected=(
            job.ref,
            *((Ref("PersistentVolumeClaim", claim.namespace, claim.pvc_name),) if of else ()),
        ),
        facts=tuple((each.ref, f"state Error: {each.status.error}") for each in failed[-3:]),
        commands=(
            command.kubectl(volume.ref, f"describe volumes.longhorn.io {volume.name}"),
            command.kubectl(job.ref, f"describe recurringjobs.longhorn.io {job.name}"),
            command.kubectl(volume.ref, "get backuptargets.longhorn.io"),
        ),
    )


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


# ------------------------------------------------------------------------------- both
def _finding(
    subject: Ref,
    *,
    what: str,
    plan: str,
    last: datetime | None,
    since: datetime,
    why: str,
    affected: tuple[Ref, ...],
    facts: tuple[tuple[Ref, str], ...],
    commands: tuple[str, ...],
) -> Finding:
    ended = f"the last good one ended {last:%Y-%m-%d %H:%M} UTC" if last else "there is none yet"
    return Finding(
        reason="BackupStale",
        subject=subject,
        affected=affected,
        severity=Severity.CRITICAL,
        message=f"{what} is too old: {ended}",
        why=f"It was to be made twice since ({plan}) and was not: {ended}. {why}",
        since=since,
        evidence=(
            symptom.fact("status", subject, f"last good backup: {last or 'none'}", last),
            *(symptom.fact("status", ref, text) for ref, text in facts),
        ),
        proposal=symptom.advise(
            None,
            "See what the newest attempt failed on, and whether the place where backups are kept can "
            "be reached; then make up for the missed one.",
            *commands,
        ),
    )
