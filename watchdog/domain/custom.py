"""Custom resources: how their kinds are asked for, whose objects they make, what their spec says."""

from dataclasses import dataclass
from typing import NamedTuple

from watchdog.domain.ref import Ref


class CustomKind(NamedTuple):
    """One kind of an API that is not built in; `name` is the Kind or the plural resource name."""

    api_version: str  # "db.example.com/v1"
    name: str

    def __str__(self) -> str:
        """Return the key in a Snapshot, which no built-in need can have: "db.example.com/v1/Db"."""
        return f"{self.api_version}/{self.name}"


class Writer(NamedTuple):
    """A custom resource that controls other objects: its operator writes them from its spec."""

    api_version: str
    ref: Ref

    @property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]

    @property
    def kind(self) -> CustomKind:
        return CustomKind(self.api_version, self.ref.kind)


class Leaf(NamedTuple):
    """One value of a spec as text, and where it stands: ("spec", "tolerations", "0", "key")."""

    path: tuple[str, ...]
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What one custom resource asks for, and what it is made from itself."""

    leaves: tuple[Leaf, ...] = ()
    writer: Writer | None = None  # the custom resource that controls this one
    namespaced: bool = True
    gitops: str = ""  # "Argo CD" or "Flux" when it is managed from Git


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A value that a Finding proved wrong, and the field it stands in; "" where any field will do.

    `instead` is what mends it: another value, "" for taking the field out, None where nobody knows.
    """

    value: str
    key: str = ""
    instead: str | None = None
