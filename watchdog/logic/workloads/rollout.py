"""How far a rollout has come, and whether it is still moving."""

from datetime import datetime, timedelta

from watchdog.domain.objects import appsv1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.symptom import unready_since


def resolved(value: metav1.IntOrString | None, replicas: int, *, default: str) -> int:
    """Turn maxUnavailable into pods, rounded down as the Deployment controller does."""
    given = default if value is None else value
    if isinstance(given, str) and given.endswith("%") and given[:-1].isdigit():
        return replicas * int(given[:-1]) // 100
    return int(given) if isinstance(given, int) or given.isdigit() else 0


def deadline_passed(item: appsv1.Deployment) -> datetime | None:
    """When the progress deadline of the current generation passed; None while it has not."""
    progress = item.condition("Progressing")
    observed = item.status.observed_generation >= item.metadata.generation
    if item.spec.paused or not observed or progress is None:
        return None
    stuck = progress.status == "False" and progress.reason == "ProgressDeadlineExceeded"
    return (progress.last_transition_time or progress.last_update_time) if stuck else None


def moving(snapshot: Snapshot, item: appsv1.Deployment) -> bool:
    """Whether a rollout runs inside its deadline."""
    progress = item.condition("Progressing")
    if progress is None or progress.status != "True" or progress.last_update_time is None:
        return item.status.observed_generation < item.metadata.generation
    limit = timedelta(seconds=item.spec.progress_deadline_seconds)
    under_way = progress.reason in (
        "ReplicaSetUpdated",
        "NewReplicaSetCreated",
        "FoundNewReplicaSet",
    )
    return under_way and snapshot.age(progress.last_update_time) < limit


def last_progress(snapshot: Snapshot, owner: Ref) -> datetime | None:
    """The newest revision, pod or readiness of a workload: when its rollout last moved."""
    workload = snapshot.workloads.get(owner)
    current = workload.current if workload else None
    moments = [current.created_at if current else None]
    for pod in snapshot.pods_by_owner.get(owner, ()):
        moments += [pod.metadata.creation_timestamp, unready_since(pod) if pod.ready else None]
    known = [moment for moment in moments if moment is not None]
    return max(known, default=None)


def revision_of(pod: podv1.Pod) -> str:
    """The revision a StatefulSet's pod was made from."""
    return pod.labels.get("controller-revision-hash", "")


def within_startup(snapshot: Snapshot, pod: podv1.Pod) -> bool:
    """Whether a container of the pod is still inside the budget of its startup probe."""
    containers = {each.name: each for each in pod.spec.serving}
    for status in pod.statuses:
        container, running = containers.get(status.name), status.state.running
        probe = container.startup_probe if container else None
        started = running.started_at if running and status.started is not True else None
        budget = timedelta(seconds=probe.budget_seconds if probe else 0)
        if started and snapshot.age(started) < budget:
            return True
    return False
