"""resolving: what CoreDNS answers, plugin by plugin."""

from typing import Literal

import pytest

from watchdog.domain.ref import Ref
from watchdog.logic.network.corefile import File, Folder, Server, servers
from watchdog.logic.network.resolving import Answer, Question, resolve, zones_of

REF = Ref("ConfigMap", "kube-system", "coredns")
CART = "cart.shop.svc.cluster.local."
# What kubeadm installs.
DEFAULT = """
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
"""
# What k3s installs.
K3S = """
    errors
    health
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
      pods insecure
      fallthrough in-addr.arpa ip6.arpa
    }
    hosts /etc/coredns/NodeHosts {
      ttl 60
      reload 15s
      fallthrough
    }
    prometheus :9153
    cache 30
    loop
    reload
    loadbalance
    import /etc/coredns/custom/*.override
    forward . /etc/resolv.conf
"""
NODES = File(REF, "NodeHosts", "192.0.2.11 cp-0  # a node\n192.0.2.12 w-1\n\n2001:db8::1 w-1\n")


def blocks(text: str) -> tuple[Server, ...]:
    return servers(File(REF, "Corefile", text), Folder((), complete=True))


def block(inner: str) -> tuple[Server, ...]:
    return blocks(f".:53 {{\n{inner}\n}}")


def ask(
    found: tuple[Server, ...],
    name: str = CART,
    kind: Literal["A", "AAAA"] = "A",
    files: tuple[File, ...] = (NODES,),
) -> Answer:
    return resolve(found, Question(name, kind, files))


def short(answer: Answer) -> tuple[str, tuple[str, ...], str, str]:
    by = answer.directive.name if answer.directive else ""
    return answer.kind, answer.to, answer.said, by


SERVED = ("served", (CART,), "", "")


@pytest.mark.parametrize("text", [DEFAULT, K3S])
def test_what_distributions_install_serves_the_cluster(text: str) -> None:
    assert short(ask(block(text))) == SERVED


@pytest.mark.parametrize(
    "added",
    [
        "template ANY ANY other.svc.cluster.local {\n rcode NXDOMAIN\n}",
        "template CH ANY . {\n rcode NXDOMAIN\n}",
        "template IN",
        "template IN AAAA . {\n rcode NXDOMAIN\n}",
        'template IN A . {\n match "^web[.]"\n rcode NXDOMAIN\n fallthrough\n}',
        'template IN A . {\n match "^web[.]"\n rcode NXDOMAIN\n fallthrough cluster.local\n}',
        "hosts {\n 192.0.2.7 intranet.example.org\n fallthrough\n}",
        "hosts /etc/coredns/own.db example.org {\n}",
        "hosts example.org {\n 192.0.2.7 www.example.org\n}",
        "rewrite name old.example.org new.example.org",
        "rewrite name suffix .example.org .default.svc.cluster.local",
        "rewrite name prefix web- cart-",
        "rewrite name substring example local",
        "rewrite name regex (.*)\\.example\\.org {1}.shop.svc.cluster.local",
        "rewrite name regex ((a+)+)$ x",
        "rewrite name exact",
        "rewrite type ANY HINFO",
        "rewrite rcode name regex .* SERVFAIL NXDOMAIN",
        "rewrite rcode exact web.shop.svc.cluster.local NOERROR NXDOMAIN",
        "rewrite rcode cart.shop.svc.cluster.local NOERROR NOERROR",
        "rewrite {\n answer name a b\n}",
        f"rewrite name {CART} {CART}",
    ],
)
def test_what_is_about_other_names_or_types_changes_nothing(added: str) -> None:
    assert short(ask(block(added + DEFAULT))) == SERVED


