"""The brake: when so much is sick at once that nothing is done alone."""

from dataclasses import replace

import msgspec
import pytest

from tests.builders import meta, node, pod, running, snapshot
from watchdog.domain.objects import corev1, metav1, podv1, serverv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Missing, Snapshot
from watchdog.logic.decision.brake import brakes

NODES = tuple(node(f"w-{number}") for number in (1, 2, 3))


def pods(sick: int, well: int, *, where: str = "w-1") -> tuple[podv1.Pod, ...]:
    return tuple(
        pod(Ref("Pod", "shop", f"p-{number}"), running(ready=number >= sick), node=where)
        for number in range(sick + well)
    )


def failing(snap: Snapshot, need: str, reason: str) -> Snapshot:
    kept = {name: items for name, items in snap.objects.items() if name != need}
    return replace(snap, objects=kept, missing={need: Missing(reason, f"cannot list {need}")})


def test_a_healthy_cluster_is_not_braked() -> None:
    assert brakes(snapshot(*NODES, *pods(0, 50))) == ()


@pytest.mark.parametrize(
    ("sick", "well", "braked"),
    [(5, 45, True), (6, 44, True), (5, 46, False), (4, 0, False), (5, 0, True)],
)
def test_a_tenth_of_the_pods_and_no_fewer_than_five(sick: int, well: int, *, braked: bool) -> None:
    assert bool(brakes(snapshot(*NODES, *pods(sick, well)))) is braked


def test_it_says_how_many_are_sick() -> None:
    assert brakes(snapshot(*NODES, *pods(6, 44))) == (
        "6 of 50 pods are sick: that is no matter of one workload",
    )


def test_pods_that_ended_or_are_going_are_not_sick() -> None:
    over = [
        pod(Ref("Pod", "shop", f"e-{number}"), running(ready=False), phase="Failed")
        for number in range(20)
    ]
    going = [
        pod(Ref("Pod", "shop", f"d-{number}"), running(ready=False), deleting=True)
        for number in range(20)
    ]

    assert brakes(snapshot(*NODES, *over, *going, *pods(0, 10))) == ()


def test_pods_on_a_lost_node_are_sick_whatever_they_say() -> None:
    lost = node("w-4", ready="Unknown")

    said = brakes(snapshot(*NODES, lost, *pods(0, 6, where="w-4")))

    assert said == ("6 of 6 pods are sick: that is no matter of one workload",)


def pressed(name: str) -> corev1.Node:
    found = node(name)
    conditions = (
        *found.status.conditions,
        metav1.Condition(type="PIDPressure", status="False"),
        metav1.Condition(type="DiskPressure", status="True"),
    )
    return msgspec.structs.replace(
        found, status=msgspec.structs.replace(found.status, conditions=conditions)
    )


@pytest.mark.parametrize(
    ("nodes", "braked"),
    [
        ((node("a", ready="False"), node("b")), True),
        ((node("a", ready="False"), node("b"), node("c")), False),
        ((node("a", ready="Unknown"), pressed("b"), node("c"), node("d"), node("e")), True),
        ((pressed("a"), node("b"), node("c"), node("d")), False),
    ],
)
def test_more_than_a_third_of_the_nodes(nodes: tuple[corev1.Node, ...], *, braked: bool) -> None:
    said = brakes(snapshot(*nodes))

    assert bool(said) is braked
    assert not braked or "nodes are sick (a" in said[0]


@pytest.mark.parametrize(
    ("need", "reason", "braked"),
    [
        ("pods", "timeout", True),
        ("pods", "forbidden", True),
        ("poddisruptionbudgets", "timeout", True),
        ("poddisruptionbudgets", "forbidden", False),
        ("stats", "timeout", False),
        ("resourcequotas", "absent", False),
    ],
)
def test_an_api_that_does_not_answer(need: str, reason: str, *, braked: bool) -> None:
    said = brakes(failing(snapshot(*NODES), need, reason))

    assert said == ((f"the API does not answer completely ({need})",) if braked else ())


def test_an_api_server_that_says_it_is_not_well() -> None:
    def server(**fields: object) -> serverv1.APIServer:
        made = serverv1.APIServer(metadata=meta(Ref("APIServer", "", "api")), version="v1.36.3")
        return msgspec.structs.replace(made, **fields)

    check = serverv1.FailedCheck(endpoint="readyz", name="etcd", said="failed")
    slow = tuple(serverv1.ListTime(need=need, seconds=20, objects=3) for need in ("pods", "nodes"))

    assert brakes(snapshot(*NODES, server())) == ()
    assert brakes(snapshot(*NODES, server(failed=(check,)))) == (
        "the API server is not well (etcd)",
    )
    assert brakes(snapshot(*NODES, server(lists=slow))) == (
        "the API server is not well (it is slow)",
    )
