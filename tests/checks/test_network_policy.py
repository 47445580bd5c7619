"""network_policy: ways that are needed, tried, and cut."""

from collections.abc import Sequence

import pytest

from tests.builders import HOUR, MINUTE, ago, pod, snapshot
from tests.network import (
    address,
    app,
    ingress,
    ingress_class,
    namespace,
    policy,
    says,
    service,
)
from watchdog.checks.network_policy import network_policy
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, metav1, networkingv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot

CART = Ref("Deployment", "shop", "cart")
WEB = Ref("Deployment", "front", "web")
TIMEOUT = "dial tcp 10.96.0.9:80: i/o timeout"
SPACES = [namespace("shop"), namespace("front"), namespace("kube-system")]

From = networkingv1.IngressRule
To = networkingv1.EgressRule
Peer = networkingv1.PolicyPeer
Labels = metav1.LabelSelector


def found(*items: metav1.Object, log: str = "", name: str = "web") -> list[Finding]:
    look = snapshot(*items, *SPACES)
    return of(says(look, name, log) if log else look)


def of(look: Snapshot) -> list[Finding]:
    return list(network_policy.detect(look, NoParams()))


def pair(url: str = "http://cart.shop", **more: object) -> list[metav1.Object]:
    """A caller in `front`, and what it calls in `shop`, behind port 80 -> 8080."""
    return [
        *app("web", 80, namespace="front", env={"CART_URL": url}, **more),  # type: ignore[arg-type]
        *app("cart", ("http", 8080)),
        service("cart", corev1.ServicePort(port=80, target_port="http")),
    ]


def test_a_way_that_is_cut_and_times_out_is_the_policys_fault() -> None:
    [finding] = found(*pair(), policy("deny", "Ingress", age=2 * HOUR), log=TIMEOUT)

    assert (finding.reason, finding.subject) == (
        "NetworkPolicyBlocks",
        Ref("NetworkPolicy", "shop", "deny"),
    )
    assert (finding.severity, finding.hold) == (Severity.CRITICAL, 5 * MINUTE)
    assert finding.since == ago(2 * HOUR)
    assert finding.affected == (WEB, CART)
    assert finding.evidence[0].text.startswith("ingress of the pods it selects is ruled by deny;")
    assert "i/o timeout" in finding.evidence[-1].text


def test_a_way_that_is_cut_and_that_nobody_complains_of_is_only_noted() -> None:
    [finding] = found(*pair(), policy("deny", "Ingress"))

    assert finding.severity is Severity.INFO
    assert [each.pod.name for each in finding.logs] == ["web-0"]


def test_a_host_that_refuses_is_reachable() -> None:
    [finding] = found(
        *pair(), policy("deny", "Ingress"), log="dial tcp 10.96.0.9:80: connection refused"
    )

    assert finding.severity is Severity.INFO


def test_a_policy_that_allows_nothing_and_stands_alone_is_to_be_deleted() -> None:
    [finding] = found(*pair(), policy("deny", "Ingress"))

    assert finding.proposal is not None
    assert finding.proposal.commands == ("kubectl -n shop delete networkpolicy deny",)


def test_in_a_scheme_of_policies_the_missing_rule_is_added() -> None:
    others = policy("same", "Ingress", ingress=[From(peers=(Peer(pod_selector=Labels()),))])

    [finding] = found(*pair(), policy("deny", "Ingress"), others, log=TIMEOUT)

    assert finding.subject.name == "deny"
    assert finding.proposal is not None
    assert finding.proposal.commands == (
        "kubectl -n shop patch networkpolicy deny --type=json -p "
        '\'[{"op":"add","path":"/spec/ingress","value":[{"from":[{"namespaceSelector":'
        '{"matchLabels":{"kubernetes.io/metadata.name":"front"}},"podSelector":{"matchLabels":'
        '{"app":"web"}}}],"ports":[{"protocol":"TCP","port":8080}]}]}]\'',
    )


def test_a_policy_with_rules_gets_one_more() -> None:
    narrow = policy("narrow", "Ingress", ingress=[From(peers=(Peer(pod_selector=Labels()),))])

    [finding] = found(*pair(), narrow)

    assert finding.proposal is not None
    assert '"path":"/spec/ingress/-"' in finding.proposal.commands[0]


