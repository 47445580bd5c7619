"""Custom resources of tests: a database operator's, and what is made from them."""

from datetime import timedelta
from typing import TypeVar

import msgspec

from tests.builders import HOUR, ago, meta
from watchdog.domain.custom import CustomKind, Leaf, Spec, Writer
from watchdog.domain.objects import customv1, metav1
from watchdog.domain.ref import Ref

ObjectT = TypeVar("ObjectT", bound=metav1.Object)

API = "db.example.com/v1"
DBS = CustomKind(API, "Db")
MAIN = Ref("Db", "shop", "main")
WRITER = Writer(API, MAIN)


def custom(
    ref: Ref = MAIN,
    *,
    age: timedelta = HOUR,
    generation: int = 1,
    deleting: bool = False,
    spec: customv1.CustomSpec | None = None,
    changed: timedelta | None = None,
    **status: object,
) -> customv1.CustomResource:
    """A custom resource; the fields of its status by name."""
    metadata = meta(ref, age=age, generation=generation, deleting=deleting)
    if changed is not None:
        edit = metav1.Edit(manager="kubectl", time=ago(changed))
        metadata = msgspec.structs.replace(metadata, managed_fields=(edit,))
    return customv1.CustomResource(
        api_version=API,
        kind=ref.kind,
        metadata=metadata,
        spec=spec or customv1.CustomSpec(),
        status=msgspec.structs.replace(customv1.CustomStatus(), **status),
    )


def made_by(item: ObjectT, owner: Ref = MAIN, *, api_version: str = API) -> ObjectT:
    """The same object, controlled by a custom resource."""
    reference = metav1.OwnerReference(
        api_version=api_version,
        kind=owner.kind,
        name=owner.name,
        uid=str(owner),
        controller=True,
    )
    metadata = msgspec.structs.replace(item.metadata, owner_references=(reference,))
    return msgspec.structs.replace(item, metadata=metadata)


def spec(**values: str) -> Spec:
    """A spec; of the names two underscores stand for a step further in."""
    leaves = (Leaf(("spec", *path.split("__")), value) for path, value in values.items())
    return Spec(leaves=tuple(leaves))


def definition(name: str = "dbs.db.example.com") -> customv1.CustomResourceDefinition:
    """An installed definition; its name is plural.group."""
    return customv1.CustomResourceDefinition(
        metadata=meta(Ref("CustomResourceDefinition", "", name))
    )


def said(kind: str, status: str, *, age: timedelta = HOUR, reason: str = "") -> metav1.Condition:
    """A condition that has been so for `age`."""
    return metav1.Condition(type=kind, status=status, reason=reason, last_transition_time=ago(age))
