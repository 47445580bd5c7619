"""cert_expiry: ends that have come or come near, and renewals nobody does."""

from datetime import timedelta

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, NOW, ago, deployment, meta, node, snapshot
from watchdog.checks.cert_expiry import CertExpiryParams, cert_expiry
from watchdog.domain.finding import Finding
from watchdog.domain.objects import certmanagerv1, measuredv1, metav1, tlsv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

DAY = 24 * HOUR
SITE = Ref("Certificate", "home", "site-tls")
READY = metav1.Condition(type="Ready", status="True", reason="Ready", last_transition_time=ago(DAY))
ISSUING = metav1.Condition(
    type="Issuing", status="True", reason="Renewing", last_transition_time=ago(3 * MINUTE)
)


def made(
    left: timedelta,
    *conditions: metav1.Condition,
    lifetime: timedelta = 90 * DAY,
    renewal: timedelta | None = None,
    deleting: bool = False,
) -> certmanagerv1.Certificate:
    return certmanagerv1.Certificate(
        metadata=meta(SITE, age=300 * DAY, deleting=deleting),
        spec=certmanagerv1.CertificateSpec(
            secret_name="site-tls",
            issuer_ref=certmanagerv1.TypedName(kind="ClusterIssuer", name="acme"),
        ),
        status=certmanagerv1.CertificateStatus(
            not_before=NOW + left - lifetime,
            not_after=NOW + left,
            renewal_time=None if renewal is None else NOW + renewal,
            conditions=conditions or (READY,),
        ),
    )


def detect(*items: metav1.Object, days: int = 21) -> list[Finding]:
    return list(cert_expiry.detect(snapshot(*items), CertExpiryParams(days=days)))


def test_a_certificate_past_its_end_is_critical_at_once() -> None:
    [finding] = detect(made(-HOUR, renewal=-30 * DAY))

    assert (finding.reason, finding.subject) == ("CertificateExpired", SITE)
    assert finding.severity is Severity.CRITICAL
    assert (finding.since, finding.hold) == (ago(HOUR), timedelta(0))
    assert any("notAfter 2026-11-20 11:00 UTC" in each.text for each in finding.evidence)
    assert finding.proposal is not None
    assert "kubectl -n home describe certificate site-tls" in finding.proposal.commands


def test_a_certificate_near_its_end_whose_renewal_failed_is_a_warning_on_two_counts() -> None:
    found = {each.reason: each for each in detect(made(10 * DAY, renewal=-20 * DAY))}

    assert set(found) == {"CertificateExpiringSoon", "CertificateRenewalOverdue"}
    soon = found["CertificateExpiringSoon"]
    assert (soon.severity, soon.hold) == (Severity.WARNING, HOUR)
    assert soon.since == NOW - 11 * DAY
    # five percent of 90 days after the renewal was due
    assert found["CertificateRenewalOverdue"].since == NOW - 20 * DAY + 4.5 * DAY


def test_the_end_is_the_first_fact_and_the_last_try_says_why_it_was_not_renewed() -> None:
    refused = metav1.Condition(
        type="Issuing", status="False", reason="Failed", message="order errored: 429 rateLimited"
    )
    item = made(10 * DAY, READY, refused, renewal=-20 * DAY)
    status = msgspec.structs.replace(item.status, last_failure_time=ago(5 * HOUR))

    for found in detect(msgspec.structs.replace(item, status=status)):
        assert "The last try failed at 2026-11-20 07:00 UTC: order errored: 429" in found.why
        facts = [each.text for each in found.evidence]
        assert facts[0].startswith("notAfter ")
        assert facts.index("Issuing=False (Failed): order errored: 429 rateLimited") < facts.index(
            "Ready=True (Ready)"
        )


@pytest.mark.parametrize("left", [20 * HOUR, 7 * DAY])
def test_the_last_day_or_twelfth_is_critical_even_while_it_is_renewed(left: timedelta) -> None:
    [finding] = detect(made(left, READY, ISSUING, renewal=-30 * DAY))

    assert finding.severity is Severity.CRITICAL


