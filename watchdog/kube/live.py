"""Objects as they are at this moment, read one by one just before something is done to them."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TypeVar
from urllib.parse import quote

import msgspec

from watchdog.domain.errors import Absent
from watchdog.domain.objects.metav1 import Condition, LabelSelector, OwnerReference, Record
from watchdog.domain.ref import Ref
from watchdog.kube.client import Connection
from watchdog.kube.decode import Malformed, sturdily
from watchdog.kube.kinds import KINDS
from watchdog.logic.labels import selects

_NEEDS = (
    *("pods", "replicasets", "deployments", "statefulsets", "daemonsets"),
    *("jobs", "cronjobs", "namespaces"),
)
_KINDS = {KINDS[need].record.KIND: KINDS[need] for need in _NEEDS}
Decoded = TypeVar("Decoded")

_APPS_AND_BATCH = ("apps/v1", "batch/v1")


class Metadata(Record, frozen=True):
    """With the resourceVersion and every annotation, which a Snapshot does not keep."""

    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    owner_references: tuple[OwnerReference, ...] | None = None
    deletion_timestamp: str | None = None
    finalizers: tuple[str, ...] | None = None


class _Spec(Record, frozen=True):
    paused: bool = False
    replicas: int | None = None
    selector: LabelSelector | None = None


class _Status(Record, frozen=True):
    observed_generation: int | None = None
    phase: str = ""
    conditions: tuple[Condition, ...] | None = None


class Live(Record, frozen=True):
    """One object of any kind this program may write to, or that stands above one."""

    metadata: Metadata = msgspec.field(default_factory=Metadata)
    spec: _Spec = msgspec.field(default_factory=_Spec)
    status: _Status = msgspec.field(default_factory=_Status)

    @property
    def annotations(self) -> Mapping[str, str]:
        return self.metadata.annotations or {}

    @property
    def controller(self) -> OwnerReference | None:
        """The owner that controls it."""
        owners = self.metadata.owner_references or ()
        return next((owner for owner in owners if owner.controller), None)

    def holds(self, condition: str) -> bool:
        """Whether this condition is True."""
        known = self.status.conditions or ()
        return any(each.type == condition and each.status == "True" for each in known)


def resource_of(kind: str) -> tuple[str, str]:
    """API group and resource of a kind that may be read here.

    Raises:
        Malformed: it is none of them.
    """
    if kind not in _KINDS:
        raise Malformed(f"nothing is known of the kind {kind}")
    return _KINDS[kind].group, _KINDS[kind].resource


def path_of(ref: Ref, subresource: str = "") -> str:
    """The path of one object, its names quoted; never that of a whole collection.

    Raises:
        Malformed: the kind is unknown, or no object can have such a name.
    """
    group, resource = resource_of(ref.kind)
    root = f"/apis/{group}/v1" if group else "/api/v1"
    where = f"/namespaces/{quoted(ref.namespace)}" if ref.kind != "Namespace" else ""
    path = f"{root}{where}/{resource}/{quoted(ref.name)}"
    return f"{path}/{subresource}" if subresource else path


def quoted(name: str) -> str:
    """A name as one segment of a path. Source: apimachinery, IsValidPathSegmentName."""
    if name in ("", ".", "..") or "/" in name or "%" in name:
        raise Malformed(f"no object can be called {name!r}")
    return quote(name, safe="")


class Sight:
    """What is read for one Plan: each object once."""

    def __init__(self, connection: Connection) -> None:
        """Nothing is read yet."""
        self._connection = connection
        self._bodies: dict[Ref, bytes | None] = {}

    async def of(self, ref: Ref) -> Live | None:
        """The object; None when there is none of that name.

        Raises:
            Transient, Forbidden, Permanent: it cannot be read.
            Malformed: what came cannot be understood.
        """
        body = await self._body(ref)
        return None if body is None else _decoded(ref, body, Live)

    async def raw(self, ref: Ref) -> Mapping[str, object]:
        """The same object with every field it has; empty when there is none. Raises as `of`."""
        body = await self._body(ref)
        return {} if body is None else _decoded(ref, body, dict[str, object])

    async def chain(self, ref: Ref) -> tuple[tuple[Ref, Live], ...]:
        """The object and its controllers, from the bottom to the top; it ends where one is missing.

        A controller of another uid than its child names is another object, and ends it too.
        """
        found: list[tuple[Ref, Live]] = []
        here, uid = ref, ""
        while here not in dict(found):
            live = await self.of(here)
            if live is None or uid not in ("", live.metadata.uid):
                break
            found.append((here, live))
            owner = live.controller
            if owner is None or owner.api_version not in _APPS_AND_BATCH:
                break
            here, uid = Ref(owner.kind, ref.namespace, owner.name), owner.uid
        return tuple(found)

    async def _body(self, ref: Ref) -> bytes | None:
        if ref not in self._bodies:
            try:
                self._bodies[ref] = await self._connection.get(path_of(ref))
            except Absent:
                self._bodies[ref] = None
        return self._bodies[ref]


def broken_links(chain: tuple[tuple[Ref, Live], ...]) -> Iterator[str]:
    """Where a child names a controller that would not take it for its own.

    Source: the controllers adopt by uid and selector; a reference anybody may write proves nothing.
    """
    for (child, below), (parent, above) in pairwise(chain):
        selector = above.spec.selector
        if parent.kind != "CronJob" and not selects(selector, below.metadata.labels or {}):
            yield f"{parent} does not select {child}, which names it as its owner"


def _decoded(ref: Ref, body: bytes, shape: type[Decoded]) -> Decoded:
    try:
        return sturdily(msgspec.json.Decoder(shape).decode, body)
    except ValueError as error:  # msgspec.ValidationError, and what is no JSON at all
        raise Malformed(f"{ref} cannot be read: {error}") from error
