"""Claims that wait for a volume: who mounts them, who wrote them, and why nothing came of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from watchdog.domain.objects import corev1, podv1, storagev1
from watchdog.domain.quantity import quantity
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.placement.binding import kept_for, users
from watchdog.logic.symptom import FRESH, first_of, shorten

_STATIC = "kubernetes.io/no-provisioner"


@dataclass(frozen=True, slots=True)
class Unbound:
    """A claim without a volume, and the pods that mount it."""

    claim: storagev1.PersistentVolumeClaim
    pods: tuple[podv1.Pod, ...]
    class_name: str
    known: storagev1.StorageClass | None
    event: corev1.Event | None  # the newest fresh complaint about the claim
    volumes: tuple[storagev1.PersistentVolume, ...]  # of its class

    @classmethod
    def of(cls, snapshot: Snapshot, claim: storagev1.PersistentVolumeClaim) -> Self:
        """Gather what is known of a claim in phase Pending."""
        name = claim.spec.storage_class_name or ""
        return cls(
            claim=claim,
            pods=users(snapshot, claim.ref),
            class_name=name,
            known=snapshot.storage_classes.get(name),
            event=_complaint(snapshot, claim),
            volumes=tuple(
                volume
                for volume in snapshot.volumes.values()
                if volume.spec.storage_class_name == name
            ),
        )

    @property
    def left(self) -> storagev1.PersistentVolume | None:
        """The volume that an earlier claim of this name has left behind, with its data."""
        wanted = (self.claim.namespace, self.claim.name)
        return next(
            (
                volume
                for volume in self.volumes
                if volume.status.phase == "Released" and (owner := volume.spec.claim_ref)
                if (owner.namespace, owner.name) == wanted
            ),
            None,
        )

    @property
    def static(self) -> bool:
        """Whether its class is only a word that volumes made by hand carry, too."""
        return self.known is None and bool(self.class_name) and bool(self.volumes)

    @property
    def late(self) -> bool:
        """Whether its class binds only when a pod that uses the claim has been placed."""
        return self.known is not None and self.known.volume_binding_mode == "WaitForFirstConsumer"

    @property
    def since(self) -> datetime | None:
        """The claim's age; that of its first consumer when the class waits for one."""
        born = self.claim.metadata.creation_timestamp
        used = first_of(pod.metadata.creation_timestamp for pod in self.pods)
        return max(born, used) if self.late and born and used else born


def unprovisioned(snapshot: Snapshot, waiting: Unbound) -> str:
    """Say why nothing came of a claim whose class exists; "" while waiting is by design."""
    claim, known = waiting.claim, waiting.known
    if _given(snapshot, waiting):
        return ""
    if waiting.static:
        return "" if _available(waiting) else _none_fits(waiting)
    if waiting.event is not None:
        return f"provisioning fails: {shorten(waiting.event.message, 200)}"
    if claim.spec.volume_name and claim.spec.volume_name not in snapshot.volumes:
        return f"it asks for volume {claim.spec.volume_name}, which does not exist"
    if waiting.late and not waiting.pods:
        return ""
    if known is None or known.provisioner == _STATIC:
        return "" if _available(waiting) else _none_fits(waiting)
    if waiting.late and not claim.annotations.selected_node:
        return ""  # no node chosen yet: the pod's own constraints are judged elsewhere
    return f"provisioner {known.provisioner} has not made a volume"


def _given(snapshot: Snapshot, waiting: Unbound) -> bool:
    """Whether a volume is kept for this claim: then binding is under way.

    The control plane takes up to a quarter of a minute for it, and writes the volume's phase before
    the claim's. What does not fit is said in an event.
    """
    phases = {"Bound"} if waiting.event else {"Available", "Bound"}
    return bool(kept_for(snapshot, waiting.claim) & phases)


def _available(waiting: Unbound) -> bool:
    asked = quantity((waiting.claim.spec.resources.requests or {}).get("storage", 0))
    return any(
        volume.status.phase == "Available"
        and {*waiting.claim.spec.access_modes} <= {*volume.spec.access_modes}
        and _size(volume) >= asked
        for volume in waiting.volumes
    )


def _size(volume: storagev1.PersistentVolume) -> float:
    """How large it is; without end where it does not say."""
    return quantity((volume.spec.capacity or {}).get("storage", "1E"))


def _none_fits(waiting: Unbound) -> str:
    if (left := waiting.left) is not None:
        return f"{left.ref} is kept for an earlier claim of this name that is gone (Released)"
    return "no volume of its class is available that is large enough and has its access modes"


def template_of(snapshot: Snapshot, waiting: Unbound) -> Ref | None:
    """The StatefulSet whose template wrote this claim and its class."""
    for ref, item in snapshot.statefulsets.items():
        for template in item.spec.volume_claim_templates:
            prefix = f"{template.metadata.name}-{ref.name}-"
            same = template.spec.storage_class_name == waiting.claim.spec.storage_class_name
            made = waiting.claim.name.startswith(prefix)
            ordinal = waiting.claim.name.removeprefix(prefix).isdigit()
            if ref.namespace == waiting.claim.namespace and made and ordinal and same:
                return ref
    return None


def _complaint(snapshot: Snapshot, claim: storagev1.PersistentVolumeClaim) -> corev1.Event | None:
    for event in snapshot.events_of(claim):
        fresh = event.last_at is not None and snapshot.age(event.last_at) <= FRESH
        if event.reason == "ProvisioningFailed" and fresh:
            return event
    return None
