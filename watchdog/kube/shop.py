"""The demo's shop as the API server would show it at one moment of the story.

Statuses are counted from the pods, as controllers do: no object can contradict another one.
"""

from collections.abc import Iterator

import msgspec

from watchdog.domain.objects import appsv1, metav1
from watchdog.domain.ref import Ref
from watchdog.kube.shop_pods import events_of, metadata, pod_of, template_of
from watchdog.kube.story import AGE, APPS, BROKEN, ROLLOUT, UNDO, App, Scene

_HASHES = {"web": "7c9d8b6f5", "cart": "6d5f9c7b8", "checkout": "5b7f6d9c4", "coredns": "8f4c7d6b9"}
_BROKEN_HASH = "74c9bd5f56"


def workloads(scene: Scene) -> Iterator[metav1.Object]:
    """Every workload, its revisions, its pods and their events, owners first."""
    for app in APPS:
        top = _workload(scene, app)
        yield top
        owners: dict[int, metav1.Object] = {1: top, BROKEN: top}
        if isinstance(top, appsv1.Deployment):
            owners = {
                number: _replicaset(scene, app, top, number) for number in _revisions(scene, app)
            }
            yield from owners.values()
        else:
            yield _controller_revision(scene, app, top)
        for life in scene.lives(app):
            pod = pod_of(scene, app, life, owners[life.revision])
            yield pod
            yield from events_of(scene, life, pod)


def _revisions(scene: Scene, app: App) -> tuple[int, ...]:
    return (1, BROKEN) if app.name == "cart" and scene.passed(ROLLOUT) else (1,)


def _workload(scene: Scene, app: App) -> appsv1.Deployment | appsv1.StatefulSet | appsv1.DaemonSet:
    revision = scene.revision(app)
    selector = metav1.LabelSelector(match_labels={"app": app.name})
    template = template_of(app, broken=revision == BROKEN)
    strategy = appsv1.Strategy(type="RollingUpdate")
    head = metadata(
        Ref(app.kind, app.namespace, app.name),
        scene.at(-AGE),
        labels={"app": app.name},
        annotations=metav1.Annotations(revision=str(revision))
        if app.kind == "Deployment"
        else None,
        generation=revision,
    )
    if app.kind == "DaemonSet":
        return appsv1.DaemonSet(
            metadata=head,
            spec=appsv1.DaemonSetSpec(
                selector=selector, template=template, update_strategy=strategy
            ),
            status=_daemonset_status(scene, app),
        )
    if app.kind == "StatefulSet":
        status = msgspec.structs.replace(
            _status(scene, app), current_revision=f"{app.name}-1", update_revision=f"{app.name}-1"
        )
        sets = appsv1.StatefulSetSpec(
            replicas=app.replicas, selector=selector, template=template, update_strategy=strategy
        )
        return appsv1.StatefulSet(metadata=head, spec=sets, status=status)
    return appsv1.Deployment(
        metadata=head,
        spec=appsv1.DeploymentSpec(
            replicas=app.replicas, selector=selector, template=template, strategy=strategy
        ),
        status=msgspec.structs.replace(_status(scene, app), conditions=_progress(scene, app)),
    )


def _status(scene: Scene, app: App) -> appsv1.WorkloadStatus:
    active = scene.active(app)
    ready = sum(scene.ready(life) for life in active)
    wanted = BROKEN if scene.revision(app) == BROKEN else 1
    return appsv1.WorkloadStatus(
        observed_generation=scene.revision(app),
        replicas=len(active),
        ready_replicas=ready,
        available_replicas=ready,
        updated_replicas=sum(life.revision == wanted for life in active),
    )


def _daemonset_status(scene: Scene, app: App) -> appsv1.DaemonSetStatus:
    active = scene.active(app)
    ready = sum(scene.ready(life) for life in active)
    return appsv1.DaemonSetStatus(
        observed_generation=1,
        desired_number_scheduled=app.replicas,
        current_number_scheduled=len(active),
        number_ready=ready,
        number_available=ready,
        updated_number_scheduled=len(active),
    )


def _progress(scene: Scene, app: App) -> tuple[metav1.Condition, ...]:
    """Available and Progressing, as the Deployment controller writes them."""
    active = scene.active(app)
    # maxUnavailable 25 % of two or three replicas is none.
    available = sum(scene.ready(life) for life in active) >= app.replicas
    changed = max(scene.ready_since(life) for life in active if not life.broken)
    rolling = scene.revision(app) == BROKEN
    updated = {1: scene.at(-AGE), BROKEN: scene.at(ROLLOUT), 3: scene.at(UNDO)}
    return (
        metav1.Condition(
            type="Available",
            status="True" if available else "False",
            reason="MinimumReplicasAvailable" if available else "MinimumReplicasUnavailable",
            last_transition_time=changed,
            last_update_time=changed,
        ),
        metav1.Condition(
            type="Progressing",
            status="True",
            reason="ReplicaSetUpdated" if rolling else "NewReplicaSetAvailable",
            last_transition_time=scene.at(-AGE),
            last_update_time=updated[scene.revision(app)],
        ),
    )


def _replicaset(scene: Scene, app: App, owner: appsv1.Deployment, number: int) -> appsv1.ReplicaSet:
    pods = [life for life in scene.active(app) if life.revision == number]
    ready = sum(scene.ready(life) for life in pods)
    broken = number == BROKEN
    # `rollout undo` gives the old ReplicaSet the next number.
    shown = 3 if scene.revision(app) == 3 and not broken else number
    hashed = _BROKEN_HASH if broken else _HASHES[app.name]
    return appsv1.ReplicaSet(
        metadata=metadata(
            Ref("ReplicaSet", app.namespace, f"{app.name}-{hashed}"),
            scene.at(ROLLOUT if broken else -AGE),
            owner=owner,
            labels={"app": app.name, "pod-template-hash": hashed},
            annotations=metav1.Annotations(revision=str(shown)),
        ),
        spec=appsv1.ReplicaSetSpec(replicas=len(pods), template=template_of(app, broken=broken)),
        status=appsv1.WorkloadStatus(
            observed_generation=1,
            replicas=len(pods),
            ready_replicas=ready,
            available_replicas=ready,
        ),
    )


def _controller_revision(scene: Scene, app: App, owner: metav1.Object) -> appsv1.ControllerRevision:
    return appsv1.ControllerRevision(
        metadata=metadata(
            Ref("ControllerRevision", app.namespace, f"{app.name}-1"), scene.at(-AGE), owner=owner
        ),
        revision=1,
        data=appsv1.RevisionData(spec=appsv1.RevisionSpec(template=template_of(app))),
    )
