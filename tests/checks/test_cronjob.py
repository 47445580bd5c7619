"""cronjob: starts that were missed, runs that fail, backups that are too old; and what is no fault."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.builders import (
    HOUR,
    MINUTE,
    ago,
    container,
    event,
    meta,
    pod,
    snapshot,
    template,
    terminated,
)
from watchdog.checks.cronjob import CronJobParams, cronjob
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import backupv1, batchv1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

DAY = 24 * HOUR
DUMP = Ref("CronJob", "backup", "pg-dump")
DAILY = "0 9 * * *"  # three hours before NOW


def detect(
    *items: metav1.Object, log: str = "", params: dict[str, object] | None = None
) -> list[Finding]:
    logs = {LogQuery(Ref("Pod", "backup", "run-0-x"), "app"): Log(log)}
    look = snapshot(*items).with_logs(logs)
    return list(cronjob.detect(look, CronJobParams.model_validate(params or {})))


def reasons(*items: metav1.Object, params: dict[str, object] | None = None) -> list[str]:
    return [finding.reason for finding in detect(*items, params=params)]


def made(
    schedule: str = DAILY,
    *,
    started: timedelta | None = 3 * HOUR,
    succeeded: timedelta | None = 2 * HOUR,
    age: timedelta = 60 * DAY,
    name: str = "pg-dump",
    labels: dict[str, str] | None = None,
    **spec: object,
) -> batchv1.CronJob:
    pods = replace(template(container()), metadata=metav1.Metadata(labels=labels))
    job = batchv1.JobTemplate(spec=batchv1.JobSpec(template=pods))
    return batchv1.CronJob(
        metadata=meta(Ref("CronJob", "backup", name), age=age),
        spec=replace(batchv1.CronJobSpec(schedule=schedule, job_template=job), **spec),
        status=batchv1.CronJobStatus(
            last_schedule_time=None if started is None else ago(started),
            last_successful_time=None if succeeded is None else ago(succeeded),
        ),
    )


def run(
    owner: batchv1.CronJob,
    number: int,
    ended: str = "",
    *,
    age: timedelta,
    took: timedelta = MINUTE,
) -> batchv1.Job:
    at = ago(age - took)
    message = "Job has reached the specified backoff limit"
    condition = metav1.Condition(
        type=ended,
        status="True",
        reason="BackoffLimitExceeded",
        message=message,
        last_transition_time=at,
    )
    return batchv1.Job(
        metadata=meta(Ref("Job", "backup", f"run-{number}"), owner=owner, age=age),
        status=batchv1.JobStatus(
            start_time=ago(age),
            completion_time=at if ended == "Complete" else None,
            conditions=(condition,) if ended else (),
        ),
    )


# ------------------------------------------------------------------------------------- missed
def test_starts_that_are_too_late_before_they_are_seen_get_a_longer_deadline() -> None:
    late = made(started=75 * HOUR, succeeded=74 * HOUR, starting_deadline_seconds=5)
    said = event(late, "MissSchedule", "Missed scheduled time to start a job")

    [finding] = detect(late, said)

    assert (finding.reason, finding.subject) == ("CronJobMissedRuns", DUMP)
    assert finding.since == ago(51 * HOUR)
    assert finding.hold == 2 * DAY
    assert "missed 3 starts in a row, the first" in finding.message
    assert "startingDeadlineSeconds is 5" in finding.why
    assert any("MissSchedule" in each.text for each in finding.evidence)
    assert finding.proposal is not None
    assert finding.proposal.commands[:2] == (
        "kubectl -n backup patch cronjob pg-dump --type=strategic "
        """-p '{"spec":{"startingDeadlineSeconds":600}}'""",
        "kubectl -n backup create job pg-dump-manual --from=cronjob/pg-dump",
    )


def test_starts_that_nothing_forbids_point_at_the_controller() -> None:
    late = [made("0 * * * *", started=9 * HOUR, succeeded=8 * HOUR, name=name) for name in "ab"]

    first, second = detect(*late)

    assert first.shared == second.shared == "the CronJob controller"
    assert first.hold == 2 * HOUR
    assert first.proposal is not None
    assert "patch" not in " ".join(first.proposal.commands)


def test_a_long_list_of_missed_starts_is_cut() -> None:
    [finding] = detect(made("*/5 * * * *", started=5 * DAY, succeeded=5 * DAY - MINUTE))

    assert "missed 100 or more starts in a row" in finding.message


def test_one_that_never_started_counts_from_its_creation() -> None:
    [finding] = detect(made("0 * * * *", started=None, succeeded=None, age=5 * HOUR))

    assert finding.since == ago(5 * HOUR - HOUR)
    assert "never started" in finding.why


@pytest.mark.parametrize(
    "item",
    [
        made(),
        made(started=9 * DAY, succeeded=9 * DAY, suspend=True),
        made(started=9 * DAY, succeeded=9 * DAY, schedule="not a schedule"),
        replace(made(started=9 * DAY), metadata=meta(DUMP, deleting=True)),
        made(started=None, succeeded=None, age=HOUR),
        made("0 4 1 */3 *", started=None, succeeded=None, age=19 * DAY),
        made("0 12 * * *", started=DAY, succeeded=DAY - MINUTE, starting_deadline_seconds=600),
    ],
    ids=["on time", "suspended", "unreadable", "deleting", "young", "not due", "still in time"],
)
def test_a_cronjob_that_is_not_due_or_not_meant_to_run_misses_nothing(
    item: batchv1.CronJob,
) -> None:
    assert detect(item) == []


def test_what_a_run_still_going_on_blocks_is_not_missed() -> None:
    hourly = made("0 * * * *", started=9 * HOUR, succeeded=10 * HOUR, concurrency_policy="Forbid")

    assert detect(hourly, run(hourly, 0, age=9 * HOUR)) == []
    assert reasons(replace(hourly, spec=replace(hourly.spec, concurrency_policy="Allow"))) == [
        "CronJobMissedRuns"
    ]


# ------------------------------------------------------------------------------------ failing
def test_two_failed_runs_in_a_row_are_a_fault_with_the_last_words_of_the_newest() -> None:
    item = made(succeeded=3 * DAY)
    newest = run(item, 0, "Failed", age=3 * HOUR)
    status = podv1.ContainerStatus(name="app", state=terminated(1))
    last = pod(Ref("Pod", "backup", "run-0-x"), status, owner=newest, phase="Failed")

    [finding] = detect(
        item,
        newest,
        run(item, 1, "Failed", age=27 * HOUR),
        last,
        log='pg_dump: error: FATAL: database "x" does not exist\n',
    )

    assert (finding.reason, finding.subject) == ("CronJobFailing", DUMP)
    assert finding.since == ago(27 * HOUR - MINUTE)
    assert finding.hold == timedelta(0)
    assert finding.severity is Severity.WARNING
    assert "container app ended with exit code 1" in finding.message
    assert finding.why.startswith("The newest failed run says: pg_dump: error: FATAL: database")
    assert newest.ref in finding.affected
    assert finding.proposal is not None
    assert "kubectl -n backup logs pod/run-0-x -c app --tail=50" in finding.proposal.commands


def test_when_only_the_newest_failed_run_is_kept_its_successless_starts_count() -> None:
    item = made(succeeded=50 * HOUR)

    assert reasons(item, run(item, 0, "Failed", age=3 * HOUR)) == ["CronJobFailing"]
    assert reasons(replace(item, spec=replace(item.spec, failed_jobs_history_limit=0))) == [
        "CronJobFailing"
    ]


def test_starts_without_a_failed_run_prove_nothing() -> None:
    assert detect(made(succeeded=50 * HOUR)) == []


def test_one_failure_is_no_fault() -> None:
    item = made(succeeded=26 * HOUR)

    assert detect(item, run(item, 0, "Failed", age=3 * HOUR)) == []


def test_a_success_of_its_own_or_by_hand_ends_it() -> None:
    item = made(succeeded=None)
    failed = [run(item, n, "Failed", age=age) for n, age in enumerate((3 * HOUR, 27 * HOUR))]

    assert detect(item, *failed, run(item, 9, "Complete", age=HOUR)) == []


def test_one_that_never_succeeded_gets_three_runs() -> None:
    young = made(succeeded=None, age=49 * HOUR)
    old = made(succeeded=None, age=3 * DAY)

    assert reasons(young, run(young, 0, "Failed", age=3 * HOUR)) == []
    [finding] = detect(old, run(old, 0, "Failed", age=3 * HOUR))
    assert "it never succeeded" in finding.message


def test_a_run_that_goes_on_may_still_succeed() -> None:
    item = made(succeeded=50 * HOUR)
    before = run(item, 1, "Failed", age=27 * HOUR)

    assert detect(item, before, run(item, 0, age=3 * HOUR)) == []


def test_runs_by_hand_of_one_that_was_never_due_count_as_runs() -> None:
    item = made("0 4 1 1 *", started=None, succeeded=None, age=DAY)
    failed = [run(item, n, "Failed", age=age) for n, age in enumerate((HOUR, 2 * HOUR))]

    assert reasons(item, *failed) == ["CronJobFailing"]
    assert reasons(item, failed[0]) == []


# ------------------------------------------------------------------------------------- backups
@pytest.mark.parametrize(
    "mark", [{"backups": ("backup/pg-dump",)}, {"backup_label": "backup=true"}]
)
def test_a_marked_backup_without_two_successes_is_critical_and_says_why(
    mark: dict[str, object],
) -> None:
    item = made(succeeded=50 * HOUR, labels={"backup": "true"})
    failing, stale = detect(item, run(item, 0, "Failed", age=3 * HOUR), params=mark)

    assert (stale.reason, stale.subject) == ("BackupStale", DUMP)
    assert stale.severity is Severity.CRITICAL
    assert stale.since == ago(50 * HOUR)
    assert failing.why in stale.why
    assert stale.proposal == failing.proposal


def test_a_backup_that_runs_for_days_is_too_old_without_another_cause() -> None:
    item = made(started=50 * HOUR, succeeded=99 * HOUR, concurrency_policy="Forbid")

    [finding] = detect(item, run(item, 0, age=50 * HOUR), params={"backups": ("backup/pg-dump",)})

    assert finding.reason == "BackupStale"
    assert finding.proposal is not None


def test_a_first_backup_that_never_came_counts_from_the_creation() -> None:
    item = made(started=None, succeeded=None, age=3 * DAY)

    found = {
        finding.reason: finding for finding in detect(item, params={"backups": ("backup/pg-dump",)})
    }

    assert found["BackupStale"].since == ago(3 * DAY)
    assert "there is none yet" in found["BackupStale"].message


@pytest.mark.parametrize(
    ("item", "mark"),
    [
        (made(succeeded=50 * HOUR), {}),
        (made(succeeded=50 * HOUR), {"backups": ("other/pg-dump",)}),
        (made(succeeded=50 * HOUR, labels={"backup": "no"}), {"backup_label": "backup=true"}),
        (made(succeeded=26 * HOUR), {"backups": ("backup/pg-dump",)}),
        (made("0 9 * * 1-4", succeeded=26 * HOUR), {"backups": ("backup/pg-dump",)}),
        (made(succeeded=50 * HOUR, suspend=True), {"backups": ("backup/pg-dump",)}),
    ],
    ids=["no mark", "another", "another label", "one missing", "days without", "suspended"],
)
def test_other_backups_are_no_fault(item: batchv1.CronJob, mark: dict[str, object]) -> None:
    assert "BackupStale" not in reasons(item, params=mark)


def test_a_schedule_of_velero_needs_no_mark() -> None:
    item = backupv1.Schedule(
        metadata=meta(Ref("Schedule", "velero", "nightly"), age=9 * DAY),
        spec=backupv1.ScheduleSpec(schedule=DAILY),
    )

    assert [(each.reason, each.subject) for each in detect(item)] == [("BackupStale", item.ref)]


# ----------------------------------------------------------------------------------- replaced
def hourly(**spec: object) -> batchv1.CronJob:
    fields: dict[str, object] = {"started": MINUTE, "succeeded": 6 * HOUR} | spec
    fields.setdefault("concurrency_policy", "Replace")
    return made("59 * * * *", **fields)  # type: ignore[arg-type]


def test_runs_that_the_next_start_ends_never_do_their_work() -> None:
    slow = hourly()

    [finding] = detect(slow, run(slow, 7, age=MINUTE))

    assert (finding.reason, finding.subject) == ("CronJobFailing", DUMP)
    assert finding.since == ago(6 * HOUR)
    assert "replaced by the next" in finding.message
    assert finding.proposal is not None
    assert "concurrencyPolicy" in finding.proposal.commands[0]


def test_what_usually_takes_so_long_is_said() -> None:
    slow = hourly(succeeded=None, age=9 * HOUR)
    before = run(slow, 1, "Complete", age=8 * HOUR, took=50 * MINUTE)

    [finding] = detect(slow, run(slow, 7, age=MINUTE), before)

    assert "took 50 min" in finding.why
    never = hourly(succeeded=None, age=9 * HOUR)
    assert "it never succeeded" in detect(never, run(never, 7, age=MINUTE))[0].message


@pytest.mark.parametrize(
    "item",
    [
        hourly(succeeded=2 * HOUR),
        hourly(concurrency_policy="Allow"),
        hourly(failed_jobs_history_limit=0),
    ],
)
def test_a_run_that_may_still_end_or_is_not_replaced_is_no_fault(item: batchv1.CronJob) -> None:
    assert reasons(item, run(item, 7, age=MINUTE)) == []