def test_a_certificate_without_a_planned_renewal_is_told_by_its_end_alone() -> None:
    [finding] = detect(made(10 * DAY))

    assert finding.severity is Severity.WARNING
    assert "No renewal is planned" in finding.why


def test_a_renewal_planned_for_later_is_only_noted() -> None:
    [finding] = detect(made(18 * DAY, renewal=3 * DAY))

    assert finding.severity is Severity.INFO


def test_a_renewal_that_runs_is_quiet_while_there_is_time() -> None:
    assert detect(made(10 * DAY, READY, ISSUING, renewal=-20 * DAY)) == []


def test_days_count_no_more_than_a_quarter_of_a_short_life() -> None:
    assert detect(made(2 * DAY, lifetime=7 * DAY)) == []
    assert len(detect(made(40 * HOUR, lifetime=7 * DAY))) == 1


def test_a_life_of_unknown_length_is_taken_for_three_months() -> None:
    item = certmanagerv1.Certificate(
        metadata=meta(SITE), status=certmanagerv1.CertificateStatus(not_after=NOW + 20 * DAY)
    )

    [finding] = detect(item)

    assert finding.since == NOW - DAY


def test_a_renewal_that_is_a_little_late_is_no_fault() -> None:
    assert detect(made(30 * DAY, renewal=-4 * DAY)) == []


def test_what_ingresses_serve_and_what_kubelets_hold_count_without_cert_manager() -> None:
    served = tlsv1.ServedCertificate(
        metadata=meta(Ref("ServedCertificate", "home", "bare-tls")),
        not_before=NOW - 90 * DAY,
        not_after=NOW - HOUR,
    )
    held = measuredv1.KubeletCertificate(
        metadata=metav1.Metadata(name="w-1"), ends_at=NOW + DAY, longest_seconds=1e8
    )
    look = snapshot(node("w-1"), served, held, missing=("certificates",))

    found = list(cert_expiry.detect(look, CertExpiryParams()))

    assert [(each.reason, each.subject.kind) for each in found] == [
        ("CertificateExpired", "Secret"),
        ("CertificateExpiringSoon", "Node"),
    ]


def test_what_is_fresh_going_or_not_yet_issued_is_no_fault() -> None:
    new = certmanagerv1.Certificate(metadata=meta(SITE))

    assert detect(made(80 * DAY, renewal=50 * DAY)) == []
    assert detect(made(-HOUR, deleting=True)) == []
    assert detect(new) == []


ISSUES = deployment(Ref("Deployment", "cert-manager", "cert-manager"))


def test_a_renewal_that_nobody_has_tried_points_at_who_should() -> None:
    named = deployment(Ref("Deployment", "pki", "release-controller"))
    labels = {
        "app.kubernetes.io/name": "cert-manager",
        "app.kubernetes.io/component": "controller",
    }
    marked = msgspec.structs.replace(named, metadata=meta(named.ref, labels=labels))

    [late] = detect(made(40 * DAY, renewal=-9 * DAY), ISSUES, named)
    [by_label] = detect(made(40 * DAY, renewal=-9 * DAY), marked)

    assert late.reason == "CertificateRenewalOverdue"
    assert (late.blames, by_label.blames) == ((ISSUES.ref,), (marked.ref,))


def test_a_renewal_that_was_tried_or_that_several_could_do_points_at_nobody() -> None:
    item = made(40 * DAY, renewal=-9 * DAY)
    tried = msgspec.structs.replace(item.status, last_failure_time=ago(DAY))
    second = deployment(Ref("Deployment", "pki", "second-cert-manager"))

    assert detect(msgspec.structs.replace(item, status=tried), ISSUES)[0].blames == ()
    assert detect(item, ISSUES, second)[0].blames == ()
