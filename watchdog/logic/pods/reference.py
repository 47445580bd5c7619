"""Which ConfigMaps, Secrets and claims a pod spec names, and which of them the kubelet misses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from watchdog.domain.objects import corev1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.symptom import FRESH

_OBJECT = re.compile(r'\b(?P<kind>configmap|secret)s? "(?P<name>[^"]+)" not found', re.IGNORECASE)
_KEY = re.compile(
    r"couldn't find key (?P<key>[-._\w]+) in (?P<kind>ConfigMap|Secret) [-.\w]+/(?P<name>[-.\w]+)"
)
_VOLUME_KEY = re.compile(
    r'for volume "(?P<volume>[^"]+)"\s*: references non-existent (?P<kind>config|secret) key: (?P<key>\S+)'
)
_PULL_SECRETS = re.compile(r"image pull secrets \((?P<names>[^)]*)\)")
_CLAIM = re.compile(r'persistentvolumeclaim "([^"]+)" not found')
_KINDS = {"configmap": "ConfigMap", "config": "ConfigMap", "secret": "Secret"}
_STARTING = ("ContainerCreating", "PodInitializing", "CreateContainerConfigError")


@dataclass(frozen=True, slots=True)
class Named:
    """One object a pod spec names; `where` says by which field."""

    ref: Ref
    where: str
    key: str = ""  # "" when the whole object is taken
    optional: bool = False
    items: tuple[str, ...] = ()  # the keys that a volume takes of it, () for all


@dataclass(frozen=True, slots=True)
class Absent:
    """One object, or one key of it, that the kubelet did not find for a pod."""

    pod: podv1.Pod
    named: Named
    key: str  # "" when the object itself is absent
    said: str
    at: datetime | None


def named_by(spec: podv1.PodSpec, namespace: str) -> tuple[Named, ...]:
    """Return every ConfigMap, Secret and claim a pod spec names."""
    return (
        *_by_containers(spec, namespace),
        *_by_volumes(spec, namespace),
        *(
            Named(Ref("Secret", namespace, each.name), "imagePullSecrets")
            for each in spec.image_pull_secrets
        ),
    )


def _by_containers(spec: podv1.PodSpec, namespace: str) -> Iterator[Named]:
    for container in spec.init_containers + spec.containers:
        yield from _by_variables(container, namespace)
        yield from _by_groups_of_variables(container, namespace)


def _by_variables(container: podv1.Container, namespace: str) -> Iterator[Named]:
    for env in container.env:
        source = env.value_from or podv1.EnvValueFrom()
        where = f"env {env.name} of container {container.name}"
        for kind, key in (
            ("ConfigMap", source.config_map_key_ref),
            ("Secret", source.secret_key_ref),
        ):
            if key is not None:
                yield Named(Ref(kind, namespace, key.name), where, key.key, bool(key.optional))


def _by_groups_of_variables(container: podv1.Container, namespace: str) -> Iterator[Named]:
    where = f"envFrom of container {container.name}"
    for group in container.env_from:
        for kind, name in (("ConfigMap", group.config_map_ref), ("Secret", group.secret_ref)):
            if name is not None:
                yield Named(Ref(kind, namespace, name.name), where, optional=bool(name.optional))


def _by_volumes(spec: podv1.PodSpec, namespace: str) -> Iterator[Named]:
    for volume in spec.volumes:
        where = f"volume {volume.name}"
        sources = (volume.projected.sources or ()) if volume.projected else ()
        for taken in (volume.config_map, *(source.config_map for source in sources)):
            if taken is not None:
                yield _taken("ConfigMap", namespace, taken.name, where, taken)
        if volume.secret is not None:
            yield _taken("Secret", namespace, volume.secret.secret_name, where, volume.secret)
        for source in sources:
            if source.secret is not None:
                yield _taken("Secret", namespace, source.secret.name, where, source.secret)
        if volume.persistent_volume_claim is not None:
            claim = volume.persistent_volume_claim.claim_name
            yield Named(Ref("PersistentVolumeClaim", namespace, claim), where)


def _taken(
    kind: str, namespace: str, name: str, where: str, source: podv1.NameRef | podv1.SecretVolume
) -> Named:
    keys = tuple(each.key for each in source.items or ())
    return Named(Ref(kind, namespace, name), where, optional=bool(source.optional), items=keys)


def absent(snapshot: Snapshot, pod: podv1.Pod) -> tuple[Absent, ...]:
    """Return what keeps a pod from starting because it is not there, confirmed by its spec.

    A ConfigMap that exists by now is left out; Secrets are never read, so the kubelet's word counts.
    """
    if pod.finished or pod.ready:
        return ()
    named = tuple(each for each in named_by(pod.spec, pod.namespace) if not each.optional)
    found = [
        item
        for text, at in _said(snapshot, pod)
        for item in (*_objects(pod, named, text, at), *_keys(pod, named, text, at))
    ]
    return tuple(
        item
        for item in (*found, *_pull_secrets(snapshot, pod, named))
        if item.key or not _there(snapshot, item.named.ref)
    )


def _said(snapshot: Snapshot, pod: podv1.Pod) -> Iterator[tuple[str, datetime | None]]:
    waits = [status.state.waiting for status in pod.statuses if status.state.waiting]
    for waiting in waits:
        if waiting.reason == "CreateContainerConfigError":
            yield waiting.message, None
    starting = not pod.statuses or any(waiting.reason in _STARTING for waiting in waits)
    for event in snapshot.events_of(pod) if starting else ():
        if event.reason == "FailedMount" and _fresh(snapshot, event):
            yield event.message, event.last_at


def _fresh(snapshot: Snapshot, event: corev1.Event) -> bool:
    return event.last_at is not None and snapshot.age(event.last_at) <= FRESH


def _objects(
    pod: podv1.Pod, named: tuple[Named, ...], text: str, at: datetime | None
) -> Iterator[Absent]:
    for match in _OBJECT.finditer(text):
        ref = Ref(_KINDS[match["kind"].lower()], pod.namespace, match["name"])
        for item in named:
            if item.ref == ref:
                yield Absent(pod, item, "", text, at)
                break


def _keys(
    pod: podv1.Pod, named: tuple[Named, ...], text: str, at: datetime | None
) -> Iterator[Absent]:
    if match := _KEY.search(text):
        ref = Ref(match["kind"], pod.namespace, match["name"])
        for item in named:
            if item.ref == ref and item.key in ("", match["key"]):
                yield Absent(pod, item, match["key"], text, at)
                return
    if match := _VOLUME_KEY.search(text):
        kind, key = _KINDS[match["kind"]], match["key"]
        found = [
            item
            for item in named
            if item.where == f"volume {match['volume']}" and item.ref.kind == kind
        ]
        # A projected volume has several sources: the one that takes this key lacks it.
        for item in [each for each in found if key in each.items][:1] or found[:1]:
            yield Absent(pod, item, key, text, at)


def _pull_secrets(snapshot: Snapshot, pod: podv1.Pod, named: tuple[Named, ...]) -> Iterator[Absent]:
    """The pull secrets the kubelet could not read, while an image of the pod cannot be pulled."""
    pulling = any(
        status.state.waiting and status.state.waiting.reason in ("ErrImagePull", "ImagePullBackOff")
        for status in pod.statuses
    )
    for event in snapshot.events_of(pod) if pulling else ():
        if event.reason == "FailedToRetrieveImagePullSecret" and _fresh(snapshot, event):
            match = _PULL_SECRETS.search(event.message)
            names = {name.strip() for name in match["names"].split(",")} if match else set()
            for item in named:
                if item.where == "imagePullSecrets" and item.ref.name in names:
                    yield Absent(pod, item, "", event.message, event.last_at)
            return


def _there(snapshot: Snapshot, ref: Ref) -> bool:
    return ref.kind == "ConfigMap" and ref in snapshot.of("configmaps", corev1.ConfigMap)


def missing_claim(snapshot: Snapshot, pod: podv1.Pod) -> tuple[Absent, ...]:
    """Return the claim the scheduler did not find, if the pod names it and it is still not there."""
    scheduled = pod.condition("PodScheduled")
    if pod.node or scheduled is None or scheduled.status != "False":
        return ()
    names = set(_CLAIM.findall(scheduled.message))
    return tuple(
        Absent(pod, item, "", scheduled.message, None)
        for item in named_by(pod.spec, pod.namespace)
        if item.ref.kind == "PersistentVolumeClaim"
        and item.ref.name in names
        and item.ref not in snapshot.claims
    )
