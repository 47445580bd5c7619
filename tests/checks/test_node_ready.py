"""node_ready: a lost node is one Finding, with everything on it affected."""

from datetime import timedelta

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, ago, deployment, meta, node, pod, replicaset, snapshot
from watchdog.checks.node_ready import node_ready
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

SECOND = timedelta(seconds=1)
OTHERS = [node("w-1"), node("w-3"), node("cp-0")]
LOST = node("w-2", ready="Unknown", since=HOUR)


def detect(*items: metav1.Object) -> list[Finding]:
    return list(node_ready.detect(snapshot(*items), NoParams()))


def test_a_silent_node_counts_at_once_and_affects_its_pods_and_their_workloads() -> None:
    web = deployment(Ref("Deployment", "shop", "web"))
    revision = replicaset(web, 1)
    on_it = pod(Ref("Pod", "shop", "web-1-x"), owner=revision, node="w-2")
    beside = pod(Ref("Pod", "shop", "web-1-y"), owner=revision, node="w-1")

    [finding] = detect(*OTHERS, LOST, web, revision, on_it, beside)

    assert (finding.reason, finding.subject) == ("NodeNotReady", Ref("Node", "", "w-2"))
    assert finding.severity is Severity.CRITICAL
    assert finding.affected == (web.ref, on_it.ref)
    assert (finding.since, finding.hold) == (ago(HOUR), timedelta(0))
    assert "kubelet" in finding.why
    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl describe node w-2",)


def test_a_node_that_says_it_is_not_ready_is_quoted() -> None:
    said = metav1.Condition(
        type="Ready",
        status="False",
        reason="KubeletNotReady",
        message="container runtime network not ready: cni plugin not initialized.",
        last_transition_time=ago(HOUR),
        last_heartbeat_time=ago(HOUR),
    )
    status = msgspec.structs.replace(LOST.status, conditions=(said,))

    [finding] = detect(*OTHERS, msgspec.structs.replace(LOST, status=status))

    assert "cni plugin not initialized); on it" in finding.message
    assert finding.proposal is not None
    assert "power" not in finding.proposal.text
    assert finding.evidence[1].text == "last heartbeat 2026-11-20 11:00 UTC"


def test_a_cordoned_node_gets_its_reboot_window() -> None:
    [finding] = detect(*OTHERS, node("w-2", ready="Unknown", unschedulable=True))

    assert finding.hold == 10 * MINUTE


def test_a_node_in_its_reboot_window_gets_ten_minutes() -> None:
    marks = metav1.Annotations(reboot="2026-11-20")
    reboots = msgspec.structs.replace(LOST, metadata=meta(LOST.ref, annotations=marks))

    [finding] = detect(*OTHERS, reboots)

    assert finding.hold == 10 * MINUTE


@pytest.mark.parametrize(
    ("ready", "age", "hold"),
    [
        ("False", 2 * MINUTE + timedelta(seconds=5), 10 * MINUTE),
        ("False", 4 * MINUTE, timedelta(0)),
        ("Unknown", 2 * MINUTE, timedelta(0)),
    ],
)
def test_a_node_that_has_not_been_ready_since_it_joined_gets_ten_minutes(
    ready: str, age: timedelta, hold: timedelta
) -> None:
    made = node("w-9", ready=ready, since=2 * MINUTE)
    joins = msgspec.structs.replace(made, metadata=meta(made.ref, age=age))

    [finding] = detect(*OTHERS, joins)

    assert finding.hold == hold


@pytest.mark.parametrize(
    ("host_network", "before", "hold"),
    [
        (False, SECOND, timedelta(0)),
        (False, -SECOND, 10 * MINUTE),
        (True, SECOND, 10 * MINUTE),
    ],
)
def test_a_node_whose_pods_had_addresses_before_has_joined(
    host_network: bool, before: timedelta, hold: timedelta
) -> None:
    made = node("w-9", ready="False", since=2 * MINUTE)
    joins = msgspec.structs.replace(made, metadata=meta(made.ref, age=2 * MINUTE))
    runs = pod(
        Ref("Pod", "shop", "agent-x"), spec=podv1.PodSpec(host_network=host_network), node="w-9"
    )
    status = msgspec.structs.replace(
        runs.status, pod_ip="10.244.9.2", start_time=ago(2 * MINUTE + before)
    )

    [finding] = detect(*OTHERS, joins, msgspec.structs.replace(runs, status=status))

    assert finding.hold == hold


def test_ready_nodes_are_no_fault_cordoned_or_not() -> None:
    assert detect(*OTHERS, node("w-2", unschedulable=True)) == []


def test_a_node_the_autoscaler_removes_is_no_fault() -> None:
    taint = corev1.Taint(key="ToBeDeletedByClusterAutoscaler", effect="NoSchedule")

    assert detect(*OTHERS, node("w-2", ready="Unknown", taints=(taint,))) == []


def test_more_than_a_third_of_the_nodes_are_one_cause() -> None:
    found = detect(*OTHERS, LOST, node("w-4", ready="Unknown"))

    assert {each.shared for each in found} == {"more than a third of the nodes"}
    assert [each.shared for each in detect(*OTHERS, LOST)] == [""]


def came(name: str, count: int) -> corev1.Happening:
    return corev1.Happening(
        metadata=meta(Ref("Event", "default", f"{name}.1")),
        involved_object=corev1.ObjectReference(kind="Node", name=name, uid=name),
        type="Normal",
        reason="NodeReady",
        count=count,
        first_timestamp=ago(10 * MINUTE),
        last_timestamp=ago(MINUTE),
        source=corev1.EventSource(component="kubelet"),
    )


def test_a_ready_node_that_comes_and_goes_is_told() -> None:
    web = pod(Ref("Pod", "shop", "web"), node="w-1")

    [finding] = detect(*OTHERS, web, came("w-1", 3))

    assert (finding.reason, finding.subject) == ("NodeNotReady", Ref("Node", "", "w-1"))
    assert (finding.since, finding.hold) == (ago(10 * MINUTE), timedelta(0))
    assert finding.affected == (web.ref,)
    assert "3 times" in finding.message
    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl describe node w-1",)


def test_a_node_that_came_back_once_is_no_fault() -> None:
    assert detect(*OTHERS, came("w-1", 1)) == []


def test_a_cordoned_or_leaving_node_may_come_and_go() -> None:
    taint = corev1.Taint(key="ToBeDeletedByClusterAutoscaler", effect="NoSchedule")
    items = (node("w-1", unschedulable=True), node("w-2", taints=(taint,)))

    assert detect(*items, came("w-1", 3), came("w-2", 3)) == []
