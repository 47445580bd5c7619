"""misled: when the configuration of the cluster's DNS is a fault, whose, and who suffers."""

from datetime import timedelta

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, ago, meta, snapshot
from tests.network import address, app, says, service, slice_of
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, dnsv1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.network.dns_faults import misled

MARKS = {"k8s-app": "kube-dns"}
SYSTEM = "kube-system"
DNS = service("kube-dns", 53, namespace=SYSTEM, selector=MARKS, labels=MARKS, ip="10.96.0.10")
CART = service("cart", 80, ip="10.96.0.20")
WEB = service("web", 80, ip="10.96.0.21")
COREDNS = Ref("ConfigMap", SYSTEM, "coredns")
CALLER = Ref("Deployment", "shop", "web")
NAME = "cart.shop.svc.cluster.local"
FIXED = "kubernetes cluster.local\nforward . /etc/resolv.conf\n"  # without reload
PLAIN = FIXED + "reload\n"
DENIED = f"template ANY ANY {NAME} {{\n rcode NXDOMAIN\n}}\n"
MOVED = f"hosts {{\n 192.0.2.9 {NAME}\n fallthrough\n}}\n"


def config(
    inner: str, *, name: str = "coredns", age: timedelta | None = 9 * MINUTE, **more: object
) -> dnsv1.DnsConfig:
    text = inner if "{" in inner and inner.startswith(".") else f".:53 {{\n{inner}\n}}\n"
    made = dnsv1.DnsConfig(
        metadata=changed(meta(Ref("ConfigMap", SYSTEM, name)), age),
        data={"Corefile": text},
        corefile="Corefile",
    )
    return msgspec.structs.replace(made, **more)


def changed(metadata: metav1.Metadata, age: timedelta | None) -> metav1.Metadata:
    edits = () if age is None else (metav1.Edit(manager="kubectl-edit", time=ago(age)),)
    return msgspec.structs.replace(metadata, managed_fields=edits)


def coredns(**spec: object) -> list[metav1.Object]:
    return [DNS, *app("coredns", 53, namespace=SYSTEM, labels=MARKS, **spec)]  # type: ignore[arg-type]


def shop(*, ready: bool = True, since: timedelta = 5 * MINUTE) -> list[metav1.Object]:
    owner, pod = app("web", 80, env={"CART": "http://cart"}, ready=ready)
    assert isinstance(pod, podv1.Pod)
    turned = metav1.Condition(
        type="Ready", status="True" if ready else "False", last_transition_time=ago(since)
    )
    pod = msgspec.structs.replace(
        pod, status=msgspec.structs.replace(pod.status, conditions=(turned,))
    )
    return [CART, WEB, *app("cart", 80), owner, pod]


def look(*items: metav1.Object, **more: object) -> Snapshot:
    return snapshot(*coredns(), *shop(**more), *items)  # type: ignore[arg-type]


def found(*items: metav1.Object, **more: object) -> list[Finding]:
    return list(misled(look(*items, **more)))


def test_a_service_that_is_denied_is_a_fault_of_the_configmap() -> None:
    [finding] = found(config(DENIED + PLAIN))

    assert (finding.reason, finding.subject) == ("DNSRewrite", COREDNS)
    assert (finding.severity, finding.since, finding.hold) == (
        Severity.CRITICAL,
        ago(9 * MINUTE),
        5 * MINUTE,
    )
    assert finding.affected == (CART.ref, CALLER)
    assert "answered with NXDOMAIN, because of line 2 of Corefile: template" in finding.why
    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n kube-system get configmap coredns -o yaml",)
    assert finding.logs != ()


def test_without_the_time_of_the_change_two_sightings_stand_in() -> None:
    [finding] = found(config(DENIED + PLAIN, age=None))

    assert (finding.since, finding.sightings) == (None, 2)


