"""What every object has: metadata, owners, conditions, selectors."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

import msgspec
from msgspec import Struct
from msgspec.structs import force_setattr

from watchdog.domain.ref import Ref

IntOrString = int | str


Quantities = dict[str, str | int | float]


class Record(Struct, frozen=True, gc=False, rename="camel"):
    """Base of all records. Out of the cyclic collector's sight: records form trees, no cycles."""


class OwnerReference(Record, frozen=True):
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None
    api_version: str = ""


class Annotations(Record, frozen=True):
    """The annotations that mean something to a check; all others are dropped while decoding."""

    revision: str = msgspec.field(default="", name="deployment.kubernetes.io/revision")
    restarted_at: str = msgspec.field(default="", name="kubectl.kubernetes.io/restartedAt")
    default_class: str = msgspec.field(
        default="", name="storageclass.kubernetes.io/is-default-class"
    )
    default_class_beta: str = msgspec.field(
        default="", name="storageclass.beta.kubernetes.io/is-default-class"
    )
    helm_hook: str = msgspec.field(default="", name="helm.sh/hook")
    argo_hook: str = msgspec.field(default="", name="argocd.argoproj.io/hook")
    argo_tracking: str = msgspec.field(default="", name="argocd.argoproj.io/tracking-id")
    reboot: str = msgspec.field(default="", name="weave.works/kured-reboot-in-progress")
    selected_node: str = msgspec.field(default="", name="volume.kubernetes.io/selected-node")
    desired_replicas: str = msgspec.field(
        default="", name="deployment.kubernetes.io/desired-replicas"
    )
    endpoints_changed: str = msgspec.field(
        default="", name="endpoints.kubernetes.io/last-change-trigger-time"
    )
    default_ingress_class: str = msgspec.field(
        default="", name="ingressclass.kubernetes.io/is-default-class"
    )
    skip_reconcile: str = msgspec.field(default="", name="argocd.argoproj.io/skip-reconcile")
    certificate_name: str = msgspec.field(default="", name="cert-manager.io/certificate-name")
    downscaled: str = msgspec.field(default="", name="downscaler/original-replicas")
    vpa_updates: str = msgspec.field(default="", name="vpaUpdates")
    remediate: str = msgspec.field(default="", name="watchdog/remediate")
    keda_paused: str = msgspec.field(default="", name="autoscaling.keda.sh/paused")


class _FieldSet(Record, frozen=True):
    """One part of fieldsV1. Of what is inside, only labels matter."""

    labels: Record | None = msgspec.field(default=None, name="f:labels")


class Edit(Record, frozen=True):
    """Who changed an object last, and when. Source: metadata.managedFields."""

    manager: str = ""  # "" where the name is not one a program would give itself
    subresource: str = ""  # "scale" where only the number of pods was set
    time: datetime | None = None
    labels_only: bool = False
    fields_v1: dict[str, _FieldSet] | None = None  # read, and not kept

    @property
    def slim(self) -> "Edit | None":
        """What is kept of it; None for status, annotations and finalizers, which are no change."""
        fields = self.fields_v1
        if self.time is None or self.subresource not in ("", "scale"):
            return None
        metadata = fields.get(_METADATA) if fields is not None else None
        labelled = metadata is not None and metadata.labels is not None
        content = fields is None or not fields.keys() <= _NO_CONTENT
        if not content and not labelled:
            return None
        return Edit(
            manager=self.manager if _MANAGER.fullmatch(self.manager) else "",
            subresource=self.subresource,
            time=self.time,
            labels_only=not content or self.labels_only,
        )


_METADATA = "f:metadata"
_NO_CONTENT = frozenset((_METADATA, "f:status"))
_MANAGER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,62}")


class PlainMetadata(Record, frozen=True):
    """What every object has. Nothing is known of its changes."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    generation: int = 0
    labels: dict[str, str] | None = None
    annotations: Annotations | None = None
    owner_references: tuple[OwnerReference, ...] = ()
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    deletion_grace_period_seconds: int | None = None
    finalizers: tuple[str, ...] = ()

    @property
    def edit(self) -> Edit | None:
        """The newest change of the content; None when that is unknown."""
        return None

    @property
    def relabelling(self) -> Edit | None:
        """The newest change by somebody who set nothing but labels; None when that is unknown."""
        return None


class Metadata(PlainMetadata, frozen=True):
    """With the newest changes: of all managedFields at most two Edits are kept."""

    managed_fields: tuple[Edit, ...] = ()

    def __post_init__(self) -> None:
        """Forget, while decoding, all that is not a newest change."""
        if self.managed_fields:
            force_setattr(self, "managed_fields", _newest(self.managed_fields))

    @property
    def edit(self) -> Edit | None:
        """The newest change of the content; None when the API server does not say."""
        return next((each for each in self.managed_fields if not each.labels_only), None)

    @property
    def relabelling(self) -> Edit | None:
        """The newest change by somebody who set nothing but labels; None when there is none."""
        return next((each for each in self.managed_fields if each.labels_only), None)


def _newest(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The newest of the content and the newest of labels alone."""
    found: dict[bool, Edit] = {}
    for each in edits:
        slim = each.slim
        if slim is None or slim.time is None:
            continue
        known = found.get(slim.labels_only)
        if known is None or known.time is None or known.time < slim.time:
            found[slim.labels_only] = slim
    return tuple(found.values())


class Object(Record, frozen=True):
    """What every listed object has. `KIND` is the kind of the subclass."""

    KIND: ClassVar[str] = ""
    metadata: PlainMetadata = msgspec.field(default_factory=PlainMetadata)

    @property
    def ref(self) -> Ref:
        return Ref(self.KIND, self.metadata.namespace, self.metadata.name)

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def namespace(self) -> str:
        return self.metadata.namespace

    @property
    def uid(self) -> str:
        return self.metadata.uid

    @property
    def labels(self) -> dict[str, str]:
        return self.metadata.labels or {}

    @property
    def annotations(self) -> Annotations:
        return self.metadata.annotations or _NO_ANNOTATIONS

    @property
    def changed_at(self) -> datetime | None:
        """When its content last changed; None when that is unknown. Status is no content."""
        edit = self.metadata.edit
        return edit.time if edit else None

    @property
    def deleting(self) -> bool:
        """Deletion was asked for and has not ended."""
        return self.metadata.deletion_timestamp is not None

    @property
    def controller(self) -> OwnerReference | None:
        """The owner that controls this object."""
        for owner in self.metadata.owner_references:
            if owner.controller:
                return owner
        return None


_NO_ANNOTATIONS = Annotations()


class Condition(Record, frozen=True):
    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: datetime | None = None
    last_update_time: datetime | None = None
    last_heartbeat_time: datetime | None = None
    observed_generation: int | None = None


class LabelRequirement(Record, frozen=True):
    key: str = ""
    operator: str = ""
    values: tuple[str, ...] | None = None


class LabelSelector(Record, frozen=True):
    match_labels: dict[str, str] | None = None
    match_expressions: tuple[LabelRequirement, ...] | None = None


class ConditionsStatus(Record, frozen=True):
    """What most custom resources report and nothing else."""

    conditions: tuple[Condition, ...] | None = None


class Conditioned(Object, frozen=True):
    """An object whose state is in its conditions."""

    status: ConditionsStatus = msgspec.field(default_factory=ConditionsStatus)

    def condition(self, kind: str) -> Condition | None:
        for condition in self.status.conditions or ():
            if condition.type == kind:
                return condition
        return None
