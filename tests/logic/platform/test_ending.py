"""ending: certificates as they are served and of kubelets, and those somebody else judges."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.builders import HOUR, NOW, meta, node, snapshot
from watchdog.domain.finding import Finding
from watchdog.domain.objects import certmanagerv1, measuredv1, metav1, tlsv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.logic.platform.ending import kubelet_findings, served_findings

DAY = 24 * HOUR
DAYS = 21 * DAY
SECRET = Ref("Secret", "home", "site-tls")


def served(left: timedelta, *, life: timedelta = 90 * DAY) -> tlsv1.ServedCertificate:
    return tlsv1.ServedCertificate(
        metadata=meta(Ref("ServedCertificate", "home", "site-tls")),
        ingress="site",
        host="site.example",
        not_before=NOW + left - life,
        not_after=NOW + left,
    )


def made(left: timedelta) -> certmanagerv1.Certificate:
    return certmanagerv1.Certificate(
        metadata=meta(Ref("Certificate", "home", "site")),
        spec=certmanagerv1.CertificateSpec(secret_name="site-tls"),
        status=certmanagerv1.CertificateStatus(not_after=NOW + left),
    )


def of_ingresses(*items: metav1.Object) -> list[Finding]:
    return list(served_findings(snapshot(*items), DAYS))


def kubelet(left: timedelta, *, life: timedelta = 365 * DAY) -> measuredv1.KubeletCertificate:
    return measuredv1.KubeletCertificate(
        metadata=metav1.Metadata(name="w-1"),
        ends_at=NOW + left,
        longest_seconds=life.total_seconds(),
    )


def of_kubelets(*items: metav1.Object) -> list[Finding]:
    return list(kubelet_findings(snapshot(node("w-1"), *items), DAYS))


def test_what_is_served_after_its_end_is_critical_on_the_secret() -> None:
    [finding] = of_ingresses(served(-HOUR))

    assert (finding.reason, finding.subject) == ("CertificateExpired", SECRET)
    assert (finding.severity, finding.since) == (Severity.CRITICAL, NOW - HOUR)
    assert finding.affected == (Ref("Ingress", "home", "site"),)
    assert finding.proposal is not None
    assert "Put a new certificate for site.example into Secret site-tls" in finding.proposal.text


@pytest.mark.parametrize(
    ("left", "severity"), [(10 * DAY, Severity.WARNING), (20 * HOUR, Severity.CRITICAL)]
)
def test_what_is_served_near_its_end_expires_soon(left: timedelta, severity: Severity) -> None:
    [finding] = of_ingresses(served(left))

    assert (finding.reason, finding.severity) == ("CertificateExpiringSoon", severity)
    assert (finding.since, finding.hold) == (NOW + left - DAYS, HOUR)


def test_a_certificate_with_the_same_end_is_judged_by_its_status() -> None:
    assert of_ingresses(served(10 * DAY), made(10 * DAY)) == []


def test_an_old_one_that_is_served_although_a_new_one_is_made_is_the_certificates() -> None:
    [finding] = of_ingresses(served(-HOUR), made(80 * DAY))

    assert finding.subject == Ref("Certificate", "home", "site")
    assert "what is served is not what it made" in finding.why
    assert finding.proposal is not None
    assert "still serves the old one" in finding.proposal.text


def test_what_lasts_or_was_not_read_is_no_fault() -> None:
    assert of_ingresses(served(80 * DAY)) == []
    assert of_ingresses(served(2 * DAY, life=7 * DAY)) == []
    assert of_ingresses(replace(served(-HOUR), not_after=None)) == []
    assert of_ingresses(replace(served(-HOUR), not_before=None)) == []


def test_a_kubelet_that_does_not_renew_its_certificate_is_told_on_its_node() -> None:
    [finding] = of_kubelets(kubelet(10 * DAY))

    assert (finding.reason, finding.subject.name) == ("CertificateExpiringSoon", "w-1")
    assert (finding.severity, finding.sightings) == (Severity.WARNING, 2)


def test_the_last_day_of_a_kubelet_is_critical() -> None:
    [finding] = of_kubelets(kubelet(HOUR))

    assert finding.severity is Severity.CRITICAL


def test_a_kubelet_whose_certificate_has_ended_is_told_at_once() -> None:
    [finding] = of_kubelets(kubelet(-HOUR, life=timedelta(0)))

    assert (finding.reason, finding.sightings) == ("CertificateExpired", 1)
    assert finding.since == NOW - HOUR


def test_a_renewal_that_is_not_due_yet_or_of_an_unknown_life_is_no_fault() -> None:
    assert of_kubelets(kubelet(100 * DAY)) == []
    assert of_kubelets(kubelet(7 * HOUR, life=DAY)) == []
    assert of_kubelets(kubelet(15 * DAY, life=120 * DAY)) == []
    assert of_kubelets(kubelet(HOUR, life=timedelta(0))) == []


def test_a_kubelet_of_no_node_or_without_a_date_is_left_alone() -> None:
    stray = replace(kubelet(HOUR), metadata=metav1.Metadata(name="gone"))

    assert of_kubelets(stray, replace(kubelet(HOUR), ends_at=None)) == []
