"""Short ways to say what a test's cluster looks like. Ages count back from NOW."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from watchdog.domain.objects import (
    admissionv1,
    apiregistrationv1,
    appsv1,
    argov1,
    autoscalingv1,
    backupv1,
    batchv1,
    certmanagerv1,
    corev1,
    customv1,
    dnsv1,
    externalsecretsv1,
    fluxv1,
    gatewayv1,
    measuredv1,
    metav1,
    networkingv1,
    podv1,
    policyv1,
    rbacv1,
    serverv1,
    statsv1,
    storagev1,
    tlsv1,
)
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import BASE_NEEDS, Missing, Snapshot

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def ago(age: timedelta) -> datetime:
    return NOW - age


NEEDS: dict[type[metav1.Object], str] = {
    podv1.Pod: "pods",
    corev1.Node: "nodes",
    corev1.Namespace: "namespaces",
    corev1.Event: "events",
    appsv1.Deployment: "deployments",
    appsv1.ReplicaSet: "replicasets",
    appsv1.StatefulSet: "statefulsets",
    appsv1.DaemonSet: "daemonsets",
    appsv1.ControllerRevision: "controllerrevisions",
    batchv1.Job: "jobs",
    batchv1.CronJob: "cronjobs",
    storagev1.PersistentVolumeClaim: "persistentvolumeclaims",
    storagev1.PersistentVolume: "persistentvolumes",
    storagev1.StorageClass: "storageclasses",
    storagev1.VolumeAttachment: "volumeattachments",
    storagev1.VolumeSnapshot: "volumesnapshots",
    corev1.ResourceQuota: "resourcequotas",
    corev1.LimitRange: "limitranges",
    corev1.ServiceAccount: "serviceaccounts",
    corev1.ConfigMap: "configmaps",
    corev1.Service: "services",
    networkingv1.EndpointSlice: "endpointslices",
    networkingv1.NetworkPolicy: "networkpolicies",
    networkingv1.Ingress: "ingresses",
    networkingv1.IngressClass: "ingressclasses",
    gatewayv1.GatewayClass: "gatewayclasses",
    gatewayv1.Gateway: "gateways",
    gatewayv1.HTTPRoute: "httproutes",
    corev1.Happening: "happenings",
    corev1.ScaleUp: "scaleups",
    admissionv1.MutatingWebhookConfiguration: "mutatingwebhookconfigurations",
    admissionv1.ValidatingWebhookConfiguration: "validatingwebhookconfigurations",
    rbacv1.Role: "roles",
    rbacv1.RoleBinding: "rolebindings",
    rbacv1.ClusterRole: "clusterroles",
    rbacv1.ClusterRoleBinding: "clusterrolebindings",
    policyv1.PriorityClass: "priorityclasses",
    autoscalingv1.HorizontalPodAutoscaler: "horizontalpodautoscalers",
    apiregistrationv1.APIService: "apiservices",
    customv1.CustomResourceDefinition: "customresourcedefinitions",
    certmanagerv1.Certificate: "certificates",
    certmanagerv1.CertificateRequest: "certificaterequests",
    certmanagerv1.Issuer: "issuers",
    certmanagerv1.ClusterIssuer: "clusterissuers",
    certmanagerv1.Order: "orders",
    certmanagerv1.Challenge: "challenges",
    argov1.Application: "applications",
    argov1.AppProject: "appprojects",
    fluxv1.Kustomization: "kustomizations",
    fluxv1.HelmRelease: "helmreleases",
    fluxv1.GitRepository: "gitrepositories",
    fluxv1.OCIRepository: "ocirepositories",
    fluxv1.HelmRepository: "helmrepositories",
    fluxv1.Bucket: "buckets",
    externalsecretsv1.ExternalSecret: "externalsecrets",
    externalsecretsv1.SecretStore: "secretstores",
    externalsecretsv1.ClusterSecretStore: "clustersecretstores",
    autoscalingv1.ScaledObject: "scaledobjects",
    backupv1.Schedule: "veleroschedules",
    backupv1.VeleroBackup: "velerobackups",
    backupv1.RecurringJob: "recurringjobs",
    backupv1.LonghornVolume: "longhornvolumes",
    backupv1.LonghornBackup: "longhornbackups",
    policyv1.PodDisruptionBudget: "poddisruptionbudgets",
    policyv1.Lease: "leases",
    statsv1.NodeMetrics: "nodemetrics",
    statsv1.PodMetrics: "podmetrics",
    statsv1.NodeStats: "stats",
    dnsv1.DnsConfig: "dnsconfig",
    serverv1.APIServer: "apiserver",
    measuredv1.KubeletCertificate: measuredv1.NEED,
    tlsv1.ServedCertificate: tlsv1.NEED,
}


def snapshot(
    *items: metav1.Object,
    missing: Iterable[str] = (),
    also: Iterable[str] = tuple(NEEDS.values()),
    at: datetime = NOW,
) -> Snapshot:
    """A Snapshot in which every kind of NEEDS was read, except `missing`."""
    gone = set(missing)
    objects: dict[str, list[metav1.Object]] = {
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
    owner: metav1.Object | None = None,
    labels: dict[str, str] | None = None,
    annotations: metav1.Annotations | None = None,
    age: timedelta = HOUR,
    deleting: bool = False,
    generation: int = 1,
) -> metav1.Metadata:
    """Metadata of an object; the uid defaults to its Ref, the controller to `owner`."""
    owners: tuple[metav1.OwnerReference, ...] = ()
    if owner is not None:
        owners = (
            metav1.OwnerReference(kind=owner.KIND, name=owner.name, uid=owner.uid, controller=True),
        )
    return metav1.Metadata(
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
) -> podv1.Container:
    """A container of a spec; other fields by their record names."""
    return msgspec.structs.replace(podv1.Container(name=name, image=image), **fields)


def template(*containers: podv1.Container, **fields: object) -> podv1.PodTemplate:
    """A pod template; other fields of the PodSpec by their record names."""
    spec = podv1.PodSpec(containers=containers or (container(),))
    return podv1.PodTemplate(spec=msgspec.structs.replace(spec, **fields))


def waiting(
    reason: str, message: str = "", *, name: str = "app", restarts: int = 0, **fields: object
) -> podv1.ContainerStatus:
    """A container that waits."""
    state = podv1.ContainerState(waiting=podv1.Waiting(reason=reason, message=message))
    status = podv1.ContainerStatus(name=name, restart_count=restarts, state=state)
    return msgspec.structs.replace(status, **fields)


def running(
    *,
    name: str = "app",
    restarts: int = 0,
    ready: bool = True,
    age: timedelta = HOUR,
    **fields: object,
) -> podv1.ContainerStatus:
    """A container that has run for `age`."""
    state = podv1.ContainerState(running=podv1.Running(started_at=ago(age)))
    status = podv1.ContainerStatus(name=name, restart_count=restarts, ready=ready, state=state)
    return msgspec.structs.replace(status, **fields)


def terminated(
    exit_code: int, *, reason: str = "Error", age: timedelta = 2 * MINUTE, ran: timedelta = MINUTE
) -> podv1.ContainerState:
    """The end of a container, for `state` or `last_state`."""
    return podv1.ContainerState(
        terminated=podv1.Terminated(
            exit_code=exit_code, reason=reason, started_at=ago(age + ran), finished_at=ago(age)
        )
    )


def pod(
    ref: Ref,
    *statuses: podv1.ContainerStatus,
    owner: metav1.Object | None = None,
    spec: podv1.PodSpec | None = None,
    node: str = "w-1",
    phase: str = "Running",
    ready: bool | None = None,
    since: timedelta = HOUR,
    init: Sequence[podv1.ContainerStatus] = (),
    conditions: Sequence[metav1.Condition] = (),
    reason: str = "",
    message: str = "",
    labels: dict[str, str] | None = None,
    deleting: bool = False,
    age: timedelta = HOUR,
) -> podv1.Pod:
    """A pod; it is ready when all its containers are, unless `ready` says otherwise."""
    shown = statuses or (running(),)
    is_ready = all(status.ready for status in shown) if ready is None else ready
    condition = metav1.Condition(
        type="Ready", status="True" if is_ready else "False", last_transition_time=ago(since)
    )
    spec = spec or podv1.PodSpec(
        containers=tuple(container(status.name) for status in shown),
        init_containers=tuple(container(status.name) for status in init),
    )
    return podv1.Pod(
        metadata=meta(ref, owner=owner, deleting=deleting, age=age, labels=labels),
        spec=msgspec.structs.replace(spec, node_name=node),
        status=podv1.PodStatus(
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
    pod_template: podv1.PodTemplate | None = None,
    conditions: Sequence[metav1.Condition] = (),
    age: timedelta = 24 * HOUR,
    **spec: object,
) -> appsv1.Deployment:
    """A Deployment; all replicas are ready unless `ready` says otherwise."""
    shown = replicas if ready is None else ready
    fields = appsv1.DeploymentSpec(
        replicas=replicas,
        template=pod_template or template(),
        strategy=appsv1.Strategy(type="RollingUpdate"),
    )
    return appsv1.Deployment(
        metadata=meta(ref, age=age),
        spec=msgspec.structs.replace(fields, **spec),
        status=appsv1.WorkloadStatus(
            observed_generation=1,
            replicas=replicas,
            ready_replicas=shown,
            available_replicas=shown,
            updated_replicas=replicas if updated is None else updated,
            conditions=tuple(conditions),
        ),
    )


def replicaset(
    owner: appsv1.Deployment,
    revision: int,
    *,
    replicas: int = 1,
    ready: int = 0,
    pod_template: podv1.PodTemplate | None = None,
    conditions: Sequence[metav1.Condition] = (),
    age: timedelta = HOUR,
) -> appsv1.ReplicaSet:
    """One revision of a Deployment."""
    ref = Ref("ReplicaSet", owner.namespace, f"{owner.name}-{revision}")
    return appsv1.ReplicaSet(
        metadata=meta(
            ref, owner=owner, age=age, annotations=metav1.Annotations(revision=str(revision))
        ),
        spec=appsv1.ReplicaSetSpec(replicas=replicas, template=pod_template or owner.spec.template),
        status=appsv1.WorkloadStatus(
            replicas=replicas, ready_replicas=ready, conditions=tuple(conditions)
        ),
    )


def node(
    name: str, *, ready: str = "True", since: timedelta = HOUR, **fields: object
) -> corev1.Node:
    """A node with 8 cores, 16Gi and 110 pods; other fields of its spec by name."""
    room: metav1.Quantities = {"cpu": "8", "memory": "16Gi", "pods": "110"}
    condition = metav1.Condition(type="Ready", status=ready, last_transition_time=ago(since))
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/arch": "amd64"}
    return corev1.Node(
        metadata=meta(Ref("Node", "", name), age=24 * HOUR, labels=labels),
        spec=msgspec.structs.replace(corev1.NodeSpec(), **fields),
        status=corev1.NodeStatus(capacity=room, allocatable=room, conditions=(condition,)),
    )


def event(
    about: metav1.Object,
    reason: str,
    message: str = "",
    *,
    age: timedelta = MINUTE,
    count: int = 1,
    component: str = "kubelet",
) -> corev1.Event:
    """A Warning event last seen `age` ago."""
    name = f"{about.name}.{reason}.{abs(hash((reason, message, age)))}"
    return corev1.Event(
        metadata=meta(Ref("Event", about.namespace, name), age=age),
        involved_object=corev1.ObjectReference(
            kind=about.KIND, namespace=about.namespace, name=about.name, uid=about.uid
        ),
        type="Warning",
        reason=reason,
        message=message,
        count=count,
        first_timestamp=ago(age + HOUR),
        last_timestamp=ago(age),
        source=corev1.EventSource(component=component),
    )
