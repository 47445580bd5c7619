"""change: what changed shortly before a fault began, and what is too old to matter."""

from dataclasses import replace
from datetime import timedelta

from tests.builders import (
    HOUR,
    MINUTE,
    NOW,
    container,
    deployment,
    node,
    pod,
    replicaset,
    snapshot,
    template,
)
from tests.logic.incident.test_reconcile import CART, finding
from watchdog.domain.evidence import Evidence
from watchdog.domain.objects import corev1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.pods.change import changes_before

POD = Ref("Pod", "shop", "cart-1")
NODE = Ref("Node", "", "w-1")


def cluster(*, rolled_out: timedelta = 70 * MINUTE, node_ready: timedelta = 24 * HOUR) -> Snapshot:
    new = template(container(image="cart:2"))
    owner = deployment(CART, pod_template=new)
    return snapshot(
        owner,
        replicaset(owner, 1, pod_template=template(container(image="cart:1")), age=24 * HOUR),
        replicaset(owner, 2, pod_template=new, age=rolled_out),
        node("w-1", since=node_ready),
        pod(POD),
    )


def test_a_revision_rolled_out_shortly_before_is_evidence_with_its_differences() -> None:
    [change] = changes_before(cluster(), finding())

    assert (change.kind, change.ref) == ("change", CART)
    assert change.text == "revision 2 was rolled out: image of app: cart:1 -> cart:2"


def test_older_revisions_and_nodes_are_not() -> None:
    assert changes_before(cluster(rolled_out=3 * HOUR), finding(affected=(POD,))) == ()


def test_a_change_after_the_onset_is_not() -> None:
    assert changes_before(cluster(rolled_out=10 * MINUTE), finding()) == ()


def test_a_node_that_came_or_went_shortly_before_is_evidence() -> None:
    look = cluster(rolled_out=3 * HOUR, node_ready=65 * MINUTE)

    [change] = changes_before(look, finding(affected=(POD,)))

    assert change.text == "node w-1 became Ready=True (no reason)"


def test_a_nodes_own_fault_is_not_its_own_cause() -> None:
    look = cluster(rolled_out=3 * HOUR, node_ready=65 * MINUTE)

    assert changes_before(look, finding(NODE, affected=(POD,))) == ()


def test_newest_comes_first() -> None:
    look = cluster(rolled_out=80 * MINUTE, node_ready=65 * MINUTE)

    assert [each.ref for each in changes_before(look, finding(affected=(POD,)))] == [NODE, CART]


def test_what_the_check_said_itself_is_not_said_again() -> None:
    said = Evidence(kind="change", ref=CART, at=NOW - 70 * MINUTE, text="image changed")

    assert changes_before(cluster(), finding(evidence=(said,))) == ()


def test_without_an_onset_or_a_former_revision_there_is_nothing() -> None:
    assert changes_before(cluster(), finding(since=None)) == ()
    assert changes_before(snapshot(deployment(CART)), finding()) == ()


def test_a_node_that_says_nothing_of_itself_is_no_change() -> None:
    look = cluster(rolled_out=3 * HOUR)
    mute = corev1.Node(metadata=look.nodes["w-1"].metadata)
    blank = replace(look, objects={**look.objects, "nodes": (mute,)})

    assert changes_before(blank, finding(affected=(POD,))) == ()
