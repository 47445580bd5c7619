"""service_endpoints: selectors that take nothing, and selectors that take too much."""

from datetime import timedelta

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, NOW, ago, deployment, meta, pod, running, snapshot
from tests.network import address, app, ingress, labelled, says, service, serving, slice_of
from watchdog.checks.service_endpoints import service_endpoints
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, batchv1, corev1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot

SERVICE = Ref("Service", "shop", "cart")
CART = Ref("Deployment", "shop", "cart")
WEB = Ref("Deployment", "shop", "web")
CALLER = app("web", 80, env={"CART_URL": "http://cart:8080"})


def found(*items: metav1.Object) -> list[Finding]:
    return of(snapshot(*items))


def of(look: Snapshot) -> list[Finding]:
    return list(service_endpoints.detect(look, NoParams()))


def test_a_selector_that_one_key_keeps_from_ready_pods_is_a_mismatch() -> None:
    typo = service("cart", 8080, selector={"app": "cart", "tier": "back"})

    [finding] = found(*app("cart", 8080), *CALLER, typo, ingress("shop", ("cart", 8080)))

    assert (finding.reason, finding.subject) == ("ServiceSelectorMismatch", SERVICE)
    assert (finding.severity, finding.hold) == (Severity.CRITICAL, 5 * MINUTE)
    assert finding.affected == (WEB, Ref("Ingress", "shop", "shop"), CART)
    assert finding.proposal is not None
    assert finding.proposal.commands == (
        'kubectl -n shop patch svc cart --type=strategic -p \'{"spec":{"selector":{"tier":null}}}\'',
    )


def test_the_value_that_the_pods_have_is_proposed() -> None:
    labels = {"app": "cart", "tier": "backend"}
    typo = service("cart", 8080, selector={"app": "cart", "tier": "bakcend"})

    [finding] = found(*app("cart", 8080, labels=labels), typo)

    assert finding.proposal is not None
    assert '{"spec":{"selector":{"tier":"backend"}}}' in finding.proposal.commands[0]
    assert "have tier=backend" in finding.why


def test_a_lone_wrong_key_needs_a_workload_of_the_services_name() -> None:
    typo = service("cart", 8080, selector={"app": "carts"})

    assert [each.reason for each in found(*app("cart", 8080), typo)] == ["ServiceSelectorMismatch"]
    assert [each.reason for each in found(*app("web", 8080), typo)] == ["ServiceWithoutEndpoints"]


@pytest.mark.parametrize("value", ["carts-api", "cart-api-v2", "cart-apu"])
def test_a_lone_value_that_is_nearly_right_is_a_mismatch(value: str) -> None:
    typo = service("cart", 8080, selector={"app": value})

    [finding] = found(*app("cart-api", 8080), *app("web", 8080), typo)

    assert finding.reason == "ServiceSelectorMismatch"
    assert finding.proposal is not None
    assert '{"spec":{"selector":{"app":"cart-api"}}}' in finding.proposal.commands[0]


def test_a_lone_value_is_wrong_where_the_pods_have_the_services_name() -> None:
    dns = app("coredns", 53, labels={"k8s-app": "kube-dns"})
    typo = service("kube-dns", 53, selector={"k8s-app": "coredns"})

    assert [each.reason for each in found(*dns, typo)] == ["ServiceSelectorMismatch"]


def test_a_lone_value_says_nothing_of_what_has_a_service_or_no_such_port() -> None:
    typo = service("cart", 8080, selector={"app": "cart-apu"})
    taken = [*app("cart-api", 8080), service("api", 8080, selector={"app": "cart-api"})]
    others = (app("inventory", 8080), app("cart-worker", 8080))

    for items in (taken, app("cart-api", 9000), app("cart-api"), *others):
        assert [each.reason for each in found(*items, typo)] == ["ServiceWithoutEndpoints"]


