"""The pods of the demo's shop, their templates and their events, at one moment of the story."""

from collections.abc import Iterator
from datetime import datetime
from uuid import NAMESPACE_DNS, uuid5

import msgspec

from watchdog.domain.objects import corev1, metav1, podv1, probev1
from watchdog.domain.ref import Ref
from watchdog.kube.story import BROKEN_IMAGE, App, Life, Scene

_NOT_FOUND = (
    f'rpc error: code = NotFound desc = failed to pull and unpack image "{BROKEN_IMAGE}": '
    f'failed to resolve reference "{BROKEN_IMAGE}": {BROKEN_IMAGE}: not found'
)


def uid_of(ref: Ref) -> str:
    """The same object has the same uid in every Snapshot."""
    return str(uuid5(NAMESPACE_DNS, f"{ref}.demo.example"))


def metadata(
    ref: Ref,
    created: datetime,
    *,
    owner: metav1.Object | None = None,
    labels: dict[str, str] | None = None,
    annotations: metav1.Annotations | None = None,
    generation: int = 1,
) -> metav1.Metadata:
    """Metadata of an object whose uid follows from its Ref."""
    owners: tuple[metav1.OwnerReference, ...] = ()
    if owner is not None:
        owners = (
            metav1.OwnerReference(kind=owner.KIND, name=owner.name, uid=owner.uid, controller=True),
        )
    return metav1.Metadata(
        name=ref.name,
        namespace=ref.namespace,
        uid=uid_of(ref),
        generation=generation,
        labels=labels,
        annotations=annotations,
        owner_references=owners,
        creation_timestamp=created,
    )


def template_of(app: App, *, broken: bool = False) -> podv1.PodTemplate:
    """The template of a workload; `broken` is the one with the image that does not exist."""
    container = podv1.Container(
        name=app.name,
        image=BROKEN_IMAGE if broken else app.image,
        image_pull_policy="IfNotPresent",
        ports=(podv1.ContainerPort(container_port=app.port),),
        readiness_probe=probev1.Probe(tcp_socket=probev1.PortOnly(port=app.port)),
        resources=podv1.Resources(
            requests={"cpu": "100m", "memory": "128Mi"}, limits={"memory": "256Mi"}
        ),
    )
    volumes: tuple[podv1.Volume, ...] = ()
    if app.kind == "StatefulSet":
        claim = podv1.ClaimSource(claim_name=f"data-{app.name}-0")
        volumes = (podv1.Volume(name="data", persistent_volume_claim=claim),)
    return podv1.PodTemplate(
        metadata=metav1.Metadata(labels={"app": app.name}),
        spec=podv1.PodSpec(
            containers=(container,),
            volumes=volumes,
            service_account_name="default",
            restart_policy="Always",
        ),
    )


def pod_of(scene: Scene, app: App, life: Life, owner: metav1.Object) -> podv1.Pod:
    """One pod as its kubelet, or the node controller, last wrote it."""
    ref = Ref("Pod", app.namespace, f"{owner.name}-{life.suffix}")
    head = metadata(ref, scene.at(life.born), owner=owner, labels={"app": app.name})
    if life.leaving is not None and scene.leaving(life):
        head = msgspec.structs.replace(
            head, deletion_timestamp=scene.at(life.leaving), deletion_grace_period_seconds=30
        )
    spec = msgspec.structs.replace(template_of(app, broken=life.broken).spec, node_name=life.node)
    started = scene.started(life)
    return podv1.Pod(
        metadata=head,
        spec=spec,
        status=podv1.PodStatus(
            phase="Running" if started else "Pending",
            conditions=_pod_conditions(scene, life),
            container_statuses=(_container(scene, app, life),),
            pod_ip=_address(life) if started else "",
            start_time=scene.at(life.born),
        ),
    )


def _pod_conditions(scene: Scene, life: Life) -> tuple[metav1.Condition, ...]:
    born, changed = scene.at(life.born), scene.ready_since(life)
    ready = scene.ready(life)
    reason, message = "", ""
    if not scene.started(life):
        reason, message = "ContainersNotReady", f"containers with unready status: [{life.app}]"
    return (
        metav1.Condition(type="PodScheduled", status="True", last_transition_time=born),
        metav1.Condition(type="Initialized", status="True", last_transition_time=born),
        metav1.Condition(
            type="ContainersReady",
            status="True" if scene.started(life) else "False",
            reason=reason,
            message=message,
            last_transition_time=changed,
        ),
        metav1.Condition(
            type="Ready",
            status="True" if ready else "False",
            reason=reason,
            message=message,
            last_transition_time=changed,
        ),
    )


def _container(scene: Scene, app: App, life: Life) -> podv1.ContainerStatus:
    """The lost node reports nothing: its containers stay as they were last seen."""
    if scene.started(life):
        running = podv1.Running(started_at=scene.at(life.born))
        return podv1.ContainerStatus(
            name=app.name,
            image=app.image,
            image_id=f"{app.image.rsplit(':', 1)[0]}@sha256:{uid_of(Ref('', '', app.image))}",
            ready=True,
            started=True,
            state=podv1.ContainerState(running=running),
        )
    waiting = podv1.Waiting(reason="ContainerCreating")
    if life.broken:
        waiting = podv1.Waiting(
            reason="ImagePullBackOff",
            message=f'Back-off pulling image "{BROKEN_IMAGE}": ErrImagePull: {_NOT_FOUND}',
        )
    return podv1.ContainerStatus(
        name=app.name,
        image=BROKEN_IMAGE if life.broken else app.image,
        started=False,
        state=podv1.ContainerState(waiting=waiting),
    )


def _address(life: Life) -> str:
    number = sum(f"{life.app}-{life.suffix}".encode()) % 200 + 10
    return f"10.244.{life.node.removeprefix('w-')}.{number}"


def events_of(scene: Scene, life: Life, pod: podv1.Pod) -> Iterator[corev1.Event]:
    """The Warning events about one pod."""
    if life.broken:
        first = scene.at(life.born)
        last = max(first, scene.now.replace(second=0, microsecond=0))
        message = f'Failed to pull image "{BROKEN_IMAGE}": {_NOT_FOUND}'
        yield _event(pod, "Failed", message, "kubelet", first, last)
    elif not scene.up(life.node) and scene.started(life):
        since = scene.node_since(life.node)
        yield _event(pod, "NodeNotReady", "Node is not ready", "node-controller", since, since)


def _event(
    pod: podv1.Pod, reason: str, message: str, component: str, first: datetime, last: datetime
) -> corev1.Event:
    count = 1 + int((last - first).total_seconds() // 60)
    return corev1.Event(
        metadata=metadata(Ref("Event", pod.namespace, f"{pod.name}.{reason.lower()}"), first),
        involved_object=corev1.ObjectReference(
            kind="Pod", namespace=pod.namespace, name=pod.name, uid=pod.uid
        ),
        type="Warning",
        reason=reason,
        message=message,
        count=count,
        first_timestamp=first,
        last_timestamp=last,
        source=corev1.EventSource(component=component),
    )