def front(name: str = "front") -> Labels:
    return Labels(match_labels={"kubernetes.io/metadata.name": name})


@pytest.mark.parametrize(
    "rules",
    [
        [From()],
        [From(peers=(Peer(namespace_selector=front()),))],
        [From(peers=(Peer(namespace_selector=Labels(), pod_selector=Labels({"app": "web"})),))],
        [From(peers=(Peer(ip_block=networkingv1.IpBlock(cidr="10.0.0.0/8")),))],
        [From(peers=(Peer(ip_block=networkingv1.IpBlock(cidr="010.0.0.0/8")),))],
        [From(ports=(networkingv1.PolicyPort(port="http"),))],
        [From(ports=(networkingv1.PolicyPort(port=8080),))],
        [From(ports=(networkingv1.PolicyPort(port=8000, end_port=8100),))],
        [From(ports=(networkingv1.PolicyPort(),))],
        [From(peers=(Peer(pod_selector=Labels()),)), From()],
    ],
)
def test_any_rule_of_any_policy_that_lets_the_way_through_is_enough(rules: Sequence[From]) -> None:
    allow = policy("allow", "Ingress", ingress=rules)

    assert found(*pair(), policy("deny", "Ingress"), allow, log=TIMEOUT) == []


@pytest.mark.parametrize(
    "rules",
    [
        [From(peers=(Peer(namespace_selector=front("other")),))],
        [From(peers=(Peer(pod_selector=Labels({"app": "web"})),))],
        [From(peers=(Peer(ip_block=networkingv1.IpBlock("192.168.0.0/16")),))],
        [From(peers=(Peer(ip_block=networkingv1.IpBlock("0.0.0.0/0", ("10.0.0.0/8",))),))],
        [From(ports=(networkingv1.PolicyPort(port=80),))],
        [From(ports=(networkingv1.PolicyPort(port="metrics"),))],
        [From(ports=(networkingv1.PolicyPort(port=8080, protocol="UDP"),))],
        [From(ports=(networkingv1.PolicyPort(port=9000, end_port=9100),))],
    ],
)
def test_rules_for_others_do_not_open_the_way(rules: Sequence[From]) -> None:
    assert len(found(*pair(), policy("narrow", "Ingress", ingress=rules), log=TIMEOUT)) == 1


@pytest.mark.parametrize(
    "item",
    [
        policy("of-others", "Ingress", select={"app": "other"}),
        policy("egress", "Egress"),
        policy("by-default-ingress-alone", namespace="front"),
        policy("elsewhere", "Ingress", namespace="kube-system"),
    ],
)
def test_policies_that_do_not_close_this_way_are_silent(item: networkingv1.NetworkPolicy) -> None:
    assert found(*pair(), item, log=TIMEOUT) == []


def test_without_policy_types_rules_of_egress_close_it() -> None:
    rules = [To(peers=(Peer(pod_selector=Labels()),))]

    assert len(found(*pair(), policy("p", namespace="front", egress=rules))) == 1


@pytest.mark.parametrize(
    "items",
    [
        pair(host_network=True),
        [*pair()[:2], *app("cart", 80, host_network=True), service("cart", 80)],
        [*pair()[:2], *app("cart", 80, ready=False), service("cart", 80)],
        [*pair()[:2], *app("cart", 80), service("cart", 80, selector={})],
        [*pair("http://cart.shop:99")],
        [
            *pair()[:2],
            *app("cart", 80),
            service("cart", corev1.ServicePort(port=80, protocol="UDP")),
        ],
    ],
)
def test_ways_of_which_nothing_can_be_said_are_silent(items: list[metav1.Object]) -> None:
    assert found(*items, policy("deny", "Ingress")) == []


def test_a_caller_without_pods_is_judged_by_its_template() -> None:
    items = pair(nodes=[])

    [finding] = found(*items, policy("deny", "Ingress", "Egress"))

    assert finding.affected == (WEB, CART)


