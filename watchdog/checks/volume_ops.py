"""Resizes and snapshots of volumes that fail or do not end."""

from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.objects import storagev1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.placement.binding import users

_HOLD = timedelta(minutes=30)
_RESIZING = ("Resizing", "FileSystemResizePending", "ControllerResizeError", "NodeResizeError")


@check(
    family="storage",
    needs=("persistentvolumeclaims", "pods"),
    optional=("events", "volumesnapshots", "deployments", "replicasets", "statefulsets"),
    reasons=("StorageOperationStuck",),
    params=NoParams,
)
def volume_ops(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A claim's resize, or a snapshot of a volume, has not ended within half an hour or has failed.

    A snapshot that is cut may still be moved elsewhere, which takes its time.

    A file system that grows at the next mount waits for a pod: without one that is by design.
    """
    for claim in snapshot.claims.values():
        if not claim.deleting and (finding := _resize(snapshot, claim)):
            yield finding
    for item in snapshot.of("volumesnapshots", storagev1.VolumeSnapshot).values():
        if item.deleting or item.status.ready_to_use:
            continue
        if item.status.error is not None:
            yield _snapshot(item, item.status.error)
        elif item.status.creation_time is None:
            yield _never_cut(item)


def _resize(snapshot: Snapshot, claim: storagev1.PersistentVolumeClaim) -> Finding | None:
    conditions = [
        each for each in claim.status.conditions if each.type in _RESIZING and each.status == "True"
    ]
    refused = {
        name: state
        for name, state in (claim.status.allocated_resource_statuses or {}).items()
        if state.endswith("Infeasible")
    }
    pods = users(snapshot, claim.ref)
    at_mount = all(each.type == "FileSystemResizePending" for each in conditions)
    if not refused and (not conditions or (at_mount and not pods)):
        return None
    size = str((claim.spec.resources.requests or {}).get("storage", "?"))
    said = "; ".join(
        [f"{name}: {state}" for name, state in sorted(refused.items())]
        + [f"{each.type}: {each.message}".rstrip(": ") for each in conditions]
    )
    since = symptom.first_of(each.last_transition_time for each in conditions)
    return Finding(
        reason="StorageOperationStuck",
        subject=claim.ref,
        affected=symptom.affected(snapshot, pods, claim.ref),
        severity=Severity.WARNING,
        message=f"{claim.ref} does not get its {size}: {symptom.shorten(said, 150)}",
        why=f"{claim.ref} was asked to grow to {size} and has not: {symptom.shorten(said)}. The volume "
        "itself goes on working at its old size.",
        since=since,
        hold=_HOLD,
        sightings=2,
        evidence=(
            *(symptom.said(claim.ref, each) for each in conditions[:3]),
            *(symptom.fact("status", claim.ref, f"{n}: {s}") for n, s in sorted(refused.items())),
        ),
        proposal=Proposal(
            "The driver grows this volume only when it is mounted anew: let its pod be made again at a "
            "quiet time."
            if conditions and at_mount and not refused
            else "Look at the log of the storage driver's controller: quota, free space of the pool, "
            "whether the driver can grow a volume in use. A size that was refused can be lowered "
            "again, not below the old one.",
            (command.describe(claim.ref),),
        ),
    )


def _snapshot(item: storagev1.VolumeSnapshot, error: storagev1.VolumeError) -> Finding:
    source = item.spec.source.persistent_volume_claim_name
    claim = Ref("PersistentVolumeClaim", item.namespace, source)
    said = symptom.shorten(error.message, 200)
    return Finding(
        reason="StorageOperationStuck",
        subject=item.ref,
        affected=(claim,) if source else (),
        severity=Severity.WARNING,
        message=f"{item.ref} fails: {said}",
        why=f"{item.ref} of {source or 'its source'} is not ready to use: {said}. The volume goes on "
        "working; what relies on the snapshot has nothing to restore from.",
        since=error.time or item.metadata.creation_timestamp,
        hold=_HOLD,
        evidence=(symptom.fact("status", item.ref, said, error.time),),
        proposal=Proposal(
            "Look at the snapshot class, the driver's controller and the claim; the snapshot is tried "
            "again by itself.",
            (command.describe(item.ref), *((command.describe(claim),) if source else ())),
        ),
    )


def _never_cut(item: storagev1.VolumeSnapshot) -> Finding:
    source = item.spec.source.persistent_volume_claim_name
    claim = Ref("PersistentVolumeClaim", item.namespace, source)
    born = item.metadata.creation_timestamp
    return Finding(
        reason="StorageOperationStuck",
        subject=item.ref,
        affected=(claim,) if source else (),
        severity=Severity.WARNING,
        message=f"{item.ref} is not taken: nobody has begun",
        why=f"{item.ref} of {source or 'its source'} has neither been cut nor does it say why: the "
        "snapshot controller or the driver's snapshotter does not work it off. The volume goes on "
        "working; what relies on the snapshot has nothing to restore from.",
        since=born,
        hold=_HOLD,
        evidence=(symptom.fact("status", item.ref, "no creationTime and no error", born),),
        proposal=Proposal(
            "Look whether the snapshot controller and the csi-snapshotter of the driver run, whether "
            "the class it names exists, and whether the claim is bound; it is then taken by itself.",
            (
                command.describe(item.ref),
                *((command.describe(claim),) if source else ()),
                "kubectl get volumesnapshotclass",
            ),
        ),
    )
