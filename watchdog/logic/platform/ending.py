"""Certificates that no object of the API describes: as an Ingress serves them, and of kubelets."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from watchdog.domain.evidence import Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.objects import certmanagerv1, measuredv1, tlsv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.platform.served import certificate_of, subject_of

_DAY = timedelta(days=1)


def served_findings(snapshot: Snapshot, days: timedelta) -> Iterator[Finding]:
    """What Ingresses serve that has ended, or ends within `days` or a quarter of its life.

    A Certificate with the same end is judged by its own status.
    """
    for item in snapshot.of(tlsv1.NEED, tlsv1.ServedCertificate).values():
        known = certificate_of(snapshot, item)
        start, end = item.not_before, item.not_after
        if start is None or end is None or (known and known.status.not_after == end):
            continue
        left = end - snapshot.taken_at
        soon = min(days, (end - start) / 4)
        if left < soon:
            yield _served(snapshot, item, known, end=end, since=end - soon)


def _served(
    snapshot: Snapshot,
    item: tlsv1.ServedCertificate,
    known: certmanagerv1.Certificate | None,
    *,
    end: datetime,
    since: datetime,
) -> Finding:
    ingress = Ref("Ingress", item.namespace, item.ingress)
    subject, left = subject_of(snapshot, item), end - snapshot.taken_at
    past = left <= timedelta(0)
    when = "has expired" if past else f"ends at {end:%Y-%m-%d %H:%M} UTC"
    newer = known.status.not_after if known else None
    return Finding(
        reason="CertificateExpired" if past else "CertificateExpiringSoon",
        subject=subject,
        affected=(ingress,),
        severity=Severity.CRITICAL if past or left < _DAY else Severity.WARNING,
        message=f"the certificate of {item.host} {when}",
        why=f"Whoever opens https://{item.host} gets a certificate that is valid until "
        f"{end:%Y-%m-%d %H:%M} UTC. It is in Secret {item.name}, from which {ingress} takes it. "
        + (
            f"{subject} ends at {newer:%Y-%m-%d %H:%M} UTC: what is served is not what it made."
            if newer
            else "Nothing renews it."
        ),
        since=end if past else since,
        hold=timedelta(0) if past else timedelta(hours=1),
        evidence=(
            symptom.fact(
                "status", ingress, f"{item.host} presents notAfter {end:%Y-%m-%d %H:%M}Z", end
            ),
            symptom.fact("spec", ingress, f"tls: Secret {item.name} for {item.host}"),
        ),
        proposal=Proposal(
            "See why the ingress controller still serves the old one: its log names the Secret."
            if newer
            else f"Put a new certificate for {item.host} into Secret {item.name}.",
            (command.describe(ingress),),
        ),
    )


def kubelet_findings(snapshot: Snapshot, days: timedelta) -> Iterator[Finding]:
    """Kubelets whose client certificate is not renewed.

    They renew it when 10 to 30 percent of its life are left: what goes below a twelfth has failed.
    Source: k8s.io/client-go/util/certificate, nextRotationDeadline.
    """
    for item in snapshot.of(measuredv1.NEED, measuredv1.KubeletCertificate).values():
        node = snapshot.nodes.get(item.name)
        life = timedelta(seconds=item.longest_seconds)
        if node is None or item.ends_at is None:
            continue
        left = item.ends_at - snapshot.taken_at
        if left <= timedelta(0) or left < min(days, life / 12):
            yield _kubelet(node.ref, item.ends_at, left)


def _kubelet(node: Ref, end: datetime, left: timedelta) -> Finding:
    past = left <= timedelta(0)
    when = "has expired" if past else f"ends at {end:%Y-%m-%d %H:%M} UTC"
    return Finding(
        reason="CertificateExpired" if past else "CertificateExpiringSoon",
        subject=node,
        severity=Severity.CRITICAL if past or left < _DAY else Severity.WARNING,
        message=f"the client certificate of the kubelet of {node.name} {when}",
        why=f"It is valid until {end:%Y-%m-%d %H:%M} UTC and should have been renewed long ago. When it "
        "ends the API server no longer knows the kubelet, and the node becomes NotReady.",
        since=end if past else None,
        sightings=1 if past else 2,
        evidence=(
            symptom.fact(
                "metric", node, f"kubelet client certificate ends {end:%Y-%m-%d %H:%M}Z", end
            ),
        ),
        proposal=Proposal(
            "See whether a certificate request of this node waits to be approved, and read the kubelet's "
            "log on the node.",
            ("kubectl get certificatesigningrequests", command.describe(node)),
        ),
    )
