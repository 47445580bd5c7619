"""oom_killed: kills at the container's own limit, kills of the node, and kills long past."""

from datetime import timedelta

import msgspec

from tests.builders import (
    HOUR,
    MINUTE,
    container,
    deployment,
    event,
    node,
    pod,
    replicaset,
    running,
    snapshot,
    template,
    terminated,
    waiting,
)
from watchdog.checks.oom_killed import oom_killed
from watchdog.domain.check import NoParams
from watchdog.domain.custom import Carried
from watchdog.domain.finding import Finding
from watchdog.domain.objects import batchv1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

LOKI = Ref("Deployment", "logs", "loki")
NODE = node("w-1")


def detect(*items: metav1.Object) -> list[Finding]:
    return list(oom_killed.detect(snapshot(NODE, *items), NoParams()))


def limited(limit: str | None) -> podv1.PodTemplate:
    limits: metav1.Quantities | None = {"memory": limit} if limit else None
    return template(container(resources=podv1.Resources(limits=limits)))


def killed(
    limit: str | None = "512Mi",
    *,
    before: str | None = None,
    restarts: int = 7,
    age: timedelta = 2 * MINUTE,
    up: timedelta | None = None,
) -> list[metav1.Object]:
    """A Deployment whose container was OOMKilled `age` ago; `up`: it has been Ready for that long."""
    spec = limited(limit)
    owner = deployment(LOKI, ready=int(up is not None), pod_template=spec)
    new = replicaset(owner, 2)
    items: list[metav1.Object] = [owner, new]
    if before is not None:
        items.append(replicaset(owner, 1, replicas=0, pod_template=limited(before)))
    end = terminated(137, reason="OOMKilled", age=age)
    status = (
        waiting("CrashLoopBackOff", restarts=restarts, last_state=end)
        if up is None
        else running(restarts=restarts, last_state=end, age=up)
    )
    ref = Ref("Pod", "logs", "loki-2-x")
    return [*items, pod(ref, status, owner=new, spec=spec.spec, since=up or HOUR)]


def test_the_limit_of_the_pod_as_a_whole_is_its_containers_limit() -> None:
    whole = podv1.Resources(limits={"memory": "1Gi"})
    spec = template(container(), resources=whole)
    owner = deployment(LOKI, ready=0, pod_template=spec)
    new = replicaset(owner, 1)
    end = terminated(137, reason="OOMKilled")
    status = waiting("CrashLoopBackOff", restarts=7, last_state=end)

    [finding] = detect(
        owner, new, pod(Ref("Pod", "logs", "loki-1"), status, owner=new, spec=spec.spec)
    )

    assert (finding.reason, finding.subject) == ("MemoryLimitTooLow", LOKI)
    assert finding.proposal is not None
    assert "limit of its pod from 1Gi to 2Gi" in finding.proposal.text
    assert '"resources":{"limits":{"memory":"2Gi"}}' in finding.proposal.commands[0]


def test_a_container_that_is_killed_at_its_limit_again_and_again_needs_a_higher_one() -> None:
    [finding] = detect(*killed())

    assert (finding.reason, finding.subject) == ("MemoryLimitTooLow", LOKI)
    assert finding.severity is Severity.CRITICAL
    assert "512Mi" in finding.message
    assert finding.proposal is not None
    assert finding.proposal.commands == (
        "kubectl -n logs set resources deployment/loki -c app --limits=memory=1Gi",
    )
    assert finding.carried == (Carried(value="512Mi", key="memory", instead="1Gi"),)


def test_the_limit_of_the_previous_revision_comes_first_if_it_was_higher() -> None:
    [finding] = detect(*killed("64Mi", before="2Gi"))

    assert finding.proposal is not None
    assert "--limits=memory=2Gi" in finding.proposal.commands[0]
    assert any(fact.kind == "change" for fact in finding.evidence)


def test_a_single_kill_is_no_fault_yet() -> None:
    assert detect(*killed(restarts=1)) == []


def test_single_kills_of_two_pods_are_a_fault() -> None:
    items = killed(restarts=1)
    twin = items[-1]
    twin = msgspec.structs.replace(
        twin, metadata=msgspec.structs.replace(twin.metadata, name="loki-2-y", uid="y")
    )

    [finding] = detect(*items, twin)

    assert finding.reason == "MemoryLimitTooLow"


def test_a_pod_that_has_been_ready_for_long_is_history() -> None:
    assert detect(*killed(age=45 * MINUTE, up=40 * MINUTE)) == []


def test_a_pod_that_was_killed_again_minutes_ago_is_not() -> None:
    [finding] = detect(*killed(age=3 * MINUTE, up=2 * MINUTE))

    assert finding.reason == "MemoryLimitTooLow"


def test_a_kill_of_last_week_is_history_even_while_the_pod_is_unready() -> None:
    items = killed(age=timedelta(days=5))

    assert detect(*items) == []


def test_another_end_than_an_oom_kill_is_no_fault() -> None:
    ended = waiting("CrashLoopBackOff", restarts=7, last_state=terminated(137, reason="Error"))

    assert detect(pod(Ref("Pod", "logs", "x"), ended, spec=limited("1Gi").spec)) == []


def test_a_kill_without_any_limit_is_the_nodes_fault() -> None:
    [finding] = detect(*killed(None))

    assert (finding.reason, finding.subject) == ("NodeOutOfMemory", NODE.ref)
    assert finding.severity is Severity.WARNING
    assert LOKI in finding.affected
    assert [each.ref for each in finding.evidence if each.kind == "spec"] == [LOKI]


def test_a_fresh_system_oom_event_alone_is_the_nodes_fault() -> None:
    said = event(NODE, "SystemOOM", "System OOM encountered, victim process: java, pid: 123")

    [finding] = detect(said)

    assert finding.reason == "NodeOutOfMemory"
    assert "victim process: java" in finding.message


def test_an_event_of_a_container_at_its_limit_is_not_the_nodes_fault() -> None:
    said = event(NODE, "OOMKilling", "Memory cgroup out of memory: Killed process 7 (java)")

    assert detect(said) == []


def test_an_old_system_oom_event_is_history() -> None:
    assert detect(event(NODE, "SystemOOM", "System OOM encountered", age=HOUR)) == []


def test_pods_of_a_job_that_completed_at_last_are_history() -> None:
    job = batchv1.Job(
        metadata=metav1.Metadata(name="import", namespace="logs", uid="j"),
        status=batchv1.JobStatus(conditions=(metav1.Condition(type="Complete", status="True"),)),
    )
    status = podv1.ContainerStatus(name="app", state=terminated(137, reason="OOMKilled"))
    pods = [
        pod(
            Ref("Pod", "logs", f"import-{n}"),
            status,
            owner=job,
            spec=limited("1Gi").spec,
            phase="Failed",
        )
        for n in (1, 2)
    ]

    assert detect(job, *pods) == []
    going_on = msgspec.structs.replace(job, status=batchv1.JobStatus(active=1))
    assert [each.subject.kind for each in detect(going_on, *pods)] == ["Job"]
