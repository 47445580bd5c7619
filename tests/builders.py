"""Short ways to say what a test's cluster looks like. Ages count back from NOW."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from watchdog.domain import objects as k8s
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import BASE_NEEDS, Missing, Snapshot

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def ago(age: timedelta) -> datetime:
    return NOW - age


NEEDS: dict[type[k8s.Object], str] = {
    k8s.Pod: "pods",
    k8s.Node: "nodes",
    k8s.Namespace: "namespaces",
    k8s.Event: "events",
    k8s.Deployment: "deployments",
    k8s.ReplicaSet: "replicasets",
    k8s.StatefulSet: "statefulsets",
    k8s.DaemonSet: "daemonsets",
    k8s.ControllerRevision: "controllerrevisions",
    k8s.Job: "jobs",
    k8s.CronJob: "cronjobs",
    k8s.PersistentVolumeClaim: "persistentvolumeclaims",
    k8s.PersistentVolume: "persistentvolumes",
    k8s.StorageClass: "storageclasses",
    k8s.VolumeAttachment: "volumeattachments",
    k8s.VolumeSnapshot: "volumesnapshots",
    k8s.ResourceQuota: "resourcequotas",
    k8s.LimitRange: "limitranges",
    k8s.ServiceAccount: "serviceaccounts",
    k8s.ConfigMap: "configmaps",
    k8s.Service: "services",
    k8s.EndpointSlice: "endpointslices",
    k8s.NetworkPolicy: "networkpolicies",
    k8s.Ingress: "ingresses",
    k8s.IngressClass: "ingressclasses",
    k8s.GatewayClass: "gatewayclasses",
    k8s.Gateway: "gateways",
    k8s.HTTPRoute: "httproutes",
    k8s.Scaling: "scalings",
    k8s.MutatingWebhookConfiguration: "mutatingwebhookconfigurations",
    k8s.ValidatingWebhookConfiguration: "validatingwebhookconfigurations",
    k8s.Role: "roles",
    k8s.RoleBinding: "rolebindings",
    k8s.ClusterRole: "clusterroles",
    k8s.ClusterRoleBinding: "clusterrolebindings",
    k8s.PriorityClass: "priorityclasses",
    k8s.HorizontalPodAutoscaler: "horizontalpodautoscalers",
    k8s.APIService: "apiservices",
    k8s.Certificate: "certificates",
    k8s.CertificateRequest: "certificaterequests",
    k8s.Issuer: "issuers",
    k8s.ClusterIssuer: "clusterissuers",
    k8s.Order: "orders",
    k8s.Challenge: "challenges",
    k8s.Application: "applications",
    k8s.AppProject: "appprojects",
    k8s.Kustomization: "kustomizations",
    k8s.HelmRelease: "helmreleases",
    k8s.GitRepository: "gitrepositories",
    k8s.OCIRepository: "ocirepositories",
    k8s.HelmRepository: "helmrepositories",
    k8s.Bucket: "buckets",
    k8s.ExternalSecret: "externalsecrets",
    k8s.SecretStore: "secretstores",
    k8s.ClusterSecretStore: "clustersecretstores",
    k8s.ScaledObject: "scaledobjects",
    k8s.PodDisruptionBudget: "poddisruptionbudgets",
    k8s.Lease: "leases",
    k8s.NodeMetrics: "nodemetrics",
    k8s.PodMetrics: "podmetrics",
    k8s.NodeStats: "stats",
}


def snapshot(
    *items: k8s.Object,
    missing: Iterable[str] = (),
    also: Iterable[str] = tuple(NEEDS.values()),
    at: datetime = NOW,
) -> Snapshot:
    """A Snapshot in which every kind of NEEDS was read, except `missing`."""
    gone = set(missing)
    objects: dict[str, list[k8s.Object]] = {
        need: [] for need in (*BASE_NEEDS, *also) if need not in gone
    }
    for item in items:
        objects[NEEDS[type(item)]].append(item)
    return Snapshot(
        cluster="c0ffee",
        taken_at=at,
        objects={need: tuple(group) for need, group in objects.items()},
        missing={need: Missing("forbidden", f"cannot list {need}") for need in gone},
    )


def meta(
    ref: Ref,
    *,
    uid: str = "",
    owner: k8s.Object | None = None,
    labels: dict[str, str] | None = None,
    annotations: k8s.Annotations | None = None,
    age: timedelta = HOUR,
    deleting: bool = False,
    generation: int = 1,
) -> k8s.Metadata:
    """Metadata of an object; the uid defaults to its Ref, the controller to `owner`."""
    owners: tuple[k8s.OwnerReference, ...] = ()
    if owner is not None:
        owners = (
            k8s.OwnerReference(kind=owner.KIND, name=owner.name, uid=owner.uid, controller=True),
        )
    return k8s.Metadata(
        name=ref.name,
        namespace=ref.namespace,
        uid=uid or str(ref),
        labels=labels,
        annotations=annotations,
        owner_references=owners,
        creation_timestamp=ago(age),
        deletion_timestamp=ago(MINUTE) if deleting else None,
        generation=generation,
    )


def container(
    name: str = "app", image: str = "ghcr.io/example/app:1", **fields: object
) -> k8s.Container:
    """A container of a spec; other fields by their record names."""
    return msgspec.structs.replace(k8s.Container(name=name, image=image), **fields)


def template(*containers: k8s.Container, **fields: object) -> k8s.PodTemplate:
    """A pod template; other fields of the PodSpec by their record names."""
    spec = k8s.PodSpec(containers=containers or (container(),))
    return k8s.PodTemplate(spec=msgspec.structs.replace(spec, **fields))


def waiting(
    reason: str, message: str = "", *, name: str = "app", restarts: int = 0, **fields: object
) -> k8s.ContainerStatus:
    """A container that waits."""
    state = k8s.ContainerState(waiting=k8s.Waiting(reason=reason, message=message))
    status = k8s.ContainerStatus(name=name, restart_count=restarts, state=state)
    return msgspec.structs.replace(status, **fields)


def running(
    *,
    name: str = "app",
    restarts: int = 0,
    ready: bool = True,
    age: timedelta = HOUR,
    **fields: object,
) -> k8s.ContainerStatus:
    """A container that has run for `age`."""
    state = k8s.ContainerState(running=k8s.Running(started_at=ago(age)))
    status = k8s.ContainerStatus(name=name, restart_count=restarts, ready=ready, state=state)
    return msgspec.structs.replace(status, **fields)


def terminated(
    exit_code: int, *, reason: str = "Error", age: timedelta = 2 * MINUTE, ran: timedelta = MINUTE
) -> k8s.ContainerState:
    """The end of a container, for `state` or `last_state`."""
    return k8s.ContainerState(
        terminated=k8s.Terminated(
            exit_code=exit_code, reason=reason, started_at=ago(age + ran), finished_at=ago(age)
        )
    )


def pod(
    ref: Ref,
    *statuses: k8s.ContainerStatus,
    owner: k8s.Object | None = None,
    spec: k8s.PodSpec | None = None,
    node: str = "w-1",
    phase: str = "Running",
    ready: bool | None = None,
    since: timedelta = HOUR,
    init: Sequence[k8s.ContainerStatus] = (),
    conditions: Sequence[k8s.Condition] = (),
    reason: str = "",
    message: str = "",
    labels: dict[str, str] | None = None,
    deleting: bool = False,
    age: timedelta = HOUR,
) -> k8s.Pod:
    """A pod; it is ready when all its containers are, unless `ready` says otherwise."""
    shown = statuses or (running(),)
    is_ready = all(status.ready for status in shown) if ready is None else ready
    condition = k8s.Condition(
        type="Ready", status="True" if is_ready else "False", last_transition_time=ago(since)
    )
    spec = spec or k8s.PodSpec(
        containers=tuple(container(status.name) for status in shown),
        init_containers=tuple(container(status.name) for status in init),
    )
    return k8s.Pod(
        metadata=meta(ref, owner=owner, deleting=deleting, age=age, labels=labels),
        spec=msgspec.structs.replace(spec, node_name=node),
        status=k8s.PodStatus(
            phase=phase,
            reason=reason,
            message=message,
            conditions=(condition, *conditions),
            container_statuses=tuple(shown),
            init_container_statuses=tuple(init),
            start_time=ago(age),
        ),
    )


def deployment(
    ref: Ref,
    *,
    replicas: int = 1,
    ready: int | None = None,
    updated: int | None = None,
    pod_template: k8s.PodTemplate | None = None,
    conditions: Sequence[k8s.Condition] = (),
    age: timedelta = 24 * HOUR,
    **spec: object,
) -> k8s.Deployment:
    """A Deployment; all replicas are ready unless `ready` says otherwise."""
    shown = replicas if ready is None else ready
    fields = k8s.DeploymentSpec(
        replicas=replicas,
        template=pod_template or template(),
        strategy=k8s.Strategy(type="RollingUpdate"),
    )
    return k8s.Deployment(
        metadata=meta(ref, age=age),
        spec=msgspec.structs.replace(fields, **spec),
        status=k8s.WorkloadStatus(
            observed_generation=1,
            replicas=replicas,
            ready_replicas=shown,
            available_replicas=shown,
            updated_replicas=replicas if updated is None else updated,
            conditions=tuple(conditions),
        ),
    )


def replicaset(
    owner: k8s.Deployment,
    revision: int,
    *,
    replicas: int = 1,
    ready: int = 0,
    pod_template: k8s.PodTemplate | None = None,
    conditions: Sequence[k8s.Condition] = (),
    age: timedelta = HOUR,
) -> k8s.ReplicaSet:
    """One revision of a Deployment."""
    ref = Ref("ReplicaSet", owner.namespace, f"{owner.name}-{revision}")
    return k8s.ReplicaSet(
        metadata=meta(
            ref, owner=owner, age=age, annotations=k8s.Annotations(revision=str(revision))
        ),
        spec=k8s.ReplicaSetSpec(replicas=replicas, template=pod_template or owner.spec.template),
        status=k8s.WorkloadStatus(
            replicas=replicas, ready_replicas=ready, conditions=tuple(conditions)
        ),
    )


def node(name: str, *, ready: str = "True", since: timedelta = HOUR, **fields: object) -> k8s.Node:
    """A node with 8 cores, 16Gi and 110 pods; other fields of its spec by name."""
    room: k8s.Quantities = {"cpu": "8", "memory": "16Gi", "pods": "110"}
    condition = k8s.Condition(type="Ready", status=ready, last_transition_time=ago(since))
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/arch": "amd64"}
    return k8s.Node(
        metadata=meta(Ref("Node", "", name), age=24 * HOUR, labels=labels),
        spec=msgspec.structs.replace(k8s.NodeSpec(), **fields),
        status=k8s.NodeStatus(capacity=room, allocatable=room, conditions=(condition,)),
    )


def event(
    about: k8s.Object,
    reason: str,
    message: str = "",
    *,
    age: timedelta = MINUTE,
    count: int = 1,
    component: str = "kubelet",
) -> k8s.Event:
    """A Warning event last seen `age` ago."""
    name = f"{about.name}.{reason}.{abs(hash((reason, message, age)))}"
    return k8s.Event(
        metadata=meta(Ref("Event", about.namespace, name), age=age),
        involved_object=k8s.ObjectReference(
            kind=about.KIND, namespace=about.namespace, name=about.name, uid=about.uid
        ),
        type="Warning",
        reason=reason,
        message=message,
        count=count,
        first_timestamp=ago(age + HOUR),
        last_timestamp=ago(age),
        source=k8s.EventSource(component=component),
    )
