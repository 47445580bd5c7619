"""job: Jobs that failed for good, hang or are kept open, and those that only look like it."""

import json
from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from tests.builders import (
    HOUR,
    MINUTE,
    ago,
    container,
    deployment,
    meta,
    pod,
    running,
    snapshot,
    template,
    terminated,
    waiting,
)
from watchdog.checks.job import job
from watchdog.domain.check import NoParams
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import batchv1, corev1, metav1, networkingv1, podv1
from watchdog.domain.ref import Ref

MIGRATE = Ref("Job", "shop", "migrate-1")
FAILED = metav1.Condition(
    type="Failed",
    status="True",
    reason="BackoffLimitExceeded",
    message="Job has reached the specified backoff limit",
    last_transition_time=ago(HOUR),
)
COMPLETE = metav1.Condition(type="Complete", status="True", last_transition_time=ago(HOUR / 2))


def made(
    *conditions: metav1.Condition,
    ref: Ref = MIGRATE,
    owner: metav1.Object | None = None,
    marks: metav1.Annotations | None = None,
) -> batchv1.Job:
    return batchv1.Job(
        metadata=meta(ref, owner=owner, annotations=marks),
        spec=batchv1.JobSpec(template=template(container(image="shop/migrate:3"))),
        status=batchv1.JobStatus(failed=4, conditions=conditions),
    )


def detect(*items: metav1.Object, log: str = "") -> list[Finding]:
    logs = {LogQuery(Ref("Pod", "shop", "migrate-1-x"), "app"): Log(log)} if log else {}
    return list(job.detect(snapshot(*items).with_logs(logs), NoParams()))


def test_a_failed_job_is_its_own_finding_with_the_end_of_its_last_pod() -> None:
    failed = made(FAILED)
    status = podv1.ContainerStatus(name="app", state=terminated(3))
    last = pod(Ref("Pod", "shop", "migrate-1-x"), status, owner=failed, phase="Failed")

    [finding] = detect(failed, last, log="ERROR column already exists\n")

    assert (finding.reason, finding.subject) == ("JobFailed", MIGRATE)
    assert finding.since == ago(HOUR)
    assert "exit code 3" in finding.message
    assert finding.why.startswith("Its log ends with: ERROR column already exists. Job/shop/")
    assert finding.proposal is not None
    assert finding.proposal.commands[-1] == "kubectl -n shop delete job migrate-1"
    assert finding.logs == (LogQuery(last.ref, "app"),)


def test_a_failed_job_whose_last_pod_was_stopped_in_time_names_no_end() -> None:
    failed = made(FAILED)
    ended = podv1.ContainerStatus(name="app", state=terminated(0))

    [finding] = detect(failed, pod(Ref("Pod", "shop", "migrate-1-x"), ended, owner=failed))

    assert finding.message == "Job/shop/migrate-1 has failed: BackoffLimitExceeded"


def test_the_log_to_read_is_that_of_the_container_that_failed() -> None:
    failed = made(FAILED)
    statuses = (
        podv1.ContainerStatus(name="app", state=terminated(0)),
        podv1.ContainerStatus(name="proxy", state=terminated(7)),
    )
    last = pod(Ref("Pod", "shop", "migrate-1-x"), *statuses, owner=failed, phase="Failed")

    [finding] = detect(failed, last)

    assert finding.proposal is not None
    assert "kubectl -n shop logs pod/migrate-1-x -c proxy --tail=50" in finding.proposal.commands


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
    nightly = batchv1.CronJob(metadata=meta(Ref("CronJob", "shop", "nightly")))

    assert detect(made(FAILED, owner=nightly)) == []
    assert detect(made(FAILED, marks=metav1.Annotations(helm_hook="pre-install"))) == []
    assert detect(made(FAILED, marks=metav1.Annotations(argo_hook="PreSync"))) == []


# --------------------------------------------------------------------------------------- hung
NIGHTLY = Ref("CronJob", "shop", "nightly")


