"""What one Run makes of what it saw: whose Incidents it may open and close, and which it leaves."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from watchdog.domain.check import Check
from watchdog.domain.incident import Incident
from watchdog.domain.ref import Ref
from watchdog.domain.run import RunRequest, Unknown
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.incident.blindness import REASON as BLINDNESS
from watchdog.logic.incident.blindness import blindness, still_unread
from watchdog.logic.incident.detect import needs_of, uninstalled
from watchdog.logic.incident.group import Seen, group
from watchdog.logic.incident.own_faults import CHECK as SELF
from watchdog.logic.incident.reconcile import Look, Reconciled, reconcile
from watchdog.logic.platform.served import undialled
from watchdog.loops.look import View
from watchdog.store.incidents import Known


def judge(
    view: View,
    request: RunRequest,
    known: Known,
    unknown: tuple[Unknown, ...],
    *,
    checks: Sequence[Check],
    namespace: str,
    lately: Mapping[str, Collection[datetime]],
) -> Reconciled:
    """Return the Incidents of a Run's checks after it, and what changed.

    `checks` are all that are switched on, `namespace` is the own one, `lately` when fingerprints
    opened before.
    """
    unread = still_unread(known.incidents, _untried(request, checks))
    blind = blindness(unknown, before=unread, namespace=namespace)
    retired = _retired(known.incidents, checks)
    standing = [each for each in known.incidents if each.check not in retired]
    seen = [
        each for each in view.seen(standing, own=request.checks) if each.check in request.checks
    ]
    seen += [Seen(check=SELF, finding=finding) for finding in blind]
    return reconcile(
        [each for each in known.incidents if of_run(each, request) or each.check in retired],
        group(seen),
        Look(
            cluster=view.snapshot.cluster,
            at=view.snapshot.taken_at,
            judged={
                *(check for check in request.checks if check in view.found),
                *([] if unread else [SELF]),
            },
            unjudged=_lost_pods(view.snapshot) | undialled(view.snapshot),
            retired=retired,
            gone=_gone(view, request, checks),
            lately=lately,
        ),
        known.openings,
    )


def _retired(known: Sequence[Incident], checks: Sequence[Check]) -> frozenset[str]:
    """Checks that left something behind and are switched off now: no Run asks them any more."""
    return frozenset(each.check for each in known) - {check.id for check in checks} - {SELF}


def _untried(request: RunRequest, checks: Sequence[Check]) -> frozenset[str]:
    """Kinds and checks that other Runs look at: this one can say nothing of them."""
    own = [check for check in checks if check.id in request.checks]
    others = [check for check in checks if check.id not in request.checks]
    return (needs_of(others) | {check.id for check in others}) - needs_of(own)


def _gone(view: View, request: RunRequest, checks: Sequence[Check]) -> dict[str, str]:
    """Checks of this Run whose API is not installed, and which it is."""
    found = {
        check.id: uninstalled(check, view.snapshot)
        for check in checks
        if check.id in request.checks
    }
    return {check: need for check, need in found.items() if need}


def of_run(incident: Incident, request: RunRequest) -> bool:
    """A Run opens and resolves Incidents of its own checks only, and its own blindness."""
    return incident.check in request.checks or (
        incident.check == SELF and incident.reason == BLINDNESS
    )


def _lost_pods(snapshot: Snapshot) -> frozenset[Ref]:
    """Pods on nodes that do not answer: nobody knows how they are."""
    return frozenset(
        ref for ref, pod in snapshot.all_pods.items() if pod.node in snapshot.lost_nodes
    )
