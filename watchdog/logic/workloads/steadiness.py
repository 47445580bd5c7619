"""Whether a workload's pods may be replaced one after the other now, by its own spec and status."""

from collections.abc import Iterator
from math import ceil

from watchdog.domain.objects import appsv1, podv1
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.workloads.chain import Top
from watchdog.logic.workloads.rollout import resolved, revision_of


def under_way(item: Top) -> Iterator[str]:
    """Say that a rollout is paused or has not come to its end."""
    if isinstance(item, appsv1.Deployment) and item.spec.paused:
        yield f"{item.ref} is paused"
    if item.status.observed_generation < item.metadata.generation:
        yield f"the controller of {item.ref} has not seen its last change yet"
    if _behind(item):
        yield f"a rollout of {item.ref} is in progress"


def _behind(item: Top) -> bool:
    if isinstance(item, appsv1.DaemonSet):
        return item.status.updated_number_scheduled < item.status.desired_number_scheduled
    status, wanted = item.status, item.spec.replicas
    if isinstance(item, appsv1.Deployment):
        return status.updated_replicas < wanted or status.replicas > wanted
    return status.update_revision != status.current_revision or status.updated_replicas < wanted


def unsafe_strategy(item: Top, wanted: int) -> Iterator[str]:
    """Say that its strategy does not replace a pod at a time while the others serve."""
    strategy = (
        item.spec.strategy if isinstance(item, appsv1.Deployment) else item.spec.update_strategy
    )
    if strategy.type not in ("", "RollingUpdate"):
        yield f"{item.ref} has the strategy {strategy.type}, not RollingUpdate"
        return
    limits = strategy.rolling_update or appsv1.RollingUpdate()
    if limits.partition > 0:
        yield f"{item.ref} has a partition: pods below it would keep the old revision"
    default = "25%" if isinstance(item, appsv1.Deployment) else "1"
    most = resolved(limits.max_unavailable, wanted, default=default)
    if wanted > 1 and most >= wanted:
        given = limits.max_unavailable
        yield f"maxUnavailable {given} lets a rollout of {item.ref} take all {wanted} pods at once"


def surges(item: Top, wanted: int) -> bool:
    """Whether a rollout makes a new pod before an old one goes, and never the other way round."""
    if not isinstance(item, appsv1.Deployment):
        return False
    limits = item.spec.strategy.rolling_update or appsv1.RollingUpdate()
    return resolved(limits.max_unavailable, wanted, default="25%") < 1


def surge(item: appsv1.Deployment, wanted: int) -> int:
    """How many pods a rollout makes beyond those wanted; rounded up, as the controller does."""
    limits = item.spec.strategy.rolling_update or appsv1.RollingUpdate()
    given = "25%" if limits.max_surge is None else limits.max_surge
    if isinstance(given, str) and given.endswith("%") and given[:-1].isdigit():
        return ceil(wanted * int(given[:-1]) / 100)
    return int(given) if isinstance(given, int) or given.isdigit() else wanted


def blocking(snapshot: Snapshot, item: appsv1.StatefulSet) -> tuple[podv1.Pod, ...]:
    """Unready pods of a revision that is not wanted any more."""
    if item.spec.update_strategy.type == "OnDelete" or not item.status.update_revision:
        return ()
    return tuple(
        pod
        for pod in snapshot.pods_by_owner.get(item.ref, ())
        if not pod.ready
        and not pod.finished
        and revision_of(pod) not in ("", item.status.update_revision)
    )
