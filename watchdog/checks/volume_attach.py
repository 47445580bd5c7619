"""Volumes that cannot be attached to the node of their pod, mostly as another node holds them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Evidence, Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.objects import podv1, storagev1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.pods.starting import claim_named, newest, waits_to_start

_HOLD = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """One pod whose volume does not come to its node; `holder` is the attachment that keeps it.

    `held` is the node that has the volume; "" where none is known to.
    """

    owner: Ref
    pod: podv1.Pod
    claim: Ref
    said: str
    at: datetime | None
    holder: storagev1.VolumeAttachment | None
    held: str


@check(
    family="storage",
    needs=("pods", "nodes", "persistentvolumeclaims"),
    optional=(
        "events",
        "volumeattachments",
        "deployments",
        "replicasets",
        "statefulsets",
        "daemonsets",
    ),
    reasons=("VolumeAttachFailed",),
    params=NoParams,
)
def volume_attach(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A pod waits on its node because its claim's volume cannot be attached there.

    The claim is the subject; the node when the volume is still attached to one that is down.
    """
    groups: defaultdict[Ref, list[_Waiting]] = defaultdict(list)
    for owner, pods in snapshot.pods_by_owner.items():
        for pod in filter(waits_to_start, pods):
            if each := _waiting(snapshot, owner, pod):
                groups[_subject(snapshot, each)].append(each)
    for subject, group in sorted(groups.items()):
        yield _finding(snapshot, subject, group)


def _subject(snapshot: Snapshot, each: _Waiting) -> Ref:
    if each.holder is not None and each.holder.spec.node_name in snapshot.lost_nodes:
        return Ref("Node", "", each.holder.spec.node_name)
    return each.claim


def _waiting(snapshot: Snapshot, owner: Ref, pod: podv1.Pod) -> _Waiting | None:
    """What the newest event says, else the error of an attachment to this pod's node."""
    event = newest(snapshot, pod, "FailedAttachVolume")
    claim = claim_named(snapshot, pod, event.message) if event else None
    if event is not None and claim is not None:
        said, at = event.message, event.last_at
    else:
        claim, error = _refused(snapshot, pod)
        if claim is None:
            return None
        said, at = error.message, error.time
    holder = _holder(snapshot, claim, pod.node)
    return _Waiting(
        owner=owner,
        pod=pod,
        claim=claim,
        said=symptom.shorten(said, 200),
        at=at,
        holder=holder,
        held=holder.spec.node_name if holder else _user(snapshot, claim, pod, said),
    )


def _refused(snapshot: Snapshot, pod: podv1.Pod) -> tuple[Ref | None, storagev1.VolumeError]:
    """The claim of the pod whose attachment to its node has an error."""
    for item in snapshot.of("volumeattachments", storagev1.VolumeAttachment).values():
        error = item.status.attach_error
        if error is not None and not item.status.attached and item.spec.node_name == pod.node:
            text = f'for volume "{item.spec.source.persistent_volume_name}"'
            if (claim := claim_named(snapshot, pod, text)) is not None:
                return claim, error
    return None, storagev1.VolumeError()


def _holder(snapshot: Snapshot, claim: Ref, node: str) -> storagev1.VolumeAttachment | None:
    """The attachment of the claim's volume to another node; None when it may be shared."""
    known = snapshot.claims.get(claim)
    if known is None or "ReadWriteMany" in known.spec.access_modes:
        return None
    for item in snapshot.of("volumeattachments", storagev1.VolumeAttachment).values():
        same = item.spec.source.persistent_volume_name == known.spec.volume_name
        if same and item.status.attached and item.spec.node_name != node:
            return item
    return None


def _finding(snapshot: Snapshot, subject: Ref, group: list[_Waiting]) -> Finding:
    first = group[0]
    names = symptom.listed(str(each.claim) for each in group)
    why, proposal = _explained(snapshot, subject, first)
    return Finding(
        reason="VolumeAttachFailed",
        subject=subject,
        affected=tuple(
            ref
            for ref in (
                *symptom.affected(snapshot, (each.pod for each in group), subject),
                *dict.fromkeys(each.claim for each in group),
            )
            if ref != subject
        ),
        severity=snapshot.severity_for(*(each.owner for each in group)),
        message=f"{names} cannot be attached to {first.pod.node}: {first.said}",
        why=f"{first.pod.ref} waits on node {first.pod.node} for the volume of {names}: "
        f"{symptom.sentence(first.said)} {why}{symptom.readiness(snapshot, first.owner)} A restart does not help.",
        since=symptom.first_of(symptom.unready_since(each.pod) for each in group),
        hold=_HOLD,
        evidence=tuple(_evidence(group)),
        proposal=proposal,
    )


def _explained(snapshot: Snapshot, subject: Ref, each: _Waiting) -> tuple[str, Proposal]:
    held = each.held
    if not held:
        text = (
            f"Look at the storage driver's controller and at the limits of node {each.pod.node}; the "
            "attach is tried again by itself."
        )
        return "", Proposal(text, (command.describe(each.claim), command.describe(each.pod.ref)))
    if subject.kind == "Node":
        return (
            f"It is still attached to node {held}, which does not answer, so nobody knows whether a "
            "process there still writes to it. ",
            Proposal(
                f"Bring node {held} back, or make sure that it is powered off and remove it from the "
                "cluster; the volume is then released by itself. Do not force the detach: two writers "
                "destroy a file system.",
                (command.describe(subject),),
            ),
        )
    users = _users(snapshot, each.claim, held)
    kept = f"It is attached to node {held}" + (
        f", where {symptom.listed(str(pod.ref) for pod in users)} uses it. " if users else ". "
    )
    workload = snapshot.workloads.get(each.owner)
    rolling = workload is not None and workload.strategy.type == "RollingUpdate"
    if each.owner.kind == "Deployment" and rolling and snapshot.owners_of(users) == (each.owner,):
        body = {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}}
        text = (
            "Use strategy Recreate: the new pod gets the volume only after the old one has ended, and a "
            "rolling update waits for the new one first."
        )
        return kept, symptom.advise(workload, text, command.patch(each.owner, body))
    text = (
        f"End what uses {each.claim.name} on node {held}, or let both pods run there: the volume can "
        "be attached to one node only. Do not force the detach."
    )
    return kept, symptom.advise(
        workload,
        text,
        command.describe(each.claim),
        *(command.describe(pod.ref) for pod in users[:2]),
        command.describe(each.holder.ref) if each.holder else "",
    )


def _user(snapshot: Snapshot, claim: Ref, waiting: podv1.Pod, said: str) -> str:
    """Where a pod uses a volume that the controller calls taken, when no attachment says so."""
    nodes = sorted(
        pod.node
        for pod in snapshot.all_pods.values()
        if pod.node not in ("", waiting.node) and not pod.finished and claim in pod.claims
    )
    return nodes[0] if nodes and said.startswith("Multi-Attach") else ""


def _users(snapshot: Snapshot, claim: Ref, node: str) -> tuple[podv1.Pod, ...]:
    return tuple(
        pod
        for pod in snapshot.all_pods.values()
        if pod.node == node and not pod.finished and claim in pod.claims
    )


def _evidence(group: list[_Waiting]) -> Iterator[Evidence]:
    for each in group[:3]:
        yield symptom.fact("event", each.pod.ref, each.said, each.at)
        if each.holder is not None:
            text = f"attached to node {each.holder.spec.node_name}, wanted on {each.pod.node}"
            yield symptom.fact("status", each.claim, text, each.holder.metadata.creation_timestamp)