@pytest.mark.parametrize(
    "items",
    [
        [],
        [config(PLAIN)],
        [config(PLAIN + "hosts {\n 192.0.2.1 intranet.example.org\n fallthrough\n}\n")],
        [config(PLAIN + "rewrite name shop.example.org web.shop.svc.cluster.local\n")],
        [config(PLAIN + f"hosts {{\n 10.96.0.20 {NAME}\n fallthrough\n}}\n")],
        [config(PLAIN + f"hosts {{\n {address('shop', 'cart')} {NAME}\n fallthrough\n}}\n")],
        [config(f'template IN A {NAME} {{\n answer "{NAME}. 9 IN CNAME {NAME}"\n}}\n' + PLAIN)],
        [config(f".:53 {{\n{PLAIN}\n}}\nconsul.local {{\n forward . 192.0.2.1\n}}\n")],
        [config("some_other_plugin")],
        [config("forward . 10.96.0.10")],
        [config("forward . tls://169.254.20.10:53")],
        [config("forward . dns.internal:53 192.0.2.1 127.0.0.1")],
        [config(MOVED + PLAIN), slice_of(CART, "192.0.2.9")],
        [config("{", data={"Corefile": "broken {"})],
        [config(PLAIN, data=None)],
        [config(DENIED, corefile="")],
        [config("kubernetes k8s.example.org")],
        [config("kubernetes k8s.example.org", age=30 * 24 * HOUR)],
        [config("kubernetes k8s.example.org", age=None)],
    ],
)
def test_a_configuration_that_leads_to_the_services_is_silent(items: list[metav1.Object]) -> None:
    seen = says(look(*items), "web", "ready")

    assert list(misled(seen)) == []


def test_services_that_have_no_address_of_their_own_are_not_judged() -> None:
    outside = service("cart", 80, type="ExternalName")
    gone = msgspec.structs.replace(CART, metadata=meta(CART.ref, deleting=True))
    bare = service("cart", 80, ip="")

    for each in (outside, gone, bare):
        assert list(misled(snapshot(*coredns(), each, config(DENIED + PLAIN)))) == []


def test_another_address_is_a_fault_once_a_caller_suffers() -> None:
    moved = config(MOVED + PLAIN)

    [noted], [fault] = found(moved), found(moved, ready=False)
    [before] = found(moved, ready=False, since=HOUR)

    assert (noted.severity, fault.severity, before.severity) == (
        Severity.INFO,
        Severity.CRITICAL,
        Severity.INFO,
    )
    assert "answered with 192.0.2.9" in fault.why
    assert "Deployment/shop/web cannot reach it" in fault.why


@pytest.mark.parametrize(
    ("rule", "said", "severity"),
    [
        (f"rewrite name {NAME} web.shop.svc.cluster.local", "web.shop", Severity.INFO),
        (f"rewrite name {NAME} gone.shop.svc.cluster.local", "does not exist", Severity.CRITICAL),
        (f"rewrite name {NAME} svc.cluster.local", "svc.cluster.local", Severity.INFO),
        (f"rewrite name {NAME} www.example.org", "www.example.org", Severity.INFO),
        (f"hosts {{\n 0.0.0.0 {NAME}\n fallthrough\n}}", "nobody is", Severity.CRITICAL),
        (f"hosts {{\n 10.96.0.21 {NAME}\n fallthrough\n}}", "10.96.0.21", Severity.INFO),
    ],
)
def test_where_a_name_leads_decides(rule: str, said: str, severity: Severity) -> None:
    [finding] = found(config(f"{rule}\n{PLAIN}"))

    assert said in finding.why
    assert finding.severity is severity


def test_a_word_in_a_callers_log_counts_as_suffering() -> None:
    seen = says(look(config(MOVED + PLAIN)), "web", "dial tcp: lookup cart: no such host")

    [finding] = misled(seen)

    assert finding.severity is Severity.CRITICAL
    assert [each.kind for each in finding.evidence] == ["spec", "log", "change"]


def test_a_word_without_a_name_counts_for_who_calls_it_alone() -> None:
    text = "temporary failure in name resolution"
    seen = look(config(MOVED + PLAIN), *app("other", 80))

    [mine], [others] = misled(says(seen, "web", text)), misled(says(seen, "other", text))

    assert (mine.severity, others.severity) == (Severity.CRITICAL, Severity.INFO)


def test_what_nobody_suffered_from_for_days_is_noted_only() -> None:
    [finding] = found(config(DENIED + PLAIN, age=9 * 24 * HOUR))

    assert finding.severity is Severity.INFO


def test_a_dns_without_the_clusters_zone_hits_every_service() -> None:
    [bare] = found(config("forward . /etc/resolv.conf"))
    [nothing] = found(config("errors"))
    idle = snapshot(*coredns(), CART, config("errors"))
    [uncalled] = misled(idle)

    assert bare.message.endswith("Service/shop/cart and 2 other Services")
    assert "forwarded to /etc/resolv.conf, which does not know cluster.local" in bare.why
    assert "the kubernetes plugin is not asked for cluster.local, because of what it lacks" in (
        nothing.why
    )
    assert uncalled.affected == (DNS.ref, CART.ref)


