"""job: Jobs that have failed for good, and failures that do not count."""

import msgspec

from tests.builders import HOUR, ago, container, meta, pod, snapshot, template, terminated
from watchdog.checks.job import job
from watchdog.domain import objects as k8s
from watchdog.domain.check import NoParams
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref

MIGRATE = Ref("Job", "shop", "migrate-1")
FAILED = k8s.Condition(
    type="Failed",
    status="True",
    reason="BackoffLimitExceeded",
    message="Job has reached the specified backoff limit",
    last_transition_time=ago(HOUR),
)
COMPLETE = k8s.Condition(type="Complete", status="True", last_transition_time=ago(HOUR / 2))


def made(
    *conditions: k8s.Condition,
    ref: Ref = MIGRATE,
    owner: k8s.Object | None = None,
    marks: k8s.Annotations | None = None,
) -> k8s.Job:
    return k8s.Job(
        metadata=meta(ref, owner=owner, annotations=marks),
        spec=k8s.JobSpec(template=template(container(image="shop/migrate:3"))),
        status=k8s.JobStatus(failed=4, conditions=conditions),
    )


def detect(*items: k8s.Object, log: str = "") -> list[Finding]:
    logs = {LogQuery(Ref("Pod", "shop", "migrate-1-x"), "app"): Log(log)} if log else {}
    return list(job.detect(snapshot(*items).with_logs(logs), NoParams()))


def test_a_failed_job_is_its_own_finding_with_the_end_of_its_last_pod() -> None:
    failed = made(FAILED)
    status = k8s.ContainerStatus(name="app", state=terminated(3))
    last = pod(Ref("Pod", "shop", "migrate-1-x"), status, owner=failed, phase="Failed")

    [finding] = detect(failed, last, log="ERROR column already exists\n")

    assert (finding.reason, finding.subject) == ("JobFailed", MIGRATE)
    assert finding.since == ago(HOUR)
    assert "exit code 3" in finding.message
    assert "column already exists" in finding.why
    assert finding.proposal is not None
    assert finding.proposal.commands[-1] == "kubectl -n shop delete job migrate-1"
    assert finding.logs == (LogQuery(last.ref, "app"),)


def test_a_job_that_still_retries_is_no_fault() -> None:
    assert detect(made()) == []


def test_a_later_job_of_the_same_stem_makes_it_good() -> None:
    second = made(COMPLETE, ref=Ref("Job", "shop", "migrate-2"))

    assert detect(made(FAILED), second) == []


def test_a_job_of_another_name_makes_nothing_good() -> None:
    failed = made(FAILED, ref=Ref("Job", "shop", "data-import"))
    other = made(COMPLETE, ref=Ref("Job", "shop", "data-export"))

    assert len(detect(failed, other)) == 1


def test_an_earlier_success_makes_nothing_good() -> None:
    before = msgspec.structs.replace(COMPLETE, last_transition_time=ago(2 * HOUR))
    first = made(before, ref=Ref("Job", "shop", "migrate-0"))

    assert len(detect(made(FAILED), first)) == 1


def test_jobs_of_a_cronjob_and_hooks_are_told_elsewhere() -> None:
    nightly = k8s.CronJob(metadata=meta(Ref("CronJob", "shop", "nightly")))

    assert detect(made(FAILED, owner=nightly)) == []
    assert detect(made(FAILED, marks=k8s.Annotations(helm_hook="pre-install"))) == []
    assert detect(made(FAILED, marks=k8s.Annotations(argo_hook="PreSync"))) == []