def test_egress_that_lets_no_cluster_call_out_is_the_policy_of_the_caller() -> None:
    lan = [To(peers=(Peer(ip_block=networkingv1.IpBlock("192.168.0.0/16")),))]

    [finding] = found(*pair(), policy("lan", "Egress", namespace="front", egress=lan), log=TIMEOUT)

    assert finding.subject == Ref("NetworkPolicy", "front", "lan")
    assert finding.proposal is not None
    assert (
        '{"to":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"shop"}},'
        in (finding.proposal.commands[0])
    )


# ----------------------------------------------------------------------------------- Ingresses
def routed(
    controller: str = "traefik.io/ingress-controller", *, kind: str = "t"
) -> list[metav1.Object]:
    return [
        *app("traefik", 8443, namespace="front"),
        *app("cart", ("http", 8080)),
        service("cart", corev1.ServicePort(name="web", port=80, target_port="http")),
        ingress_class("t", controller, default=True),
        ingress("shop", ("cart", "web"), kind=kind),
    ]


@pytest.mark.parametrize("kind", ["t", ""])
def test_an_ingress_is_a_way_of_its_controller(kind: str) -> None:
    deny = policy("deny", "Ingress")

    [finding] = found(*routed(kind=kind), deny, log=TIMEOUT, name="traefik")

    assert finding.severity is Severity.CRITICAL
    assert finding.affected == (
        Ref("Deployment", "front", "traefik"),
        CART,
        Ref("Ingress", "shop", "shop"),
    )


def test_an_upstream_named_by_its_address_in_the_line_is_heard() -> None:
    line = f'upstream timed out (110: Connection timed out), upstream: "http://{address("shop", "cart")}:8080/"'

    [finding] = found(*routed(), policy("deny", "Ingress"), log=line, name="traefik")

    assert finding.severity is Severity.CRITICAL


def test_an_ingress_whose_controller_is_unknown_is_no_way() -> None:
    assert found(*routed("k8s.io/ingress-nginx"), policy("deny", "Ingress")) == []
    assert found(*routed(kind="other"), policy("deny", "Ingress")) == []


def test_a_controller_may_be_known_by_its_label() -> None:
    items = [
        *app("edge", 8443, namespace="front", labels={"app.kubernetes.io/name": "ingress-nginx"}),
        *routed("k8s.io/ingress-nginx")[2:],
    ]

    assert len(found(*items, policy("deny", "Ingress"))) == 1


# ------------------------------------------------------------------------------- hosts outside
def outside(url: str = "https://huggingface.co") -> list[metav1.Object]:
    return app("web", 80, namespace="front", env={"HF": url})


def leaving(
    *cidrs: str, ports: Sequence[networkingv1.PolicyPort] | None = None
) -> networkingv1.NetworkPolicy:
    peers = tuple(Peer(ip_block=networkingv1.IpBlock(cidr)) for cidr in cidrs)
    rule = To(peers=peers or None, ports=None if ports is None else tuple(ports))
    return policy("lan", "Egress", namespace="front", egress=[rule])


@pytest.mark.parametrize(
    "line",
    [
        "Connection to huggingface.co:443 timed out. (connect timeout=120)",
        "Connection to huggingface.co timed out.",
        "GET https://huggingface.co/x: connection timed out",
    ],
)
def test_a_public_host_behind_private_blocks_is_cut(line: str) -> None:
    [finding] = found(*outside(), leaving("192.168.0.0/16"), log=line)

    assert finding.severity is Severity.CRITICAL
    assert finding.proposal is not None
    assert '"cidr":"0.0.0.0/0"' in finding.proposal.commands[0]
    assert '"port":443' in finding.proposal.commands[0]


def test_a_host_that_only_the_log_names_is_a_way_too() -> None:
    items = app("web", 80, namespace="front")

    [finding] = found(*items, leaving("10.0.0.0/8"), log="connect to example.org:443: timed out")

    assert "example.org:443" in finding.message


@pytest.mark.parametrize(
    ("url", "cut"),
    [
        ("https://huggingface.co", True),
        ("https://10.9.9.9:8443", True),
        ("https://192.168.1.2:8443", False),
        ("https://nas.home.lan", False),
        ("https://nas", False),
        ("redis://cache.example.org", True),
    ],
)
def test_where_a_host_may_be_decides_whether_it_is_cut(url: str, cut: bool) -> None:
    assert bool(found(*outside(url), leaving("192.168.0.0/16"))) is cut


