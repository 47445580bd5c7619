"""Certificates that cannot be issued, and issuers that do not work."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Evidence, Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.objects import certmanagerv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.network.unanswered import unanswered
from watchdog.logic.platform import certificate
from watchdog.logic.platform.certificate import Stage
from watchdog.logic.words.prose import stamp

_FAILED = timedelta(minutes=30)
_STALLED = timedelta(hours=1)
_UNREADY = timedelta(minutes=15)
# What ACME servers and proxies say when they are asked too often. Source: RFC 8555, section 6.6.
_LIMITED = re.compile(r"ratelimited|rate limit|too many|\b429\b", re.IGNORECASE)


@check(
    family="certificates",
    needs=("certificates",),
    optional=(
        "certificaterequests",
        "orders",
        "challenges",
        "issuers",
        "clusterissuers",
        "services",
        "ingresses",
    ),
    reasons=("CertificateIssuanceFailed", "IssuerNotReady"),
    params=NoParams,
)
def cert_issuance(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A Certificate is not issued, two fight for one Secret, or an issuer is not ready.

    Followed from the Certificate over its newest request to order and challenge, to say what the
    last of them says. A first issue and a retry that runs have their time.
    """
    certificates = snapshot.of("certificates", certmanagerv1.Certificate)
    live = [item for item in certificates.values() if not item.deleting]
    yield from _unready_issuers(snapshot, live)
    rivals = _rivals(live)
    for item in live:
        others = rivals.get(item.ref)
        if others is not None:
            yield _fight(item, others)
        else:
            yield from _failure(snapshot, item)


def _unready_issuers(
    snapshot: Snapshot, live: list[certmanagerv1.Certificate]
) -> Iterator[Finding]:
    for ref, issuer in certificate.issuers(snapshot).items():
        condition = issuer.condition("Ready")
        if condition is None or condition.status != "False" or issuer.deleting:
            continue
        users = [item for item in live if certificate.issuer_of(item) == ref]
        waiting = [item for item in users if _needs_it_now(snapshot, item)]
        names = symptom.listed(str(item.ref) for item in waiting)
        yield Finding(
            reason="IssuerNotReady",
            subject=ref,
            affected=tuple(item.ref for item in users),
            severity=Severity.CRITICAL if waiting else Severity.WARNING,
            message=f"{ref} cannot issue certificates: {condition.reason or 'not ready'}",
            why=f"{ref} says: {symptom.sentence(condition.message)} "
            f"{symptom.counted(len(users), 'certificate')} {'is' if len(users) == 1 else 'are'} issued "
            f"by it; waiting for it now: {names or 'none'}. The certificates themselves are not at "
            "fault.",
            since=condition.last_transition_time or issuer.metadata.creation_timestamp,
            hold=_UNREADY,
            blames=unanswered(snapshot, condition.message, ref.namespace),
            evidence=(symptom.said(ref, condition),),
            proposal=Proposal(
                f"Correct {ref}: its server, its account or its credentials (a Secret it names). The "
                "certificates follow by themselves.",
                (command.describe(ref),),
            ),
        )


def _needs_it_now(snapshot: Snapshot, item: certmanagerv1.Certificate) -> bool:
    planned = item.status.renewal_time
    return certificate.ready(item) is not True or (
        planned is not None and planned <= snapshot.taken_at
    )


def _rivals(
    live: list[certmanagerv1.Certificate],
) -> dict[Ref, tuple[certmanagerv1.Certificate, ...]]:
    """Certificates that write the same Secret as another one."""
    groups: defaultdict[tuple[str, str], list[certmanagerv1.Certificate]] = defaultdict(list)
    for item in live:
        if item.spec.secret_name:
            groups[item.namespace, item.spec.secret_name].append(item)
    return {item.ref: tuple(group) for group in groups.values() if len(group) > 1 for item in group}


def _fight(
    item: certmanagerv1.Certificate, group: tuple[certmanagerv1.Certificate, ...]
) -> Finding:
    secret = Ref("Secret", item.namespace, item.spec.secret_name)
    born = [each.metadata.creation_timestamp for each in group]
    names = ", ".join(each.name for each in group)
    return Finding(
        reason="CertificateIssuanceFailed",
        subject=item.ref,
        severity=Severity.WARNING,
        message=f"{len(group)} Certificates write {secret}: {names}",
        why=f"Each of them overwrites what the other has issued, so cert-manager issues again and "
        f"again, until the issuer refuses. All of them name secretName {secret.name}.",
        since=max((each for each in born if each is not None), default=None),
        hold=_FAILED,
        shared=f"Secret {secret.namespace}/{secret.name}",
        evidence=(symptom.fact("spec", item.ref, f"secretName {secret.name}"),),
        proposal=Proposal(
            f"Keep one of {names}, or give each a secretName of its own.",
            (command.describe(item.ref),),
        ),
    )


def _failure(snapshot: Snapshot, item: certmanagerv1.Certificate) -> Iterator[Finding]:
    found = _trouble(snapshot, item)
    if found is None:
        return
    since, hold, what = found
    issuer = certificate.issuer_of(item)
    missing = issuer is not None and certificate.surely_missing(snapshot, issuer)
    yield _finding(
        snapshot,
        item,
        since=since or item.metadata.creation_timestamp,
        hold=hold,
        what=f"{issuer} does not exist" if missing else what,
        missing=missing,
    )


