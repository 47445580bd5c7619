"""pod_failed: evictions that go on, and those that are over."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.builders import (
    HOUR,
    MINUTE,
    ago,
    deployment,
    meta,
    pod,
    replicaset,
    snapshot,
    terminated,
)
from watchdog.checks.pod_failed import pod_failed
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, batchv1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

THUMBS = Ref("Deployment", "media", "thumbs")
LABELS = {"app.kubernetes.io/name": "thumbs", "tier": "back"}


def detect(*items: metav1.Object) -> list[Finding]:
    return list(pod_failed.detect(snapshot(*items), NoParams()))


def thumbs(
    *, ready: int = 2, labels: dict[str, str] | None = None
) -> tuple[appsv1.Deployment, appsv1.ReplicaSet]:
    selector = metav1.LabelSelector(match_labels=LABELS if labels is None else labels)
    owner = deployment(THUMBS, replicas=2, ready=ready, selector=selector)
    return owner, replicaset(owner, 1)


def failed(
    owner: metav1.Object | None,
    number: int,
    *,
    age: timedelta,
    reason: str = "Evicted",
    message: str = "The node was low on resource: ephemeral-storage.",
    phase: str = "Failed",
) -> podv1.Pod:
    return pod(
        Ref("Pod", "media", f"thumbs-{number}"),
        owner=owner,
        phase=phase,
        reason=reason,
        message=message,
        ready=False,
        since=age,
        age=age,
    )


def test_pods_of_an_incomplete_workload_that_are_evicted_three_times_are_a_fault() -> None:
    owner, made = thumbs(ready=0)
    pods = [failed(made, n, age=(n + 1) * MINUTE) for n in range(3)]

    [finding] = detect(owner, made, *pods)

    assert (finding.reason, finding.subject) == ("PodEvictedRepeatedly", THUMBS)
    assert (finding.since, finding.hold) == (ago(3 * MINUTE), timedelta(0))
    assert finding.severity is Severity.CRITICAL
    assert "low on resource: ephemeral-storage. Each replacement" in finding.why
    assert Ref("Node", "", "w-1") in finding.affected
    assert finding.proposal is not None
    assert "sizeLimit" in finding.proposal.text


def test_a_complete_workload_that_is_evicted_again_and_again_is_a_fault_too() -> None:
    owner, made = thumbs()
    pods = [failed(made, n, age=(n + 1) * 10 * MINUTE) for n in range(3)]

    assert [finding.reason for finding in detect(owner, made, *pods)] == ["PodEvictedRepeatedly"]


def test_pods_that_a_node_refuses_are_told_with_what_to_look_for() -> None:
    owner, made = thumbs(ready=0)
    pods = [failed(made, n, age=n * MINUTE, reason="OutOfcpu", message="") for n in range(3)]

    [finding] = detect(owner, made, *pods)

    assert "OutOfcpu" in finding.message
    assert finding.proposal is not None
    assert "scheduler" in finding.proposal.text


def test_the_end_of_a_container_tells_when_a_pod_ended() -> None:
    owner, made = thumbs(ready=0)
    pods = [failed(made, n, age=9 * HOUR) for n in range(3)]
    ended = podv1.ContainerStatus(name="app", state=terminated(137, age=5 * MINUTE))
    late = [replace(p, status=replace(p.status, container_statuses=(ended,))) for p in pods]

    assert detect(owner, made, *pods) == []
    assert [finding.since for finding in detect(owner, made, *late)] == [ago(5 * MINUTE)]


@pytest.mark.parametrize(
    ("ready", "fields"),
    [
        (2, {"age": 5 * MINUTE}),
        (0, {"age": 2 * HOUR}),
        (0, {"age": MINUTE, "reason": "NodeShutdown"}),
        (0, {"age": MINUTE, "reason": "DeadlineExceeded"}),
        (0, {"age": MINUTE, "phase": "Running"}),
    ],
    ids=["replaced", "long ago", "planned", "its own end", "not ended"],
)
def test_other_ends_are_no_repetition(ready: int, fields: dict[str, object]) -> None:
    owner, made = thumbs(ready=ready)
    pods = [failed(made, n, **fields) for n in range(5)]  # type: ignore[arg-type]

    assert detect(owner, made, *pods) == []


def test_a_pod_of_nobody_is_not_replaced_so_nothing_repeats() -> None:
    assert detect(*[failed(None, n, age=MINUTE) for n in range(5)]) == []


def test_what_lies_about_of_healthy_workloads_of_a_namespace_is_noted_after_a_day() -> None:
    owner, made = thumbs()
    other = deployment(Ref("Deployment", "media", "convert"), replicas=0)
    second = replace(
        replicaset(other, 1), metadata=meta(Ref("ReplicaSet", "media", "c"), owner=other)
    )
    pods = [failed(made, n, age=30 * HOUR + n * MINUTE) for n in range(8)]
    more = [failed(second, n, age=40 * HOUR) for n in range(8, 12)]

    found = detect(owner, made, other, second, *pods, *more)

    assert [finding.subject.name for finding in found] == ["convert", "thumbs"]
    first, finding = found
    assert finding.reason == "FailedPodClutter"
    assert finding.severity is Severity.INFO
    assert first.shared == finding.shared == "failed pods in namespace media"
    assert (finding.since, finding.hold) == (ago(30 * HOUR + 2 * MINUTE), 24 * HOUR)
    assert finding.proposal is not None
    assert finding.proposal.commands[0] == (
        "kubectl -n media delete pods --field-selector=status.phase=Failed "
        "-l app.kubernetes.io/name=thumbs,tier=back"
    )


@pytest.mark.parametrize("labels", [{}, {"app": "$(reboot)"}])
def test_a_selector_that_cannot_stand_in_a_command_is_left_out(labels: dict[str, str]) -> None:
    owner, made = thumbs(labels=labels)
    pods = [failed(made, n, age=30 * HOUR) for n in range(10)]

    [finding] = detect(owner, made, *pods)

    assert finding.proposal is not None
    assert finding.proposal.commands == (
        "kubectl -n media get pods --field-selector=status.phase=Failed",
    )


def test_a_few_leftovers_or_those_of_a_workload_in_trouble_are_no_clutter() -> None:
    owner, made = thumbs()
    ill, broken = thumbs(ready=1)

    assert detect(owner, made, *[failed(made, n, age=30 * HOUR) for n in range(9)]) == []
    assert detect(ill, broken, *[failed(broken, n, age=30 * HOUR) for n in range(20)]) == []


def test_a_job_whose_pods_are_evicted_is_judged_by_its_pods() -> None:
    job = batchv1.Job(metadata=meta(Ref("Job", "media", "import")))
    pods = [failed(job, n, age=(n + 1) * MINUTE) for n in range(3)]
    waits = pod(Ref("Pod", "media", "import-9"), owner=job, ready=False, phase="Pending")

    assert detect(job, *pods) == []
    assert [finding.subject for finding in detect(job, *pods, waits)] == [job.ref]
