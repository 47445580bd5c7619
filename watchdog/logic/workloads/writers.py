"""Which custom resources stand above built-in objects: whoever edits those is reverted by them."""

from collections.abc import Iterator

from watchdog.domain.custom import CustomKind, Writer
from watchdog.domain.grouping import grouped
from watchdog.domain.objects import metav1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot

_NEEDS = (
    "pods",
    "replicasets",
    "deployments",
    "statefulsets",
    "daemonsets",
    "jobs",
    "cronjobs",
    "persistentvolumeclaims",
)


def is_custom(api_version: str) -> bool:
    """Whether an API is an operator's: built-in groups have no dot, or end in .k8s.io."""
    group = api_version.partition("/")[0] if "/" in api_version else ""
    return "." in group and not group.endswith(".k8s.io")


def writers(snapshot: Snapshot) -> dict[Ref, Writer]:
    """The custom resource that controls each object at the top of its owner walk.

    Where it controls pods or ReplicaSets directly it is their workload, and stands for itself.
    """
    found: dict[Ref, Writer] = {}
    for item, owner in _controlled(snapshot):
        if is_custom(owner.api_version):
            ref = Ref(owner.kind, item.namespace, owner.name)
            writer = Writer(owner.api_version, ref)
            found[item.ref] = writer
            if item.ref.kind in ("Pod", "ReplicaSet"):
                found[ref] = writer
    return found


def children(snapshot: Snapshot) -> dict[str, tuple[Ref, ...]]:
    """What each owner has in the Snapshot, controlled or not, by the uid of the owner."""
    found = grouped(
        (owner.uid, item.ref)
        for need in _NEEDS
        for item in snapshot.objects.get(need, ())
        for owner in item.metadata.owner_references
        if is_custom(owner.api_version)
    )
    return {uid: tuple(sorted(refs)) for uid, refs in found.items()}


def kinds(snapshot: Snapshot) -> tuple[CustomKind, ...]:
    """The kinds that control something, in order of their names."""
    return tuple(sorted({writer.kind for writer in writers(snapshot).values()}))


def _controlled(snapshot: Snapshot) -> Iterator[tuple[metav1.Object, metav1.OwnerReference]]:
    for need in _NEEDS:
        for item in snapshot.objects.get(need, ()):
            if (owner := item.controller) is not None:
                yield item, owner
