"""The pod that comes instead of another: which nodes take it, and whether its volumes can follow."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace

import msgspec

from watchdog.domain.objects import metav1, podv1, storagev1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.placement.scheduling import Block, Scheduling

_MANY_NODES = frozenset({"ReadWriteMany", "ReadOnlyMany"})


def successor(pod: podv1.Pod, template: podv1.PodTemplate, *, as_it_is: bool = False) -> podv1.Pod:
    """The pod that a controller would make of this template now.

    Its claims are those of `pod`: a StatefulSet adds them to the template. `as_it_is`: all but the
    node is the pod's own, for a DaemonSet's pod is bound to its node by what is added to the template.
    """
    own = {volume.name for volume in template.spec.volumes}
    added = tuple(
        volume
        for volume in pod.spec.volumes
        if volume.persistent_volume_claim is not None and volume.name not in own
    )
    spec = msgspec.structs.replace(template.spec, volumes=(*template.spec.volumes, *added))
    return podv1.Pod(
        metadata=metav1.PlainMetadata(
            name=pod.name, namespace=pod.namespace, labels=template.metadata.labels
        ),
        spec=msgspec.structs.replace(pod.spec if as_it_is else spec, node_name=""),
    )


def homeless(snapshot: Snapshot, new: podv1.Pod, *, without: Collection[Ref]) -> str:
    """Why no Ready, schedulable node takes a new pod once these pods are gone; "" when one does."""
    stay = tuple(item for item in snapshot.objects.get("pods", ()) if item.ref not in without)
    then = replace(snapshot, objects={**snapshot.objects, "pods": stay})
    blocks = Scheduling(then).fit(new).blocks
    if any(not found for found in blocks.values()):
        return ""
    why = Counter(block for found in blocks.values() for block in found)
    said = ", ".join(f"{block} ({why[block]})" for block in Block if block in why)
    return said or "there is no node"


def unmovable(snapshot: Snapshot, pods: Collection[podv1.Pod]) -> Iterator[str]:
    """Say which volumes of these pods keep a replacement from starting wherever it may be put."""
    for ref in dict.fromkeys(claim for pod in pods for claim in pod.claims):
        claim = snapshot.claims.get(ref)
        if claim is None:
            yield f"{ref} is not there"
            continue
        volume = snapshot.volumes.get(claim.spec.volume_name)
        if claim.status.phase != "Bound" or volume is None:
            yield f"{ref} is not bound to a volume that can be seen"
        elif volume.spec.local is not None or volume.spec.host_path is not None:
            yield f"the volume of {ref} lies on one node"


def held_once(snapshot: Snapshot, pods: Collection[podv1.Pod]) -> tuple[Ref, ...]:
    """The claims of these pods that only one node at a time can use."""
    claims = dict.fromkeys(ref for pod in pods for ref in pod.claims)
    return tuple(
        ref
        for ref in claims
        if (claim := snapshot.claims.get(ref)) is not None and _for_one_node(claim)
    )


def _for_one_node(claim: storagev1.PersistentVolumeClaim) -> bool:
    return not _MANY_NODES & {*claim.spec.access_modes}


def users(snapshot: Snapshot, claim: Ref) -> tuple[podv1.Pod, ...]:
    """All pods that mount a claim and have not ended, judged or not."""
    return tuple(
        pod for pod in snapshot.all_pods.values() if not pod.finished and claim in pod.claims
    )
