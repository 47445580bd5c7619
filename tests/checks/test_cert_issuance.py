"""cert_issuance: where issuing got stuck, and which issuers do not work."""

from datetime import timedelta

import pytest

from tests.builders import HOUR, MINUTE, NOW, ago, deployment, meta, snapshot
from watchdog.checks.cert_issuance import cert_issuance
from watchdog.domain.check import NoParams
from watchdog.domain.finding import Finding
from watchdog.domain.objects import certmanagerv1, metav1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

DAY = 24 * HOUR
SITE = Ref("Certificate", "home", "site-tls")
ACME = Ref("ClusterIssuer", "", "acme")
LIMITED = "429 urn:ietf:params:acme:error:rateLimited: too many certificates already issued"


def said(
    kind: str, status: str, reason: str = "", text: str = "", age: timedelta = HOUR
) -> metav1.Condition:
    return metav1.Condition(
        type=kind, status=status, reason=reason, message=text, last_transition_time=ago(age)
    )


READY = said("Ready", "True", "Ready", age=80 * DAY)


def made(
    *conditions: metav1.Condition,
    ref: Ref = SITE,
    issued: bool = True,
    failed: timedelta | None = None,
    renewal: timedelta = 20 * DAY,
    issuer: certmanagerv1.TypedName | None = None,
    age: timedelta = DAY,
    deleting: bool = False,
) -> certmanagerv1.Certificate:
    return certmanagerv1.Certificate(
        metadata=meta(ref, age=age, deleting=deleting),
        spec=certmanagerv1.CertificateSpec(
            secret_name="site-tls",
            issuer_ref=issuer or certmanagerv1.TypedName(kind="ClusterIssuer", name="acme"),
        ),
        status=certmanagerv1.CertificateStatus(
            not_before=ago(40 * DAY) if issued else None,
            not_after=NOW + 50 * DAY if issued else None,
            renewal_time=NOW + renewal if issued else None,
            last_failure_time=None if failed is None else ago(failed),
            failed_issuance_attempts=None if failed is None else 9,
            conditions=conditions,
        ),
    )


def issuer(status: str = "True", ref: Ref = ACME, reason: str = "ErrRegister") -> metav1.Object:
    conditions = (said("Ready", status, reason, "no such host"),)
    kind = certmanagerv1.ClusterIssuer if ref.kind == "ClusterIssuer" else certmanagerv1.Issuer
    return kind(metadata=meta(ref), status=metav1.ConditionsStatus(conditions=conditions))


def request(
    name: str, *conditions: metav1.Condition, of: metav1.Object | None = None, age: timedelta = HOUR
) -> certmanagerv1.CertificateRequest:
    marks = None if of is not None else metav1.Annotations(certificate_name="site-tls")
    ref = Ref("CertificateRequest", "home", name)
    return certmanagerv1.CertificateRequest(
        metadata=meta(ref, owner=of, annotations=marks, age=age),
        status=metav1.ConditionsStatus(conditions=conditions),
    )


def order(of: metav1.Object, state: str, reason: str = "") -> certmanagerv1.Order:
    ref = Ref("Order", "home", f"{of.name}-1")
    return certmanagerv1.Order(
        metadata=meta(ref, owner=of), status=certmanagerv1.AcmeStatus(state=state, reason=reason)
    )


def challenge(of: metav1.Object, state: str, reason: str = "") -> certmanagerv1.Challenge:
    ref = Ref("Challenge", "home", f"{of.name}-1")
    status = certmanagerv1.AcmeStatus(state=state, reason=reason)
    return certmanagerv1.Challenge(metadata=meta(ref, owner=of), status=status)


def detect(*items: metav1.Object, missing: tuple[str, ...] = ()) -> list[Finding]:
    return list(cert_issuance.detect(snapshot(*items, missing=missing), NoParams()))


def failing() -> certmanagerv1.Certificate:
    return made(READY, said("Issuing", "False", "Failed", "order errored"), failed=5 * HOUR)


def test_a_failed_order_is_followed_from_its_certificate_and_quoted() -> None:
    item = failing()
    old, new = request("site-tls-4", of=item, age=DAY), request("site-tls-5", of=item)

    [finding] = detect(
        item, issuer(), old, new, order(old, "valid"), order(new, "errored", LIMITED)
    )

    assert (finding.reason, finding.subject) == ("CertificateIssuanceFailed", SITE)
    assert (finding.since, finding.hold) == (ago(5 * HOUR), 30 * MINUTE)
    assert "Order site-tls-5-1 is errored" in finding.message
    assert "rateLimited" in finding.why
    assert "9 attempts" in finding.why


