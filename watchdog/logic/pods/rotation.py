"""Secrets and ConfigMaps that change while containers keep the value they were started with.

Secrets are never read: that one has changed is known from what writes it, an ExternalSecret or a
Certificate; of a ConfigMap it is known from its own metadata. That a container still has the old
value is known from when it was started.
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from watchdog.domain.evidence import LogQuery
from watchdog.domain.grouping import grouped
from watchdog.domain.objects import certmanagerv1, corev1, externalsecretsv1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.duration import duration
from watchdog.logic.facts import Family, facts
from watchdog.logic.symptom import unready_since

_CLOCKS = timedelta(minutes=2)  # how far two components' times may differ
_WORKED = timedelta(minutes=1)  # what fails from its start never worked with the value it has
_HOURLY = timedelta(hours=1)  # the default of ExternalSecret.spec.refreshInterval


@dataclass(frozen=True, slots=True)
class Change:
    """The last time a Secret or ConfigMap was written; `every` is when it is written anew, None if never."""

    secret: Ref
    by: Ref
    at: datetime
    every: timedelta | None = None

    def between(self, start: datetime, end: datetime) -> bool:
        """Whether it was written after `start` and no later than `end`."""
        at = self.at
        if self.every and at > end:
            at -= ceil((at - end) / self.every) * self.every
        return start < at <= end


@dataclass(frozen=True, slots=True)
class Holder:
    """A running container that was given a value when it was started."""

    owner: Ref
    pod: podv1.Pod
    container: str
    started: datetime

    @property
    def query(self) -> LogQuery:
        return LogQuery(self.pod.ref, self.container)


@dataclass(frozen=True, slots=True)
class Stale:
    """One container with an old value, failing since `since`; `fresh` are others with a new one."""

    change: Change
    holder: Holder
    since: datetime
    fresh: tuple[Holder, ...]


def stale(snapshot: Snapshot) -> Iterator[Stale]:
    """Yield containers that stopped being Ready while they held a value that was replaced.

    They are suspects: what they say in their logs has to confirm it.
    """
    written = changes(snapshot)
    holders = _holders(snapshot, written.keys() & _given_to_unready(snapshot))
    for secret, group in holders.items():
        change = written[secret]
        for holder in group:
            since = unready_since(holder.pod)
            if holder.pod.ready or since is None or not change.at > holder.started:
                continue
            fresh = tuple(each for each in group if each.started > change.at)
            worked = since - holder.started >= _WORKED
            proved = any(each.pod.ready and each.started > since for each in group)
            if worked and (proved or change.between(holder.started, since + _CLOCKS)):
                yield Stale(change, holder, since, fresh)


def changes(snapshot: Snapshot) -> dict[Ref, Change]:
    """The last change of every ConfigMap, and of every Secret that is written from outside."""
    found: dict[Ref, Change] = {}
    for item in snapshot.of("externalsecrets", externalsecretsv1.ExternalSecret).values():
        at = item.status.refresh_time
        if at is not None and _ready(item):
            found[item.secret] = Change(item.secret, item.ref, at, _interval(item.spec))
    for each in snapshot.of("certificates", certmanagerv1.Certificate).values():
        at = each.status.not_before
        if at is not None and _ready(each):
            secret = Ref("Secret", each.namespace, each.spec.secret_name)
            found[secret] = Change(secret, each.ref, at)
    for config in snapshot.of("configmaps", corev1.ConfigMap).values():
        if config.changed_at is not None:
            found[config.ref] = Change(config.ref, config.ref, config.changed_at)
    return found


def _ready(item: metav1.Conditioned) -> bool:
    condition = item.condition("Ready")
    return condition is not None and condition.status == "True"


def _interval(spec: externalsecretsv1.ExternalSecretSpec) -> timedelta | None:
    if spec.refresh_policy not in ("", "Periodic"):
        return None
    return duration(spec.refresh_interval) if spec.refresh_interval else _HOURLY


def _given_to_unready(snapshot: Snapshot) -> set[Ref]:
    """What is worth a question: a value that hurts is held by a pod that is not Ready."""
    return {
        secret
        for pod in snapshot.pods.values()
        if not pod.ready
        for container in (*pod.spec.init_containers, *pod.spec.containers)
        for secret in _given(pod, container)
    }


def _holders(snapshot: Snapshot, secrets: Set[Ref]) -> dict[Ref, tuple[Holder, ...]]:
    """The running containers that hold each of these Secrets."""
    spaces = {secret.namespace for secret in secrets}
    return grouped(
        held
        for owner, pods in snapshot.pods_by_owner.items()
        if owner.namespace in spaces and owner.kind not in ("Job", "CronJob")
        for pod in pods
        for held in _held(owner, pod, secrets)
    )


def _held(owner: Ref, pod: podv1.Pod, secrets: Set[Ref]) -> Iterator[tuple[Ref, Holder]]:
    """Each of these Secrets that a running container of the pod got, with the container."""
    states = {each.name: each.state.running for each in pod.statuses}
    for container in (*pod.spec.init_containers, *pod.spec.containers):
        running = states.get(container.name)
        if running is not None and running.started_at is not None:
            holder = Holder(owner, pod, container.name, running.started_at)
            yield from ((each, holder) for each in sorted(secrets & {*_given(pod, container)}))


def _given(pod: podv1.Pod, container: podv1.Container) -> Iterator[Ref]:
    """What it gets once: in variables and files mounted by subPath."""
    found: list[tuple[str, podv1.KeyRef | podv1.NameRef | None]] = []
    for each in container.env:
        source = each.value_from or podv1.EnvValueFrom()
        found += [("Secret", source.secret_key_ref), ("ConfigMap", source.config_map_key_ref)]
    for group in container.env_from:
        found += [("Secret", group.secret_ref), ("ConfigMap", group.config_map_ref)]
    for kind, named in found:
        if named is not None:
            yield Ref(kind, pod.namespace, named.name)
    fixed = {mount.name for mount in container.volume_mounts if mount.sub_path}
    for volume in pod.spec.volumes:
        if volume.name in fixed and volume.secret is not None:
            yield Ref("Secret", pod.namespace, volume.secret.secret_name)
        if volume.name in fixed and volume.config_map is not None:
            yield Ref("ConfigMap", pod.namespace, volume.config_map.name)


def complaint(snapshot: Snapshot, holder: Holder, change: Change) -> str:
    """The line in which a container says that its value is refused; "" when it says nothing."""
    families = {Family.AUTH_FAILED}
    if change.by.kind == "Certificate":
        families.add(Family.X509)
    for fact in facts(snapshot.log(holder.query)):
        if fact.family in families:
            return fact.line
    return ""