def nightly(policy: str = "Forbid", *containers: podv1.Container) -> batchv1.CronJob:
    job = batchv1.JobTemplate(spec=batchv1.JobSpec(template=template(*containers)))
    spec = batchv1.CronJobSpec(schedule="0 * * * *", concurrency_policy=policy, job_template=job)
    status = batchv1.CronJobStatus(
        last_schedule_time=ago(5 * HOUR), last_successful_time=ago(5 * HOUR)
    )
    return batchv1.CronJob(metadata=meta(NIGHTLY, age=99 * HOUR), spec=spec, status=status)


def run(
    owner: metav1.Object | None,
    name: str,
    *containers: podv1.Container,
    age: timedelta = 5 * HOUR,
    took: timedelta | None = None,
    **spec: object,
) -> batchv1.Job:
    """A run; it goes on unless it `took` some time."""
    ended = () if took is None else (metav1.Condition(type="Complete", status="True"),)
    return batchv1.Job(
        metadata=meta(Ref("Job", "shop", name), owner=owner, age=age),
        spec=replace(batchv1.JobSpec(template=template(*containers)), **spec),
        status=batchv1.JobStatus(
            active=int(took is None),
            start_time=ago(age),
            completion_time=None if took is None else ago(age - took),
            conditions=ended,
        ),
    )


def test_a_run_far_beyond_its_peers_that_blocks_the_next_ones_hangs() -> None:
    owner = nightly()
    stuck = run(owner, "nightly-9")
    peers = [run(owner, f"nightly-{n}", age=9 * HOUR, took=HOUR / 2 + n * MINUTE) for n in range(3)]
    worker = pod(Ref("Pod", "shop", "nightly-9-x"), owner=stuck)

    [finding] = detect(owner, stuck, *peers, worker)

    assert (finding.reason, finding.subject) == ("JobHung", stuck.ref)
    assert (finding.since, finding.hold) == (ago(5 * HOUR), 4 * 31 * MINUTE)
    assert finding.affected == (NIGHTLY, worker.ref)
    assert "5 starts since" in finding.why
    assert "active 1, has run since 2" in finding.evidence[0].text
    assert finding.proposal is not None
    assert finding.proposal.commands[1:] == (
        "kubectl -n shop delete job nightly-9",
        "kubectl -n shop patch cronjob nightly --type=strategic "
        """-p '{"spec":{"jobTemplate":{"spec":{"activeDeadlineSeconds":7440}}}}'""",
    )


def test_without_peers_a_run_gets_half_a_day() -> None:
    owner = nightly()
    stuck = run(owner, "nightly-9")

    [finding] = detect(owner, stuck, pod(Ref("Pod", "shop", "x"), owner=stuck))

    assert finding.hold == 12 * HOUR


def test_a_run_that_blocks_nothing_ends_by_itself_or_has_not_begun_does_not_hang() -> None:
    allowed, forbidding = nightly("Allow"), nightly()
    running = pod(Ref("Pod", "shop", "x"), owner=run(None, "nightly-9"))
    waiting = pod(Ref("Pod", "shop", "x"), owner=run(None, "nightly-9"), phase="Pending")

    assert detect(allowed, run(allowed, "nightly-9"), running) == []
    quarterly = replace(forbidding, spec=replace(forbidding.spec, schedule="0 4 1 */3 *"))
    assert detect(quarterly, run(quarterly, "nightly-9"), running) == []
    assert detect(forbidding, run(forbidding, "nightly-9"), waiting) == []
    unstarted = replace(run(forbidding, "nightly-9"), status=batchv1.JobStatus(active=1))
    assert detect(forbidding, unstarted, running) == []
    limited = run(forbidding, "nightly-9", active_deadline_seconds=86400)
    assert detect(forbidding, limited, running) == []


# ------------------------------------------------------------------------------------ sidecars
MAIN, PROXY = container("dump"), container("proxy")
DONE = podv1.ContainerStatus(name="dump", state=terminated(0, reason="Completed", age=HOUR))


def both(owner: metav1.Object, *statuses: podv1.ContainerStatus) -> podv1.Pod:
    spec = podv1.PodSpec(containers=(MAIN, PROXY))
    return pod(Ref("Pod", "shop", "x"), *statuses, owner=owner, spec=spec, ready=False)


