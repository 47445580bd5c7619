"""dns: a DNS without pods, and workloads that ask another one."""

from typing import Any

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, ago, meta, snapshot
from tests.network import app, says, service
from watchdog.checks.dns import dns
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, corev1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot

MARKS = {"k8s-app": "kube-dns"}
COREDNS = Ref("Deployment", "kube-system", "coredns")
SERVICE = service(
    "kube-dns", 53, namespace="kube-system", selector=MARKS, labels=MARKS, ip="10.96.0.10"
)


def found(*items: metav1.Object) -> list[Finding]:
    return of(snapshot(SERVICE, *items))


def of(look: Snapshot) -> list[Finding]:
    return list(dns.detect(look, NoParams()))


def coredns(**more: object) -> list[metav1.Object]:
    return app("coredns", 53, namespace="kube-system", labels=MARKS, **more)  # type: ignore[arg-type]


def test_a_dns_without_a_ready_pod_is_down() -> None:
    [finding] = found(*coredns(ready=False, age=2 * HOUR))

    assert (finding.reason, finding.subject) == ("ClusterDNSDown", COREDNS)
    assert (finding.severity, finding.hold) == (Severity.CRITICAL, 2 * MINUTE)
    assert finding.affected == (SERVICE.ref, Ref("Pod", "kube-system", "coredns-0"))
    assert finding.since == ago(HOUR)
    assert finding.why.startswith(
        f"No pod of {COREDNS} is ready (1 wanted), and that is the cluster's"
    )
    assert finding.evidence[0].text == "0 of 1 pods ready"


def test_it_is_down_since_the_deployment_says_so() -> None:
    owner, pod = coredns(ready=False)
    assert isinstance(owner, appsv1.Deployment)
    unavailable = metav1.Condition(
        type="Available", status="False", last_transition_time=ago(9 * MINUTE)
    )
    status = msgspec.structs.replace(owner.status, conditions=(unavailable,))

    [finding] = found(msgspec.structs.replace(owner, status=status), pod)

    assert finding.since == ago(9 * MINUTE)


def test_a_dns_at_zero_gets_back_what_it_had() -> None:
    [owner] = coredns(replicas=0)
    scaled = corev1.Happening(
        metadata=meta(Ref("Event", "kube-system", "e")),
        involved_object=corev1.ObjectReference(uid=owner.uid),
        reason="ScalingReplicaSet",
        message="Scaled down replica set coredns-1 from 3 to 0",
        last_timestamp=ago(20 * MINUTE),
    )

    [known], [unknown] = found(owner, scaled), found(owner)

    assert known.evidence[0].text == "scaled to 0"
    assert known.since == ago(20 * MINUTE)
    assert [each.proposal.commands for each in (known, unknown) if each.proposal] == [
        ("kubectl -n kube-system scale deployment/coredns --replicas=3",),
        ("kubectl -n kube-system scale deployment/coredns --replicas=2",),
    ]


def test_a_dns_with_a_ready_pod_or_of_another_kind_is_silent() -> None:
    assert found(*coredns()) == []
    assert found() == []
    assert of(snapshot(*coredns(ready=False))) == []


CART = service("cart", 80)


def calling(url: str = "http://cart", **spec: Any) -> list[metav1.Object]:
    return [*coredns(), CART, *app("cart", 80), *app("web", env={"A": url}, **spec)]


@pytest.mark.parametrize(
    ("spec", "right"),
    [
        ({"dns_policy": "Default"}, "ClusterFirst"),
        ({"dns_policy": "None"}, "ClusterFirst"),
        ({"dns_policy": "ClusterFirst", "host_network": True}, "ClusterFirstWithHostNet"),
    ],
)
def test_a_caller_of_cluster_names_that_asks_another_dns(spec: dict[str, Any], right: str) -> None:
    look = snapshot(SERVICE, *calling(**spec))

    [quiet], [loud] = of(look), of(says(look, "web", "getaddrinfo ENOTFOUND cart"))

    assert (loud.reason, loud.subject) == ("DNSPolicyWrong", Ref("Deployment", "shop", "web"))
    assert (quiet.severity, loud.severity) == (Severity.INFO, Severity.WARNING)
    assert loud.proposal is not None
    assert f'"dnsPolicy":"{right}"' in loud.proposal.commands[0]
    assert quiet.logs


@pytest.mark.parametrize(
    "items",
    [
        calling(dns_policy="ClusterFirst"),
        calling(dns_policy="ClusterFirstWithHostNet", host_network=True),
        calling(dns_policy="None", dns_config=podv1.DnsConfig(nameservers=("10.96.0.10",))),
        calling("http://example.org", dns_policy="Default"),
        calling("http://10.96.0.9", dns_policy="Default"),
    ],
)
def test_who_asks_the_clusters_dns_or_needs_no_name_is_silent(items: list[metav1.Object]) -> None:
    assert found(*items) == []


def test_another_name_that_does_not_resolve_is_not_heard() -> None:
    look = says(
        snapshot(SERVICE, *calling(dns_policy="Default")), "web", "lookup example.org: no such host"
    )

    assert [each.severity for each in of(look)] == [Severity.INFO]
