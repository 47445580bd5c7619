"""Services of type LoadBalancer that nobody gives an address."""

from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom

_HOLD = timedelta(minutes=15)


@check(
    family="network",
    needs=("services", "events"),
    reasons=("LoadBalancerPending",),
    params=NoParams,
)
def load_balancer(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A Service of type LoadBalancer has no address.

    Where no Service ever got one and no controller complains, there is none to give addresses: that
    is a choice, and only mentioned in the report.
    """
    wanted = [
        item
        for item in snapshot.services.values()
        if item.spec.type == "LoadBalancer" and not item.deleting
    ]
    served = any(_addresses(item) for item in wanted)
    for item in wanted:
        if not _addresses(item):
            yield _finding(snapshot, item, served=served)


def _addresses(service: corev1.Service) -> tuple[str, ...]:
    given = service.status.load_balancer.ingress or ()
    return tuple(each.ip or each.hostname for each in given)


def _finding(snapshot: Snapshot, service: corev1.Service, *, served: bool) -> Finding:
    ref = service.ref
    complaints = snapshot.events_of(service)
    unclear = not served and not complaints
    said = (
        f" The controller says: {symptom.shorten(complaints[0].message, 200)}."
        if complaints
        else ""
    )
    why_not = (
        "No Service of this cluster has an address: nothing seems to give any out"
        if not served
        else "Other Services got theirs, so the controller works or did"
    )
    return Finding(
        reason="LoadBalancerPending",
        subject=ref,
        severity=Severity.INFO if unclear else Severity.WARNING,
        message=f"{ref} waits for an address of a load balancer",
        why=f"{ref} is of type LoadBalancer and has no address, so nobody outside reaches it. "
        f"{why_not}.{said} Its pods and calls from inside the cluster are not affected.",
        since=service.metadata.creation_timestamp,
        hold=_HOLD,
        evidence=(
            symptom.fact("status", ref, "status.loadBalancer has no address"),
            *(
                symptom.fact("event", ref, f"{each.reason}: {each.message}", each.last_at)
                for each in complaints[:2]
            ),
        ),
        proposal=symptom.advise_on(
            service,
            "Look at the load balancer's controller and its pool of addresses: the pool may be used "
            "up, or the class or address that the Service asks for may not exist. Without such a "
            "controller use type NodePort or an Ingress.",
            command.describe(ref),
        ),
    )
