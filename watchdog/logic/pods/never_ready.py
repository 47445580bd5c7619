"""Newest revisions whose pods run and have never been ready, while an earlier one was."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.evidence import Evidence, LogQuery
from watchdog.domain.objects import podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Revision, Workload
from watchdog.logic import symptom
from watchdog.logic.facts import Family, facts, telling_lines
from watchdog.logic.pods.crash import OF_THE_REVISION, changes, is_of
from watchdog.logic.workloads import rollout

_DEPENDS = frozenset({Family.REFUSED, Family.TIMEOUT, Family.NO_SUCH_HOST, Family.AUTH_FAILED})
_FIRST_WORD = timedelta(minutes=1)  # when the kubelet has said for the first time: not ready
_HOLD = timedelta(minutes=5)
_ROLLING = timedelta(minutes=15)  # for kinds without a deadline, while old pods serve


@dataclass(frozen=True, slots=True, kw_only=True)
class NeverReady:
    """A workload whose newest pods do not become ready; `serving` pods are of earlier revisions."""

    workload: Workload
    previous: Revision
    pods: tuple[podv1.Pod, ...]
    serving: int

    @property
    def since(self) -> datetime | None:
        return symptom.first_of(symptom.unready_since(pod) for pod in self.pods)

    @property
    def hold(self) -> timedelta:
        deadline = self.workload.ref.kind == "Deployment"
        return _HOLD if deadline or not self.serving else _ROLLING

    @property
    def changes(self) -> tuple[str, ...]:
        """What the newest revision changed."""
        return changes(self.previous.template.spec, self.workload.template.spec)

    @property
    def queries(self) -> tuple[LogQuery, ...]:
        """The logs of the unready containers of two pods."""
        return tuple(query for pod in self.pods[:2] for query in _queries(pod))


def never_ready(snapshot: Snapshot, crashing: Collection[Ref]) -> Iterator[NeverReady]:
    """Yield the workloads whose newest revision runs and never becomes ready; no crashing ones.

    A rollout inside its deadline is left alone while old pods serve, a pod inside the budget of its
    startup probe always. Where nothing serves any more and the log names a dependency, the revision
    is not what is proven.
    """
    for ref, workload in sorted(snapshot.workloads.items()):
        current, previous = workload.current, workload.previous
        if ref in crashing or workload.paused or current is None or previous is None:
            continue
        if previous.template.spec == current.template.spec or current.created_at is None:
            continue
        pods = [pod for pod in snapshot.pods_by_owner.get(ref, ()) if not pod.finished]
        newest = tuple(pod for pod in pods if is_of(pod, current))
        found = NeverReady(
            workload=workload,
            previous=previous,
            pods=newest,
            serving=sum(pod.ready for pod in pods if pod not in newest),
        )
        born = symptom.first_of(pod.metadata.creation_timestamp for pod in newest)
        young = born is not None and born - current.created_at <= OF_THE_REVISION
        unready = young and all(_runs_unready(snapshot, pod) for pod in newest)
        if unready and not _may_still_come(snapshot, found):
            yield found


def _runs_unready(snapshot: Snapshot, pod: podv1.Pod) -> bool:
    """Whether the pod's containers were started, and it has not been ready since its own start."""
    ready, began = pod.condition("Ready"), pod.status.start_time or pod.metadata.creation_timestamp
    turned = ready.last_transition_time if ready else None
    return (
        not pod.ready
        and turned is not None
        and began is not None
        and turned - began <= _FIRST_WORD
        and bool(pod.status.container_statuses)
        and all(_started(status) for status in pod.status.container_statuses)
        and not rollout.within_startup(snapshot, pod)
    )


def _started(status: podv1.ContainerStatus) -> bool:
    """Running, or between two starts; what is killed for memory has a check of its own."""
    waits, ended = status.state.waiting, status.last_state.terminated
    backs_off = waits is not None and waits.reason == "CrashLoopBackOff"
    oom = ended is not None and ended.reason == "OOMKilled"
    return (status.state.running is not None or backs_off) and not oom


def _may_still_come(snapshot: Snapshot, found: NeverReady) -> bool:
    if found.serving:
        item = snapshot.deployments.get(found.workload.ref)
        return item is not None and rollout.moving(snapshot, item)
    said = facts("\n".join(snapshot.log(query) for query in found.queries))
    return any(fact.family in _DEPENDS for fact in said)


def _queries(pod: podv1.Pod) -> Iterator[LogQuery]:
    for status in pod.status.container_statuses:
        if not status.ready:
            yield LogQuery(pod.ref, status.name)


def evidence(snapshot: Snapshot, found: NeverReady) -> Iterator[Evidence]:
    """That the pods run unready, what the kubelet and the program say, what changed."""
    for pod in found.pods[:2]:
        yield symptom.fact("status", pod.ref, "running, never ready", symptom.unready_since(pod))
    first = found.pods[0]
    for event in snapshot.events_of(first):
        if event.reason == "Unhealthy":
            yield symptom.fact("event", first.ref, event.message, event.last_at)
            break
    for query in found.queries[:1]:
        for line in telling_lines(snapshot.log(query), 2):
            yield symptom.fact("log", query.pod, line)
    current = found.workload.current
    for text in found.changes[:3]:
        at = current.created_at if current else None
        yield symptom.fact("change", found.workload.ref, text, at)
