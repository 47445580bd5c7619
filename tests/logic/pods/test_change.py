"""change: what changed shortly before a fault began, and what is too old to matter."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from tests.builders import (
    HOUR,
    MINUTE,
    NOW,
    ago,
    container,
    deployment,
    meta,
    node,
    pod,
    replicaset,
    snapshot,
    template,
)
from tests.logic.incident.test_reconcile import CART, finding
from tests.logic.pods.test_related_objects import SHOP, edited
from watchdog.domain.evidence import Evidence
from watchdog.domain.objects import argov1, corev1, metav1
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


def test_a_rollout_names_who_made_it_and_is_told_once() -> None:
    look = cluster()
    owner = edited(look.deployments[CART], age=70 * MINUTE, manager="kubectl-set")

    [change] = changes_before(with_objects(look, "deployments", owner), finding())

    assert change.text == (
        "revision 2 was rolled out by kubectl-set: image of app: cart:1 -> cart:2"
    )


def test_a_rollout_is_not_put_down_to_who_edited_later() -> None:
    look = cluster(rolled_out=80 * MINUTE)
    owner = edited(look.deployments[CART], age=70 * MINUTE)

    later, rollout = changes_before(with_objects(look, "deployments", owner), finding())

    assert later.text == "Deployment/shop/cart was changed by kubectl-edit"
    assert rollout.text.startswith("revision 2 was rolled out: ")


def test_replicas_that_were_set_are_evidence() -> None:
    look = cluster(rolled_out=70 * MINUTE)
    owner = edited(look.deployments[CART], manager="kubectl", subresource="scale")

    texts = {
        each.text for each in changes_before(with_objects(look, "deployments", owner), finding())
    }

    assert "the number of replicas was set by kubectl" in texts
    assert len(texts) == 2


def test_labels_count_for_namespaces_and_nodes_alone() -> None:
    shop = corev1.Namespace(metadata=meta(Ref("Namespace", "", "shop")))
    settings = corev1.ConfigMap(metadata=meta(Ref("ConfigMap", "shop", "cart")))
    look = snapshot(
        deployment(CART), edited(shop, labels_only=True), edited(settings, labels_only=True)
    )

    [change] = changes_before(look, finding(affected=(settings.ref,)))

    assert change.text == "labels of Namespace/shop were set by kubectl-edit"


def test_taints_that_the_cluster_puts_on_a_node_are_no_change() -> None:
    mine = edited(node("w-1", since=24 * HOUR), manager="kube-controller-manager")
    look = with_objects(cluster(rolled_out=3 * HOUR), "nodes", mine)

    assert changes_before(look, finding(affected=(POD,))) == ()


def test_an_unnamed_writer_is_left_out() -> None:
    quota = corev1.ResourceQuota(metadata=meta(Ref("ResourceQuota", "shop", "quota")))

    [change] = changes_before(snapshot(edited(quota, manager="")), finding(quota.ref))

    assert change.text == "ResourceQuota/shop/quota was changed"


@pytest.mark.parametrize("age", [60 * MINUTE - 3 * MINUTE, 91 * MINUTE])
def test_changes_out_of_the_time_are_left_out(age: timedelta) -> None:
    quota = corev1.ResourceQuota(metadata=meta(Ref("ResourceQuota", "shop", "quota")))

    assert changes_before(snapshot(edited(quota, age=age)), finding(quota.ref)) == ()


def test_a_revision_that_argo_cd_brought_is_evidence_for_its_objects() -> None:
    past = argov1.ArgoDeployment(revision="a" * 40, deployed_at=ago(9 * HOUR))
    new = argov1.ArgoDeployment(revision="b" * 40, deployed_at=ago(65 * MINUTE))
    deployed = argov1.ArgoResource(kind="Deployment", namespace="shop", name="cart")
    app = argov1.Application(
        metadata=meta(Ref("Application", "argocd", "shop")),
        status=argov1.ApplicationStatus(history=(past, new), resources=(deployed,)),
    )
    once = msgspec.structs.replace(app.status, history=(new,))
    first = msgspec.structs.replace(app, status=once)

    assert [each.text for each in changes_before(snapshot(app), finding())] == [
        "Argo CD synced revision bbbbbbbb (before: aaaaaaaa)"
    ]
    assert [each.text for each in changes_before(snapshot(first), finding())] == [
        "Argo CD synced revision bbbbbbbb"
    ]
    assert changes_before(snapshot(app), finding(Ref("Deployment", "shop", "till"))) == ()


def test_five_changes_are_told_and_the_nearest_to_the_onset_first() -> None:
    quotas = [
        edited(
            corev1.ResourceQuota(metadata=meta(Ref("ResourceQuota", "shop", f"q-{n}"))),
            age=(61 + n) * MINUTE,
        )
        for n in range(7)
    ]

    found = changes_before(snapshot(deployment(CART), SHOP, *quotas), finding())

    assert [each.ref.name for each in found] == [f"q-{n}" for n in range(5)]


def with_objects(look: Snapshot, need: str, *items: metav1.Object) -> Snapshot:
    return replace(look, objects={**look.objects, need: items})


def test_differences_the_finding_tells_itself_are_not_repeated() -> None:
    said = Evidence(kind="spec", ref=CART, text="image of app: cart:1 -> cart:2")

    [change] = changes_before(cluster(), finding(evidence=(said,)))

    assert change.text == "revision 2 was rolled out"