def test_a_job_whose_work_is_done_is_kept_open_by_its_sidecar() -> None:
    owner = nightly("Allow", MAIN, PROXY)
    stuck = run(owner, "nightly-9", MAIN, PROXY)
    worker = both(stuck, running(name="proxy"), DONE)

    [finding] = detect(owner, stuck, worker)

    assert (finding.reason, finding.subject) == ("SidecarBlocksJob", NIGHTLY)
    assert (finding.since, finding.hold) == (ago(HOUR), 10 * MINUTE)
    assert finding.affected == (stuck.ref, worker.ref)
    assert "proxy runs on" in finding.why
    assert finding.proposal is not None
    [move, delete] = finding.proposal.commands
    assert move.startswith("kubectl -n shop patch cronjob nightly --type=json -p '[")
    root = "/spec/jobTemplate/spec/template/spec"
    assert json.loads(move.partition(" -p ")[2].strip("'")) == [
        {"op": "add", "path": f"{root}/initContainers", "value": []},
        {"op": "move", "from": f"{root}/containers/1", "path": f"{root}/initContainers/0"},
        {"op": "add", "path": f"{root}/initContainers/0/restartPolicy", "value": "Always"},
    ]
    assert delete == "kubectl -n shop delete job nightly-9"


PORT = podv1.ContainerPort(container_port=15001)


@pytest.mark.parametrize(
    ("proxy", "statuses", "found"),
    [
        (container("proxy", ports=(PORT,)), (running(name="proxy"), DONE), 1),
        (container("proxy"), (running(name="proxy"), DONE), 0),
        (container("proxy", ports=(PORT,)), (DONE,), 0),
        (container("proxy", ports=(PORT,)), (running(name="proxy"), running(name="dump")), 0),
    ],
    ids=["a server is left", "it may do the work", "nothing runs", "nothing is done"],
)
def test_a_sidecar_that_stands_first_is_told_by_its_port(
    proxy: podv1.Container, statuses: tuple[podv1.ContainerStatus, ...], found: int
) -> None:
    owner = nightly("Allow", proxy, MAIN)
    stuck = run(owner, "nightly-9", proxy, MAIN)
    spec = podv1.PodSpec(containers=(proxy, MAIN))
    worker = pod(Ref("Pod", "shop", "x"), *statuses, owner=stuck, spec=spec, ready=False)

    findings = detect(owner, stuck, worker)

    assert ["Container dump of" in each.why for each in findings] == [True] * found


def test_a_pod_that_names_no_container_has_no_sidecar() -> None:
    owner = nightly("Allow", PROXY)
    stuck = run(owner, "nightly-9", PROXY)
    bare = podv1.PodSpec()
    worker = pod(Ref("Pod", "shop", "x"), running(name="proxy"), DONE, owner=stuck, spec=bare)

    assert detect(owner, stuck, worker) == []


def test_where_there_are_init_containers_the_sidecar_joins_them() -> None:
    owner = nightly("Allow")
    spec = replace(template(MAIN, PROXY).spec, init_containers=(container("wait"),))
    jobs = batchv1.JobTemplate(spec=batchv1.JobSpec(template=podv1.PodTemplate(spec=spec)))
    owner = replace(owner, spec=replace(owner.spec, job_template=jobs))
    stuck = run(owner, "nightly-9", MAIN, PROXY)

    [finding] = detect(owner, stuck, both(stuck, DONE, running(name="proxy")))

    assert finding.proposal is not None
    assert '"value":[]' not in finding.proposal.commands[0]


def test_an_injected_sidecar_and_a_job_of_nobody_are_mended_by_hand() -> None:
    owner = nightly("Allow", MAIN)
    for stuck, subject in (
        (run(owner, "nightly-9", MAIN), NIGHTLY),
        (run(None, "nightly-9", MAIN), Ref("Job", "shop", "nightly-9")),
    ):
        [finding] = detect(owner, stuck, both(stuck, DONE, running(name="proxy")))

        assert finding.subject == subject
        assert finding.proposal is not None
        assert finding.proposal.commands == ("kubectl -n shop delete job nightly-9",)


