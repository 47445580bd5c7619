"""cert-manager's objects: how long a certificate lives, who issues it, and where issuing got stuck."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.objects import certmanagerv1, metav1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot

_PART = "cert-manager"
_NAME, _COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"
_OWN_GROUPS = ("", "cert-manager.io")
_LATE = timedelta(hours=1)  # cert-manager renews within minutes of the time it has set itself
_ASSUMED_LIFETIME = timedelta(days=90)
# Where an ACME order or challenge ends for good. Source: acme.cert-manager.io/v1, State.
_FINAL = ("invalid", "expired", "errored")


@dataclass(frozen=True, slots=True)
class Stage:
    """One object on the way from a Certificate to the issuer, and what it says of itself."""

    ref: Ref
    state: str
    said: str
    failed: bool


def untouched(snapshot: Snapshot, item: certmanagerv1.Certificate) -> tuple[Ref, ...]:
    """Who should have worked on a certificate, where nothing says that anybody has tried.

    Empty when a try has failed since it was due, and when nobody or several could be meant. Source:
    the names and labels of cert-manager's own manifests and chart.
    """
    failed, due = item.status.last_failure_time, item.status.renewal_time
    tried = failed is not None and (due is None or failed >= due)
    found = tuple(
        ref
        for ref, workload in snapshot.workloads.items()
        if ref.name.endswith(_PART)
        or (workload.labels.get(_NAME), workload.labels.get(_COMPONENT)) == (_PART, "controller")
    )
    return found if len(found) == 1 and not tried else ()


def lifetime(item: certmanagerv1.Certificate) -> timedelta:
    """How long the current certificate is valid in all; that of Let's Encrypt when not said."""
    start, end = item.status.not_before, item.status.not_after
    return end - start if start and end and end > start else _ASSUMED_LIFETIME


def overdue_since(item: certmanagerv1.Certificate) -> datetime | None:
    """From when a renewal that has not happened is late; None when none is planned."""
    planned = item.status.renewal_time
    return planned + max(_LATE, lifetime(item) / 20) if planned else None


def issuing(item: certmanagerv1.Certificate) -> metav1.Condition | None:
    """The condition of an issuance that runs now."""
    condition = item.condition("Issuing")
    return condition if condition is not None and condition.status == "True" else None


def ready(item: metav1.Conditioned) -> bool | None:
    """Ready as it was said of the current spec; None when it was not said."""
    condition = item.condition("Ready")
    if condition is None or condition.status not in ("True", "False"):
        return None
    return condition.status == "True"


def issuer_of(item: certmanagerv1.Certificate) -> Ref | None:
    """The Issuer or ClusterIssuer a Certificate names; None for one of another API group."""
    ref = item.spec.issuer_ref
    if ref.group not in _OWN_GROUPS or not ref.name:
        return None
    if ref.kind == "ClusterIssuer":
        return Ref("ClusterIssuer", "", ref.name)
    return Ref("Issuer", item.namespace, ref.name)


def issuers(snapshot: Snapshot) -> dict[Ref, certmanagerv1.Issuer | certmanagerv1.ClusterIssuer]:
    """Issuers and ClusterIssuers by Ref."""
    return {
        **snapshot.of("issuers", certmanagerv1.Issuer),
        **snapshot.of("clusterissuers", certmanagerv1.ClusterIssuer),
    }


def surely_missing(snapshot: Snapshot, issuer: Ref) -> bool:
    """Whether an issuer does not exist; False when its kind could not be read."""
    need = "issuers" if issuer.kind == "Issuer" else "clusterissuers"
    return snapshot.has(need) and issuer not in issuers(snapshot)


def stages(snapshot: Snapshot, item: certmanagerv1.Certificate) -> tuple[Stage, ...]:
    """The newest request of a Certificate with its order and challenges, in this order."""
    requests = [
        each
        for each in snapshot.of("certificaterequests", certmanagerv1.CertificateRequest).values()
        if _owned(each, item) or _named(each, item)
    ]
    newest = max(requests, key=_born, default=None)
    return tuple(_walk(snapshot, newest)) if newest is not None else ()


def _walk(snapshot: Snapshot, request: certmanagerv1.CertificateRequest) -> Iterator[Stage]:
    condition = request.condition("Ready") or metav1.Condition()
    refused = request.condition("Denied")
    if refused is not None and refused.status == "True":
        yield Stage(request.ref, "Denied", refused.message, failed=True)
        return
    yield Stage(
        request.ref, condition.reason, condition.message, failed=condition.reason == "Failed"
    )
    orders = snapshot.of("orders", certmanagerv1.Order).values()
    challenges = snapshot.of("challenges", certmanagerv1.Challenge).values()
    for order in (each for each in orders if _owned(each, request)):
        yield _acme(order.ref, order.status)
        yield from (_acme(each.ref, each.status) for each in challenges if _owned(each, order))


def _acme(ref: Ref, status: certmanagerv1.AcmeStatus) -> Stage:
    return Stage(ref, status.state, status.reason, failed=status.state in _FINAL)


def _owned(item: metav1.Object, owner: metav1.Object) -> bool:
    return item.namespace == owner.namespace and any(
        (each.kind, each.name) == (owner.KIND, owner.name)
        for each in item.metadata.owner_references
    )


def _named(request: certmanagerv1.CertificateRequest, item: certmanagerv1.Certificate) -> bool:
    same = request.namespace == item.namespace
    return same and request.annotations.certificate_name == item.name


def _born(item: metav1.Object) -> float:
    born = item.metadata.creation_timestamp
    return born.timestamp() if born else 0.0
