"""CronJobs that do not start, whose runs fail, or that make a backup which is too old."""

import re
from collections.abc import Iterator
from datetime import datetime

from pydantic import Field, field_validator

from watchdog.domain.check import Params, check
from watchdog.domain.evidence import Evidence
from watchdog.domain.finding import Finding
from watchdog.domain.objects import batchv1, metav1
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.words.prose import span, stamp
from watchdog.logic.workloads import jobs
from watchdog.logic.workloads.backups import NEEDS as BACKUPS
from watchdog.logic.workloads.backups import stale_backups
from watchdog.logic.workloads.cronjobs import History, histories

_NAME = re.compile(r"[a-z0-9.-]+/[a-z0-9.-]+")
_IN_A_ROW = 2
_NEVER = 3  # runs without a success before a CronJob that never had one is at fault
# The controller looks every 10 s: what has to start sooner is often too late already.
_TICK = 10
_ROOMY = 600


class CronJobParams(Params):
    """`checks.cronjob` in the config file."""

    backups: tuple[str, ...] = Field(
        default=(), description="namespace/name of CronJobs that make backups"
    )

    @field_validator("backups")
    @classmethod
    def _named(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """Without its namespace a name would match nothing, and no backup be judged."""
        for name in names:
            if not _NAME.fullmatch(name):
                raise ValueError(f'"{name}" is no CronJob; write namespace/name: backup/pg-dump')
        return names

    backup_label: str = Field(
        default="", description="label, as key=value, of CronJobs or their pods that make backups"
    )


@check(
    family="batch",
    needs=("cronjobs", "jobs", "pods"),
    optional=BACKUPS,
    reasons=("CronJobFailing", "CronJobMissedRuns", "BackupStale"),
    params=CronJobParams,
)
def cronjob(snapshot: Snapshot, params: CronJobParams) -> Iterator[Finding]:
    """A CronJob misses its starts, its runs fail twice in a row, or a marked backup is too old.

    Suspended ones are left alone, one failure is no fault, and nothing counts from before the last
    success. A start that a run still going on blocks is that run's fault, not a missed one. Schedules
    of Velero and recurring backups of Longhorn need no mark.
    """
    for history in histories(snapshot):
        marked = _marked(history.item, params)
        found = [*_missed(snapshot, history), *_failing(snapshot, history)]
        yield from found
        if marked and (stale := history.stale_since) is not None:
            yield _stale(history, found, newest_due=stamp(stale))
    yield from stale_backups(snapshot)


def _marked(item: batchv1.CronJob, params: CronJobParams) -> bool:
    key, _, value = params.backup_label.partition("=")
    labels = (item.labels, item.spec.job_template.spec.template.metadata.labels or {})
    labelled = bool(key) and any(each.get(key) == value for each in labels)
    return labelled or f"{item.namespace}/{item.name}" in params.backups


def _missed(snapshot: Snapshot, history: History) -> Iterator[Finding]:
    missed = history.missed
    if not missed:
        return
    item = history.item
    last = item.status.last_schedule_time
    deadline = item.spec.starting_deadline_seconds
    hasty = deadline is not None and deadline < _TICK
    many = symptom.counted(len(missed), "start") if len(missed) < 100 else "100 or more starts"
    # "in a row, the first" says nothing of a single one
    missing = (
        f"missed {many}{' in a row, the first' if len(missed) > 1 else ','} {stamp(missed[0])}"
    )
    before = f"It last started {stamp(last)}." if last else "It has never started."
    cause = (
        f"Its startingDeadlineSeconds is {deadline}, while the controller looks only every {_TICK} s: "
        "most starts are too late before they are seen."
        if hasty
        else "Nothing in its spec forbids them: look at the CronJob controller "
        "(kube-controller-manager) and at the events of the CronJob."
    )
    said = [
        symptom.fact("event", item.ref, f"{event.reason}: {event.message}", event.last_at)
        for event in snapshot.events_of(item)
    ]
    yield Finding(
        reason="CronJobMissedRuns",
        subject=item.ref,
        affected=tuple(run.ref for run in history.runs),
        severity=Severity.WARNING,
        message=f"{item.ref} {missing}",
        why=f"{item.ref} ({item.spec.schedule}) {missing}. {before} {cause} No run fails: none is made.",
        since=missed[0],
        hold=history.patience,
        shared="" if deadline is not None else "the CronJob controller",
        evidence=(*_schedule_facts(history), *said[:2]),
        proposal=symptom.advise(
            None,
            f"Give it a startingDeadlineSeconds of {_ROOMY}, then make up for the missed run."
            if hasty
            else "Find out why the controller makes no Job, then make up for the missed run.",
            command.patch(item.ref, {"spec": {"startingDeadlineSeconds": _ROOMY}}) if hasty else "",
            _make_up(item),
            command.describe(item.ref),
        ),
    )


def _failing(snapshot: Snapshot, history: History) -> Iterator[Finding]:
    item, failed = history.item, history.failures
    count = history.failed_in_a_row
    never = history.last_success is None
    # Failed Jobs are the proof; only where none are kept do the missing successes stand alone.
    proven = bool(failed) or (item.spec.failed_jobs_history_limit == 0 and not history.active)
    enough = len(failed) >= _IN_A_ROW or count >= (_NEVER if never else _IN_A_ROW)
    if not failed and history.replaced >= _NEVER:
        yield _replaced(history)
    if not (proven and enough):
        return
    pods = jobs.pods_of(snapshot, failed[-1]) if failed else ()
    streams = jobs.queries(pods[-1]) if pods else ()
    lines = jobs.last_words(snapshot, streams)
    end = jobs.end_of(pods[-1]) if pods else ""
    success = history.last_success
    last = f"it last succeeded {stamp(success)}" if success else "it never succeeded"
    yield Finding(
        reason="CronJobFailing",
        subject=item.ref,
        affected=(*(run.ref for run in history.runs), *(pod.ref for pod in pods)),
        severity=Severity.WARNING,
        message=f"{item.ref}: {count} runs in a row failed{end}; {last}",
        why=f"{symptom.quoted('The newest failed run says', lines)}{count} runs of {item.ref} in a row failed"
        f"{end}; {last}. Every run starts the same template, so the next one fails as well.",
        since=_first_failure(history),
        evidence=(
            *(symptom.fact("log", pods[-1].ref, line) for line in lines[-3:]),
            *(_failure(run) for run in reversed(failed[-3:])),
            *_schedule_facts(history),
        ),
        proposal=symptom.advise(
            None,
            "Read the log of the last run, mend what it names in the CronJob or in what it calls, "
            "then make up for the run.",
            *((command.logs(pods[-1].ref, jobs.culprit(pods[-1])),) if pods else ()),
            _make_up(item),
            command.describe(item.ref),
        ),
        logs=streams,
    )


def _replaced(history: History) -> Finding:
    item, run = history.item, history.active[-1]
    usual = f"; the runs that ended took {span(history.usual)}" if history.usual else ""
    success = history.last_success
    last = f"it last succeeded {stamp(success)}" if success else "it never succeeded"
    many = symptom.counted(history.replaced, "run")
    return Finding(
        reason="CronJobFailing",
        subject=item.ref,
        affected=(run.ref,),
        severity=Severity.WARNING,
        message=f"{item.ref}: each run is replaced by the next before it ends; {last}",
        why=f"{many} of {item.ref} in a row were ended by the start of the next one "
        f"(concurrencyPolicy Replace, {item.spec.schedule}): {last}{usual}. No run fails, and none "
        "does its work.",
        since=history.last_success or history.born,
        evidence=_schedule_facts(history),
        proposal=symptom.advise(
            None,
            "Let a run end before the next one begins (concurrencyPolicy Forbid), give it more time "
            "between two starts, or see what makes it so slow.",
            command.patch(item.ref, {"spec": {"concurrencyPolicy": "Forbid"}}),
            command.logs(run.ref),
            command.describe(item.ref),
        ),
    )


def _first_failure(history: History) -> datetime | None:
    conditions = [run.condition("Failed") for run in history.failures]
    moments = [each.last_transition_time for each in conditions if each is not None]
    return symptom.first_of(moments) or history.item.status.last_schedule_time


def _stale(history: History, causes: list[Finding], *, newest_due: str) -> Finding:
    """The effect that people care about; what it comes from is told with it."""
    item, success = history.item, history.last_success
    last = f"the last one succeeded {stamp(success)}" if success else "there is none yet"
    cause = causes[0] if causes else None
    return Finding(
        reason="BackupStale",
        subject=item.ref,
        affected=cause.affected if cause else tuple(run.ref for run in history.runs),
        severity=Severity.CRITICAL,
        message=f"the backup of {item.ref} is too old: {last}",
        why=f"{item.ref} was to make a backup twice since ({item.spec.schedule}, last due by "
        f"{newest_due}) and has not: {last}. {cause.why if cause else 'Its run goes on.'}",
        since=success or history.born,
        evidence=cause.evidence if cause else _schedule_facts(history),
        proposal=cause.proposal
        if cause
        else symptom.advise(None, "See why its run does not end.", command.describe(item.ref)),
        logs=cause.logs if cause else (),
    )


def _schedule_facts(history: History) -> tuple[Evidence, ...]:
    item, status = history.item, history.item.status
    deadline = item.spec.starting_deadline_seconds
    limit = f", startingDeadlineSeconds {deadline}" if deadline is not None else ""
    zone = item.spec.time_zone or "the controller's zone"
    return (
        symptom.fact(
            "spec",
            item.ref,
            f"schedule {item.spec.schedule} ({zone}), {item.spec.concurrency_policy}{limit}",
        ),
        symptom.fact(
            "status",
            item.ref,
            f"lastScheduleTime {_or_never(status.last_schedule_time)}, "
            f"lastSuccessfulTime {_or_never(history.last_success)}",
            status.last_schedule_time,
        ),
    )


def _or_never(moment: datetime | None) -> str:
    return stamp(moment) if moment else "never"


def _failure(run: batchv1.Job) -> Evidence:
    failed = run.condition("Failed") or metav1.Condition()
    text = f"Failed=True ({failed.reason}): {failed.message}"
    return symptom.fact("status", run.ref, text, failed.last_transition_time)


def _make_up(item: batchv1.CronJob) -> str:
    """Run it once by hand; a CronJob's name is short enough for the suffix."""
    return command.kubectl(item.ref, f"create job {item.name}-manual --from=cronjob/{item.name}")