@pytest.mark.parametrize(
    ("added", "answer"),
    [
        (
            "template ANY ANY cart.shop.svc.cluster.local {\n rcode NXDOMAIN\n}",
            ("denied", (), "NXDOMAIN", "template"),
        ),
        (
            'template IN A cluster.local {\n match "^.*[.]shop[.]svc[.]"\n rcode REFUSED\n}',
            ("denied", (), "REFUSED", "template"),
        ),
        (
            "template IN A shop.svc.cluster.local {\n authority x\n}",
            ("denied", (), "an answer without an address", "template"),
        ),
        (
            'template IN A shop.svc.cluster.local {\n answer "{{ .Name }} 60 IN A 192.0.2.9"\n}',
            ("moved", ("192.0.2.9",), "", "template"),
        ),
        (
            'template IN A shop.svc.cluster.local {\n answer "{{ .Name }} 60 IN CNAME b.org."\n}',
            ("moved", ("b.org.",), "", "template"),
        ),
        (
            # Documented: without fallthrough the other names of the zone fail.
            'template IN A svc.cluster.local {\n match "^web[.]"\n answer x\n}',
            ("denied", (), "SERVFAIL", "template"),
        ),
        (
            'template IN A svc.cluster.local {\n match "^web[.]"\n fallthrough example.org\n}',
            ("denied", (), "SERVFAIL", "template"),
        ),
        ("template IN A . {\n match ((a+)+)$\n rcode NXDOMAIN\n}", ("unknown", (), "", "")),
        (
            'template IN A . {\n answer "{{ .Name }} 60 IN A {{ .Group.ip }}"\n}',
            ("unknown", (), "", ""),
        ),
        ('template IN A . {\n answer "x"\n}', ("unknown", (), "", "")),
        (
            f"hosts {{\n 192.0.2.9 {CART}\n fallthrough\n}}",
            ("moved", ("192.0.2.9",), "", "hosts"),
        ),
        (
            f"hosts {{\n 2001:db8::9 {CART}\n fallthrough\n}}",
            ("denied", (), "an answer without an address", "hosts"),
        ),
        (
            "hosts {\n 192.0.2.7 intranet.example.org\n}",
            ("denied", (), "SERVFAIL", "hosts"),
        ),
        ("hosts /etc/coredns/unknown {\n}", ("unknown", (), "", "")),
        (
            "hosts /etc/coredns/NodeHosts {\n fallthrough example.org\n}",
            ("denied", (), "SERVFAIL", "hosts"),
        ),
        (
            f"rewrite name {CART} web.shop.svc.cluster.local",
            ("served", ("web.shop.svc.cluster.local.",), "", "rewrite"),
        ),
        (
            "rewrite continue name prefix cart. web.\n"
            "rewrite stop name suffix .shop.svc.cluster.local .prod.svc.cluster.local\n"
            "rewrite name substring web nowhere",
            ("served", ("web.prod.svc.cluster.local.",), "", "rewrite"),
        ),
        (
            "rewrite {\n name regex ^(.*)[.]shop[.](.*)$ {1}.old.{2}\n answer auto\n}",
            ("served", ("cart.old.svc.cluster.local.",), "", "rewrite"),
        ),
        (
            "rewrite name regex ^(cart)(x)?[.].* {0}{2}",
            ("served", ("cart.shop.svc.cluster.local.",), "", ""),
        ),
        (
            f"rewrite name exact {CART} www.example.org",
            ("moved", ("www.example.org.",), "", "rewrite"),
        ),
        (
            "rewrite rcode suffix .svc.cluster.local NOERROR NXDOMAIN",
            ("denied", (), "rcode NXDOMAIN", "rewrite"),
        ),
    ],
)
def test_what_is_about_the_name_changes_the_answer(
    added: str, answer: tuple[str, tuple[str, ...], str, str]
) -> None:
    assert short(ask(block(added + DEFAULT))) == answer


def test_a_rewritten_name_may_be_denied_by_another_plugin() -> None:
    text = f"rewrite name {CART} b.org\nhosts b.org {{\n}}" + DEFAULT

    assert short(ask(block(text))) == ("denied", (), "SERVFAIL", "hosts")


def test_an_ipv6_service_is_asked_for_by_its_type() -> None:
    found = block("template IN AAAA . {\n rcode NXDOMAIN\n}" + DEFAULT)

    assert short(ask(found, kind="AAAA"))[0] == "denied"


def test_the_block_of_the_longest_zone_answers() -> None:
    found = blocks(
        f".:53 {{\n{DEFAULT}\n}}\nconsul.local:53 {{\n forward . 192.0.2.1\n}}\n"
        "svc.cluster.local:53 {\n log\n forward . 192.0.2.2 192.0.2.3\n}"
    )

    assert short(ask(found)) == ("unserved", ("192.0.2.2", "192.0.2.3"), "", "forward")
    assert short(ask(found, "a.consul.local.")) == ("unserved", ("192.0.2.1",), "", "forward")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("kubernetes example.org", "unserved"),
        ("errors\nforward example.org 192.0.2.1", "unserved"),
        ("kubernetes", "served"),
        ("some_external_plugin", "unknown"),
        ("import gone.conf", "unknown"),
        ("view v {\n expr x\n}\nkubernetes", "unknown"),
    ],
)
def test_who_serves_the_cluster_is_known_or_not(text: str, kind: str) -> None:
    assert ask(block(text)).kind == kind


def test_a_name_no_block_is_for_cannot_be_told() -> None:
    assert ask(blocks("example.org {\n errors\n}")).kind == "unknown"


def test_a_plugin_limited_to_namespaces_hides_the_others() -> None:
    found = block("kubernetes cluster.local {\n namespaces data\n}")
    passing = block("kubernetes cluster.local {\n namespaces data\n fallthrough\n}")

    assert short(ask(found)) == ("denied", (), "NXDOMAIN", "kubernetes")
    assert ask(found, "db.data.svc.cluster.local.").kind == "served"
    assert ask(found, "data.ns.dns.cluster.local.").kind == "served"
    assert ask(passing).kind == "served"


def test_the_clusters_zones_are_those_of_the_kubernetes_plugin() -> None:
    assert zones_of(block(DEFAULT)) == ("cluster.local.",)
    assert zones_of(blocks("k8s.example.org {\n kubernetes\n}")) == ("k8s.example.org.",)
    assert zones_of(block("errors")) == ()
