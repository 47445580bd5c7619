"""hog: Jobs of nobody that fill their node, and who suffers there for it."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.builders import (
    HOUR,
    MINUTE,
    ago,
    container,
    deployment,
    meta,
    node,
    pod,
    running,
    snapshot,
    template,
    terminated,
)
from watchdog.checks.job import job
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, batchv1, corev1, metav1, podv1, statsv1
from watchdog.domain.ref import Ref

CRUNCH = Ref("Job", "tools", "crunch")
WEB = deployment(Ref("Deployment", "shop", "web"), replicas=2, ready=1)
FULL: metav1.Quantities = {"cpu": "7800m", "memory": "4Gi"}
HANGS = running(ready=False)


def crunch(node_name: str = "w-1") -> tuple[metav1.Object, ...]:
    """The Job with its pod, for an hour."""
    made = batchv1.Job(
        metadata=meta(CRUNCH),
        spec=batchv1.JobSpec(template=template()),
        status=batchv1.JobStatus(active=1, start_time=ago(HOUR)),
    )
    return made, pod(Ref("Pod", "tools", "crunch-x"), owner=made, node=node_name)


def uses(cpu: str = "7200m", memory: str = "1Gi") -> statsv1.PodMetrics:
    used = statsv1.ContainerMetrics(name="app", usage={"cpu": cpu, "memory": memory})
    return statsv1.PodMetrics(
        metadata=meta(Ref("PodMetrics", "tools", "crunch-x")), containers=(used,)
    )


def sample(usage: metav1.Quantities) -> statsv1.NodeMetrics:
    return statsv1.NodeMetrics(
        metadata=metav1.Metadata(name="w-1"), timestamp=ago(MINUTE), usage=usage
    )


def web(
    *statuses: podv1.ContainerStatus,
    name: str = "web-1",
    where: str = "w-1",
    since: timedelta = 40 * MINUTE,
    owner: appsv1.Deployment = WEB,
    spec: podv1.PodSpec | None = None,
) -> podv1.Pod:
    return pod(
        Ref("Pod", "shop", name),
        *(statuses or (HANGS,)),
        owner=owner,
        node=where,
        since=since,
        age=24 * HOUR,
        spec=spec,
    )


def with_condition(kind: str, made: corev1.Node | None = None) -> corev1.Node:
    made = made or node("w-1")
    trouble = metav1.Condition(type=kind, status="True")
    return replace(made, status=replace(made.status, conditions=(*made.status.conditions, trouble)))


def detect(*items: metav1.Object) -> list[Finding]:
    return list(job.detect(snapshot(*items), NoParams()))


def test_a_job_that_takes_the_cpu_of_a_node_is_why_its_neighbours_hang() -> None:
    [finding] = detect(*crunch(), uses(), sample(FULL), node("w-1"), WEB, web())

    assert (finding.reason, finding.subject) == ("RogueJob", CRUNCH)
    assert (finding.since, finding.hold) == (ago(40 * MINUTE), 5 * MINUTE)
    assert finding.affected[:3] == (WEB.ref, Ref("Pod", "shop", "web-1"), Ref("Node", "", "w-1"))
    assert "90% of the CPU of node w-1" in finding.why
    assert finding.proposal is not None
    assert '{"suspend":true}' in finding.proposal.commands[0]


def test_memory_that_the_kubelet_itself_calls_short_is_enough() -> None:
    killed = running(
        restarts=2, last_state=terminated(137, reason="OOMKilled", age=20 * MINUTE), ready=False
    )

    [finding] = detect(
        *crunch(), uses(memory="12Gi"), with_condition("MemoryPressure"), WEB, web(killed)
    )

    assert "75% of the memory" in finding.why


def test_a_node_in_other_trouble_is_not_full_because_of_the_job_alone() -> None:
    sick = with_condition("DiskPressure")

    [finding] = detect(*crunch(), uses(), sample(FULL), sick, WEB, web())

    assert sick.ref not in finding.affected


LIMITED = podv1.PodSpec(
    containers=(container(resources=podv1.Resources(limits={"memory": "64Mi"})),)
)
AT_LIMIT = running(restarts=3, last_state=terminated(137, reason="OOMKilled", age=9 * MINUTE))


@pytest.mark.parametrize(
    "neighbours",
    [
        [web(running())],
        [web(since=2 * HOUR)],
        [web(), web(name="web-2", where="w-2")],
        [web(replace(AT_LIMIT, ready=False), spec=LIMITED)],
        [web(where="w-2")],
    ],
    ids=["well", "ill before", "ill elsewhere too", "at its own limit", "on another node"],
)
def test_who_is_well_or_ill_for_another_reason_is_no_victim(
    neighbours: Sequence[podv1.Pod],
) -> None:
    assert detect(*crunch(), uses(), sample(FULL), node("w-1"), WEB, *neighbours) == []


@pytest.mark.parametrize(
    "items",
    [
        (uses("3"), sample(FULL), node("w-1")),
        (uses(), sample({"cpu": "5", "memory": "4Gi"}), node("w-1")),
        (sample(FULL), node("w-1")),
        (uses(), node("w-1")),
        (uses(), sample(FULL)),
        (uses(), sample(FULL), node("w-1", ready="False")),
        (uses(), sample(FULL), replace(node("w-1"), status=corev1.NodeStatus())),
    ],
    ids=["not the most", "room left", "not measured", "node not measured", "gone", "lost", "empty"],
)
def test_a_node_that_is_not_full_of_the_job_is_not_its_doing(
    items: tuple[metav1.Object, ...],
) -> None:
    assert detect(*crunch(), *items, WEB, web()) == []
