"""The pre-flight: quotas, webhooks, Pod Security and priorities that meet the new pod."""

from datetime import timedelta

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, ago, event, meta
from tests.logic.decision.preflighting import evict, one, restart, room
from tests.remediations.shop import (
    DAY,
    PROBED,
    hanging,
    made_of,
    shop,
    stateful,
)
from watchdog.domain.objects import (
    admissionv1,
    appsv1,
    corev1,
    metav1,
    networkingv1,
    podv1,
    policyv1,
)
from watchdog.domain.ref import Ref


@pytest.mark.parametrize(
    ("hard", "used", "said"),
    [
        ({"pods": "3"}, {"pods": "3"}, "3 of 3 pods are used"),
        ({"count/pods": "3"}, {"count/pods": "3"}, "3 of 3 count/pods are used"),
        ({"requests.cpu": "350m"}, {"requests.cpu": "300m"}, "300m of 350m requests.cpu"),
        ({"memory": "200Mi"}, {"memory": "192Mi"}, "192Mi of 200Mi memory"),
        ({"limits.cpu": "10"}, {}, "demands limits.cpu, which container app does not state"),
    ],
)
def test_a_quota_must_leave_room_for_the_new_pod(
    hard: metav1.Quantities, used: metav1.Quantities, said: str
) -> None:
    assert one(restart(shop().and_also(room(hard, used))), said)
    assert restart(shop().and_also(room(hard, used, namespace="other"))) == ()


@pytest.mark.parametrize(
    ("hard", "used"),
    [
        ({"pods": "4"}, {"pods": "3"}),
        ({"requests.cpu": "400m"}, {"requests.cpu": "300m"}),
        ({"ephemeral-storage": "1Gi"}, {"ephemeral-storage": "1Gi"}),
        ({"services": "1"}, {"services": "1"}),
        ({"limits.ephemeral-storage": "1Gi"}, {"limits.ephemeral-storage": "1Gi"}),
    ],
)
def test_a_quota_with_room_or_of_other_things_is_no_objection(
    hard: metav1.Quantities, used: metav1.Quantities
) -> None:
    assert restart(shop().and_also(room(hard, used))) == ()


def test_every_pod_of_the_surge_needs_room() -> None:
    double = appsv1.Strategy(
        type="RollingUpdate", rolling_update=appsv1.RollingUpdate(max_surge=2, max_unavailable=0)
    )
    odd = appsv1.Strategy(
        type="RollingUpdate", rolling_update=appsv1.RollingUpdate(max_surge="x", max_unavailable=0)
    )
    found = shop().and_also(room({"pods": "4"}, {"pods": "3"}))

    assert one(restart(found.with_spec(strategy=double)), "3 of 4 pods are used")
    assert one(restart(found.with_spec(strategy=odd)), "3 of 4 pods are used")
    unstated = appsv1.Strategy(type="RollingUpdate")
    assert restart(found.with_spec(strategy=unstated)) == ()


def test_an_eviction_needs_room_beside_the_pod_that_ends() -> None:
    full = room({"pods": "3"}, {"pods": "3"})

    assert one(evict(shop().and_also(full)), "leaves no room")
    assert evict(stateful().and_also(full)) == ()


def test_a_quota_that_nobody_counted_is_taken_as_written() -> None:
    fresh = corev1.ResourceQuota(
        metadata=meta(Ref("ResourceQuota", "shop", "team")),
        spec=corev1.QuotaSpec(hard={"pods": "0"}),
    )
    empty = corev1.ResourceQuota(metadata=meta(Ref("ResourceQuota", "shop", "none")))

    assert one(restart(shop().and_also(fresh, empty)), "0 of 0 pods are used")


def defaults(**fields: object) -> corev1.LimitRange:
    item = msgspec.structs.replace(corev1.LimitRangeItem(type="Container"), **fields)
    pods = corev1.LimitRangeItem(type="Pod", default={"cpu": "9"})
    return corev1.LimitRange(
        metadata=meta(Ref("LimitRange", "shop", "defaults")),
        spec=corev1.LimitRangeSpec(limits=(item, pods)),
    )