def _trouble(
    snapshot: Snapshot, item: certmanagerv1.Certificate
) -> tuple[datetime | None, timedelta, str] | None:
    """Since when nothing comes of it, how long that may last, and what it is; None when all is well.

    cert-manager clears the failure's time at the next success, not at the next try. A missing issuer
    and a request nobody answers leave no failure at all.
    """
    running, condition = certificate.issuing(item), item.condition("Ready")
    if item.status.last_failure_time is not None:
        return item.status.last_failure_time, _FAILED, "issuing fails"
    if running is not None:
        return running.last_transition_time, _STALLED, "issuing does not end"
    if condition is not None and condition.status == "False" and not _ended(snapshot, item):
        return condition.last_transition_time, _FAILED, "it is not issued"
    if condition is None and item.status.not_after is None:
        return None, _FAILED, "it is not issued"
    return None


def _ended(snapshot: Snapshot, item: certmanagerv1.Certificate) -> bool:
    end = item.status.not_after
    return end is not None and end <= snapshot.taken_at


def _finding(
    snapshot: Snapshot,
    item: certmanagerv1.Certificate,
    *,
    since: datetime | None,
    hold: timedelta,
    what: str,
    missing: bool,
) -> Finding:
    walked, issuer = certificate.stages(snapshot, item), certificate.issuer_of(item)
    last = _deepest(walked)
    own = certificate.issuing(item) or item.condition("Issuing") or item.condition("Ready")
    said = (last.said if last else "") or (own.message if own else "")
    attempts, end = item.status.failed_issuance_attempts, item.status.not_after
    counted = f" {attempts} attempts have failed." if attempts else ""
    outlook = (
        f" The present one is valid until {stamp(end)}." if end else " There is no certificate yet."
    )
    way = " -> ".join(f"{stage.ref.kind} {stage.state or 'without state'}" for stage in walked)
    secret = Ref("Secret", item.namespace, item.spec.secret_name)
    return Finding(
        reason="CertificateIssuanceFailed",
        subject=item.ref,
        # Who waits for the Secret waits for this; a Secret that is there has other users.
        affected=(secret,) if end is None and secret.name else (),
        severity=Severity.WARNING,
        message=f"{item.ref}: {what}{_of(last)}",
        why=f"{f'{issuer} does not exist, so nobody issues it. ' if missing else ''}"
        f"{f'{last.ref if last else item.ref} says: {symptom.sentence(said)}' if said else ''}"
        f"{f' The way to the issuer: {way}.' if way else ''}{counted}{outlook}",
        since=since,
        hold=hold,
        blames=(
            *unanswered(snapshot, said, item.namespace),
            *(() if walked else certificate.untouched(snapshot, item)),
        ),
        evidence=(
            *((symptom.fact("spec", item.ref, f"issuerRef {issuer}"),) if missing else ()),
            *(() if last is None else _stages((last,))),
            *symptom.conditions(item.ref, item.status.conditions, own),
            *_stages(each for each in walked if each != last),
        ),
        proposal=_cure(item, last, said, missing=missing),
    )


def _stages(walked: Iterable[Stage]) -> Iterator[Evidence]:
    for each in walked:
        text = ": ".join(part for part in (each.state or "no state", each.said) if part)
        yield symptom.fact("status", each.ref, text)


def _deepest(walked: tuple[Stage, ...]) -> Stage | None:
    """The last stage that failed, else the last one that says something."""
    failed = [stage for stage in walked if stage.failed and stage.said]
    talking = [stage for stage in walked if stage.said]
    found = failed or talking
    return found[-1] if found else None


def _of(last: Stage | None) -> str:
    return f" ({last.ref.kind} {last.ref.name} is {last.state})" if last and last.state else ""


def _cure(
    item: certmanagerv1.Certificate, last: Stage | None, said: str, *, missing: bool
) -> Proposal:
    where = last.ref if last else item.ref
    reading = (command.describe(item.ref), command.describe(where))
    if _LIMITED.search(said):
        text = (
            f"Wait: the issuer's rate limit refuses {where}, and each further try counts against it. "
            "cert-manager tries again by itself. Do not renew by hand and do not delete the order, "
            "the Certificate or its Secret. Find what asked so often (recreated Certificates, "
            "several clusters with the same names), or use another issuer meanwhile."
        )
    elif missing:
        issuer = item.spec.issuer_ref
        text = (
            f"Create {issuer.kind or 'Issuer'} {issuer.name} from Git or backup, or correct issuerRef "
            f"in {item.ref}."
        )
    elif last is not None and last.ref.kind == "Challenge":
        text = (
            f"Make the challenge answerable: for HTTP-01 the name has to lead to this cluster's "
            f"ingress on port 80, for DNS-01 the record has to be written and visible. {where} says "
            "what the issuer saw. cert-manager tries again by itself."
        )
    else:
        text = f"Correct what {where} complains of; cert-manager tries again by itself."
    return Proposal(text, tuple(dict.fromkeys(reading)))
