"""Jobs and CronJobs."""

from datetime import datetime
from typing import ClassVar

import msgspec

from watchdog.domain.objects.metav1 import Condition, Object, Record
from watchdog.domain.objects.podv1 import PodTemplate


class JobSpec(Record, frozen=True):
    suspend: bool = False
    backoff_limit: int = 6
    active_deadline_seconds: int | None = None
    ttl_seconds_after_finished: int | None = None
    completions: int | None = None
    parallelism: int | None = None
    template: PodTemplate = msgspec.field(default_factory=PodTemplate)


class JobStatus(Record, frozen=True):
    active: int = 0
    succeeded: int = 0
    failed: int = 0
    start_time: datetime | None = None
    completion_time: datetime | None = None
    conditions: tuple[Condition, ...] = ()


class Job(Object, frozen=True):
    KIND: ClassVar[str] = "Job"
    spec: JobSpec = msgspec.field(default_factory=JobSpec)
    status: JobStatus = msgspec.field(default_factory=JobStatus)

    def condition(self, kind: str) -> Condition | None:
        """A condition whose status is True."""
        for condition in self.status.conditions:
            if condition.type == kind and condition.status == "True":
                return condition
        return None


class JobTemplate(Record, frozen=True):
    spec: JobSpec = msgspec.field(default_factory=JobSpec)


class CronJobSpec(Record, frozen=True):
    schedule: str = ""
    time_zone: str = ""
    suspend: bool = False
    concurrency_policy: str = "Allow"
    starting_deadline_seconds: int | None = None
    failed_jobs_history_limit: int | None = None
    job_template: JobTemplate = msgspec.field(default_factory=JobTemplate)


class CronJobStatus(Record, frozen=True):
    last_schedule_time: datetime | None = None
    last_successful_time: datetime | None = None


class CronJob(Object, frozen=True):
    KIND: ClassVar[str] = "CronJob"
    spec: CronJobSpec = msgspec.field(default_factory=CronJobSpec)
    status: CronJobStatus = msgspec.field(default_factory=CronJobStatus)
