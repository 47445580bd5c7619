"""Deployment, StatefulSet and DaemonSet under one shape, with the revisions of their template."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from watchdog.domain.grouping import grouped
from watchdog.domain.objects import appsv1, metav1, podv1
from watchdog.domain.ref import Ref


def managed_by(annotations: metav1.Annotations, labels: Mapping[str, str]) -> str:
    """ "Argo CD" or "Flux" for an object that is managed from Git, else ""."""
    if annotations.argo_tracking or "argocd.argoproj.io/instance" in labels:
        return "Argo CD"
    flux = ("kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name")
    return "Flux" if any(key in labels for key in flux) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One version of a workload's pod template."""

    number: int
    name: str
    created_at: datetime | None
    template: podv1.PodTemplate
    replicas: int  # pods of this revision; 0 where the API does not say
    ready: int

    @staticmethod
    def of_replicaset(item: appsv1.ReplicaSet) -> "Revision":
        """A Deployment's revision. Source: annotation deployment.kubernetes.io/revision."""
        return Revision(
            number=item.revision,
            name=item.name,
            created_at=item.metadata.creation_timestamp,
            template=item.spec.template,
            replicas=item.status.replicas,
            ready=item.status.ready_replicas,
        )

    @staticmethod
    def of_controller_revision(item: appsv1.ControllerRevision) -> "Revision":
        """A StatefulSet's or DaemonSet's revision."""
        return Revision(
            number=item.revision,
            name=item.name,
            created_at=item.metadata.creation_timestamp,
            template=item.data.spec.template,
            replicas=0,
            ready=0,
        )


def revisions_by_owner(
    replicasets: Iterable[appsv1.ReplicaSet], others: Iterable[appsv1.ControllerRevision]
) -> dict[str, tuple[Revision, ...]]:
    """Return the revisions by the uid of their controller, newest first; those without are left out."""
    pairs = [(item.controller, Revision.of_replicaset(item)) for item in replicasets]
    pairs += [(item.controller, Revision.of_controller_revision(item)) for item in others]
    groups = grouped((owner.uid, revision) for owner, revision in pairs if owner is not None)
    return {
        uid: tuple(sorted(group, key=lambda each: -each.number)) for uid, group in groups.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What checks ask of any workload. `revisions` are newest first; empty when not readable."""

    ref: Ref
    uid: str
    wanted: int
    ready: int
    updated: int
    template: podv1.PodTemplate
    generation: int
    observed_generation: int
    paused: bool
    strategy: appsv1.Strategy
    annotations: metav1.Annotations
    labels: dict[str, str]
    created_at: datetime | None
    revisions: tuple[Revision, ...]

    @property
    def current(self) -> Revision | None:
        """The newest revision."""
        return self.revisions[0] if self.revisions else None

    @property
    def previous(self) -> Revision | None:
        """The revision that `kubectl rollout undo` returns to."""
        return self.revisions[1] if len(self.revisions) > 1 else None

    @property
    def gitops(self) -> str:
        """ "Argo CD" or "Flux" when it is managed from Git, else ""."""
        return managed_by(self.annotations, self.labels)

    @staticmethod
    def of(
        item: appsv1.Deployment | appsv1.StatefulSet | appsv1.DaemonSet,
        revisions: tuple[Revision, ...],
    ) -> "Workload":
        """Bring one object into the common shape."""
        paused = False
        if isinstance(item, appsv1.DaemonSet):
            wanted, ready = item.status.desired_number_scheduled, item.status.number_ready
            updated, strategy = item.status.updated_number_scheduled, item.spec.update_strategy
        elif isinstance(item, appsv1.StatefulSet):
            wanted, ready = item.spec.replicas, item.status.ready_replicas
            updated, strategy = item.status.updated_replicas, item.spec.update_strategy
        else:
            wanted, ready = item.spec.replicas, item.status.ready_replicas
            updated, strategy = item.status.updated_replicas, item.spec.strategy
            paused = item.spec.paused
        return Workload(
            ref=item.ref,
            uid=item.uid,
            wanted=wanted,
            ready=ready,
            updated=updated,
            template=item.spec.template,
            generation=item.metadata.generation,
            observed_generation=item.status.observed_generation,
            paused=paused,
            strategy=strategy,
            annotations=item.annotations,
            labels=item.labels,
            created_at=item.metadata.creation_timestamp,
            revisions=revisions,
        )