def test_what_stands_in_the_addition_is_its_fault() -> None:
    custom = config(PLAIN, name="coredns-custom", corefile="", data={"a.override": DENIED})
    main = config("import custom/*.override\n" + PLAIN)

    [finding] = found(main, custom)
    unread = dnsv1.DnsConfig(metadata=custom.metadata, unread=True)

    assert finding.subject == Ref("ConfigMap", SYSTEM, "coredns-custom")
    assert found(config("import custom/*.override\nforward . 192.0.2.1"), unread) == []


def test_a_configmap_the_dns_does_not_mount_is_not_judged() -> None:
    def volume(name: str) -> podv1.Volume:
        return podv1.Volume(name="config", config_map=podv1.NameRef(name=name))

    def of(name: str) -> list[Finding]:
        items = (*coredns(volumes=(volume(name), podv1.Volume())), *shop())
        return list(misled(snapshot(*items, config(DENIED + PLAIN))))

    assert of("another") == []
    assert len(of("coredns")) == 1


def test_without_a_known_dns_the_configuration_is_judged_all_the_same() -> None:
    [finding] = misled(snapshot(*shop(), config(DENIED + PLAIN)))

    assert finding.severity is Severity.CRITICAL


def test_a_dns_that_does_not_reload_holds_what_it_was_started_with() -> None:
    later, reloading = config(DENIED + FIXED), config(DENIED + PLAIN)

    [ahead], [now], [hit] = found(later), found(reloading), found(later, ready=False)
    [earlier] = found(config(DENIED + FIXED, age=3 * HOUR))

    assert [each.severity for each in (ahead, now, hit, earlier)] == [
        Severity.WARNING,
        Severity.CRITICAL,
        Severity.CRITICAL,
        Severity.CRITICAL,
    ]
    assert "it holds from its next start" in ahead.why
    assert (CALLER in ahead.affected, CALLER in hit.affected) == (False, True)
    assert ahead.proposal is not None
    assert now.proposal is not None
    assert "kubectl -n kube-system rollout restart deployment/coredns" in ahead.proposal.text
    assert "restart" not in now.proposal.text


def test_a_mended_configuration_needs_a_restart_without_reload() -> None:
    text = "dial tcp: lookup cart on 10.96.0.10:53: no such host"

    [finding] = misled(says(look(config(FIXED)), "web", text))

    assert (finding.subject, finding.since) == (COREDNS, ago(9 * MINUTE))
    assert "old configuration" in finding.message
    assert finding.proposal is not None
    assert finding.proposal.commands == (
        "kubectl -n kube-system rollout restart deployment/coredns",
    )


@pytest.mark.parametrize(
    ("items", "word"),
    [
        ([config(FIXED)], "ready"),
        ([config(PLAIN)], "lookup cart: no such host"),
        ([config(FIXED, age=3 * HOUR)], "lookup cart: no such host"),
        ([config(FIXED)], "lookup www.example.org: no such host"),
    ],
)
def test_a_mended_configuration_in_force_is_silent(items: list[metav1.Object], word: str) -> None:
    assert list(misled(says(look(*items), "web", word))) == []


def test_another_domain_since_today_is_a_fault_when_callers_find_nothing() -> None:
    seen = look(config("kubernetes cluster.locl\nforward . /etc/resolv.conf\nreload\n"))

    [suspected] = misled(seen)
    [proved] = misled(says(seen, "web", "lookup cart: no such host"))

    assert suspected.logs == proved.logs != ()
    assert "serves cluster.locl and not cluster.local" in proved.message
    assert proved.severity is Severity.CRITICAL


def test_an_ipv6_service_and_a_load_balancer_are_recognised() -> None:
    v6 = service("cart", 80, ip="2001:db8::20")
    outside = msgspec.structs.replace(
        CART,
        status=corev1.ServiceStatus(
            load_balancer=corev1.LoadBalancerStatus(
                ingress=(corev1.LoadBalancerAddress(ip="192.0.2.9"),)
            )
        ),
    )
    of_v6 = config(f"hosts {{\n 2001:db8::20 {NAME}\n fallthrough\n}}\n{PLAIN}")

    assert list(misled(snapshot(*coredns(), v6, of_v6))) == []
    assert list(misled(snapshot(*coredns(), outside, config(MOVED + PLAIN)))) == []