def test_a_limit_range_states_what_a_container_does_not() -> None:
    quota = room({"limits.cpu": "10"}, {"limits.cpu": "3"})
    tight = room({"limits.cpu": "10"}, {"limits.cpu": "9500m"})
    given = defaults(default={"cpu": "1"})
    elsewhere = corev1.LimitRange(metadata=meta(Ref("LimitRange", "other", "defaults")))

    assert restart(shop().and_also(quota, given, elsewhere)) == ()
    assert one(restart(shop().and_also(tight, given)), "9500m of 10 limits.cpu")


def test_requests_follow_from_limits_and_defaults() -> None:
    bare = msgspec.structs.replace(PROBED, resources=podv1.Resources(limits={"memory": "64Mi"}))
    found = shop().with_template(made_of(bare))
    quota = room({"requests.cpu": "1", "requests.memory": "1Gi"}, {})

    assert one(restart(found.and_also(quota)), "demands requests.cpu")
    assert restart(found.and_also(quota, defaults(default_request={"cpu": "1"}))) == ()


def test_init_containers_count_by_the_largest_and_sidecars_in_full() -> None:
    def asks(name: str, cpu: str, policy: str = "") -> podv1.Container:
        resources = podv1.Resources(requests={"cpu": cpu})
        return podv1.Container(name=name, resources=resources, restart_policy=policy)

    init = (asks("first", "500m"), asks("mesh", "300m", "Always"))
    found = shop().with_template(made_of(PROBED, init_containers=init))

    assert restart(found.and_also(room({"requests.cpu": "500m"}, {}))) == ()
    assert one(restart(found.and_also(room({"requests.cpu": "499m"}, {}))), "leaves no room")


def hook(**fields: object) -> admissionv1.Webhook:
    rule = admissionv1.WebhookRule(operations=("CREATE",), api_groups=("",), resources=("pods",))
    client = admissionv1.WebhookClient(
        service=admissionv1.WebhookService(namespace="guard", name="hook")
    )
    made = admissionv1.Webhook(name="pods.guard.example.com", rules=(rule,), client_config=client)
    return msgspec.structs.replace(made, **fields)


def guard(
    *hooks: admissionv1.Webhook, age: timedelta = 30 * DAY
) -> admissionv1.ValidatingWebhookConfiguration:
    return admissionv1.ValidatingWebhookConfiguration(
        metadata=meta(Ref("ValidatingWebhookConfiguration", "", "guard"), age=age),
        webhooks=hooks or (hook(),),
    )


BACKEND = corev1.Service(
    metadata=meta(Ref("Service", "guard", "hook")), spec=corev1.ServiceSpec(selector={"app": "h"})
)
ANSWERS = networkingv1.EndpointSlice(
    metadata=meta(
        Ref("EndpointSlice", "guard", "hook-x"), labels={"kubernetes.io/service-name": "hook"}
    ),
    endpoints=(networkingv1.SliceEndpoint(addresses=("10.0.0.9",)),),
)


def test_a_webhook_that_fails_closed_needs_its_backend() -> None:
    assert one(restart(shop().and_also(guard())), "fails closed, and calls Service/guard/hook")
    assert one(evict(shop().and_also(guard(), BACKEND)), "which has no ready endpoint")
    assert restart(shop().and_also(guard(), BACKEND, ANSWERS)) == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"failure_policy": "Ignore"},
        {"namespace_selector": metav1.LabelSelector(match_labels={"guarded": "yes"})},
        {"object_selector": metav1.LabelSelector(match_labels={"app": "other"})},
        {"rules": None},
        {"rules": (admissionv1.WebhookRule(("UPDATE",), ("",), ("pods",)),)},
        {"rules": (admissionv1.WebhookRule(("CREATE",), ("apps",), ("pods",)),)},
        {"rules": (admissionv1.WebhookRule(("*",), ("*",), ("services",)),)},
        {"client_config": admissionv1.WebhookClient(url="https://guard.example.com")},
    ],
)
def test_a_webhook_that_is_not_asked_or_not_seen_is_no_objection(
    fields: dict[str, object],
) -> None:
    assert restart(shop().and_also(guard(hook(**fields)))) == ()


def test_a_webhook_in_a_namespace_that_is_not_known_is_judged_without_labels() -> None:
    found = shop().without(Ref("Namespace", "", "shop")).and_also(guard())

    assert any("fails closed" in each for each in restart(found))


