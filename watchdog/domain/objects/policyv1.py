"""Priority classes, disruption budgets and leases."""

from datetime import datetime
from typing import ClassVar

import msgspec

from watchdog.domain.objects.metav1 import LabelSelector, Metadata, Object, Record


class PriorityClass(Object, frozen=True):
    KIND: ClassVar[str] = "PriorityClass"
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    value: int = 0
    global_default: bool = False
    preemption_policy: str = ""


class BudgetSpec(Record, frozen=True):
    selector: LabelSelector | None = None


class BudgetStatus(Record, frozen=True):
    observed_generation: int = 0
    disruptions_allowed: int = 0
    current_healthy: int = 0
    desired_healthy: int = 0
    expected_pods: int = 0


class PodDisruptionBudget(Object, frozen=True):
    KIND: ClassVar[str] = "PodDisruptionBudget"
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    spec: BudgetSpec = msgspec.field(default_factory=BudgetSpec)
    status: BudgetStatus = msgspec.field(default_factory=BudgetStatus)


class LeaseSpec(Record, frozen=True):
    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    renew_time: datetime | None = None


class Lease(Object, frozen=True):
    KIND: ClassVar[str] = "Lease"
    spec: LeaseSpec = msgspec.field(default_factory=LeaseSpec)