def test_orders_and_challenges_of_others_are_not_followed() -> None:
    item, other = failing(), request("blog-tls-1")
    asked = request("site-tls-5", said("Ready", "False", "Failed", "not answered"), of=item)
    mine = order(asked, "pending")
    foreign = order(other, "errored", LIMITED)

    [finding] = detect(item, issuer(), asked, mine, foreign, challenge(foreign, "invalid", "no"))

    assert "not answered" in finding.why
    assert "rateLimited" not in finding.why


def test_a_rate_limit_is_waited_for_and_nothing_is_deleted() -> None:
    item = failing()
    asked = request("site-tls-5", said("Ready", "False", "Failed"), of=item)

    [finding] = detect(item, issuer(), asked, order(asked, "errored", LIMITED))

    assert finding.proposal is not None
    assert finding.proposal.text.startswith("Wait")
    assert all(" describe " in each for each in finding.proposal.commands)


def test_a_challenge_that_fails_is_the_last_word() -> None:
    item = failing()
    asked = request("site-tls-5")  # found by its annotation
    ordered = order(asked, "invalid")
    asked = request("site-tls-5", of=item)
    wrong = challenge(ordered, "invalid", "wrong status code '404', expected '200'")

    [finding] = detect(item, issuer(), asked, ordered, wrong)

    assert "wrong status code" in finding.why
    assert finding.proposal is not None
    assert "HTTP-01" in finding.proposal.text


def test_a_request_is_found_by_its_annotation_and_a_refusal_ends_the_walk() -> None:
    denied = said("Denied", "True", "Policy", "name not allowed")
    asked = request("site-tls-5", denied)

    [finding] = detect(failing(), issuer(), asked, order(asked, "pending"))

    assert "CertificateRequest site-tls-5 is Denied" in finding.message
    assert "name not allowed" in finding.why


def test_a_failure_without_a_request_is_told_in_the_certificates_words() -> None:
    [finding] = detect(failing(), issuer())

    assert "order errored" in finding.why


def test_a_first_issue_that_never_ends_is_told_and_so_is_the_secret_that_waits() -> None:
    running = said("Issuing", "True", "DoesNotExist", age=2 * HOUR)
    item = made(said("Ready", "False", "DoesNotExist", age=2 * HOUR), running, issued=False)

    [finding] = detect(item, issuer())

    assert (finding.since, finding.hold) == (ago(2 * HOUR), HOUR)
    assert finding.affected == (Ref("Secret", "home", "site-tls"),)


def test_a_certificate_nobody_works_on_is_told_by_its_age() -> None:
    [finding] = detect(made(issued=False, age=2 * HOUR), issuer())

    assert (finding.since, finding.hold) == (ago(2 * HOUR), 30 * MINUTE)


def test_an_issuer_that_does_not_exist_is_named() -> None:
    item = made(said("Ready", "False", "DoesNotExist"), issued=False)

    [finding] = detect(item, issuer(ref=Ref("Issuer", "home", "acme")))

    assert "ClusterIssuer/acme does not exist" in finding.message
    assert finding.why.startswith("ClusterIssuer/acme does not exist, so nobody issues it. ")
    assert finding.evidence[0].text == "issuerRef ClusterIssuer/acme"
    assert finding.proposal is not None
    assert finding.proposal.text.startswith("Create ClusterIssuer acme")


@pytest.mark.parametrize("group", ["", "cert-manager.io"])
def test_an_issuer_of_the_own_namespace_is_looked_up_there(group: str) -> None:
    ref = certmanagerv1.TypedName(name="acme", group=group)
    item = made(said("Ready", "False", "DoesNotExist"), issued=False, issuer=ref)

    [found] = detect(item, issuer(ref=Ref("Issuer", "home", "acme")))
    [lost] = detect(item)

    assert "does not exist" not in found.message
    assert "Issuer/home/acme does not exist" in lost.message


