"""How a workload stands in one Snapshot: how far it is, since when, and what restarted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from watchdog.domain.attempt import Health
from watchdog.domain.objects import appsv1, batchv1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import managed_by
from watchdog.logic.symptom import unready_since
from watchdog.logic.workloads.rollout import resolved

# Owners whose status is read; of all others, operators' resources, the pods alone tell.
_NEEDS = {
    "Deployment": "deployments",
    "ReplicaSet": "replicasets",
    "StatefulSet": "statefulsets",
    "DaemonSet": "daemonsets",
    "CronJob": "cronjobs",
}
_ALWAYS = ("pods", "events", "replicasets", "jobs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A workload and its pods as one Snapshot shows them."""

    wanted: int
    ready: int
    whole: bool  # observed, and all of its pods updated and available
    spare: int = 0  # pods that may be away while it rolls out
    pods: tuple[podv1.Pod, ...] = ()  # those that run, or will
    uid: str = ""
    restarted_at: str = ""  # the template's annotation
    gitops: str = ""  # what reverts changes: "Argo CD", "Flux"
    refused: metav1.Object | None = None  # who makes its pods, where some are missing

    @property
    def health(self) -> Health:
        """The same in the few numbers that are kept."""
        return Health(
            wanted=self.wanted,
            ready=self.ready,
            restarts=sum(each.restart_count for pod in self.pods for each in pod.statuses),
            restarted_at=self.restarted_at,
        )

    @property
    def steady_since(self) -> datetime | None:
        """Since when it has stood like this by its pods' own times; None when they do not tell.

        A whole one: since the last of its pods became ready, or a container of it started. Another:
        since the first of the pods that are not ready ceased to be.
        """
        if not self.whole:
            away = [unready_since(pod) for pod in self.pods if not pod.ready]
            return min((at for at in away if at is not None), default=None)
        ready = [unready_since(pod) for pod in self.pods if pod.ready]
        starts = [at for pod in self.pods for at in _starts(pod)]
        known = [at for at in (*ready, *starts) if at is not None]
        told = len(ready) >= self.wanted and None not in ready
        return max(known) if known and told else None

    def restarted_since(self, moment: datetime) -> bool:
        """Whether a container of it ended and was started anew after `moment`."""
        return any(at > moment for pod in self.pods for at in _ends(pod))


def readable(snapshot: Snapshot, owner: Ref) -> bool:
    """Whether all was read that says how this owner stands."""
    own = [_NEEDS[owner.kind]] if owner.kind in _NEEDS else []
    return all(snapshot.has(need) for need in (*_ALWAYS, *own))


def standing(snapshot: Snapshot, owner: Ref, *, at_least: int = 0) -> Standing | None:
    """Return how `owner` stands; None when it is not there. Ask `readable` first.

    `at_least`: the pods that an operator's resource, whose status nobody reads, had before.
    """
    pods = tuple(pod for pod in snapshot.pods_by_owner.get(owner, ()) if not pod.finished)
    need = _NEEDS.get(owner.kind, "")
    match snapshot.of(need, metav1.Object).get(owner):
        case appsv1.Deployment() as item:
            return _of_deployment(snapshot, item, pods)
        case appsv1.StatefulSet() as item:
            return _of_statefulset(item, pods)
        case appsv1.DaemonSet() as item:
            return _of_daemonset(item, pods)
        case appsv1.ReplicaSet() as item:
            return _of_replicaset(item, pods)
        case batchv1.CronJob() as item:
            return Standing(wanted=0, ready=0, whole=True, uid=item.uid)
        case _:
            return _of_pods(pods, at_least) if pods and not need else None


def _of_deployment(
    snapshot: Snapshot, item: appsv1.Deployment, pods: tuple[podv1.Pod, ...]
) -> Standing:
    status, wanted = item.status, item.spec.replicas
    whole = status.updated_replicas == status.replicas == status.available_replicas == wanted
    newest = max(
        (each for each in snapshot.replicasets.values() if _controls(item, each)),
        key=lambda each: each.revision,
        default=None,
    )
    return Standing(
        wanted=wanted,
        ready=status.ready_replicas,
        whole=whole and _observed(item.metadata, status.observed_generation),
        spare=_spare(item.spec.strategy, wanted),
        pods=pods,
        uid=item.uid,
        restarted_at=_restarted_at(item.spec.template),
        gitops=managed_by(item.annotations, item.labels),
        refused=newest if newest and newest.status.replicas < newest.spec.replicas else None,
    )


