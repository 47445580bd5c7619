"""Pods that have a node but no container yet, and the kubelet's newest word on why."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.objects import appsv1, corev1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.network import hosts
from watchdog.logic.symptom import FRESH, unready_since

_WAITS = ("ContainerCreating", "PodInitializing")
_SANDBOX = ("FailedCreatePodSandBox", "NetworkNotReady")
_MADE = "PodReadyToStartContainers"  # volumes are mounted and the sandbox has its network
_KEPT = timedelta(hours=1)  # how long an API server keeps events
_VOLUME = re.compile(r'for volume "([^"]+)"')
_UNMOUNTED = re.compile(r"unmounted volumes=\[([^\]]*)\]")
# What a mount of a file server is called by, and where CSI drivers meet the kubelet.
_EXPORT = re.compile(r"(?<![\w./:-])([a-z0-9][a-z0-9.-]*):/")
NO_DRIVER = re.compile(r"driver name (\S+) not found in the list of registered CSI drivers")
_PLUGINS = re.compile(r"/kubelet/plugins(?:_registry)?(?:/|$)")
# Where a network plugin puts its configuration and its program: the CNI specification's own paths.
_PLUGIN_PATHS = ("/etc/cni", "/opt/cni")
_OF_THE_NETWORK = re.compile(r"\bcni\b|\bnetwork\b|\bIP address|\bipam\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """One pod that cannot start on its node."""

    owner: Ref
    pod: podv1.Pod
    event: corev1.Event

    @property
    def since(self) -> datetime | None:
        """When it stopped, or began, not to be ready."""
        return unready_since(self.pod)

    @property
    def of_the_network(self) -> bool:
        """Whether the sandbox fails for want of a network, not for something of the runtime."""
        return self.event.reason == "NetworkNotReady" or bool(
            _OF_THE_NETWORK.search(self.event.message)
        )


def newest(snapshot: Snapshot, pod: podv1.Pod, *reasons: str) -> corev1.Event | None:
    """The newest Warning event about a pod with one of these reasons.

    It has to be fresh, unless the pod's own condition says that nothing has come of it since.
    """
    made = pod.condition(_MADE)
    limit = FRESH if made is None else _KEPT
    for event in snapshot.events_of(pod):
        if event.reason in reasons and event.last_at and snapshot.age(event.last_at) <= limit:
            return event
    return None


def waits_to_start(pod: podv1.Pod) -> bool:
    """Whether a node was chosen, and neither the sandbox nor a container of the pod has been made."""
    made = pod.condition(_MADE)
    return (
        bool(pod.node)
        and pod.status.phase == "Pending"
        and (made is None or made.status != "True")
        and all(
            status.state.waiting is not None and status.state.waiting.reason in _WAITS
            for status in pod.statuses
        )
    )


def stuck(snapshot: Snapshot) -> Iterator[Stuck]:
    """Yield the pods whose volumes or sandbox fail; a failing attach is told by volume_attach."""
    for owner, pods in snapshot.pods_by_owner.items():
        for pod in pods:
            if not waits_to_start(pod) or newest(snapshot, pod, "FailedAttachVolume"):
                continue
            event = newest(snapshot, pod, "FailedMount", *_SANDBOX)
            if event is not None:
                yield Stuck(owner=owner, pod=pod, event=event)


def claim_named(snapshot: Snapshot, pod: podv1.Pod, text: str) -> Ref | None:
    """The claim of the pod that an event's text is about; None for a volume without a claim.

    The kubelet names a claim's volume by its PersistentVolume or by its name in the pod's spec.
    """
    names = set(_VOLUME.findall(text))
    for listed in _UNMOUNTED.findall(text):
        names |= set(listed.replace(",", " ").split())
    for volume in pod.spec.volumes:
        if volume.persistent_volume_claim is not None:
            ref = Ref(
                "PersistentVolumeClaim", pod.namespace, volume.persistent_volume_claim.claim_name
            )
            claim = snapshot.claims.get(ref)
            if volume.name in names or (claim is not None and claim.spec.volume_name in names):
                return ref
    return None


def network_plugin(snapshot: Snapshot) -> Ref | None:
    """The one DaemonSet that installs the pod network on the nodes; None unless there is one."""
    found = [
        ref
        for ref, item in snapshot.daemonsets.items()
        if any(
            volume.host_path is not None and volume.host_path.path.startswith(_PLUGIN_PATHS)
            for volume in item.spec.template.spec.volumes
        )
    ]
    return found[0] if len(found) == 1 else None


def storage_behind(snapshot: Snapshot, each: Stuck) -> tuple[Ref, ...]:
    """What a mount takes that fails: the DaemonSet of its CSI driver, a file server in the cluster.

    The driver's own name need not stand in its DaemonSet; then it may be any that registers one.
    """
    servers = (
        hosts.service_of(snapshot, host, each.pod.namespace)
        for host in _EXPORT.findall(each.event.message)
    )
    within = (ref for found in servers if found for ref in hosts.behind(snapshot, found))
    return tuple(dict.fromkeys((*_drivers(snapshot, each.event.message), *within)))


def _drivers(snapshot: Snapshot, text: str) -> tuple[Ref, ...]:
    absent = NO_DRIVER.search(text)
    if absent is None:
        return ()
    folders = {
        ref: [each.host_path.path for each in item.spec.template.spec.volumes if each.host_path]
        for ref, item in snapshot.daemonsets.items()
    }
    registering = [ref for ref, paths in folders.items() if any(map(_PLUGINS.search, paths))]
    called = [
        ref
        for ref in registering
        if any(absent[1] in word for word in (*folders[ref], *_words(snapshot.daemonsets[ref])))
    ]
    return tuple(called or registering)


def _words(item: appsv1.DaemonSet) -> Iterator[str]:
    for container in item.spec.template.spec.containers:
        yield from (*container.command, *container.args, *(each.value for each in container.env))