def mutator(age: timedelta) -> admissionv1.MutatingWebhookConfiguration:
    return admissionv1.MutatingWebhookConfiguration(
        metadata=meta(Ref("MutatingWebhookConfiguration", "", "shrink"), age=age),
        webhooks=(hook(failure_policy="Ignore"),),
    )


def test_a_mutating_webhook_that_is_younger_than_the_pods_is_an_objection() -> None:
    assert one(restart(shop().and_also(mutator(HOUR))), "came after the pods that serve were made")
    assert restart(shop().and_also(mutator(9 * DAY))) == ()
    assert evict(shop().and_also(guard(hook(failure_policy="Ignore"), age=HOUR))) == ()


def test_without_a_pod_that_serves_nothing_is_compared() -> None:
    found = shop(replicas=1)
    alone = found.with_pod(0, hanging(found.direct or found.top, 1))

    assert evict(alone.and_also(mutator(HOUR))) == ()


def test_a_sibling_that_was_made_another_and_fails_by_it_is_an_objection() -> None:
    found = shop()
    other = msgspec.structs.replace(PROBED, image="ghcr.io/example/app:debug")
    spec = msgspec.structs.replace(found.pods[1].spec, containers=(other,))
    changed = hanging(found.direct or found.top, 2)
    changed = msgspec.structs.replace(changed, spec=spec)
    drifted = found.with_pod(1, changed)

    assert one(evict(drifted), "api-2 of the same template was made another: image of app")


def test_the_one_that_was_made_another_may_go() -> None:
    found = shop()
    other = msgspec.structs.replace(PROBED, image="ghcr.io/example/app:debug")
    spec = msgspec.structs.replace(found.pods[0].spec, containers=(other,))
    changed = msgspec.structs.replace(hanging(found.direct or found.top, 1), spec=spec)

    assert evict(found.with_pod(0, changed)) == ()


def enforcing(level: str, edited: timedelta | None) -> corev1.Namespace:
    edits = (
        (metav1.Edit(manager="kubectl-label", time=ago(edited), labels_only=True),)
        if edited is not None
        else ()
    )
    labels = {"pod-security.kubernetes.io/enforce": level, "kubernetes.io/metadata.name": "shop"}
    made = meta(Ref("Namespace", "", "shop"), labels=labels, age=90 * DAY)
    return corev1.Namespace(
        metadata=msgspec.structs.replace(made, managed_fields=edits),
        status=corev1.NamespaceStatus(phase="Active"),
    )


@pytest.mark.parametrize(
    ("level", "edited", "refused"),
    [
        ("restricted", HOUR, True),
        ("restricted", 9 * DAY, False),
        ("restricted", None, False),
        ("privileged", HOUR, False),
    ],
)
def test_a_namespace_that_was_tightened_since_may_refuse(
    level: str, edited: timedelta | None, *, refused: bool
) -> None:
    said = restart(shop().and_also(enforcing(level, edited)))

    assert bool(said) is refused
    assert not refused or one(said, "enforces Pod Security restricted")


def rank(value: int, *, default: bool = True) -> policyv1.PriorityClass:
    return policyv1.PriorityClass(
        metadata=meta(Ref("PriorityClass", "", "high")), value=value, global_default=default
    )


def test_a_default_priority_that_came_since_would_push_others_out() -> None:
    named = made_of(priority_class_name="own")

    assert one(restart(shop().and_also(rank(1000))), "another priority, 1000")
    assert restart(shop().and_also(rank(0))) == ()
    assert restart(shop().and_also(rank(1000, default=False))) == ()
    assert restart(shop().with_template(named).and_also(rank(1000))) == ()


@pytest.mark.parametrize(
    ("reason", "age", "refused"),
    [("Preempted", MINUTE, True), ("Preempted", HOUR, False), ("BackOff", MINUTE, False)],
)
def test_a_fresh_preemption_in_the_namespace_is_an_objection(
    reason: str, age: timedelta, *, refused: bool
) -> None:
    found = shop()
    said = restart(found.and_also(event(found.pods[0], reason, age=age)))

    assert bool(said) is refused
    assert not refused or one(said, "was pushed out")
