"""actors: when a Job is proven to have broken somebody else's workload."""

from datetime import timedelta

import msgspec
import pytest

from tests.builders import (
    HOUR,
    MINUTE,
    ago,
    container,
    deployment,
    meta,
    pod,
    replicaset,
    running,
    snapshot,
    template,
)
from tests.logic.drifting import APP, NAMESPACE
from tests.logic.roles import bind_all, cluster_role, rule
from watchdog.checks.mutation import mutation
from watchdog.domain import objects as k8s
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

NIGHTLY = k8s.CronJob(metadata=meta(Ref("CronJob", "ops", "nightly")))
RIGHTS = (cluster_role("tuner", rule("get patch", "deployments", group="apps")), bind_all("tuner"))
LOW = k8s.Resources(limits={"memory": "8Mi"})
BEFORE, AFTER = template(container()), template(container(resources=LOW))
OTHER_IMAGE = template(container(image="web:0", resources=LOW))
SQUEEZE = ("sh", "-c", "kubectl -n shop set resources deployment/web --limits=memory=8Mi")


def run(
    *words: str,
    owner: k8s.Object | None = NIGHTLY,
    began: timedelta = 61 * MINUTE,
    lasted: timedelta | None = 2 * MINUTE,
    failed: bool = False,
    name: str = "nightly-1",
) -> k8s.Job:
    end = None if lasted is None else ago(began - lasted)
    condition = k8s.Condition(type="Failed", status="True", last_transition_time=end)
    spec = k8s.PodSpec(
        containers=(container(command=words or SQUEEZE, env=(k8s.EnvVar(name="A", value="b"),)),),
        service_account_name="cleaner",
    )
    return k8s.Job(
        metadata=meta(Ref("Job", "ops", name), owner=owner),
        spec=k8s.JobSpec(template=k8s.PodTemplate(spec=spec)),
        status=k8s.JobStatus(
            start_time=ago(began),
            completion_time=None if failed else end,
            conditions=(condition,) if failed else (),
        ),
    )


def detect(
    *items: k8s.Object, ready: bool = False, before: k8s.PodTemplate = BEFORE
) -> list[Finding]:
    owner = deployment(APP, ready=int(ready), pod_template=AFTER)
    new = replicaset(owner, 2, age=HOUR)
    old = replicaset(owner, 1, pod_template=before, age=24 * HOUR)
    victim = pod(Ref("Pod", "shop", "web-1"), running(ready=ready), owner=new)
    return list(mutation.detect(snapshot(owner, new, old, victim, NAMESPACE, *items), NoParams()))


def commands(finding: Finding) -> tuple[str, ...]:
    assert finding.proposal is not None
    return finding.proposal.commands


def test_a_cron_job_that_writes_the_template_that_fails_is_the_fault() -> None:
    [finding] = detect(run(), NIGHTLY, *RIGHTS)

    assert (finding.reason, finding.subject) == ("ExternalActorMutates", NIGHTLY.ref)
    assert (finding.severity, finding.since) == (Severity.CRITICAL, ago(HOUR))
    assert finding.affected == (APP, Ref("Pod", "shop", "web-1"))
    assert "resources of app changed" in finding.message
    assert commands(finding) == (
        'kubectl -n ops patch cronjob nightly --type=strategic -p \'{"spec":{"suspend":true}}\'',
        "kubectl -n shop rollout undo deployment/web",
    )


@pytest.mark.parametrize(
    "job", [run(owner=None), run(owner=None, lasted=None), run(owner=None, failed=True)]
)
def test_a_job_of_nobody_is_the_subject_itself(job: k8s.Job) -> None:
    [finding] = detect(job, *RIGHTS)

    assert finding.subject == job.ref
    assert commands(finding) == ("kubectl -n shop rollout undo deployment/web",)


@pytest.mark.parametrize(
    "items",
    [
        (run(),),
        (run(), cluster_role("tuner", rule("get", "deployments", group="apps")), bind_all("tuner")),
        (run("backup", "web-archive"), *RIGHTS),
        (run(began=5 * HOUR), *RIGHTS),
        (run(began=10 * MINUTE), *RIGHTS),
        (run(owner=None), run(owner=None, name="other"), *RIGHTS),
        (msgspec.structs.replace(run(), status=k8s.JobStatus()), *RIGHTS),
    ],
    ids=["no right", "reads only", "another name", "before", "after", "two", "not begun"],
)
def test_without_name_right_and_time_nobody_is_accused(items: tuple[k8s.Object, ...]) -> None:
    assert detect(*items) == []


def test_a_workload_that_is_well_or_was_not_changed_accuses_nobody() -> None:
    assert detect(run(), *RIGHTS, ready=True) == []
    assert detect(run(), *RIGHTS, before=AFTER) == []
    assert detect(run(), *RIGHTS, before=OTHER_IMAGE) == []  # a delivery
    assert list(mutation.detect(snapshot(deployment(APP), run(), *RIGHTS), NoParams())) == []
