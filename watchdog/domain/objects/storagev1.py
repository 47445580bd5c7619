"""Claims, volumes, classes, attachments and snapshots."""

from datetime import datetime
from typing import ClassVar

import msgspec

from watchdog.domain.objects.appsv1 import ClaimSpec
from watchdog.domain.objects.corev1 import ObjectReference
from watchdog.domain.objects.metav1 import Condition, Object, Quantities, Record
from watchdog.domain.objects.placementv1 import NodeSelector


class ClaimStatus(Record, frozen=True):
    phase: str = ""
    conditions: tuple[Condition, ...] = ()
    allocated_resource_statuses: dict[str, str] | None = None


class PersistentVolumeClaim(Object, frozen=True):
    KIND: ClassVar[str] = "PersistentVolumeClaim"
    spec: ClaimSpec = msgspec.field(default_factory=ClaimSpec)
    status: ClaimStatus = msgspec.field(default_factory=ClaimStatus)


class VolumeNodeAffinity(Record, frozen=True):
    required: NodeSelector | None = None


class NodeFolder(Record, frozen=True):
    path: str = ""


class VolumeSpec(Record, frozen=True):
    capacity: Quantities | None = None
    claim_ref: ObjectReference | None = None
    node_affinity: VolumeNodeAffinity | None = None
    storage_class_name: str = ""
    access_modes: tuple[str, ...] = ()
    host_path: NodeFolder | None = None
    local: NodeFolder | None = None


class VolumeStatus(Record, frozen=True):
    phase: str = ""
    reason: str = ""
    message: str = ""
    last_phase_transition_time: datetime | None = None


class PersistentVolume(Object, frozen=True):
    KIND: ClassVar[str] = "PersistentVolume"
    spec: VolumeSpec = msgspec.field(default_factory=VolumeSpec)
    status: VolumeStatus = msgspec.field(default_factory=VolumeStatus)


class StorageClass(Object, frozen=True):
    KIND: ClassVar[str] = "StorageClass"
    provisioner: str = ""
    volume_binding_mode: str = ""
    allow_volume_expansion: bool = False


class AttachmentSource(Record, frozen=True):
    persistent_volume_name: str = ""


class AttachmentSpec(Record, frozen=True):
    attacher: str = ""
    node_name: str = ""
    source: AttachmentSource = msgspec.field(default_factory=AttachmentSource)


class VolumeError(Record, frozen=True):
    time: datetime | None = None
    message: str = ""


class AttachmentStatus(Record, frozen=True):
    attached: bool = False
    attach_error: VolumeError | None = None
    detach_error: VolumeError | None = None


class VolumeAttachment(Object, frozen=True):
    KIND: ClassVar[str] = "VolumeAttachment"
    spec: AttachmentSpec = msgspec.field(default_factory=AttachmentSpec)
    status: AttachmentStatus = msgspec.field(default_factory=AttachmentStatus)


class SnapshotSource(Record, frozen=True):
    persistent_volume_claim_name: str = ""


class SnapshotSpec(Record, frozen=True):
    source: SnapshotSource = msgspec.field(default_factory=SnapshotSource)


class SnapshotStatus(Record, frozen=True):
    ready_to_use: bool | None = None
    creation_time: datetime | None = None  # when it was cut; a driver may still be moving it
    error: VolumeError | None = None


class VolumeSnapshot(Object, frozen=True):
    KIND: ClassVar[str] = "VolumeSnapshot"
    spec: SnapshotSpec = msgspec.field(default_factory=SnapshotSpec)
    status: SnapshotStatus = msgspec.field(default_factory=SnapshotStatus)
