"""Pods that hang: they run, were well, stopped answering, and neither crash nor recover."""

from datetime import datetime, timedelta

from watchdog.domain.objects import podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic.network import callees
from watchdog.logic.pods.crash import is_of
from watchdog.logic.pods.probing import Failing, Kind, contradiction, failing
from watchdog.logic.symptom import unready_since
from watchdog.logic.workloads.chain import chain, members

PATIENCE = timedelta(minutes=30)
# The kubelet writes Ready=False when it first sees a pod; its status follows within seconds.
_AT_ONCE = timedelta(seconds=10)


def was_ready(pod: podv1.Pod) -> bool:
    """Whether the pod is Ready, or has been since it was started; what carries no time was not."""
    ready = pod.condition("Ready")
    started = pod.status.start_time or pod.metadata.creation_timestamp
    if ready is None or ready.status == "True":
        return ready is not None
    turned = ready.last_transition_time
    if turned is None or started is None or _never_ran(pod):
        return False
    return turned - started > _AT_ONCE


def _never_ran(pod: podv1.Pod) -> bool:
    """Whether no container of the pod has been started yet."""
    return all(
        status.state.waiting is not None
        and not status.restart_count
        and status.last_state.terminated is None
        for status in pod.status.container_statuses
    )


def wedged(snapshot: Snapshot, owner: Ref) -> tuple[podv1.Pod, ...]:
    """The pods of a workload that have hung for half an hour, in order of name.

    Each container runs since before the pod stopped being Ready, so nothing has crashed since; the
    readiness probe asks the right thing. Pods whose owner chain does not hold are left out.
    """
    found = {
        each.pod.ref: each.pod
        for each in failing(snapshot)
        if each.owner == owner and _hangs(snapshot, each)
    }
    held = (chain(snapshot, pod) for _, pod in sorted(found.items()))
    return tuple(each.pod for each in held if each is not None and each.top.ref == owner)


def _hangs(snapshot: Snapshot, each: Failing) -> bool:
    since = unready_since(each.pod)
    return (
        each.kind is Kind.READINESS
        and since is not None
        and snapshot.age(since) >= PATIENCE
        and was_ready(each.pod)
        and _runs_since_before(each.pod, since)
        and not contradiction(each)
    )


def _runs_since_before(pod: podv1.Pod, moment: datetime) -> bool:
    runs = [status.state.running for status in pod.status.container_statuses]
    starts = [run.started_at if run is not None else None for run in runs]
    return all(start is not None and start < moment for start in starts)


def ready_siblings(snapshot: Snapshot, pod: podv1.Pod) -> tuple[podv1.Pod, ...]:
    """The other pods of the very same template that are Ready."""
    own = chain(snapshot, pod)
    if own is None:
        return ()
    mark = "controller-revision-hash"
    return tuple(
        each.pod
        for each in members(snapshot, own.top.ref)
        if each.pod.ref != pod.ref
        and each.pod.ready
        and each.direct.ref == own.direct.ref
        and each.pod.labels.get(mark) == pod.labels.get(mark)
    )


def alone(snapshot: Snapshot, owner: Ref, pods: tuple[podv1.Pod, ...]) -> bool:
    """Whether these pods can hang for nobody else: neither spec nor log names anyone they call."""
    refs = {pod.ref for pod in pods}
    said = any(each.facts for each in failing(snapshot) if each.pod.ref in refs)
    return not said and not callees.written(snapshot, owner)


def has_been_healthy(snapshot: Snapshot, workload: Workload) -> bool:
    """Whether the newest revision has ever run well: a pod of it was Ready, or its rollout came to an end."""
    item = snapshot.deployments.get(workload.ref)
    progress = item.condition("Progressing") if item is not None else None
    if progress is not None and progress.reason == "NewReplicaSetAvailable":
        return True
    current = workload.current
    return any(
        was_ready(each.pod)
        for each in members(snapshot, workload.ref)
        if current is None or is_of(each.pod, current)
    )
