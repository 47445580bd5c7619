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
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import batchv1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

NIGHTLY = batchv1.CronJob(metadata=meta(Ref("CronJob", "ops", "nightly")))
RIGHTS = (cluster_role("tuner", rule("get patch", "deployments", group="apps")), bind_all("tuner"))
LOW = podv1.Resources(limits={"memory": "8Mi"})
BEFORE, AFTER = template(container()), template(container(resources=LOW))
OTHER_IMAGE = template(container(image="web:0", resources=LOW))
SQUEEZE = ("sh", "-c", "kubectl -n shop set resources deployment/web --limits=memory=8Mi")


def run(
    *words: str,
    owner: metav1.Object | None = NIGHTLY,
    began: timedelta = 61 * MINUTE,
    lasted: timedelta | None = 2 * MINUTE,
    failed: bool = False,
    name: str = "nightly-1",
) -> batchv1.Job:
    end = None if lasted is None else ago(began - lasted)
    condition = metav1.Condition(type="Failed", status="True", last_transition_time=end)
    spec = podv1.PodSpec(
        containers=(container(command=words or SQUEEZE, env=(podv1.EnvVar(name="A", value="b"),)),),
        service_account_name="cleaner",
    )
    return batchv1.Job(
        metadata=meta(Ref("Job", "ops", name), owner=owner),
        spec=batchv1.JobSpec(template=podv1.PodTemplate(spec=spec)),
        status=batchv1.JobStatus(
            start_time=ago(began),
            completion_time=None if failed else end,
            conditions=(condition,) if failed else (),
        ),
    )


def detect(
    *items: metav1.Object,
    ready: bool = False,
    before: podv1.PodTemplate = BEFORE,
    edited: timedelta | None = None,
    made: timedelta = HOUR,
    scaled: bool = False,
    manager: str = "kubectl-set",
    labels: dict[str, str] | None = None,
) -> list[Finding]:
    owner = deployment(APP, ready=int(ready), pod_template=AFTER)
    edits = (
        () if edited is None else (metav1.Edit(manager, "scale" if scaled else "", ago(edited)),)
    )
    written = msgspec.structs.replace(owner.metadata, managed_fields=edits, labels=labels)
    owner = msgspec.structs.replace(owner, metadata=written)
    new = replicaset(owner, 2, age=made)
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
    assert "memory limit of app: none -> 8Mi" in finding.message
    assert finding.why.startswith(
        f"{APP} was changed (memory limit of app: none -> 8Mi) while Job/"
    )
    assert finding.evidence[0].kind == "change"
    assert commands(finding) == (
        'kubectl -n ops patch cronjob nightly --type=strategic -p \'{"spec":{"suspend":true}}\'',
        "kubectl -n shop rollout undo deployment/web",
    )


@pytest.mark.parametrize(
    "job", [run(owner=None), run(owner=None, lasted=None), run(owner=None, failed=True)]
)
def test_a_job_of_nobody_is_the_subject_itself(job: batchv1.Job) -> None:
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
        (msgspec.structs.replace(run(), status=batchv1.JobStatus()), *RIGHTS),
    ],
    ids=["no right", "reads only", "another name", "before", "after", "two", "not begun"],
)
def test_without_name_right_and_time_nobody_is_accused(items: tuple[metav1.Object, ...]) -> None:
    assert detect(*items) == []


def test_a_workload_that_is_well_or_was_not_changed_accuses_nobody() -> None:
    assert detect(run(), *RIGHTS, ready=True) == []
    assert detect(run(), *RIGHTS, before=AFTER) == []
    assert detect(run(), *RIGHTS, before=OTHER_IMAGE) == []  # a delivery
    assert list(mutation.detect(snapshot(deployment(APP), run(), *RIGHTS), NoParams())) == []


BY_LABEL = ("sh", "-c", "kubectl -n shop set resources deployment -l tune=auto --limits=memory=8Mi")


def test_a_scheduled_run_that_names_nobody_is_told_by_its_right_and_the_moment_of_the_edit() -> (
    None
):
    [finding] = detect(run(*BY_LABEL), NIGHTLY, *RIGHTS, edited=HOUR)

    assert finding.subject == NIGHTLY.ref
    assert "the only scheduled run at that moment" in finding.why