def test_a_lone_key_that_no_pod_has_gives_way_to_the_labels_they_have() -> None:
    typo = service("cart", 8080, selector={"run": "cart"})

    [finding] = found(*app("cart", 8080), typo)

    assert finding.proposal is not None
    assert '{"spec":{"selector":{"run":null,"app":"cart"}}}' in finding.proposal.commands[0]


@pytest.mark.parametrize("passing", ["job-name", "rollouts-pod-template-hash"])
def test_no_selector_is_mended_with_a_label_that_does_not_last(passing: str) -> None:
    typo = service("cart", 8080, selector={"run": "cart"})

    [finding] = found(*app("cart", 8080, labels={"app": "cart", passing: "x"}), typo)

    assert finding.proposal is not None
    assert '{"spec":{"selector":{"run":null,"app":"cart"}}}' in finding.proposal.commands[0]


def test_a_selector_is_not_emptied_for_pods_without_labels() -> None:
    typo = service("cart", 8080, selector={"app": "cart"})

    [finding] = found(*app("cart", 8080, labels={}), typo)

    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n shop describe svc cart",)


def test_a_bare_pod_is_near_unless_a_workload_is() -> None:
    typo = service("cart", 8080, selector={"app": "cart", "tier": "bakc"})
    labels = {"app": "cart", "tier": "back"}
    made = labelled(labels, serving("cart", 8080))
    bare = pod(Ref("Pod", "shop", "cart"), running(), spec=made.spec, labels=labels)

    [alone] = found(bare, typo)
    [beside] = found(bare, *app("cart", 8080, labels=labels), typo)

    assert alone.affected == (bare.ref,)
    assert beside.affected == (CART,)
    assert {alone.reason, beside.reason} == {"ServiceSelectorMismatch"}


def test_the_labels_of_a_pod_that_an_operator_makes_may_be_a_role() -> None:
    labels = {"cluster": "pg", "role": "primary"}
    made = labelled(labels, serving("pg", 5432))
    leader = pod(Ref("Pod", "shop", "pg-1"), running(), spec=made.spec, labels=labels)
    held = metav1.OwnerReference(kind="Cluster", name="pg", uid="pg", controller=True)
    meta_of = msgspec.structs.replace(leader.metadata, owner_references=(held,))

    [finding] = found(
        msgspec.structs.replace(leader, metadata=meta_of),
        service("pg-ro", 5432, selector={"cluster": "pg", "role": "replica"}),
    )

    assert (finding.reason, finding.severity) == ("ServiceWithoutEndpoints", Severity.INFO)


def rollout(replicas: int, *, of: str = "Rollout") -> appsv1.ReplicaSet:
    """A ReplicaSet of an operator's object, with the hash of its revision."""
    made = labelled({"app": "web", "hash": "new"}, serving("web", 8080))
    owner = metav1.OwnerReference(kind=of, name="web", uid="web", controller=True)
    return appsv1.ReplicaSet(
        metadata=metav1.Metadata(
            name="web-new", namespace="shop", uid="web-new", owner_references=(owner,)
        ),
        spec=appsv1.ReplicaSetSpec(replicas=replicas, template=made),
    )


def test_pods_of_a_rollout_are_a_near_miss() -> None:
    made = labelled({"app": "web", "hash": "new"}, serving("web", 8080))
    revision = rollout(1)
    each = pod(
        Ref("Pod", "shop", "web-1"),
        running(),
        owner=revision,
        spec=made.spec,
        labels=made.metadata.labels,
    )

    [finding] = found(revision, each, service("web", 8080, selector={"app": "web", "hash": "old"}))

    assert finding.reason == "ServiceSelectorMismatch"


def test_the_preview_of_a_rollout_rests_between_two_releases() -> None:
    preview = service("preview", 8080, selector={"app": "web", "hash": "new"})

    assert found(rollout(0), preview) == []
    assert [each.reason for each in found(rollout(1), preview)] == ["ServiceWithoutEndpoints"]
    old = found(rollout(0, of="Deployment"), preview)
    assert [each.reason for each in old] == ["ServiceWithoutEndpoints"]


