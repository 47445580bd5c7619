"""Workloads that broke when a ConfigMap they use was changed, while their template stayed the same.

A ConfigMap is known by its metadata alone: that it was changed and when, never what is in it.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.objects import corev1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic.facts import Fact, Family
from watchdog.logic.network import hosts
from watchdog.logic.network.calls import of_template
from watchdog.logic.pods.crash import OF_THE_REVISION, Crash, is_of
from watchdog.logic.pods.reference import named_by
from watchdog.logic.symptom import unready_since
from watchdog.logic.workloads import rollout

_SECONDS = timedelta(seconds=10)  # how far the kubelet's clock may be behind
_TOGETHER = timedelta(seconds=15)  # what is rolled out with its configuration is changed with it
_SETTLED = timedelta(minutes=2)
# What a program says of something other than its configuration.
_ELSEWHERE = frozenset(
    {Family.TOO_MANY_FILES, Family.NO_SPACE, Family.X509, Family.FORBIDDEN, Family.INCOMPATIBLE}
)
_CALLS = frozenset({Family.REFUSED, Family.TIMEOUT, Family.NO_SUCH_HOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """One pod that fails since its ConfigMap changed; `crashes` are empty while it only is unready."""

    pod: podv1.Pod
    since: datetime
    crashes: tuple[Crash, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """One ConfigMap, when it was changed, and the pods of each workload that fail since."""

    config: corev1.ConfigMap
    changed: datetime
    owners: Mapping[Ref, tuple[Failing, ...]]

    @property
    def failing(self) -> tuple[Failing, ...]:
        return tuple(each for group in self.owners.values() for each in group)


def broken(snapshot: Snapshot, crashes: Mapping[Ref, tuple[Crash, ...]]) -> tuple[Broken, ...]:
    """Return the ConfigMaps whose change explains failing pods, in Ref order; () when none is read."""
    configs = snapshot.of("configmaps", corev1.ConfigMap)
    found: defaultdict[Ref, defaultdict[Ref, list[Failing]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for owner in snapshot.pods_by_owner if configs else ():
        failing = tuple(_failing(snapshot, owner, crashes.get(owner, ())))
        since = template_since(snapshot, owner) if failing else None
        if since is None or owner.kind in ("Job", "CronJob") or _calls_the_dead(snapshot, owner):
            continue
        for each in failing:
            if (ref := _blamed(configs, each, since)) is not None:
                found[ref][owner].append(each)
    fine = _fine(snapshot, {ref: configs[ref] for ref in found})
    return tuple(
        Broken(
            config=configs[ref],
            changed=_changed(configs[ref]) or snapshot.taken_at,
            owners={owner: tuple(group) for owner, group in owners.items()},
        )
        for ref, owners in sorted(found.items())
        if ref not in fine
    )


def users(snapshot: Snapshot, config: Ref) -> tuple[Ref, ...]:
    """The workloads whose template names a ConfigMap."""
    return tuple(
        ref
        for ref, workload in sorted(snapshot.workloads.items())
        if any(each.ref == config for each in named_by(workload.template.spec, ref.namespace))
    )


def _changed(config: corev1.ConfigMap) -> datetime | None:
    return config.changed_at or config.metadata.creation_timestamp


def template_since(snapshot: Snapshot, owner: Ref) -> datetime | None:
    """Since when pods are made as they are now; None when that is unknown. A restart is no change."""
    if (pod := snapshot.pods.get(owner)) is not None:
        return pod.metadata.creation_timestamp
    workload = snapshot.workloads.get(owner)
    return _unchanged_since(snapshot, workload) if workload and workload.revisions else None


def _unchanged_since(snapshot: Snapshot, workload: Workload) -> datetime | None:
    oldest, *older = workload.revisions
    newest = oldest
    for each in older:
        if each.template.spec != newest.template.spec:
            break
        oldest = each
    born = [each.created_at for each in workload.revisions if each.created_at is not None]
    if oldest is newest and newest.created_at is not None and max(born) > newest.created_at:
        # An old revision came back: no earlier than the first of its pods that are there.
        pods = [pod for pod in snapshot.pods_by_owner[workload.ref] if is_of(pod, newest)]
        made = (pod.metadata.creation_timestamp for pod in pods)
        return min((moment for moment in made if moment is not None), default=None)
    return oldest.created_at


def _failing(snapshot: Snapshot, owner: Ref, crashes: tuple[Crash, ...]) -> Iterator[Failing]:
    """The pods that crash for no other reason, and those that run without being ready."""
    for pod in snapshot.pods_by_owner[owner]:
        own = tuple(each for each in crashes if each.pod.ref == pod.ref)
        if own and not any(_of_something_else(snapshot, each) for each in own):
            yield Failing(pod=pod, since=min(each.since for each in own), crashes=own)
        elif not own and _runs_unready(snapshot, pod) and (since := unready_since(pod)) is not None:
            yield Failing(pod=pod, since=since)


def _runs_unready(snapshot: Snapshot, pod: podv1.Pod) -> bool:
    statuses = pod.status.container_statuses
    return (
        not pod.ready
        and not pod.finished
        and bool(statuses)
        and all(each.state.running is not None for each in statuses)
        and not any(_killed_for_memory(each) for each in statuses)
        and not rollout.within_startup(snapshot, pod)
    )


def _killed_for_memory(status: podv1.ContainerStatus) -> bool:
    ended = status.last_state.terminated
    return ended is not None and ended.reason == "OOMKilled"


def _of_something_else(snapshot: Snapshot, crash: Crash) -> bool:
    """Whether the log names another cause, or a Service that is down itself."""
    return any(
        fact.family in _ELSEWHERE
        or (fact.family in _CALLS and _names_the_dead(snapshot, fact, crash.pod.namespace))
        for fact in crash.facts
    )


def _names_the_dead(snapshot: Snapshot, fact: Fact, namespace: str) -> bool:
    service = hosts.service_of(snapshot, fact.name, namespace) if fact.name else None
    return service is not None and _dead(snapshot, service)


def _dead(snapshot: Snapshot, service: Ref) -> bool:
    """Whether an existing Service has pods by its selector and none of them is ready."""
    pods = snapshot.pods_by_service.get(service)
    return pods is not None and not any(pod.ready for pod in pods)


def _calls_the_dead(snapshot: Snapshot, owner: Ref) -> bool:
    workload = snapshot.workloads.get(owner)
    calls = of_template(snapshot, owner, workload.template) if workload else ()
    return any(call.service is not None and _dead(snapshot, call.service) for call in calls)


def _blamed(
    configs: Mapping[Ref, corev1.ConfigMap], failing: Failing, made_so: datetime
) -> Ref | None:
    """The last ConfigMap that changed before the pod failed, shortly before and within its reach."""
    found = [
        (changed, ref)
        for ref in _used(failing.pod)
        if ref in configs
        and (changed := _changed(configs[ref])) is not None
        and made_so + _apart(configs[ref], changed) <= changed
        and changed - _SECONDS <= failing.since <= changed + OF_THE_REVISION
        and _reached(failing.pod, ref, changed)
    ]
    return max(found)[1] if found else None


def _apart(config: corev1.ConfigMap, changed: datetime) -> timedelta:
    """How much later than the template: a new ConfigMap may just have come late to an install."""
    created = config.metadata.creation_timestamp
    return _TOGETHER if created is not None and changed > created + _SECONDS else _SETTLED


def _used(pod: podv1.Pod) -> set[Ref]:
    """The ConfigMaps that a pod cannot do without."""
    return {
        each.ref
        for each in named_by(pod.spec, pod.namespace)
        if each.ref.kind == "ConfigMap" and not each.optional
    }


def _reached(pod: podv1.Pod, config: Ref, changed: datetime) -> bool:
    """Whether the new content came to a container: at its start, or through a volume while it ran."""
    return _mounts_live(pod, config) or _started_after(pod, changed)


def _started_after(pod: podv1.Pod, moment: datetime) -> bool:
    """Whether a container was started, and be it to crash, after a moment."""
    for status in pod.status.container_statuses:
        running, ended = (
            status.state.running,
            status.state.terminated or status.last_state.terminated,
        )
        start = running.started_at if running else ended.started_at if ended else None
        if start is not None and start >= moment:
            return True
    return False


def _mounts_live(pod: podv1.Pod, config: Ref) -> bool:
    """Whether a whole volume of it is mounted: a file mounted by subPath never changes."""
    named = {
        each.where.removeprefix("volume ")
        for each in named_by(pod.spec, pod.namespace)
        if each.ref == config and each.where.startswith("volume ")
    }
    return any(
        mount.name in named and not mount.sub_path
        for container in pod.spec.containers
        for mount in container.volume_mounts
    )


def _fine(snapshot: Snapshot, configs: Mapping[Ref, corev1.ConfigMap]) -> frozenset[Ref]:
    """Those of `configs` with whose newest content some pod was started and is well."""
    spaces = {ref.namespace for ref in configs}
    return frozenset(
        ref
        for pod in snapshot.pods.values()
        if pod.namespace in spaces and pod.ready and _steady(snapshot, pod)
        for ref in _used(pod)
        if ref in configs
        and (changed := _changed(configs[ref])) is not None
        and _started_after(pod, changed)
    )


def _steady(snapshot: Snapshot, pod: podv1.Pod) -> bool:
    since = unready_since(pod)
    return since is not None and snapshot.age(since) >= _SETTLED
