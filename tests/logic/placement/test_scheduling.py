"""Scheduling: which nodes take a pod, with all that runs on them."""

from tests.builders import node, pod, snapshot, template
from watchdog.domain.objects import corev1, metav1, placementv1, podv1
from watchdog.domain.ref import Ref
from watchdog.logic.placement.scheduling import Block, Scheduling


def placed(spec: podv1.PodTemplate, on: str) -> podv1.Pod:
    return pod(Ref("Pod", "shop", f"on-{on}"), spec=spec.spec, node=on, labels={"app": "x"})


def apart() -> podv1.PodTemplate:
    term = placementv1.PodAffinityTerm(
        label_selector=metav1.LabelSelector(match_labels={"app": "x"}),
        topology_key="kubernetes.io/hostname",
        namespace_selector=metav1.LabelSelector(),
    )
    affinity = placementv1.Affinity(pod_anti_affinity=placementv1.PodAffinity(required=(term,)))
    return template(affinity=affinity)


def test_a_namespace_selector_widens_anti_affinity_and_an_unknown_home_means_nothing() -> None:
    waits = pod(Ref("Pod", "other", "waits"), spec=apart().spec, node="")
    known, gone = placed(template(), "w-1"), placed(template(), "gone")

    fit = Scheduling(snapshot(node("w-1"), node("w-2"), waits, known, gone)).fit(waits)

    assert fit.blocks == {"w-1": {Block.APART}, "w-2": frozenset()}


def test_a_taint_of_the_control_plane_is_a_state_of_the_node() -> None:
    pressed = corev1.Taint(key="node.kubernetes.io/disk-pressure", effect="NoSchedule")
    waits = pod(Ref("Pod", "shop", "waits"), node="")

    fit = Scheduling(snapshot(node("w-1", taints=(pressed,)), waits)).fit(waits)

    assert fit.blocks["w-1"] == {Block.STATE}


def test_only_a_hard_spread_rules_nodes_out() -> None:
    soft = placementv1.TopologySpread(
        max_skew=1, topology_key="kubernetes.io/hostname", when_unsatisfiable="ScheduleAnyway"
    )
    waits = pod(
        Ref("Pod", "shop", "waits"),
        spec=template(topology_spread_constraints=(soft,)).spec,
        node="",
    )

    assert Scheduling(snapshot(node("w-1"), waits)).fit(waits).nodes() == ("w-1",)