def test_a_key_that_could_be_wrong_in_two_ways_is_no_mismatch() -> None:
    selector = {"app": "cart", "tier": "back", "team": "a"}
    one = app("one", 8080, labels={"app": "cart", "tier": "back"})
    two = app("two", 8080, labels={"tier": "back", "team": "a"})

    [finding] = found(*one, *two, service("cart", 8080, selector=selector))

    assert finding.reason == "ServiceWithoutEndpoints"


def test_a_workload_that_does_not_serve_the_port_is_no_near_miss() -> None:
    typo = service("cart", 8080, selector={"app": "cart", "tier": "back"})

    assert [each.reason for each in found(*app("cart", 9000), typo)] == ["ServiceWithoutEndpoints"]
    assert [each.reason for each in found(*app("cart"), typo)] == ["ServiceSelectorMismatch"]


def test_a_label_that_is_set_while_pods_run_is_only_noted() -> None:
    owner, replica_pod = app("cart", 8080)
    assert isinstance(replica_pod, podv1.Pod)
    labels = {"app": "cart", "role": "primary"}
    leader = podv1.Pod(
        metadata=meta(replica_pod.ref, owner=owner, labels=labels),
        spec=replica_pod.spec,
        status=replica_pod.status,
    )
    replica = service("cart", 8080, selector={"app": "cart", "role": "replica"})

    [finding] = found(owner, leader, replica)

    assert (finding.reason, finding.severity) == ("ServiceWithoutEndpoints", Severity.INFO)
    assert "by design" in finding.why


def test_a_selector_that_names_an_old_revision_is_a_mismatch() -> None:
    owner, now = app("cart", 8080)
    assert isinstance(now, podv1.Pod)
    labels = {"app": "cart", "pod-template-hash": "new"}
    meta_of = msgspec.structs.replace(now.metadata, labels=labels)
    pinned = service("cart", 8080, selector={"app": "cart", "pod-template-hash": "old"})

    [finding] = found(owner, msgspec.structs.replace(now, metadata=meta_of), pinned)

    assert (finding.reason, finding.severity) == ("ServiceSelectorMismatch", Severity.CRITICAL)
    assert finding.proposal is not None
    assert '{"spec":{"selector":{"pod-template-hash":null}}}' in finding.proposal.commands[0]


def test_a_service_that_an_operator_made_is_only_noted() -> None:
    made_by = deployment(Ref("Deployment", "shop", "operator"))

    [finding] = found(made_by, service("cart", 80, owner=made_by))

    assert finding.severity is Severity.INFO
    assert "made by Deployment operator" in finding.why


def test_a_service_without_pods_is_a_warning_that_says_who_needs_it() -> None:
    [finding] = found(*CALLER, service("cart", 8080))

    assert (finding.reason, finding.severity) == ("ServiceWithoutEndpoints", Severity.WARNING)
    assert finding.hold == 15 * MINUTE
    assert "needed by Deployment/shop/web" in finding.why


def test_it_is_as_old_as_the_last_change_of_its_endpoints() -> None:
    item = service("cart", 8080, age=9 * HOUR)
    changed = slice_of(item, changed=ago(20 * MINUTE).isoformat())

    assert [each.since for each in found(item, changed)] == [ago(20 * MINUTE)]
    assert [each.since for each in found(item)] == [ago(9 * HOUR)]
    assert [each.since for each in found(item, slice_of(item))] == [NOW - HOUR]
    assert [each.since for each in found(item, slice_of(item, changed="2026-11-20T11:00:00"))] == [
        NOW - HOUR
    ]


@pytest.mark.parametrize(
    "item",
    [
        service("cart", 8080, selector={}),
        service("cart", 8080, type="ExternalName"),
        service("cart", 8080, ip="None"),
        service("idle", 8080),
    ],
)
def test_what_has_no_endpoints_by_design_is_silent(item: corev1.Service) -> None:
    assert found(item, *app("idle", 8080, replicas=0)) == []


