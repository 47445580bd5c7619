"""carried: which values of its own spec keep a pod from every node."""

import msgspec

from tests.builders import HOUR, ago, container, deployment, meta, node, pod, snapshot, template
from watchdog.domain.custom import Carried
from watchdog.domain.objects import corev1, metav1, placementv1, podv1
from watchdog.domain.ref import Ref
from watchdog.logic.placement.own_constraints import carried
from watchdog.logic.placement.pending import Stuck
from watchdog.logic.placement.scheduling import Fit, Scheduling

APP = Ref("Deployment", "shop", "app")
SSD = msgspec.structs.replace(
    node("w-1"), metadata=meta(Ref("Node", "", "w-1"), labels={"disk": "ssd"})
)


def values(
    reason: str, *containers: podv1.Container, replicas: int = 1, on: str = "", **spec: object
) -> tuple[Carried, ...]:
    taint = corev1.Taint(key="dedicated", value="db", effect="NoSchedule")
    tainted = node("w-2", taints=(taint,))
    waits = pod(Ref("Pod", "shop", "app-x"), spec=template(*containers, **spec).spec, node=on)
    seen = snapshot(SSD, tainted, waits, deployment(APP, replicas=replicas))
    nodes = ("w-2",) if reason == "UnschedulableTaint" else ("w-1",)
    return carried(
        seen, Scheduling(seen), Stuck(reason, APP, waits, ago(HOUR), Fit(waits, {}), nodes)
    )


def asks(**requests: str) -> podv1.Container:
    return container(resources=podv1.Resources(requests=dict(requests)))


def affinity(operator: str, *wanted: str) -> placementv1.Affinity:
    need = metav1.LabelRequirement(key="disk", operator=operator, values=wanted or None)
    term = placementv1.NodeSelectorTerm(match_expressions=(need,))
    required = placementv1.NodeSelector(node_selector_terms=(term,))
    return placementv1.Affinity(node_affinity=placementv1.NodeAffinity(required=required))


def test_a_pair_of_the_selector_that_no_node_has_with_a_near_value() -> None:
    assert values("UnschedulableNodeSelector", node_selector={"disk": "sdd"}) == (
        Carried(value="sdd", key="disk", instead="ssd"),
    )


def test_a_pair_that_is_like_none_has_to_go() -> None:
    assert values("UnschedulableNodeSelector", node_selector={"rack": "7"}) == (
        Carried(value="7", key="rack", instead=""),
    )


def test_values_of_an_affinity_that_no_node_has() -> None:
    found = values("UnschedulableNodeSelector", affinity=affinity("In", "nvme"))

    assert found == (Carried(value="nvme", key="disk"),)


def test_an_affinity_that_some_node_meets_or_that_names_no_value() -> None:
    assert values("UnschedulableNodeSelector", affinity=affinity("In", "nvme", "ssd")) == ()
    assert values("UnschedulableNodeSelector", affinity=affinity("DoesNotExist")) == ()
    assert values("UnschedulableNodeSelector", affinity=placementv1.Affinity()) == ()


def test_a_node_that_does_not_exist() -> None:
    assert values("UnschedulableNodeSelector", on="w-9") == (
        Carried(value="w-9", key="nodeName", instead=""),
    )


def test_a_toleration_that_means_the_taint_and_misses_it() -> None:
    wrong = placementv1.Toleration(
        key="dedicated", operator="Equal", value="dp", effect="NoExecute"
    )

    assert values("UnschedulableTaint", tolerations=(wrong,)) == (
        Carried(value="NoExecute", key="effect", instead="NoSchedule"),
        Carried(value="dp", key="value", instead="db"),
    )


def test_a_toleration_of_something_else_is_not_wrong() -> None:
    other = placementv1.Toleration(key="other", operator="Exists")
    worded = placementv1.Toleration(key="dedicated", value="dp")
    nearly = placementv1.Toleration(key="dedicated", operator="Exists", effect="NoExecute")

    assert values("UnschedulableTaint", tolerations=(other,)) == ()
    assert [each.key for each in values("UnschedulableTaint", tolerations=(worded,))] == ["value"]
    assert [each.key for each in values("UnschedulableTaint", tolerations=(nearly,))] == ["effect"]


def test_what_is_larger_than_a_node() -> None:
    assert values("RequestTooLarge", asks(cpu="64", memory="1Gi"), container("log")) == (
        Carried(value="64", key="cpu"),
    )


def test_what_is_short_and_how_many_want_it() -> None:
    assert values("InsufficientCapacity", asks(cpu="64"), replicas=900) == (
        Carried(value="900", key="replicas"),
        Carried(value="64", key="cpu"),
    )


def test_a_number_of_pods_that_must_not_share_a_node() -> None:
    assert values("AntiAffinityUnsatisfiable", replicas=9) == (Carried(value="9", key="replicas"),)
    assert values("AntiAffinityUnsatisfiable") == ()


def test_a_port_of_the_node() -> None:
    port = podv1.ContainerPort(container_port=80, host_port=8080)

    assert values("HostPortConflict", container(ports=(port,))) == (
        Carried(value="8080", key="hostPort"),
    )


def test_what_lies_in_other_objects_is_no_value_of_the_spec() -> None:
    assert values("RWOVolumeShared") == ()
