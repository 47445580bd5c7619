"""Claims whose volume is nearly full."""

from collections import Counter
from collections.abc import Iterable, Iterator
from math import ceil

from pydantic import Field

from watchdog.domain.check import Params, check
from watchdog.domain.evidence import LogQuery, Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.objects import podv1, statsv1, storagev1
from watchdog.domain.quantity import in_binary, quantity
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.facts import Family, facts
from watchdog.logic.placement.scheduling import claims_of
from watchdog.logic.platform.usage import Filled, filled_claims

_UNWATCHED = "excluded_from_alerts"  # the label that Prometheus' own volume rules honour
_GIB = 2**30


class VolumeUsageParams(Params):
    """`checks.volume_usage` in the config file."""

    warning: float = Field(
        default=0.85, gt=0, le=1, description="share of bytes or inodes, in two samples"
    )
    critical: float = Field(
        default=0.97, gt=0, le=1, description="share of bytes or inodes that is critical"
    )


@check(
    family="storage",
    needs=("stats", "persistentvolumeclaims", "pods"),
    optional=("storageclasses", "persistentvolumes"),
    reasons=("VolumeNearlyFull",),
    params=VolumeUsageParams,
)
def volume_usage(snapshot: Snapshot, params: VolumeUsageParams) -> Iterator[Finding]:
    """The volume of a claim has little room left, by bytes or inodes, in two samples in a row.

    Beyond the critical share, or when a user of it fails for want of space, it counts at once. Left
    out: read-only claims, those labelled excluded_from_alerts=true, empty ones, and volumes that are
    a folder of their node's own disk. Claims on one shared file system are one Incident.
    """
    full = [
        each
        for each in filled_claims(snapshot)
        if each.level.share >= params.warning and _watched(each)
    ]
    sizes = Counter(_size(each.volume) for each in full)
    for each in full:
        yield _finding(snapshot, each, params, shared=sizes[_size(each.volume)] > 1)


def _watched(each: Filled) -> bool:
    claim = each.claim
    read_only = set(claim.spec.access_modes) == {"ReadOnlyMany"}
    excluded = claim.labels.get(_UNWATCHED) == "true"
    return not (claim.deleting or read_only or excluded or each.volume.used_bytes == 0)


def _size(volume: statsv1.ClaimVolume) -> tuple[int | None, int | None]:
    """What two claims have in common when they lie on one file system, such as one NFS export."""
    return volume.capacity_bytes, volume.available_bytes


def _finding(
    snapshot: Snapshot, each: Filled, params: VolumeUsageParams, *, shared: bool
) -> Finding:
    claim, level = each.claim, each.level
    pods = tuple(
        pod
        for pod in snapshot.pods.values()
        if not pod.finished and any(used.ref == claim.ref for used in claims_of(snapshot, pod))
    )
    queries = tuple(query for pod in pods for query in _queries(pod))
    refused = _refused(snapshot, queries, _mounts(claim, pods))
    critical = level.share >= params.critical or bool(refused)
    users = symptom.listed(map(str, snapshot.owners_of(pods)))
    unit = " of its inodes" if level.what == "inodes" else ""
    size = each.volume.capacity_bytes or 0
    return Finding(
        reason="VolumeNearlyFull",
        subject=claim.ref,
        affected=symptom.affected(snapshot, pods, claim.ref),
        severity=Severity.CRITICAL if critical else Severity.WARNING,
        message=f"{claim.ref} is {level.share:.0%} full{unit}",
        why=f"The volume of {claim.ref} is {level.share:.0%} full{unit}: {level.left} left. "
        f"{f'{users} writes to it and fails when it is full' if users else 'Writes fail when it is full'}"
        f"{', as it does already' if refused else ''}. A restart frees nothing.",
        since=None,
        sightings=1 if critical else 2,
        shared=f"a file system of {in_binary(size)}" if shared else "",
        evidence=(
            symptom.fact(
                "metric", claim.ref, f"{level.share:.0%} of {level.what} used, {level.left} left"
            ),
            *(symptom.fact("log", claim.ref, line) for line in refused[:2]),
            *((symptom.fact("spec", claim.ref, f"mounted by {users}"),) if users else ()),
        ),
        proposal=_cure(snapshot, claim),
        logs=queries,
    )


def _queries(pod: podv1.Pod) -> tuple[LogQuery, ...]:
    """What a failing user of the volume said; a pod that is well is not asked."""
    return tuple(
        LogQuery(pod.ref, status.name, previous)
        for status in pod.statuses
        if not status.ready and status.restart_count
        for previous in (True, False)
    )


def _mounts(claim: storagev1.PersistentVolumeClaim, pods: Iterable[podv1.Pod]) -> tuple[str, ...]:
    """The folders where containers see the claim."""
    return tuple(
        mount.mount_path.rstrip("/") + "/"
        for pod in pods
        for volume in pod.spec.volumes
        if volume.persistent_volume_claim
        and volume.persistent_volume_claim.claim_name == claim.name
        for container in pod.spec.containers + pod.spec.init_containers
        for mount in container.volume_mounts
        if mount.name == volume.name
    )


def _refused(
    snapshot: Snapshot, queries: tuple[LogQuery, ...], mounts: tuple[str, ...]
) -> tuple[str, ...]:
    """Lines that say that there was no space in one of these folders."""
    said = (fact for query in queries for fact in facts(snapshot.log(query)))
    return tuple(
        fact.line
        for fact in said
        if fact.family is Family.NO_SPACE and f"{fact.name}/".startswith(mounts)
    )


def _cure(snapshot: Snapshot, claim: storagev1.PersistentVolumeClaim) -> Proposal:
    known = snapshot.storage_classes.get(claim.spec.storage_class_name or "")
    asked = quantity((claim.spec.resources.requests or {}).get("storage", 0))
    if any("Resiz" in each.type and each.status == "True" for each in claim.status.conditions):
        return Proposal(
            f"It was asked to grow to {in_binary(asked)} and has not yet: see why first, a larger size "
            "waits behind it. Until then remove what is not needed in the volume.",
            (command.describe(claim.ref),),
        )
    if known is None or not known.allow_volume_expansion or not asked:
        return Proposal(
            f"Remove what is not needed in the volume of {claim.ref}, or move its data to a larger "
            "claim: its storage class does not let it grow.",
            (command.describe(claim.ref),),
        )
    size = f"{ceil(asked * 1.5 / _GIB)}Gi"
    return Proposal(
        f"Remove what is not needed in the volume, or let the claim grow to {size} (StorageClass "
        f"{known.name} allows it; it cannot be made smaller again).",
        (
            command.patch(claim.ref, {"spec": {"resources": {"requests": {"storage": size}}}}),
            command.describe(claim.ref),
        ),
    )