@pytest.mark.parametrize(
    "item",
    [
        leaving("0.0.0.0/0"),
        leaving("140.82.0.0/16"),
        leaving("010.0.0.0/8"),
        leaving(),
        leaving(ports=[networkingv1.PolicyPort(port=443)]),
    ],
)
def test_a_rule_that_may_let_through_to_the_host_is_enough(
    item: networkingv1.NetworkPolicy,
) -> None:
    assert found(*outside(), item) == []


def test_a_rule_for_another_port_is_not_enough() -> None:
    [finding] = found(
        *outside("https://10.9.9.9"), leaving(ports=[networkingv1.PolicyPort(port=80)])
    )

    assert finding.proposal is not None
    assert '"cidr":"10.9.9.9/32"' in finding.proposal.commands[0]


# ------------------------------------------------------------------------------------------ DNS
def with_dns(protocol: str = "UDP", **more: object) -> list[metav1.Object]:
    ports = (
        corev1.ServicePort(port=53, protocol=protocol, target_port=53),
        corev1.ServicePort(port=9153, target_port=9153),
    )
    marks = {"k8s-app": "kube-dns"}
    return [
        *app("coredns", 53, namespace="kube-system", labels=marks),
        service(
            "kube-dns",
            *ports,
            namespace="kube-system",
            selector=marks,
            labels=marks,
            ip="10.96.0.10",
        ),
        *outside("https://example.org"),
        *app("other", **more),  # type: ignore[arg-type]
    ]


def no_dns() -> networkingv1.NetworkPolicy:
    rule = To(peers=(Peer(ip_block=networkingv1.IpBlock("0.0.0.0/0", ("10.0.0.0/8",))),))
    return policy("no-dns", "Egress", namespace="front", egress=[rule])


def test_a_way_to_the_dns_that_is_cut_is_told_by_names_that_do_not_resolve() -> None:
    [finding] = found(*with_dns(), no_dns(), log="lookup example.org: i/o timeout")

    assert finding.severity is Severity.CRITICAL
    assert finding.proposal is not None
    assert (
        '"ports":[{"protocol":"UDP","port":53},{"protocol":"TCP","port":53}]'
        in (finding.proposal.commands[0])
    )


def test_a_dns_service_that_names_only_tcp_is_the_way_to_the_dns_as_well() -> None:
    [finding] = found(*with_dns("TCP"), no_dns())

    assert finding.reason == "NetworkPolicyBlocks"


def test_a_cache_on_the_node_or_no_known_dns_cannot_be_cut() -> None:
    cache = {"k8s-app": "node-local-dns"}

    assert found(*with_dns(labels=cache), no_dns()) == []
    assert found(*outside(), no_dns()) == []


# ------------------------------------------------------------------- what only a log can know
def test_a_pod_that_is_called_by_its_address_is_a_way() -> None:
    line = f"dial tcp {address('shop', 'cart')}:8080: i/o timeout"
    items = [*app("web", 80, namespace="front"), *app("cart", 8080)]

    [finding] = found(*items, policy("deny", "Ingress"), log=line)

    assert finding.affected == (WEB, CART)


def test_a_service_that_only_the_log_names_is_a_way() -> None:
    items = [*app("web", 80, namespace="front"), *app("cart", 80), service("cart", 80)]

    [finding] = found(*items, policy("deny", "Ingress"), log=TIMEOUT)

    assert "its log names 10.96.0.9:80" in finding.evidence[1].text


def test_a_timeout_that_names_nobody_says_nothing() -> None:
    assert found(*app("web", 80, namespace="front"), no_dns(), log="request: i/o timeout") == []


def test_without_policies_nothing_is_cut() -> None:
    assert found(*pair(), log=TIMEOUT) == []


def test_both_directions_of_one_policy_are_one_fault() -> None:
    items = [*app("web", 80, env={"A": "http://cart"}), *app("cart", 80), service("cart", 80)]

    assert len(found(*items, policy("deny", "Ingress", "Egress"), log=TIMEOUT)) == 1