def test_an_issuer_that_cannot_be_looked_up_is_not_called_missing() -> None:
    other = certmanagerv1.TypedName(kind="Vault", name="acme", group="example.org")
    stuck = said("Ready", "False", "DoesNotExist")

    [foreign] = detect(made(stuck, issued=False, issuer=other))
    [unread] = detect(made(stuck, issued=False), missing=("clusterissuers",))

    assert "does not exist" not in foreign.message + unread.message
    assert foreign.proposal is not None
    assert foreign.proposal.text.startswith("Correct what Certificate/home/site-tls")


def test_two_certificates_of_one_secret_are_one_cause() -> None:
    second = Ref("Certificate", "home", "site-too")
    elsewhere = Ref("Certificate", "blog", "site-tls")
    items = (made(READY), made(READY, ref=second), made(READY, ref=elsewhere))

    found = detect(*items, issuer())

    assert {each.subject for each in found} == {SITE, second}
    assert {each.shared for each in found} == {"Secret home/site-tls"}


def test_an_issuer_that_is_not_ready_is_critical_for_whom_it_is_due() -> None:
    [finding] = detect(made(READY, renewal=-DAY), issuer("False"))

    assert (finding.reason, finding.subject) == ("IssuerNotReady", ACME)
    assert (finding.since, finding.hold) == (ago(HOUR), 15 * MINUTE)
    assert finding.affected == (SITE,)
    assert finding.severity is Severity.CRITICAL
    assert finding.why.startswith(f"{ACME} says: ")
    assert "1 certificate is issued by it" in finding.why


def test_a_certificate_nothing_is_known_of_waits_for_its_issuer() -> None:
    [finding] = [each for each in detect(made(), issuer("False")) if each.subject == ACME]

    assert finding.severity is Severity.CRITICAL


def test_an_issuer_that_is_not_ready_is_a_warning_while_nothing_is_due() -> None:
    [finding] = detect(made(READY), issuer("False"))

    assert finding.severity is Severity.WARNING


def test_what_is_well_going_or_still_on_its_way_is_no_fault() -> None:
    fine = (made(READY), issuer())
    leaving = made(said("Ready", "False"), issued=False, deleting=True)
    unknown = certmanagerv1.ClusterIssuer(metadata=meta(ACME))
    dead = certmanagerv1.ClusterIssuer(
        metadata=meta(ACME, deleting=True),
        status=metav1.ConditionsStatus(conditions=(said("Ready", "False"),)),
    )
    nameless = certmanagerv1.Certificate(metadata=meta(SITE), status=made(READY).status)

    assert detect(*fine) == []
    assert detect(leaving, issuer()) == []
    assert detect(unknown) == []
    assert detect(dead) == []
    assert detect(nameless, issuer()) == []


def test_an_expired_certificate_is_told_by_its_end_alone() -> None:
    ended = certmanagerv1.Certificate(
        metadata=meta(SITE),
        status=certmanagerv1.CertificateStatus(
            not_after=ago(HOUR), conditions=(said("Ready", "False", "Expired"),)
        ),
    )

    assert detect(ended) == []


def test_a_renewal_under_way_has_an_hour() -> None:
    [finding] = detect(made(READY, said("Issuing", "True", age=3 * MINUTE)), issuer())

    assert (finding.since, finding.hold) == (ago(3 * MINUTE), HOUR)


def test_an_issuer_in_the_cluster_that_does_not_answer_is_pointed_at() -> None:
    text = 'Get "https://ca.pki.svc:9000/acme/directory": connection refused'
    unready = certmanagerv1.ClusterIssuer(
        metadata=meta(ACME),
        status=metav1.ConditionsStatus(conditions=(said("Ready", "False", "Err", text),)),
    )
    way = request("site-2", said("Ready", "False", "Failed", text), of=failing())

    [by_issuer] = detect(unready)
    [by_certificate] = detect(failing(), way, issuer())

    assert by_issuer.blames == by_certificate.blames == (Ref("Service", "pki", "ca"),)


def test_a_certificate_that_nobody_takes_up_points_at_who_should() -> None:
    issues = deployment(Ref("Deployment", "cert-manager", "cert-manager"))
    way = request("site-1", said("Ready", "False", "Pending", "waits"), of=made(issued=False))

    [alone] = detect(made(issued=False), issuer(), issues)
    [under_way] = detect(made(issued=False), way, issuer(), issues)

    assert (alone.blames, under_way.blames) == ((issues.ref,), ())