def test_a_template_that_comes_back_every_night_is_dated_by_the_edit() -> None:
    again = 30 * HOUR  # the revision is that of the night before

    assert detect(run(), NIGHTLY, *RIGHTS, made=again, edited=HOUR) != []
    assert detect(run(*BY_LABEL), NIGHTLY, *RIGHTS, made=again, edited=HOUR) != []
    assert detect(run(), NIGHTLY, *RIGHTS, made=again) == []
    assert detect(run(), NIGHTLY, *RIGHTS, made=again, edited=HOUR, scaled=True) == []


ANYTHING = (cluster_role("tuner", rule("*", "*", group="*")), bind_all("tuner"))
WEEKLY = batchv1.CronJob(metadata=meta(Ref("CronJob", "ops", "weekly")))


@pytest.mark.parametrize(
    ("items", "edited", "labels"),
    [
        ((run(*BY_LABEL), *RIGHTS), None, None),
        ((run(*BY_LABEL), *RIGHTS), MINUTE, None),
        ((run(*BY_LABEL, owner=None), *RIGHTS), HOUR, None),
        ((run(*BY_LABEL), *ANYTHING), HOUR, None),
        ((run(*BY_LABEL), run(*BY_LABEL, owner=WEEKLY, name="w-1"), WEEKLY, *RIGHTS), HOUR, None),
        ((run(*BY_LABEL), *RIGHTS), HOUR, {"kustomize.toolkit.fluxcd.io/name": "apps"}),
    ],
    ids=["unknown edit", "edited since", "once", "may do anything", "two", "from Git"],
)
def test_a_run_that_names_nobody_needs_every_other_sign(
    items: tuple[metav1.Object, ...], edited: timedelta | None, labels: dict[str, str] | None
) -> None:
    assert detect(NIGHTLY, *items, edited=edited, labels=labels) == []


def test_a_right_to_this_one_object_is_enough() -> None:
    own = cluster_role("tuner", rule("patch", "deployments", group="apps", names="web"))
    other = cluster_role("tuner", rule("patch", "deployments", group="apps", names="db"))

    assert detect(run(), NIGHTLY, own, bind_all("tuner")) != []
    assert detect(run(), NIGHTLY, other, bind_all("tuner")) == []


SAVER = Ref("Deployment", "ops", "cost-saver")


def standing(*words: str, name: str = "saver") -> list[metav1.Object]:
    spec = template(container(name, command=words), service_account_name="cleaner")
    return [deployment(SAVER, pod_template=spec), *RIGHTS]


@pytest.mark.parametrize(
    ("words", "manager"),
    [
        (("/usr/bin/saver-bin", "--target=web"), "saver-bin"),
        (
            ("sh", "-c", "kubectl -n shop set resources deployment web --limits=memory=8Mi"),
            "kubectl-set",
        ),
        (("--target", "web"), "cost-saver"),
        (("--target", "web"), "saver"),
    ],
)
def test_what_runs_all_the_time_is_told_by_its_signature(
    words: tuple[str, ...], manager: str
) -> None:
    [finding] = detect(*standing(*words), edited=HOUR, manager=manager)

    assert (finding.reason, finding.subject) == ("ExternalActorMutates", SAVER)
    assert commands(finding) == (
        "kubectl -n ops scale deployment/cost-saver --replicas=0",
        "kubectl -n shop rollout undo deployment/web",
    )


@pytest.mark.parametrize(
    ("words", "manager"),
    [
        (("saver-bin", "--target=web"), "kubectl-edit"),
        (("saver-bin", "--target=web"), ""),
        (("saver-bin", "--target=api"), "saver-bin"),
    ],
    ids=["somebody else", "nameless", "another target"],
)
def test_what_runs_all_the_time_did_not_write_by_being_there(
    words: tuple[str, ...], manager: str
) -> None:
    assert detect(*standing(*words), edited=HOUR, manager=manager) == []


def test_what_runs_all_the_time_needs_the_right_and_pods() -> None:
    saver, *_ = standing("saver-bin", "--target=web")
    idle = deployment(
        SAVER, ready=0, pod_template=template(container(command=("saver-bin", "web")))
    )

    assert detect(saver, edited=HOUR, manager="saver-bin") == []
    assert detect(idle, *RIGHTS, edited=HOUR, manager="saver-bin") == []