def test_callers_of_the_same_namespace_need_no_namespace_in_the_rule() -> None:
    narrow = policy(
        "narrow",
        "Ingress",
        ingress=[From(peers=(Peer(ip_block=networkingv1.IpBlock("1.1.1.1/32")),))],
    )
    items = [*app("cart", 80), service("cart", 80)]
    named = app("web", 80, env={"A": "http://cart"})
    nameless = app("web", 80, env={"A": "http://cart"}, labels={"tier": "front"})

    commands = [
        each.proposal.commands[0]
        for caller in (named, nameless)
        for each in found(*items, *caller, narrow)
        if each.proposal
    ]

    assert '"from":[{"podSelector":{"matchLabels":{"app":"web"}}}]' in commands[0]
    assert '"from":[{"podSelector":{"matchLabels":{}}}]' in commands[1]


def test_callers_of_another_namespace_without_a_known_label_are_let_in_by_it() -> None:
    narrow = policy(
        "narrow",
        "Ingress",
        ingress=[From(peers=(Peer(ip_block=networkingv1.IpBlock("1.1.1.1/32")),))],
    )

    [finding] = found(*pair(labels={"tier": "front"}), narrow)

    assert finding.proposal is not None
    assert (
        '"from":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"front"}}}]'
        in finding.proposal.commands[0]
    )


def test_a_pod_on_the_hosts_network_leaves_as_its_node() -> None:
    items = app(
        "web", 80, namespace="front", env={"HF": "https://huggingface.co"}, host_network=True
    )

    assert found(*items, leaving("10.0.0.0/8")) == []


def test_a_policy_of_another_direction_closes_no_way_out() -> None:
    assert found(*outside(), policy("deny", "Ingress", namespace="front")) == []


def test_an_outside_host_without_a_port_gets_a_rule_without_one() -> None:
    [finding] = found(*outside("redis://cache.example.org"), leaving("10.0.0.0/8"))

    assert finding.proposal is not None
    assert '"ports"' not in finding.proposal.commands[0]


def test_a_host_without_a_dot_that_is_no_service_is_no_way() -> None:
    assert found(*outside("http://localhost:80"), leaving("10.0.0.0/8")) == []


def test_a_caller_that_asks_another_dns_has_no_way_to_the_clusters() -> None:
    items = [
        *with_dns()[:3],
        *app("web", namespace="front", env={"A": "https://example.org"}, dns_policy="Default"),
    ]

    assert found(*items, no_dns()) == []


def test_every_backend_of_an_ingress_is_a_way() -> None:
    items = [
        *routed()[:-1],
        *app("search", 9200),
        service("search", 9200, ip="10.96.0.8"),
        ingress("shop", ("cart", "web"), ("search", 9200), kind="t"),
    ]

    [finding] = found(*items, policy("deny", "Ingress"))

    assert Ref("Deployment", "shop", "search") in finding.affected
    assert CART in finding.affected


def test_a_way_that_somebody_tries_is_not_mixed_with_those_that_nobody_does() -> None:
    other = app("quiet", 80, namespace="front", env={"A": "http://cart.shop"})

    [finding] = found(*pair(), *other, policy("deny", "Ingress"), log=TIMEOUT)

    assert finding.affected == (WEB, CART)


def test_a_way_that_some_pods_of_a_caller_have_is_open() -> None:
    owner, one = outside()
    canary = pod(
        Ref("Pod", "front", "web-1"), owner=owner, labels={"app": "web", "track": "canary"}
    )
    rule = To(peers=(Peer(ip_block=networkingv1.IpBlock("10.0.0.0/8")),))
    some = policy("p", "Egress", namespace="front", egress=[rule], select={"track": "canary"})

    assert found(owner, one, canary, some) == []
    assert len(found(owner, canary, some)) == 1


def test_a_timeout_on_another_port_is_about_something_else() -> None:
    [finding] = found(*pair(), policy("deny", "Ingress"), log="dial tcp 10.96.0.9:99: i/o timeout")

    assert finding.severity is Severity.INFO
