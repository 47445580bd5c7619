"""How full things are: file systems by what is left in them, nodes by what they have to give."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from watchdog.domain.objects import corev1, statsv1, storagev1
from watchdog.domain.quantity import in_binary, quantity
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot

# A metrics server that hangs goes on serving its last sample.
_FRESH = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, order=True)
class Level:
    """How full a file system is, 0..1, and of what: bytes or inodes, whichever are scarcer."""

    share: float
    what: str
    left: str  # "1.4Gi of 20Gi", for people


EMPTY = Level(0.0, "bytes", "")


def level(system: statsv1.Filesystem | None) -> Level:
    """Judge by what is available: a reserve for root is of no use to a pod.

    EMPTY when the kubelet did not measure it.
    """
    if system is None:
        return EMPTY
    found = EMPTY
    if system.capacity_bytes and system.available_bytes is not None:
        left = f"{in_binary(system.available_bytes)} of {in_binary(system.capacity_bytes)}"
        found = Level(1 - system.available_bytes / system.capacity_bytes, "bytes", left)
    if system.inodes and system.inodes_free is not None:
        left = f"{system.inodes_free} of {system.inodes} inodes"
        found = max(found, Level(1 - system.inodes_free / system.inodes, "inodes", left))
    return found


def same(one: statsv1.Filesystem | None, other: statsv1.Filesystem | None) -> bool:
    """Whether two measurements look like one file system: equal size to the byte and the inode."""
    if one is None or other is None or not one.capacity_bytes:
        return False
    return (one.capacity_bytes, one.inodes) == (other.capacity_bytes, other.inodes)


def disks(stats: statsv1.NodeStats) -> dict[str, statsv1.Filesystem | None]:
    """The file systems of a node by what people call them; one that serves both is one."""
    images = stats.node.runtime.image_fs if stats.node.runtime else None
    found = {"file system": stats.node.fs}
    return found if same(stats.node.fs, images) else found | {"image file system": images}


def largest_on_disk(snapshot: Snapshot, stats: statsv1.NodeStats) -> tuple[str, ...]:
    """The workloads that keep most on the node's own disk, largest first: "X 6.2Gi"."""
    sizes: defaultdict[Ref, float] = defaultdict(float)
    for pod in stats.pods or ():
        ref = pod.pod_ref.ref._replace(kind="Pod")
        if pod.ephemeral is not None and pod.ephemeral.used_bytes:
            sizes[snapshot.owners.get(ref, ref)] += pod.ephemeral.used_bytes
    return tuple(f"{ref} {in_binary(sizes[ref])}" for ref in _largest(sizes))


@dataclass(frozen=True, slots=True)
class Load:
    """What a node uses of its allocatable cores or bytes, 0..1 and more."""

    resource: str  # "cpu" or "memory"
    share: float
    top: tuple[str, ...]  # the workloads that use most: "Deployment/media/tdarr 7.1 cores"


def loads(snapshot: Snapshot, node: corev1.Node, sample: statsv1.NodeMetrics) -> tuple[Load, ...]:
    """Return both loads of a node; empty when the sample is old or the node offers nothing."""
    if sample.timestamp is not None and snapshot.age(sample.timestamp) > _FRESH:
        return ()
    room, used = node.status.allocatable or {}, sample.usage or {}
    return tuple(
        Load(name, quantity(used[name]) / total, _consumers(snapshot, node.name, name))
        for name in ("cpu", "memory")
        if name in used and (total := quantity(room.get(name, 0)))
    )


_LEAST = {"cpu": 0.05}  # below it rounds to 0.0 cores, which explains nothing


def _consumers(snapshot: Snapshot, node: str, resource: str) -> tuple[str, ...]:
    used: defaultdict[Ref, float] = defaultdict(float)
    for sample in snapshot.of("podmetrics", statsv1.PodMetrics).values():
        ref = Ref("Pod", sample.namespace, sample.name)
        pod = snapshot.all_pods.get(ref)
        if pod is not None and pod.node == node:
            owner = snapshot.owners[ref]
            used[owner] += sum(
                quantity((each.usage or {}).get(resource, 0)) for each in sample.containers or ()
            )
    least = _LEAST.get(resource, 0.0)
    return tuple(
        f"{ref} {_amount(resource, used[ref])}" for ref in _largest(used) if used[ref] >= least
    )


def _amount(resource: str, value: float) -> str:
    return f"{value:.1f} cores" if resource == "cpu" else in_binary(value)


def _largest(amounts: Mapping[Ref, float]) -> Iterable[Ref]:
    """The three largest; in order of name where they are equal."""
    return sorted(amounts, key=lambda ref: (-amounts[ref], ref))[:3]


@dataclass(frozen=True, slots=True)
class Filled:
    """A claim, how full its volume is, and the volume as its node measured it."""

    claim: storagev1.PersistentVolumeClaim
    level: Level
    volume: statsv1.ClaimVolume


def filled_claims(snapshot: Snapshot) -> tuple[Filled, ...]:
    """How full the volume of each mounted claim is, in order of claim; the fullest reading counts.

    Volumes that are a folder of their node's own disk are left out: their size says nothing of the
    claim, and the node's disk is judged as such.
    """
    found: dict[Ref, Filled] = {}
    for claim, volume, is_folder in _readings(snapshot):
        if is_folder:
            continue
        now = Filled(claim, level(volume), volume)
        if (known := found.get(claim.ref)) is None or known.level < now.level:
            found[claim.ref] = now
    return tuple(found[ref] for ref in sorted(found))


def unmeasurable(snapshot: Snapshot) -> tuple[Ref, ...]:
    """The claims whose volume is a folder of a node's own disk, in order; no driver measures it."""
    folders = {claim.ref for claim, _, is_folder in _readings(snapshot) if is_folder}
    plain = {
        ref
        for ref, claim in snapshot.claims.items()
        if (spec := _volume_of(snapshot, claim)) is not None and spec.host_path is not None
    }
    return tuple(sorted(folders | plain))


def _volume_of(
    snapshot: Snapshot, claim: storagev1.PersistentVolumeClaim
) -> storagev1.VolumeSpec | None:
    known = snapshot.volumes.get(claim.spec.volume_name)
    return known.spec if known else None


def _readings(
    snapshot: Snapshot,
) -> Iterator[tuple[storagev1.PersistentVolumeClaim, statsv1.ClaimVolume, bool]]:
    """Each claim with a reading of its volume, and whether that is the node's own disk.

    What lies on a node and cannot be told from a disk that nobody measured is taken for a folder.
    """
    for stats in snapshot.of("stats", statsv1.NodeStats).values():
        own = disks(stats).values()
        for pod in stats.pods or ():
            for volume in pod.volumes or ():
                name = volume.pvc_ref or corev1.ObjectReference()
                ref = Ref("PersistentVolumeClaim", name.namespace, name.name)
                claim = snapshot.claims.get(ref)
                if claim is not None:
                    yield claim, volume, _is_folder(snapshot, claim, volume, own)


def _is_folder(
    snapshot: Snapshot,
    claim: storagev1.PersistentVolumeClaim,
    volume: statsv1.ClaimVolume,
    own: Collection[statsv1.Filesystem | None],
) -> bool:
    spec = _volume_of(snapshot, claim)
    on_node = spec is not None and (spec.local is not None or spec.host_path is not None)
    measured = any(each is not None and each.capacity_bytes for each in own)
    return any(same(volume, each) for each in own) or (on_node and not measured)
