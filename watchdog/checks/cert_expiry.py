"""Certificates that have run out, will soon, or are not renewed when they should be."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import Field

from watchdog.domain.check import Params, check
from watchdog.domain.finding import Finding
from watchdog.domain.objects import certmanagerv1
from watchdog.domain.objects.measuredv1 import NEED as KUBELETS
from watchdog.domain.objects.tlsv1 import NEED as SERVED
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.platform import certificate
from watchdog.logic.platform.ending import kubelet_findings, served_findings
from watchdog.logic.words.prose import span, stamp

_DAY = timedelta(days=1)


class CertExpiryParams(Params):
    """`checks.cert_expiry` in the config file."""

    days: int = Field(
        default=21, ge=1, description="days left below which it is said, at most lifetime/4"
    )


@check(
    family="certificates",
    needs=("nodes",),
    optional=("certificates", KUBELETS, SERVED),
    reasons=("CertificateExpired", "CertificateExpiringSoon", "CertificateRenewalOverdue"),
    params=CertExpiryParams,
)
def cert_expiry(snapshot: Snapshot, params: CertExpiryParams) -> Iterator[Finding]:
    """A certificate is past its end, near it, or past its own renewal time.

    Of cert-manager's the status is read alone: condition Ready stays True to the last second. A
    renewal that runs is quiet, as long as there is time for it; one that is planned for later is
    only noted. With tls_probe the dates of what Ingresses serve count as well, on the Secret or the
    Certificate that fills it; with a Prometheus the client certificates of kubelets, on the node.
    """
    for item in snapshot.of("certificates", certmanagerv1.Certificate).values():
        end = item.status.not_after
        if item.deleting or end is None:
            continue
        if end <= snapshot.taken_at:
            yield _expired(snapshot, item, end)
            continue
        yield from _expiring(snapshot, item, end, timedelta(days=params.days))
        yield from _overdue(snapshot, item, end)
    days = timedelta(days=params.days)
    yield from served_findings(snapshot, days)
    yield from kubelet_findings(snapshot, days)


def _expired(snapshot: Snapshot, item: certmanagerv1.Certificate, end: datetime) -> Finding:
    return _finding(
        snapshot,
        item,
        reason="CertificateExpired",
        severity=Severity.CRITICAL,
        message=f"{item.ref} has expired",
        why=f"It ended at {stamp(end)}: whoever checks certificates refuses the one in Secret "
        f"{item.spec.secret_name}.{_last_try(item)} The servers that present it are not at fault, and "
        "restarting them does not help.",
        since=end,
    )


def _expiring(
    snapshot: Snapshot, item: certmanagerv1.Certificate, end: datetime, days: timedelta
) -> Iterator[Finding]:
    left, length = end - snapshot.taken_at, certificate.lifetime(item)
    soon = min(days, length / 4)
    urgent = left < _DAY or left < length / 12
    if left >= soon or (certificate.issuing(item) and not urgent):
        return
    planned = item.status.renewal_time
    by_plan = planned is not None and planned > snapshot.taken_at
    if planned is None:
        outlook = "No renewal is planned for it."
    elif by_plan:
        outlook = f"cert-manager plans to renew it at {stamp(planned)}."
    else:
        outlook = f"Its renewal was due at {stamp(planned)} and has not happened.{_last_try(item)}"
    severity = Severity.CRITICAL if urgent else Severity.WARNING
    yield _finding(
        snapshot,
        item,
        reason="CertificateExpiringSoon",
        severity=Severity.INFO if by_plan else severity,
        message=f"{item.ref} expires in {span(left)}",
        why=f"It is valid until {stamp(end)}. {outlook}",
        since=end - soon,
        hold=timedelta(hours=1),
    )


def _overdue(
    snapshot: Snapshot, item: certmanagerv1.Certificate, end: datetime
) -> Iterator[Finding]:
    late = certificate.overdue_since(item)
    if late is None or late > snapshot.taken_at or certificate.issuing(item):
        return
    yield _finding(
        snapshot,
        item,
        reason="CertificateRenewalOverdue",
        severity=Severity.WARNING,
        message=f"{item.ref} is not renewed, {span(snapshot.age(late))} after it was due",
        why=f"It still serves and is valid until {stamp(end)}, but its own renewal time has passed, "
        f"and no renewal runs now.{_last_try(item) or ' cert-manager does not work on it.'}",
        since=late,
    )


def _last_try(item: certmanagerv1.Certificate) -> str:
    """Why the last renewal came to nothing, with a space before; "" where none has failed."""
    issuing, at = item.condition("Issuing"), item.status.last_failure_time
    if issuing is None or issuing.status != "False" or not issuing.message or at is None:
        return ""
    return f" The last try failed at {stamp(at)}: {symptom.sentence(issuing.message)}"


def _finding(
    snapshot: Snapshot,
    item: certmanagerv1.Certificate,
    *,
    reason: str,
    severity: Severity,
    message: str,
    why: str,
    since: datetime,
    hold: timedelta = timedelta(0),
) -> Finding:
    status, issuer = item.status, item.spec.issuer_ref
    dates = (("notAfter", status.not_after), ("renewalTime", status.renewal_time))
    tried = ("lastFailureTime", status.last_failure_time)
    bad = next((each for each in status.conditions or () if each.status == "False"), None)
    return Finding(
        reason=reason,
        subject=item.ref,
        severity=severity,
        message=message,
        why=why,
        since=since,
        hold=hold,
        blames=certificate.untouched(snapshot, item),
        evidence=(
            *(
                symptom.fact("status", item.ref, f"{name} {stamp(at)}", at)
                for name, at in (*dates, tried)
                if at is not None
            ),
            *symptom.conditions(item.ref, status.conditions, bad),
            symptom.fact("spec", item.ref, f"issued by {issuer.kind or 'Issuer'} {issuer.name}"),
        ),
        proposal=symptom.advise(
            None,
            "Read why cert-manager has not renewed it: its conditions, its newest CertificateRequest, "
            f"the state of {issuer.kind or 'Issuer'} {issuer.name} and cert-manager's own log. "
            "It is renewed by itself once the issuer answers.",
            command.describe(item.ref),
            command.listed(item.ref, "certificaterequests"),
        ),
    )