def test_pods_that_are_not_ready_are_their_own_incident() -> None:
    item = service("cart", 8080)
    done = pod(Ref("Pod", "shop", "old"), phase="Failed", labels={"app": "cart"})

    assert [each.reason for each in found(item, done)] == ["ServiceWithoutEndpoints"]

    assert found(item, *app("cart", 8080, ready=False)) == []
    assert found(item, slice_of(item, "10.0.0.1")) == []


def test_a_service_of_job_pods_is_silent() -> None:
    template = labelled({"app": "cart"}, serving("cart", 80))
    job = batchv1.Job(
        metadata=meta(Ref("Job", "shop", "j")), spec=batchv1.JobSpec(template=template)
    )
    cron = batchv1.CronJob(
        metadata=meta(Ref("CronJob", "shop", "c")),
        spec=batchv1.CronJobSpec(
            job_template=batchv1.JobTemplate(spec=batchv1.JobSpec(template=template))
        ),
    )

    assert found(service("cart", 80), job) == []
    assert found(service("cart", 80), cron) == []


WIDE = {"part-of": "shop"}


def both(*ports: int, label: str = "worker") -> list[metav1.Object]:
    return [
        *app("web", 8080, labels={**WIDE, "app": "web"}),
        *app("worker", *ports, labels={**WIDE, "app": label}),
    ]


def test_a_selector_that_takes_pods_with_other_ports_is_too_broad() -> None:
    [finding] = found(*both(9000), service("shop", 8080, selector=WIDE))

    assert (finding.reason, finding.severity) == ("ServiceSelectorTooBroad", Severity.WARNING)
    assert finding.affected == (Ref("Deployment", "shop", "worker"),)
    assert finding.proposal is not None
    assert '{"spec":{"selector":{"app":"web"}}}' in finding.proposal.commands[0]


def test_without_a_telling_label_the_commands_only_read() -> None:
    [finding] = found(*both(9000, label="web"), service("shop", 8080, selector=WIDE))

    assert finding.proposal is not None
    assert all("patch" not in each for each in finding.proposal.commands)


def test_pods_that_declare_no_port_need_a_caller_that_is_refused() -> None:
    caller = app("shopper", env={"U": "http://shop:8080"})
    look = snapshot(*both(), *caller, service("shop", 8080, selector=WIDE))
    refused = f"dial tcp {address('shop', 'worker')}:8080: connection refused"

    [unsure], [sure] = of(look), of(says(look, "shopper", refused))

    assert (unsure.severity, sure.severity) == (Severity.INFO, Severity.WARNING)
    assert unsure.logs


@pytest.mark.parametrize(
    "item",
    [
        service("shop", corev1.ServicePort(port=80, target_port="http"), selector=WIDE),
        service("shop", 8080, selector=WIDE, ip="None"),
        service("shop", 9999, selector=WIDE),
    ],
)
def test_named_ports_and_headless_services_send_nobody_astray(item: corev1.Service) -> None:
    assert found(*both(9000), item) == []


def test_canaries_that_serve_the_same_port_are_meant() -> None:
    assert found(*both(8080), service("shop", 8080, selector=WIDE)) == []


def test_what_is_kept_in_git_says_so() -> None:
    labels = {"argocd.argoproj.io/instance": "shop"}

    [finding] = found(service("cart", 80, labels=labels, age=timedelta(hours=2)))

    assert finding.proposal is not None
    assert "Argo CD" in finding.proposal.text


def test_pods_that_are_not_ready_are_no_near_miss() -> None:
    typo = service("cart", 8080, selector={"app": "cart", "tier": "back"})

    assert [each.reason for each in found(*app("cart", 8080, ready=False), typo)] == [
        "ServiceWithoutEndpoints"
    ]
