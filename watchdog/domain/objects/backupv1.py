"""What Velero and Longhorn are to back up, when, and what became of it."""

from datetime import datetime
from typing import ClassVar

import msgspec

from watchdog.domain.objects.metav1 import Object, Record


class ScheduleSpec(Record, frozen=True):
    schedule: str = ""
    paused: bool = False


class ScheduleStatus(Record, frozen=True):
    phase: str = ""
    last_skipped: datetime | None = None


class Schedule(Object, frozen=True):
    """Source: velero.io/v1."""

    KIND: ClassVar[str] = "Schedule"
    spec: ScheduleSpec = msgspec.field(default_factory=ScheduleSpec)
    status: ScheduleStatus = msgspec.field(default_factory=ScheduleStatus)


class VeleroBackupStatus(Record, frozen=True):
    phase: str = ""
    start_timestamp: datetime | None = None
    completion_timestamp: datetime | None = None
    failure_reason: str = ""
    validation_errors: tuple[str, ...] | None = None


class VeleroBackup(Object, frozen=True):
    """A Backup of velero.io/v1."""

    KIND: ClassVar[str] = "Backup"
    status: VeleroBackupStatus = msgspec.field(default_factory=VeleroBackupStatus)


class RecurringJobSpec(Record, frozen=True):
    task: str = ""
    cron: str = ""
    groups: tuple[str, ...] | None = None


class RecurringJob(Object, frozen=True):
    """Source: longhorn.io/v1beta2."""

    KIND: ClassVar[str] = "RecurringJob"
    spec: RecurringJobSpec = msgspec.field(default_factory=RecurringJobSpec)


class LonghornClaim(Record, frozen=True):
    namespace: str = ""
    pvc_name: str = ""


class LonghornVolumeStatus(Record, frozen=True):
    """`last_backup_at` is a time as text, "" before the first backup."""

    state: str = ""
    last_backup_at: str = ""
    kubernetes_status: LonghornClaim = msgspec.field(default_factory=LonghornClaim)


class LonghornVolume(Object, frozen=True):
    """A Volume of longhorn.io/v1beta2."""

    KIND: ClassVar[str] = "Volume"
    status: LonghornVolumeStatus = msgspec.field(default_factory=LonghornVolumeStatus)


class LonghornBackupStatus(Record, frozen=True):
    state: str = ""
    error: str = ""
    volume_name: str = ""


class LonghornBackup(Object, frozen=True):
    """A Backup of longhorn.io/v1beta2."""

    KIND: ClassVar[str] = "Backup"
    status: LonghornBackupStatus = msgspec.field(default_factory=LonghornBackupStatus)
