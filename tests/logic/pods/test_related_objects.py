"""around: whose change is told for a fault, and whose has nothing to do with it."""

from collections.abc import Iterable
from datetime import timedelta

import msgspec
import pytest

from tests.builders import (
    HOUR,
    MINUTE,
    NEEDS,
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
from watchdog.domain.objects import (
    admissionv1,
    autoscalingv1,
    certmanagerv1,
    corev1,
    metav1,
    networkingv1,
    podv1,
    policyv1,
)
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import ObjectT
from watchdog.logic.pods.change import changes_before

POD = Ref("Pod", "shop", "cart-1")
SPEC = podv1.PodSpec(
    containers=(
        container(env_from=(podv1.EnvFrom(config_map_ref=podv1.NameRef(name="settings")),)),
    ),
    service_account_name="cart",
    priority_class_name="batch",
)
KINDS = {kind.KIND: kind for kind in NEEDS}
SHOP = corev1.Namespace(
    metadata=meta(Ref("Namespace", "", "shop"), age=99 * HOUR, labels={"team": "a"})
)


def edited(
    item: ObjectT,
    *,
    age: timedelta = 70 * MINUTE,
    manager: str = "kubectl-edit",
    subresource: str = "",
    labels_only: bool = False,
    born: timedelta = 99 * HOUR,
) -> ObjectT:
    """The same object, changed `age` ago."""
    edit = metav1.Edit(
        manager=manager, time=ago(age), subresource=subresource, labels_only=labels_only
    )
    metadata = msgspec.structs.replace(
        item.metadata, managed_fields=(edit,), creation_timestamp=ago(born)
    )
    return msgspec.structs.replace(item, metadata=metadata)


def thing(kind: str, name: str, namespace: str = "shop") -> metav1.Object:
    return KINDS[kind](metadata=meta(Ref(kind, namespace, name)))


def told(*items: metav1.Object, subject: Ref = CART, affected: Iterable[Ref] = (POD,)) -> list[str]:
    owner = deployment(CART, pod_template=template())
    made = replicaset(owner, 1, age=24 * HOUR)
    sufferer = pod(POD, owner=made, spec=SPEC, labels={"app": "cart"})
    others = [] if any(item.ref == SHOP.ref for item in items) else [SHOP]
    look = snapshot(owner, made, sufferer, *others, *items)
    found = changes_before(look, finding(subject, affected=tuple(affected)))
    return [str(each.ref) for each in found]


def policy(labels: dict[str, str]) -> networkingv1.NetworkPolicy:
    selector = metav1.LabelSelector(match_labels=labels)
    return networkingv1.NetworkPolicy(
        metadata=meta(Ref("NetworkPolicy", "shop", "deny")),
        spec=networkingv1.NetworkPolicySpec(pod_selector=selector),
    )


def service(labels: dict[str, str] | None) -> corev1.Service:
    return corev1.Service(
        metadata=meta(Ref("Service", "shop", "cart")), spec=corev1.ServiceSpec(selector=labels)
    )


def webhooks(
    *resources: str, selector: metav1.LabelSelector | None = None
) -> admissionv1.MutatingWebhookConfiguration:
    rule = admissionv1.WebhookRule(resources=resources or None)
    return admissionv1.MutatingWebhookConfiguration(
        metadata=meta(Ref("MutatingWebhookConfiguration", "", "inject")),
        webhooks=(admissionv1.Webhook(rules=(rule,), namespace_selector=selector),),
    )


def priority(name: str, *, everyone: bool = False) -> policyv1.PriorityClass:
    return policyv1.PriorityClass(
        metadata=meta(Ref("PriorityClass", "", name)), global_default=everyone
    )


def autoscaler(target: str) -> autoscalingv1.HorizontalPodAutoscaler:
    scaled = certmanagerv1.TypedName(kind="Deployment", name=target)
    return autoscalingv1.HorizontalPodAutoscaler(
        metadata=meta(Ref("HorizontalPodAutoscaler", "shop", "cart")),
        spec=autoscalingv1.HpaSpec(scale_target_ref=scaled),
    )


@pytest.mark.parametrize(
    "item",
    [
        thing("ResourceQuota", "quota"),
        thing("LimitRange", "limits"),
        thing("ConfigMap", "settings"),
        thing("ServiceAccount", "cart"),
        SHOP,
        node("w-1", since=24 * HOUR),
        policy({"app": "cart"}),
        service({"app": "cart"}),
        webhooks("pods"),
        webhooks("*", selector=metav1.LabelSelector(match_labels={"team": "a"})),
        priority("batch"),
        priority("other", everyone=True),
        autoscaler("cart"),
    ],
    ids=lambda item: f"{item.ref}",
)
def test_a_change_of_what_acts_on_the_sufferer_is_evidence(item: metav1.Object) -> None:
    assert told(edited(item)) == [str(item.ref)]


@pytest.mark.parametrize(
    "item",
    [
        thing("ResourceQuota", "quota", "bank"),
        thing("ConfigMap", "others"),
        thing("ServiceAccount", "others"),
        thing("Role", "reader"),
        node("w-2", since=24 * HOUR),
        policy({"app": "till"}),
        service({"app": "till"}),
        service(None),
        webhooks("deployments"),
        webhooks(),
        webhooks("pods", selector=metav1.LabelSelector(match_labels={"team": "b"})),
        priority("other"),
        autoscaler("till"),
    ],
    ids=lambda item: f"{item.ref}",
)
def test_a_change_of_what_does_not_act_on_it_is_none(item: metav1.Object) -> None:
    assert told(edited(item)) == []


def test_a_change_of_the_subject_itself_is_evidence() -> None:
    quota = thing("ResourceQuota", "quota", "bank")

    assert told(edited(quota), subject=quota.ref) == [str(quota.ref)]


def test_of_a_node_only_its_own_changes_are_told() -> None:
    look = (edited(node("w-1", since=24 * HOUR)), edited(thing("ResourceQuota", "quota")))

    assert told(*look, subject=Ref("Node", "", "w-1")) == ["Node/w-1"]
    assert told(look[1], subject=Ref("Node", "", "gone")) == []


def test_what_arrived_with_the_sufferer_is_no_change() -> None:
    arrived = edited(thing("ConfigMap", "settings"), age=24 * HOUR, born=24 * HOUR)
    owner = deployment(CART, pod_template=podv1.PodTemplate(spec=SPEC))
    look = snapshot(owner, arrived)

    assert changes_before(look, finding(since=ago(24 * HOUR - MINUTE))) == ()


def test_what_came_into_a_running_application_is_one() -> None:
    new = edited(policy({"app": "cart"}), manager="helm", born=70 * MINUTE)
    look = snapshot(deployment(CART), pod(POD, labels={"app": "cart"}), new)

    [change] = changes_before(look, finding(affected=(POD,)))

    assert change.text == "NetworkPolicy/shop/deny was created by helm"


def test_a_sufferer_nobody_knows_has_no_birth_to_compare_with() -> None:
    ref = Ref("ConfigMap", "shop", "settings")

    [change] = changes_before(
        snapshot(edited(thing("ConfigMap", "settings"), born=70 * MINUTE)), finding(ref)
    )

    assert change.ref == ref
