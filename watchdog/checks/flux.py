"""Flux objects that fail: sources, Kustomizations and HelmReleases."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.finding import Finding
from watchdog.domain.objects import fluxv1, metav1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.network.unanswered import unanswered
from watchdog.logic.platform import flux as rules


@check(
    family="gitops",
    needs=(),
    optional=(*rules.NEEDS, "services", "ingresses"),
    reasons=("FluxNotReady",),
    params=NoParams,
)
def flux(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A Flux object is not Ready or Stalled: one Finding on what has to be mended first.

    What fails because its source or dependency fails is affected by that one. Suspended objects
    rest by choice; a reconciliation that runs is none, unless it is the retry of a failed one.
    """
    items = rules.all_objects(snapshot)
    said = {ref: failed for ref, item in items.items() if (failed := rules.failure(item))}
    failing = {ref: items[ref] for ref in said}
    victims: defaultdict[Ref, list[Ref]] = defaultdict(list)
    for ref, item in failing.items():
        victims[rules.root_of(failing, item)].append(ref)
    for root, refs in sorted(victims.items()):
        waiting = [ref for ref in refs if ref != root]
        yield _finding(snapshot, failing[root], said[root], waiting)


def _finding(
    snapshot: Snapshot, item: fluxv1.FluxObject, failed: metav1.Condition, waiting: list[Ref]
) -> Finding:
    made = rules.unhealthy(snapshot, item, failed)
    names = symptom.listed(map(str, waiting))
    return Finding(
        reason="FluxNotReady",
        subject=item.ref,
        affected=(*waiting, *made),
        severity=Severity.WARNING,
        message=f"{item.ref} is not ready: {failed.reason or failed.type}",
        why=f"{item.ref} says: {symptom.sentence(failed.message, 500)} What it has applied before goes on "
        f"running; changes in Git do not arrive.{f' Waiting for it: {names}.' if names else ''}",
        since=failed.last_transition_time or item.metadata.creation_timestamp,
        hold=timedelta(minutes=15),
        blames=unanswered(
            snapshot, failed.message, item.namespace, item.spec.url, item.spec.endpoint
        ),
        evidence=symptom.conditions(item.ref, item.status.conditions, failed),
        proposal=symptom.advise(
            None,
            f"Correct {item.ref} or what it names, in Git: address, credentials, path, chart or "
            "version, as the message says. Flux tries again by itself.",
            command.describe(item.ref),
        ),
    )
