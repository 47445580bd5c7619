"""Claims, the volumes that are kept for them, and the pods that mount them."""

from collections.abc import Mapping

from watchdog.domain.grouping import grouped
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


def users(snapshot: Snapshot, claim: Ref) -> tuple[podv1.Pod, ...]:
    """The judged pods that mount the claim, in order of their names."""
    return snapshot.once(_users).get(claim, ())


def _users(snapshot: Snapshot) -> Mapping[Ref, tuple[podv1.Pod, ...]]:
    waiting_or_running = [pod for pod in snapshot.pods.values() if not pod.finished]
    return grouped(
        (claim, pod) for pod in waiting_or_running for claim in dict.fromkeys(pod.claims)
    )


def waits_for_binding(snapshot: Snapshot, pod: podv1.Pod) -> bool:
    """Whether a claim of the pod is Pending, and its volume is there already."""
    claims = (snapshot.claims.get(ref) for ref in pod.claims)
    return any(
        claim is not None
        and claim.status.phase == "Pending"
        and kept_for(snapshot, claim) & {"Available", "Bound"}
        for claim in claims
    )
