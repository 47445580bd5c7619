"""What changed shortly before a fault began: the first thing a human asks.

Changes are evidence, never a verdict: age alone convicts nobody.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.evidence import Evidence
from watchdog.domain.finding import Finding
from watchdog.domain.objects import argov1, corev1, metav1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Revision
from watchdog.logic.platform.deployed import deployed
from watchdog.logic.pods.crash import changes
from watchdog.logic.pods.related_objects import Around, around

BEFORE = timedelta(minutes=30)
AFTER = timedelta(minutes=2)  # clocks of controllers and kubelets differ a little
_AT_ONCE = timedelta(minutes=1)  # what one action of somebody takes
_ARRIVAL = timedelta(minutes=5)  # what is installed together
_LIMIT = 5
# Their edits of nodes are answers to what happened, taints above all.
_OF_THE_CLUSTER = ("kube-controller-manager", "cloud-controller-manager", "kubelet", "k3s")


@dataclass(frozen=True, slots=True)
class _Change:
    at: datetime
    item: metav1.Object
    edit: metav1.Edit


_Changes = Mapping[tuple[Ref, bool], _Change]  # by object, and whether only its labels were set


def changes_before(snapshot: Snapshot, finding: Finding) -> tuple[Evidence, ...]:
    """Return what changed in the 30 minutes before the Finding's onset, near what it names.

    Nearest to the onset first, at most five; nothing when the onset is unknown.
    """
    since = finding.since
    if since is None:
        return ()
    near = around(snapshot, finding)
    edits = {(each.item.ref, each.edit.labels_only): each for each in _edits(snapshot, near, since)}
    told = {(each.ref, each.at) for each in finding.evidence if each.kind == "change"}
    known = "\n".join(each.text for each in finding.evidence)
    found = (
        *_revisions(snapshot, near, edits, since, known),
        *_edited(snapshot, edits),
        *_nodes(snapshot, near, finding.subject, since),
        *_syncs(snapshot, near, since),
    )
    new = [each for each in found if (each.ref, each.at) not in told]
    return tuple(sorted(new, key=lambda each: _distance(each.at, since))[:_LIMIT])


def _edits(snapshot: Snapshot, near: Around, since: datetime) -> Iterator[_Change]:
    every = snapshot.once(_every_edit)
    first = bisect_left(every, since - BEFORE, key=_moment)
    last = bisect_right(every, since + AFTER, key=_moment)
    for change in every[first:last]:
        if _counts(change, near) and near.near(change.item):
            yield change


def _every_edit(snapshot: Snapshot) -> tuple[_Change, ...]:
    """Every edit that is known of any object, oldest first."""
    found = [
        _Change(edit.time, item, edit)
        for items in snapshot.objects.values()
        for item in items
        for edit in (item.metadata.edit, item.metadata.relabelling)
        if edit is not None and edit.time is not None
    ]
    return tuple(sorted(found, key=_moment))


def _revisions(
    snapshot: Snapshot, near: Around, edits: _Changes, since: datetime, known: str
) -> Iterator[Evidence]:
    """The newest revisions, with what of their differences is not `known` yet."""
    for ref in sorted(near.named & snapshot.workloads.keys()):
        current, previous = snapshot.workloads[ref].current, snapshot.workloads[ref].previous
        if current and previous and _shortly_before(current.created_at, since):
            change = edits.get((ref, False))
            who = _by(change.edit) if change and _made(change, current) else ""
            every = changes(previous.template.spec, current.template.spec)
            differs = "; ".join(each for each in every if each not in known)
            yield Evidence(
                kind="change",
                ref=ref,
                at=current.created_at,
                text=f"revision {current.number} was rolled out{who}{f': {differs}' if differs else ''}",
            )


def _edited(snapshot: Snapshot, edits: _Changes) -> Iterator[Evidence]:
    for (ref, _), change in edits.items():
        workload = snapshot.workloads.get(ref)
        # What made the newest revision is told with its differences.
        if not (workload and workload.current and _made(change, workload.current)):
            yield Evidence(kind="change", ref=ref, at=change.at, text=_words(change))


def _nodes(snapshot: Snapshot, near: Around, subject: Ref, since: datetime) -> Iterator[Evidence]:
    for name in sorted(ref.name for ref in near.named - {subject} if ref.kind == "Node"):
        node = snapshot.nodes.get(name)
        ready = node.condition("Ready") if node else None
        if ready and _shortly_before(ready.last_transition_time, since):
            yield Evidence(
                kind="change",
                ref=Ref("Node", "", name),
                at=ready.last_transition_time,
                text=f"node {name} became Ready={ready.status} ({ready.reason or 'no reason'})",
            )


def _syncs(snapshot: Snapshot, near: Around, since: datetime) -> Iterator[Evidence]:
    for item in snapshot.objects.get("applications", ()):
        if isinstance(item, argov1.Application) and _brings(item, near):
            for sync in deployed(item, since - BEFORE, since + AFTER):
                before = f" (before: {sync.before})" if sync.before else ""
                text = f"Argo CD synced revision {sync.revision}{before}"
                yield Evidence(kind="change", ref=item.ref, at=sync.at, text=text)


def _brings(item: argov1.Application, near: Around) -> bool:
    """Whether it is a sufferer itself, or one of its objects is."""
    resources = item.status.resources or ()
    return item.ref in near.named or any(each.ref in near.named for each in resources)


def _moment(change: _Change) -> datetime:
    return change.at


def _distance(moment: datetime | None, since: datetime) -> timedelta:
    return abs(since - moment) if moment is not None else BEFORE


def _shortly_before(moment: datetime | None, since: datetime) -> bool:
    return moment is not None and since - BEFORE <= moment <= since + AFTER


def _counts(change: _Change, near: Around) -> bool:
    """Whether it counts as a change for what is affected: what was installed together with it does not.

    Labels of namespaces and nodes decide what happens there; those of other kinds are left out.
    """
    if change.edit.labels_only and not isinstance(change.item, corev1.Namespace | corev1.Node):
        return False
    if isinstance(change.item, corev1.Node) and change.edit.manager in _OF_THE_CLUSTER:
        return False
    born = change.item.metadata.creation_timestamp
    return not (_new(change) and born and near.born and born <= near.born + _ARRIVAL)


def _new(change: _Change) -> bool:
    """Whether this change is the creation itself."""
    born = change.item.metadata.creation_timestamp
    return born is not None and change.at - born <= _AT_ONCE


def _made(change: _Change, revision: Revision) -> bool:
    """Whether this change is what made a revision."""
    made = revision.created_at
    return made is not None and not change.edit.subresource and abs(change.at - made) <= _AT_ONCE


def _words(change: _Change) -> str:
    edit, ref = change.edit, change.item.ref
    if edit.labels_only:
        return f"labels of {ref} were set{_by(edit)}"
    if edit.subresource:
        return f"the number of replicas was set{_by(edit)}"
    return f"{ref} was {'created' if _new(change) else 'changed'}{_by(edit)}"


def _by(edit: metav1.Edit) -> str:
    return f" by {edit.manager}" if edit.manager else ""
