"""Failed runs of a CronJob that nobody needs any more, because a later run did the work."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from watchdog.domain.objects import batchv1
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.workloads.chain import cronjob_of

_OLD = timedelta(hours=1)


def leftovers(snapshot: Snapshot, item: batchv1.CronJob) -> tuple[batchv1.Job, ...]:
    """The failed runs of an hour ago or more that a later success has made up for, oldest first."""
    runs = [run for run in snapshot.jobs.values() if cronjob_of(snapshot, run) == item]
    done = [at for run in runs if (at := _ended(run, "Complete")) is not None]
    found = [
        (at, run)
        for run in runs
        if (at := _ended(run, "Failed")) is not None
        and snapshot.age(at) >= _OLD
        and any(success > at for success in done)
        and not run.deleting
        and not any(kept_by(run))
    ]
    return tuple(run for _, run in sorted(found, key=lambda each: (each[0], each[1].name)))


def kept_by(run: batchv1.Job) -> Iterator[str]:
    """Say why a Job is not to be deleted: it has not failed, or others see to it."""
    if run.condition("Failed") is None:
        yield f"{run.ref} has not failed"
    if run.annotations.helm_hook or run.annotations.argo_hook:
        yield f"{run.ref} is a hook"
    if run.spec.ttl_seconds_after_finished is not None:
        yield f"{run.ref} is removed by itself (ttlSecondsAfterFinished)"


def _ended(run: batchv1.Job, how: str) -> datetime | None:
    condition = run.condition(how)
    return condition.last_transition_time if condition is not None else None
