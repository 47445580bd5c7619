"""served: whom to dial, what the bytes of a certificate say, and who cannot be judged."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import meta, snapshot
from tests.cluster.pki import Authority
from watchdog.domain.objects import certmanagerv1, corev1, networkingv1, tlsv1
from watchdog.domain.ref import Ref
from watchdog.logic.platform.served import dates, targets, undialled, with_served

SITE = Ref("Ingress", "home", "site")


def ingress(
    *tls: tuple[str, tuple[str, ...]],
    name: str = "site",
    ip: str = "192.0.2.7",
    hostname: str = "",
    deleting: bool = False,
) -> networkingv1.Ingress:
    address = corev1.LoadBalancerAddress(ip=ip, hostname=hostname)
    return networkingv1.Ingress(
        metadata=meta(SITE._replace(name=name), deleting=deleting),
        spec=networkingv1.IngressSpec(
            tls=tuple(networkingv1.IngressTLS(hosts=h or None, secret_name=s) for s, h in tls)
            or None
        ),
        status=networkingv1.IngressStatus(
            load_balancer=corev1.LoadBalancerStatus(ingress=(address,))
        ),
    )


def served(name: str = "site-tls", *, unread: str = "") -> tlsv1.ServedCertificate:
    return tlsv1.ServedCertificate(
        metadata=meta(Ref("ServedCertificate", "home", name)), host="site.example", unread=unread
    )


@pytest.fixture(scope="module")
def der(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    authority = Authority(tmp_path_factory.mktemp("pki"))
    pair = authority.issue("site", "/CN=x", names=("DNS:site.example", "DNS:*.wild.example"))
    return ssl.PEM_cert_to_DER_cert(Path(pair.cert).read_text())


def test_one_host_of_each_secret_is_dialled() -> None:
    look = snapshot(
        ingress(("a", ("*.site.example", "site.example", "www.example")), ("b", ("b.example",))),
        ingress(("a", ("other.example",)), name="two"),
    )

    found = [(each.host, each.address, each.port, each.secret_name) for each in targets(look, "")]

    assert found == [("site.example", "192.0.2.7", 443, "a"), ("b.example", "192.0.2.7", 443, "b")]


def test_what_has_no_secret_no_host_no_address_or_is_deleted_is_not_dialled() -> None:
    look = snapshot(
        ingress(("", ("a.example",)), ("x", ()), ("y", ("no host",))),
        ingress(("z", ("z.example",)), name="two", ip=""),
        ingress(("w", ("w.example",)), name="three", deleting=True),
        ingress(name="four"),
    )

    assert targets(look, "") == ()


@pytest.mark.parametrize(
    ("address", "place", "port"),
    [
        ("proxy.example", "proxy.example", 443),
        ("proxy.example:8443", "proxy.example", 8443),
        ("2001:db8::1", "2001:db8::1", 443),
        ("[2001:db8::1]:8443", "2001:db8::1", 8443),
        ("[2001:db8::1]", "2001:db8::1", 443),
    ],
)
def test_an_address_that_is_set_comes_first(address: str, place: str, port: int) -> None:
    [found] = targets(snapshot(ingress(("a", ("site.example",)), ip="", hostname="lb")), address)

    assert (found.address, found.port) == (place, port)


def test_a_balancer_may_have_a_name_only() -> None:
    [found] = targets(snapshot(ingress(("a", ("site.example",)), ip="", hostname="lb")), "")

    assert found.address == "lb"


@pytest.mark.parametrize("host", ["site.example", "any.wild.example"])
def test_the_dates_of_a_certificate_are_read_for_its_hosts(der: bytes, host: str) -> None:
    found = dates(der, host)

    assert found is not None
    assert found[1] - found[0] == timedelta(days=30)
    assert abs(found[0] - datetime.now(UTC)) < timedelta(minutes=10)  # noqa: TID251 - openssl's


def test_the_certificate_of_another_host_says_nothing(der: bytes) -> None:
    assert dates(der, "other.example") is None


def test_a_year_after_2049_is_written_in_full() -> None:
    validity = b"\x30\x20" + b"\x17\x0d261120120000Z" + b"\x18\x0f20501120120000Z"
    signed = (
        b"\x30\x34" + b"\x02\x01\x01" + b"\x30\x00" + b"\x30\x00" + validity + b"\x0c\x09a.example"
    )
    found = dates(b"\x30\x81\x36" + signed, "a.example")

    assert found is not None
    assert found[1] == datetime(2050, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize("body", [b"", b"\x30", b"\x30\x02\x30\x00", b"no certificate at all"])
def test_what_is_no_certificate_has_no_dates(body: bytes) -> None:
    assert dates(body, "site.example") is None


def test_a_moment_in_no_known_form_is_no_date() -> None:
    validity = b"\x30\x04\x02\x00\x02\x00"
    signed = b"\x30\x0a\x30\x00\x30\x00" + validity

    assert dates(b"\x30\x0c" + signed, "a") is None


def test_what_is_served_is_put_into_the_snapshot() -> None:
    found = (served(), served("other", unread="timeout"))

    assert with_served(snapshot(), found).objects[tlsv1.NEED] == found
    assert with_served(snapshot(), ()).objects[tlsv1.NEED] == ()


def test_no_host_at_all_is_missing_with_the_reason() -> None:
    look = with_served(snapshot(also=("ingresses",)), (served(unread="timeout"),))

    assert look.missing[tlsv1.NEED].reason == "unreachable"
    assert "site.example (timeout)" in look.missing[tlsv1.NEED].text


def test_ingresses_that_cannot_be_listed_are_the_reason() -> None:
    look = with_served(snapshot(missing=("ingresses",), also=("ingresses",)), ())

    assert look.missing[tlsv1.NEED].reason == "forbidden"
    assert with_served(snapshot(also=()), ()).missing[tlsv1.NEED].reason == "unread"


def test_what_a_silent_host_serves_cannot_be_judged() -> None:
    filled = certmanagerv1.Certificate(
        metadata=meta(Ref("Certificate", "home", "site")),
        spec=certmanagerv1.CertificateSpec(secret_name="site-tls"),
    )
    look = snapshot(
        served(unread="timeout"), served("bare", unread="timeout"), served("well"), filled
    )

    assert undialled(look) == {Ref("Certificate", "home", "site"), Ref("Secret", "home", "bare")}
