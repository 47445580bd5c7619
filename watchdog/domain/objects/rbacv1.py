"""Roles and bindings."""

from typing import ClassVar

import msgspec

from watchdog.domain.objects.metav1 import Metadata, Object, Record


class PolicyRule(Record, frozen=True):
    """One rule of a role; with `resource_names` it is about these objects alone."""

    verbs: tuple[str, ...] = ()
    api_groups: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    resource_names: tuple[str, ...] | None = None


class Aggregation(Record, frozen=True):
    """A role with it has its rules written by a controller."""


class Role(Object, frozen=True):
    KIND: ClassVar[str] = "Role"
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    rules: tuple[PolicyRule, ...] | None = None


class ClusterRole(Object, frozen=True):
    KIND: ClassVar[str] = "ClusterRole"
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    rules: tuple[PolicyRule, ...] | None = None
    aggregation_rule: Aggregation | None = None


class RoleSubject(Record, frozen=True):
    kind: str = ""
    name: str = ""
    namespace: str = ""


class RoleRef(Record, frozen=True):
    kind: str = ""
    name: str = ""


class RoleBinding(Object, frozen=True):
    KIND: ClassVar[str] = "RoleBinding"
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    subjects: tuple[RoleSubject, ...] | None = None
    role_ref: RoleRef = msgspec.field(default_factory=RoleRef)


class ClusterRoleBinding(Object, frozen=True):
    KIND: ClassVar[str] = "ClusterRoleBinding"
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    subjects: tuple[RoleSubject, ...] | None = None
    role_ref: RoleRef = msgspec.field(default_factory=RoleRef)
