"""Failed image pulls, one by one: which container of which pod, what the registry answered."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from watchdog.domain.objects import podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Revision, Workload
from watchdog.logic.command import safe_image
from watchdog.logic.pods.image import PullFault, classify, normal, registry, repository
from watchdog.logic.pods.reference import absent
from watchdog.logic.symptom import unready_since

_REASONS = frozenset(
    {
        "ImagePullBackOff",
        "ErrImagePull",
        "ErrImageNeverPull",
        "InvalidImageName",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """One container that waits for its image."""

    owner: Ref
    pod: podv1.Pod
    container: podv1.Container
    waiting: podv1.Waiting
    said: str  # the runtime's error, from the status or else the newest event
    fault: PullFault
    since: datetime | None

    @property
    def host(self) -> str:
        return registry(self.container.image)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The pull secrets the pod may use, those of its ServiceAccount included."""
        return tuple(each.name for each in self.pod.spec.image_pull_secrets)


def pulls(snapshot: Snapshot) -> Iterator[Pull]:
    """Yield the failed pulls of all judged pods; a pod whose pull secret is absent has another cause."""
    for owner, pods in snapshot.pods_by_owner.items():
        for pod in pods:
            if not pod.finished:
                yield from _of_pod(snapshot, owner, pod)


def _of_pod(snapshot: Snapshot, owner: Ref, pod: podv1.Pod) -> Iterator[Pull]:
    containers = {each.name: each for each in pod.spec.init_containers + pod.spec.containers}
    for status in pod.statuses:
        waiting, container = status.state.waiting, containers.get(status.name)
        if waiting is None or waiting.reason not in _REASONS or container is None:
            continue
        said = _said(snapshot, pod, container.image, waiting)
        fault = classify(waiting.reason, said, container.image)
        refused = fault in (PullFault.DENIED, PullFault.MAYBE_DENIED)
        if refused and any(
            item.named.where == "imagePullSecrets" for item in absent(snapshot, pod)
        ):
            continue
        yield Pull(
            owner=owner,
            pod=pod,
            container=container,
            waiting=waiting,
            said=said,
            fault=fault,
            since=unready_since(pod),
        )


def nodes_without_room(snapshot: Snapshot, pods: Iterable[podv1.Pod]) -> tuple[Ref, ...]:
    """The nodes of those pods whose images found no space on the disk."""
    found = (
        Ref("Node", "", pod.node)
        for pod in pods
        for each in _of_pod(snapshot, snapshot.owners[pod.ref], pod)
        if each.fault is PullFault.NO_ROOM
    )
    return tuple(dict.fromkeys(found))


def _said(snapshot: Snapshot, pod: podv1.Pod, image: str, waiting: podv1.Waiting) -> str:
    if classify(waiting.reason, waiting.message, image) is not PullFault.UNSAID:
        return waiting.message
    for event in snapshot.events_of(pod):
        if event.reason in ("Failed", "FailedPull", "InspectFailed") and image in event.message:
            return event.message
    return waiting.message


def held_by_node(snapshot: Snapshot, pull: Pull) -> bool:
    """Whether the pod's node already has the image."""
    node = snapshot.nodes.get(pull.pod.node)
    wanted = normal(pull.container.image)
    return node is not None and any(
        normal(name) == wanted for image in node.status.images for name in image.names or ()
    )


def known_elsewhere(snapshot: Snapshot, pull: Pull) -> bool:
    """Whether another container of the cluster runs an image of the same repository."""
    wanted = repository(pull.container.image)
    return any(
        status.image_id and repository(container.image) == wanted
        for pod in snapshot.all_pods.values()
        for container in pod.spec.containers
        for status in pod.status.container_statuses
        if status.name == container.name
    )


def last_good(workload: Workload | None, pull: Pull, failing: frozenset[str]) -> Revision | None:
    """Return the newest earlier revision whose image of this container is not among the failing.

    `failing` holds every image that cannot be pulled now.
    """
    for revision in workload.revisions[1:] if workload else ():
        image = image_of(revision, pull.container.name)
        if image and image not in failing and safe_image(image):
            return revision
    return None


def image_of(revision: Revision, container: str) -> str:
    """The image of one container in a revision, "" when it has no such container."""
    spec = revision.template.spec
    for each in spec.init_containers + spec.containers:
        if each.name == container:
            return each.image
    return ""


def pulled_by_others(snapshot: Snapshot, failing: tuple[Pull, ...]) -> bool:
    """Whether other nodes get from this registry what one node cannot get.

    Proof is a container on another node that runs the very image, or one that is pulled at each
    start, in a pod made since about the first failure.
    """
    nodes = {pull.pod.node for pull in failing}
    onset = min((pull.since for pull in failing if pull.since), default=None)
    if len(nodes) != 1 or onset is None:
        return False
    images = {pull.container.image for pull in failing}
    for pod in snapshot.pods.values():
        born = pod.metadata.creation_timestamp
        if pod.node in nodes or born is None or born < onset:
            continue
        for container in pod.spec.containers:
            same = container.image in images
            fetched = container.image_pull_policy == "Always"
            if pod.ready and registry(container.image) == failing[0].host and (same or fetched):
                return True
    return False
