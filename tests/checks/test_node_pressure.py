"""node_pressure: known conditions of trouble, and nothing else."""

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, ago, meta, node, pod, snapshot
from watchdog.checks.node_pressure import node_pressure
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, metav1, statsv1
from watchdog.domain.ref import Ref


def detect(*items: metav1.Object) -> list[Finding]:
    return list(node_pressure.detect(snapshot(*items), NoParams()))


def troubled(kind: str, *, status: str = "True", ready: str = "True") -> corev1.Node:
    item = node("w-1", ready=ready)
    condition = metav1.Condition(
        type=kind, status=status, reason="KubeletHas", last_transition_time=ago(HOUR)
    )
    conditions = (*item.status.conditions, condition)
    return msgspec.structs.replace(
        item, status=msgspec.structs.replace(item.status, conditions=conditions)
    )


@pytest.mark.parametrize("kind", ["DiskPressure", "MemoryPressure", "ReadonlyFilesystem"])
def test_a_condition_of_trouble_is_the_nodes_finding(kind: str) -> None:
    victim = pod(Ref("Pod", "shop", "x"), node="w-1")

    [finding] = detect(troubled(kind), victim)

    assert (finding.reason, finding.subject) == ("NodePressure", Ref("Node", "", "w-1"))
    assert (finding.since, finding.hold) == (ago(HOUR), 10 * MINUTE)
    assert kind in finding.message
    assert finding.affected == (victim.ref,)


@pytest.mark.parametrize(
    "item",
    [
        troubled("DiskPressure", status="False"),
        troubled("DiskPressure", status="Unknown"),
        troubled("SomethingNobodyKnows"),
        troubled("DiskPressure", ready="Unknown"),
    ],
)
def test_other_states_are_no_fault(item: corev1.Node) -> None:
    assert detect(item) == []


def roomy(share: float) -> statsv1.NodeStats:
    system = statsv1.Filesystem(capacity_bytes=100 << 30, available_bytes=int(share * 100) << 30)
    return statsv1.NodeStats(
        metadata=meta(Ref("NodeStats", "", "w-1")), node=statsv1.NodeSummary(fs=system)
    )


def test_pressure_on_a_disk_that_is_half_empty_is_a_wrong_threshold() -> None:
    victim = pod(Ref("Pod", "shop", "x"), node="w-1")

    [finding] = detect(troubled("DiskPressure"), roomy(0.5), victim)

    assert finding.reason == "EvictionThresholdMisconfigured"
    assert finding.subject == Ref("Node", "", "w-1")
    assert (finding.since, finding.hold) == (ago(HOUR), 10 * MINUTE)
    assert "50Gi of 100Gi" in finding.message
    assert finding.proposal is not None
    assert "evictionHard" in finding.proposal.text


def test_pressure_on_a_full_disk_stays_pressure() -> None:
    assert [each.reason for each in detect(troubled("DiskPressure"), roomy(0.1))] == [
        "NodePressure"
    ]


def test_other_pressure_is_told_beside_a_wrong_threshold() -> None:
    item = troubled("DiskPressure")
    memory = metav1.Condition(type="MemoryPressure", status="True", last_transition_time=ago(HOUR))
    conditions = (*item.status.conditions, memory)
    both = msgspec.structs.replace(
        item, status=msgspec.structs.replace(item.status, conditions=conditions)
    )

    first, second = detect(both, roomy(0.5))

    assert (first.reason, second.reason) == ("NodePressure", "EvictionThresholdMisconfigured")
    assert "DiskPressure" not in first.message
