"""Claims, the volumes that are kept for them, and the pods that mount them."""

from collections import defaultdict
from collections.abc import Mapping

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
    found: defaultdict[Ref, list[podv1.Pod]] = defaultdict(list)
    for pod in snapshot.pods.values():
        for claim in () if pod.finished else dict.fromkeys(pod.claims):
            found[claim].append(pod)
    return {claim: tuple(pods) for claim, pods in found.items()}


def waits_for_binding(snapshot: Snapshot, pod: podv1.Pod) -> bool:
    """Whether a claim of the pod is Pending, and its volume is there already."""
    claims = (snapshot.claims.get(ref) for ref in pod.claims)
    return any(
        claim is not None
        and claim.status.phase == "Pending"
        and kept_for(snapshot, claim) & {"Available", "Bound"}
        for claim in claims
    )
