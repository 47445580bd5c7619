"""Argo CD: applications and projects."""

from datetime import datetime
from typing import ClassVar

import msgspec

from watchdog.domain.objects.metav1 import Conditioned, ConditionsStatus, Object, Record
from watchdog.domain.ref import Ref


class ArgoSource(Record, frozen=True):
    repo_url: str = msgspec.field(default="", name="repoURL")


class ArgoDestination(Record, frozen=True):
    server: str = ""
    name: str = ""
    namespace: str = ""


class ArgoAutomated(Record, frozen=True):
    prune: bool = False
    self_heal: bool = False
    enabled: bool | None = None


class ArgoSyncPolicy(Record, frozen=True):
    automated: ArgoAutomated | None = None


class ApplicationSpec(Record, frozen=True):
    project: str = ""
    source: ArgoSource | None = None
    sources: tuple[ArgoSource, ...] | None = None
    destination: ArgoDestination = msgspec.field(default_factory=ArgoDestination)
    sync_policy: ArgoSyncPolicy | None = None


class ArgoSync(Record, frozen=True):
    status: str = ""
    revision: str = ""


class ArgoHealth(Record, frozen=True):
    status: str = ""
    message: str = ""
    last_transition_time: datetime | None = None


class ArgoResource(Record, frozen=True):
    """One object of an Application; in a sync result `message` says how its apply went."""

    group: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    status: str = ""
    message: str = ""
    health: ArgoHealth | None = None
    requires_pruning: bool = False

    @property
    def ref(self) -> Ref:
        return Ref(self.kind, self.namespace, self.name)


class ArgoSyncResult(Record, frozen=True):
    revision: str = ""
    resources: tuple[ArgoResource, ...] | None = None


class ArgoSyncOrder(Record, frozen=True):
    revision: str = ""
    self_heal_attempts_count: int = 0


class ArgoOperation(Record, frozen=True):
    """What is to be done, not how it went."""

    sync: ArgoSyncOrder | None = None


class ArgoOperationState(Record, frozen=True):
    phase: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    retry_count: int = 0
    operation: ArgoOperation | None = None
    sync_result: ArgoSyncResult | None = None

    @property
    def revision(self) -> str:
        """What it applied, or was told to apply; "" when not said."""
        done = self.sync_result.revision if self.sync_result else ""
        told = self.operation.sync.revision if self.operation and self.operation.sync else ""
        return done or told


class ArgoDeployment(Record, frozen=True):
    """One sync that succeeded; `revisions` where the Application has several sources."""

    revision: str = ""
    revisions: tuple[str, ...] | None = None
    deployed_at: datetime | None = None


class ApplicationStatus(ConditionsStatus, frozen=True):
    reconciled_at: datetime | None = None
    sync: ArgoSync = msgspec.field(default_factory=ArgoSync)
    health: ArgoHealth = msgspec.field(default_factory=ArgoHealth)
    operation_state: ArgoOperationState | None = None
    resources: tuple[ArgoResource, ...] | None = None
    history: tuple[ArgoDeployment, ...] | None = None


class Application(Conditioned, frozen=True):
    """Of Argo CD. A condition is active while it is there: it has no status."""

    KIND: ClassVar[str] = "Application"
    operation: ArgoOperation | None = None
    spec: ApplicationSpec = msgspec.field(default_factory=ApplicationSpec)
    status: ApplicationStatus = msgspec.field(default_factory=ApplicationStatus)

    @property
    def automated(self) -> ArgoAutomated | None:
        """How it is synced without being asked; None when it is not."""
        policy = self.spec.sync_policy.automated if self.spec.sync_policy else None
        return policy if policy is not None and policy.enabled is not False else None


class SyncWindow(Record, frozen=True):
    kind: str = ""
    schedule: str = ""
    duration: str = ""
    time_zone: str = ""
    applications: tuple[str, ...] | None = None
    namespaces: tuple[str, ...] | None = None
    clusters: tuple[str, ...] | None = None
    and_operator: bool = False


class AppProjectSpec(Record, frozen=True):
    sync_windows: tuple[SyncWindow, ...] | None = None


class AppProject(Object, frozen=True):
    KIND: ClassVar[str] = "AppProject"
    spec: AppProjectSpec = msgspec.field(default_factory=AppProjectSpec)
