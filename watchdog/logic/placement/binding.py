"""Claims for which a volume is kept: the control plane is about to bind them."""

from watchdog.domain.objects import podv1, storagev1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot


def kept_for(snapshot: Snapshot, claim: storagev1.PersistentVolumeClaim) -> frozenset[str]:
    """The phases of the volumes whose `spec.claimRef` names the claim."""
    wanted = (claim.namespace, claim.name)
    return frozenset(
        volume.status.phase
        for volume in snapshot.volumes.values()
        for owner in (volume.spec.claim_ref,)
        if owner is not None and (owner.namespace, owner.name) == wanted
    )


def waits_for_binding(snapshot: Snapshot, pod: podv1.Pod) -> bool:
    """Whether a claim of the pod is Pending, and its volume is there already."""
    names = (
        each.persistent_volume_claim.claim_name
        for each in pod.spec.volumes
        if each.persistent_volume_claim is not None
    )
    claims = (
        snapshot.claims.get(Ref("PersistentVolumeClaim", pod.namespace, name)) for name in names
    )
    return any(
        claim is not None
        and claim.status.phase == "Pending"
        and kept_for(snapshot, claim) & {"Available", "Bound"}
        for claim in claims
    )
