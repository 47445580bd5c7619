"""Jobs of nobody that overload what they call, or what that calls."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.objects import batchv1, corev1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import symptom
from watchdog.logic.labels import selects
from watchdog.logic.network import callees, hosts, inside
from watchdog.logic.workloads import jobs

# What began later than this after a Job's start did not begin because of it. Of several kills only
# the last is known, so it is more than the time a load takes to be felt.
_SOON = timedelta(hours=2)
# The kubelet waits 10, 20, 40, 80 and 160 s before it starts a container again: more than five
# minutes, after which it is not the first kill that is seen.
_LOOPED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Rogue:
    """A Job, the Service it names, and what the callee has suffered since."""

    job: batchv1.Job
    service: Ref
    victim: Ref
    pods: tuple[podv1.Pod, ...]  # of the victim, those in distress
    onset: datetime
    killed: bool  # for memory; else its pods are up and do not answer their probes
    again: bool  # killed again and again for longer than the last kill tells


def loose(snapshot: Snapshot) -> Iterator[tuple[batchv1.Job, datetime, tuple[podv1.Pod, ...]]]:
    """Yield each Job at work that nobody owns, since when, and its pods that run.

    Hooks of Helm and Argo CD are a release's, and a Job whose own pods do not run loads nothing.
    """
    for item in snapshot.jobs.values():
        started = item.status.start_time
        hook = item.annotations.helm_hook or item.annotations.argo_hook
        if item.metadata.owner_references or hook or started is None or not jobs.running(item):
            continue
        own = jobs.pods_of(snapshot, item)
        if live := tuple(pod for pod in own if pod.status.phase == "Running"):
            yield item, started, live


def rogues(snapshot: Snapshot) -> Iterator[Rogue]:
    """Yield each Job without an owner whose callee was well before it and is not since."""
    for item, started, _ in loose(snapshot):
        for service in _named(snapshot, item):
            called = _behind(snapshot, service)
            for victim, pods in called.items():
                if found := _since(item, service.ref, victim, pods=pods, started=started):
                    yield found
            for victim, pods in _beyond(snapshot, called).items():
                found = _since(item, service.ref, victim, pods=pods, started=started)
                if found is not None and found.killed:
                    yield found


def _named(snapshot: Snapshot, item: batchv1.Job) -> tuple[corev1.Service, ...]:
    """The Services that its commands, arguments and variables name."""
    spec = item.spec.template.spec
    texts = [
        " ".join((*each.command, *each.args, *(variable.value for variable in each.env)))
        for each in spec.init_containers + spec.containers
    ]
    refs = (
        ref
        for host in hosts.hosts(" ".join(texts))
        for ref in inside.services(snapshot, host, item.namespace)
    )
    return tuple(snapshot.services[ref] for ref in dict.fromkeys(refs))


def _behind(snapshot: Snapshot, service: corev1.Service) -> dict[Ref, tuple[podv1.Pod, ...]]:
    """The workloads that a Service selects."""
    if not service.spec.selector:
        return {}
    selector = metav1.LabelSelector(match_labels=service.spec.selector)
    return {
        owner: pods
        for owner, pods in snapshot.pods_by_owner.items()
        if owner.namespace == service.namespace
        and any(selects(selector, pod.labels) for pod in pods)
    }


def _beyond(
    snapshot: Snapshot, called: Mapping[Ref, tuple[podv1.Pod, ...]]
) -> dict[Ref, tuple[podv1.Pod, ...]]:
    """The workloads that those called are told to call, and so on: the load is passed on to them.

    What hangs there may hang for its own reasons; memory that runs out is the load's.
    """
    found: dict[Ref, tuple[podv1.Pod, ...]] = {}
    ahead = list(called)
    while ahead:
        for ref in callees.declared(snapshot, ahead.pop()):
            if ref not in called and ref not in found and ref in snapshot.pods_by_owner:
                found[ref] = snapshot.pods_by_owner[ref]
                ahead.append(ref)
    return found


def _since(
    item: batchv1.Job, service: Ref, victim: Ref, *, pods: tuple[podv1.Pod, ...], started: datetime
) -> Rogue | None:
    ill = [(pod, at) for pod in pods if (at := onset(pod, started)) is not None]
    if not ill:
        return None
    return Rogue(
        job=item,
        service=service,
        victim=victim,
        pods=tuple(pod for pod, _ in ill),
        onset=min(at for _, at in ill),
        killed=any(_kill(status) is not None for pod, _ in ill for status in pod.statuses),
        again=any(_loops(status) for pod, _ in ill for status in pod.statuses),
    )


def onset(pod: podv1.Pod, started: datetime) -> datetime | None:
    """When a pod that was there before the Job began to suffer; None if not soon after its start."""
    born = pod.metadata.creation_timestamp
    kills = [at for status in pod.statuses if (at := _kill(status)) is not None]
    hangs = any(status.state.running is not None for status in pod.statuses)
    unready = symptom.unready_since(pod) if not pod.ready and (hangs or kills) else None
    moments = [at for at in (*kills, unready) if at is not None]
    if born is None or born >= started or not moments:
        return None
    onset = min(moments)
    return onset if started <= onset <= started + _SOON else None


def _loops(status: podv1.ContainerStatus) -> bool:
    waiting = status.state.waiting
    looping = waiting is not None and waiting.reason == "CrashLoopBackOff"
    return looping and status.restart_count >= _LOOPED and _kill(status) is not None


def _kill(status: podv1.ContainerStatus) -> datetime | None:
    end = status.state.terminated or status.last_state.terminated
    return end.finished_at if end is not None and end.reason == "OOMKilled" else None