def test_work_that_has_failed_for_good_is_kept_from_being_told_so() -> None:
    owner = nightly("Allow", MAIN, PROXY)
    stuck = run(owner, "nightly-9", MAIN, PROXY)
    worker = both(stuck, replace(DONE, state=terminated(3, age=HOUR)), running(name="proxy"))
    never = replace(worker, spec=replace(worker.spec, restart_policy="Never"))

    [finding] = detect(owner, stuck, never)

    assert (finding.reason, finding.since) == ("SidecarBlocksJob", ago(HOUR))
    assert "has failed, but its container proxy keeps it open" in finding.message
    assert finding.proposal is not None
    assert "kubectl -n shop logs pod/x -c dump --tail=50" in finding.proposal.commands
    again = replace(worker, spec=replace(worker.spec, restart_policy="OnFailure"))
    assert detect(owner, stuck, again) == []


def test_two_stuck_runs_of_one_cronjob_are_one_finding() -> None:
    owner = nightly("Allow", MAIN, PROXY)
    runs = [run(owner, f"nightly-{n}", MAIN, PROXY) for n in range(2)]
    pods = [
        replace(each, metadata=meta(Ref("Pod", "shop", f"x-{n}"), owner=runs[n]))
        for n, each in enumerate(both(stuck, DONE, running(name="proxy")) for stuck in runs)
    ]

    assert len(detect(owner, *runs, *pods)) == 1


def test_a_job_that_still_works_or_usually_ends_is_not_kept_open() -> None:
    owner = nightly("Allow", MAIN, PROXY)
    stuck = run(owner, "nightly-9", MAIN, PROXY)
    proxy, failed = running(name="proxy"), replace(DONE, state=terminated(1))

    assert detect(owner, stuck, both(stuck, running(name="dump"), proxy)) == []
    assert detect(owner, stuck, both(stuck, failed, proxy)) == []
    assert detect(owner, stuck, both(stuck, proxy)) == []
    assert detect(owner, stuck, both(stuck, DONE)) == []
    assert detect(owner, stuck) == []
    before = run(owner, "nightly-8", MAIN, PROXY, age=9 * HOUR, took=HOUR)
    assert detect(owner, stuck, before, both(stuck, DONE, proxy)) == []
    other = run(owner, "nightly-8", MAIN, age=9 * HOUR, took=HOUR)
    assert len(detect(owner, stuck, other, both(stuck, DONE, proxy))) == 1
    waits = run(owner, "nightly-9", MAIN, PROXY, suspend=True)
    assert detect(owner, waits, both(waits, DONE, proxy)) == []


# --------------------------------------------------------------------------------------- rogues
DB = deployment(Ref("Deployment", "shop", "db"))
LABELS = {"app": "db"}
KILLED = terminated(137, reason="OOMKilled", age=10 * MINUTE)


def service(selector: dict[str, str] | None = None) -> corev1.Service:
    spec = corev1.ServiceSpec(selector=LABELS if selector is None else selector)
    return corev1.Service(metadata=meta(Ref("Service", "shop", "db")), spec=spec)


def loads(
    *, age: timedelta = 20 * MINUTE, owner: metav1.Object | None = None, command: str = "-h db"
) -> tuple[batchv1.Job, podv1.Pod]:
    made = run(owner, "load", container(command=("pgbench", command)), age=age)
    return made, pod(Ref("Pod", "shop", "load-x"), owner=made)


def victim(*statuses: podv1.ContainerStatus, age: timedelta = HOUR, **fields: object) -> podv1.Pod:
    status = statuses or (running(restarts=3, last_state=KILLED),)
    ref = Ref("Pod", "shop", "db-x")
    return pod(ref, *status, owner=DB, labels=LABELS, age=age, **fields)  # type: ignore[arg-type]


def test_a_job_of_nobody_overloads_what_it_calls() -> None:
    rogue, worker = loads()

    [finding] = detect(rogue, worker, DB, service(), victim())

    assert (finding.reason, finding.subject) == ("RogueJob", rogue.ref)
    assert (finding.since, finding.hold) == (ago(10 * MINUTE), 5 * MINUTE)
    assert finding.affected[0] == DB.ref
    assert "which has been OOMKilled again and again since it started" in finding.message
    assert finding.proposal is not None
    assert finding.proposal.commands[0] == (
        """kubectl -n shop patch job load --type=strategic -p '{"spec":{"suspend":true}}'"""
    )