def _of_statefulset(item: appsv1.StatefulSet, pods: tuple[podv1.Pod, ...]) -> Standing:
    """One that is updated by hand, or in part, never has all its pods updated."""
    status, wanted = item.status, item.spec.replicas
    strategy = item.spec.update_strategy
    partly = strategy.type == "OnDelete" or bool(
        strategy.rolling_update and strategy.rolling_update.partition
    )
    updated = partly or status.updated_replicas == wanted
    whole = updated and status.replicas == status.available_replicas == wanted
    return Standing(
        wanted=wanted,
        ready=status.ready_replicas,
        whole=whole and _observed(item.metadata, status.observed_generation),
        spare=1,
        pods=pods,
        uid=item.uid,
        restarted_at=_restarted_at(item.spec.template),
        gitops=managed_by(item.annotations, item.labels),
        refused=item if status.replicas < wanted else None,
    )


def _of_daemonset(item: appsv1.DaemonSet, pods: tuple[podv1.Pod, ...]) -> Standing:
    status, wanted = item.status, item.status.desired_number_scheduled
    strategy = item.spec.update_strategy
    updated = strategy.type == "OnDelete" or status.updated_number_scheduled == wanted
    whole = updated and status.current_number_scheduled == status.number_available == wanted
    return Standing(
        wanted=wanted,
        ready=status.number_ready,
        whole=whole and _observed(item.metadata, status.observed_generation),
        spare=max(1, _spare(strategy, wanted, default="1")),
        pods=pods,
        uid=item.uid,
        restarted_at=_restarted_at(item.spec.template),
        gitops=managed_by(item.annotations, item.labels),
        refused=item if status.current_number_scheduled < wanted else None,
    )


def _of_replicaset(item: appsv1.ReplicaSet, pods: tuple[podv1.Pod, ...]) -> Standing:
    status, wanted = item.status, item.spec.replicas
    whole = status.replicas == status.available_replicas == wanted
    return Standing(
        wanted=wanted,
        ready=status.ready_replicas,
        whole=whole and _observed(item.metadata, status.observed_generation),
        pods=pods,
        uid=item.uid,
        refused=item if status.replicas < wanted else None,
    )


def _of_pods(pods: tuple[podv1.Pod, ...], at_least: int) -> Standing:
    wanted, ready = max(len(pods), at_least), sum(pod.ready for pod in pods)
    return Standing(wanted=wanted, ready=ready, whole=ready == wanted, pods=pods)


def _observed(metadata: metav1.PlainMetadata, generation: int) -> bool:
    return generation >= metadata.generation


def _controls(owner: metav1.Object, item: metav1.Object) -> bool:
    return item.controller is not None and item.controller.uid == owner.uid


def _spare(strategy: appsv1.Strategy, wanted: int, *, default: str = "25%") -> int:
    """How many may be away in a rollout. Without a surge one has to go before another comes."""
    if strategy.type == "Recreate":
        return wanted
    rolling = strategy.rolling_update or appsv1.RollingUpdate()
    away = resolved(rolling.max_unavailable, wanted, default=default)
    return max(away, int(rolling.max_surge in (0, "0", "0%")))


def _restarted_at(template: podv1.PodTemplate) -> str:
    annotations = template.metadata.annotations
    return annotations.restarted_at if annotations else ""


def _starts(pod: podv1.Pod) -> Iterator[datetime]:
    for status in pod.status.container_statuses:
        if status.state.running and status.state.running.started_at:
            yield status.state.running.started_at


def _ends(pod: podv1.Pod) -> Iterator[datetime]:
    """When containers that were started anew had ended."""
    for status in pod.statuses:
        for state in (status.state, status.last_state):
            ended = state.terminated
            if status.restart_count and ended and ended.finished_at:
                yield ended.finished_at
