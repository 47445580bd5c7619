"""node_pressure: known conditions of trouble, and nothing else."""

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, ago, node, pod, snapshot
from watchdog.checks.node_pressure import node_pressure
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, metav1
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