def test_a_callee_that_hangs_is_overloaded_too() -> None:
    rogue, worker = loads()
    hangs = victim(running(ready=False), since=15 * MINUTE)

    [finding] = detect(rogue, worker, DB, service(), hangs)

    assert finding.since == ago(15 * MINUTE)
    assert "which has failed its probes since it started" in finding.message


@pytest.mark.parametrize(("restarts", "hold"), [(8, 0 * MINUTE), (2, 5 * MINUTE)])
def test_a_callee_that_is_killed_in_a_loop_suffers_for_longer_than_its_last_kill(
    restarts: int, hold: timedelta
) -> None:
    rogue, worker = loads()
    last = terminated(137, reason="OOMKilled", age=MINUTE)
    loops = waiting("CrashLoopBackOff", restarts=restarts, last_state=last)

    [finding] = detect(rogue, worker, DB, service(), victim(loops, ready=False, since=15 * MINUTE))

    assert (finding.since, finding.hold) == (ago(15 * MINUTE), hold)


def test_a_job_that_is_owned_calls_others_or_came_too_late_is_not_blamed() -> None:
    rogue, worker = loads()
    workflow = corev1.ConfigMap(metadata=meta(Ref("ConfigMap", "shop", "workflow")))
    hook = replace(
        rogue, metadata=meta(rogue.ref, annotations=metav1.Annotations(helm_hook="test"))
    )

    assert detect(rogue, worker, DB, service(), victim(age=MINUTE)) == []
    assert detect(rogue, worker, DB, service(), victim(running())) == []
    assert detect(rogue, worker, DB, service({}), victim()) == []
    assert detect(rogue, worker, DB, service({"app": "web"}), victim()) == []
    assert detect(rogue, DB, service(), victim()) == []
    assert detect(hook, worker, DB, service(), victim()) == []
    assert detect(*loads(owner=workflow), DB, service(), victim()) == []
    assert detect(*loads(command="-h other"), DB, service(), victim()) == []
    assert detect(*loads(age=9 * MINUTE), DB, service(), victim()) == []
    assert detect(*loads(age=5 * HOUR), DB, service(), victim(age=9 * HOUR)) == []


def caller() -> tuple[metav1.Object, ...]:
    """What the load calls, and what calls the victim in turn."""
    calls = podv1.EnvVar(name="DB", value="postgres://db:5432")
    web = deployment(
        Ref("Deployment", "shop", "web"), pod_template=template(container(env=(calls,)))
    )
    to_web = corev1.ServiceSpec(selector={"app": "web"})
    return (
        web,
        pod(Ref("Pod", "shop", "web-x"), owner=web, labels={"app": "web"}),
        corev1.Service(metadata=meta(Ref("Service", "shop", "web")), spec=to_web),
    )


def test_a_load_is_passed_on_to_what_the_callee_calls() -> None:
    rogue, worker = loads(command="http://web:8080/")

    [finding] = detect(rogue, worker, DB, service(), victim(), *caller())

    assert (finding.subject, finding.affected[0]) == (rogue.ref, DB.ref)


def test_what_hangs_behind_a_callee_that_is_well_may_hang_for_itself() -> None:
    rogue, worker = loads(command="http://web:8080/")
    hangs = victim(running(ready=False), since=15 * MINUTE)

    assert detect(rogue, worker, DB, service(), hangs, *caller()) == []


def test_a_load_on_a_published_host_is_a_load_on_what_stands_behind() -> None:
    way = networkingv1.IngressBackend(service=networkingv1.IngressService(name="db"))
    paths = networkingv1.IngressHttp(paths=(networkingv1.IngressPath(backend=way),))
    rule = networkingv1.IngressHost(host="db.example.org", http=paths)
    published = networkingv1.Ingress(
        metadata=meta(Ref("Ingress", "shop", "db")),
        spec=networkingv1.IngressSpec(rules=(rule,)),
    )
    rogue, worker = loads(command="https://db.example.org/list")

    [finding] = detect(rogue, worker, DB, service(), victim(), published)

    assert (finding.subject, finding.affected[0]) == (rogue.ref, DB.ref)
