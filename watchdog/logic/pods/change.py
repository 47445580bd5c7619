"""What changed shortly before a fault began: the first thing a human asks.

Changes are evidence, never a verdict: age alone convicts nobody.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from watchdog.domain.evidence import Evidence
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic.pods.crash import changes

BEFORE = timedelta(minutes=30)
AFTER = timedelta(minutes=2)  # clocks of controllers and kubelets differ a little
_LIMIT = 4


def changes_before(snapshot: Snapshot, finding: Finding) -> tuple[Evidence, ...]:
    """Return what changed in the 30 minutes before the Finding's onset, near what it names.

    Revisions of the workloads it names, and nodes of its pods whose readiness changed; newest
    first, at most four. Nothing when the onset is unknown.
    """
    since = finding.since
    if since is None:
        return ()
    told = {(each.ref, each.at) for each in finding.evidence if each.kind == "change"}
    found = [
        each
        for each in (*_revisions(snapshot, finding, since), *_nodes(snapshot, finding, since))
        if (each.ref, each.at) not in told
    ]
    return tuple(sorted(found, key=_at, reverse=True)[:_LIMIT])


def _at(evidence: Evidence) -> float:
    return evidence.at.timestamp() if evidence.at else 0.0


def _shortly_before(moment: datetime | None, since: datetime) -> bool:
    return moment is not None and since - BEFORE <= moment <= since + AFTER


def _revisions(snapshot: Snapshot, finding: Finding, since: datetime) -> Iterator[Evidence]:
    for ref in dict.fromkeys((finding.subject, *finding.affected)):
        workload = snapshot.workloads.get(ref)
        if workload is not None and workload.previous is not None:
            yield from _revision(workload, since)


def _revision(workload: Workload, since: datetime) -> Iterator[Evidence]:
    current, previous = workload.revisions[0], workload.revisions[1]
    if _shortly_before(current.created_at, since):
        differs = "; ".join(changes(previous.template.spec, current.template.spec))
        yield Evidence(
            kind="change",
            ref=workload.ref,
            at=current.created_at,
            text=f"revision {current.number} was rolled out: {differs}",
        )


def _nodes(snapshot: Snapshot, finding: Finding, since: datetime) -> Iterator[Evidence]:
    pods = [snapshot.all_pods[ref] for ref in finding.affected if ref in snapshot.all_pods]
    for name in sorted({pod.node for pod in pods if pod.node in snapshot.nodes}):
        node = snapshot.nodes[name]
        ready = node.condition("Ready")
        if finding.subject == Ref("Node", "", name) or ready is None:
            continue
        if _shortly_before(ready.last_transition_time, since):
            yield Evidence(
                kind="change",
                ref=node.ref,
                at=ready.last_transition_time,
                text=f"node {name} became Ready={ready.status} ({ready.reason or 'no reason'})",
            )
