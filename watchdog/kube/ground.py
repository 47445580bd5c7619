"""What the demo's shop stands on: nodes, namespaces, storage, services and their endpoints."""

from collections.abc import Iterable, Iterator

from watchdog.domain.objects import appsv1, corev1, metav1, networkingv1, podv1, storagev1
from watchdog.domain.ref import Ref
from watchdog.kube.shop_pods import metadata
from watchdog.kube.story import AGE, APPS, NODES, App, Scene

_ROOM: metav1.Quantities = {"cpu": "8", "memory": "16Gi", "pods": "110"}
_NAMESPACES = ("default", "kube-system", "shop")
_CLASS, _CLAIM, _VOLUME = "local-path", "data-postgres-0", "pvc-0d3c5a1e"


def ground(scene: Scene, pods: Iterable[podv1.Pod]) -> Iterator[metav1.Object]:
    """Everything that is no workload. Endpoints follow the readiness of `pods`."""
    yield from (_node(scene, name) for name in NODES)
    for name in _NAMESPACES:
        yield corev1.Namespace(
            metadata=metadata(Ref("Namespace", "", name), scene.at(-AGE)),
            status=corev1.NamespaceStatus(phase="Active"),
        )
        yield corev1.ServiceAccount(
            metadata=metadata(Ref("ServiceAccount", name, "default"), scene.at(-AGE))
        )
        yield corev1.ConfigMap(
            metadata=metadata(Ref("ConfigMap", name, "kube-root-ca.crt"), scene.at(-AGE))
        )
    yield from _storage(scene)
    shown = tuple(pods)
    for app in APPS:
        if app.kind != "DaemonSet":
            yield from _service(scene, app, shown)


def _node(scene: Scene, name: str) -> corev1.Node:
    up = scene.up(name)
    since = scene.node_since(name)
    taints: tuple[corev1.Taint, ...] = ()
    if not up:
        taints = tuple(
            corev1.Taint(key="node.kubernetes.io/unreachable", effect=effect, time_added=since)
            for effect in ("NoSchedule", "NoExecute")
        )
    return corev1.Node(
        metadata=metadata(
            Ref("Node", "", name),
            scene.at(-AGE),
            labels={
                "kubernetes.io/hostname": name,
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/os": "linux",
            },
        ),
        spec=corev1.NodeSpec(taints=taints),
        status=corev1.NodeStatus(
            capacity=_ROOM,
            allocatable=_ROOM,
            conditions=_node_conditions(scene, name),
            addresses=(corev1.NodeAddress(type="InternalIP", address=f"192.0.2.1{name[-1]}"),),
            node_info=corev1.NodeInfo(
                kubelet_version="v1.36.2",
                os_image="Debian GNU/Linux 13 (trixie)",
                container_runtime_version="containerd://2.1.4",
                architecture="amd64",
                operating_system="linux",
            ),
            daemon_endpoints=corev1.DaemonEndpoints(kubelet_endpoint=corev1.Endpoint(port=10250)),
        ),
    )


def _node_conditions(scene: Scene, name: str) -> tuple[metav1.Condition, ...]:
    """A kubelet that is silent makes every condition Unknown, as the node controller does."""
    up, since = scene.up(name), scene.node_since(name)
    silent = "Kubelet stopped posting node status."
    ready = ("True", "KubeletReady", "kubelet is posting ready status")
    calm = ("False", "KubeletHasSufficient", "kubelet has no pressure")
    conditions = {
        "MemoryPressure": calm,
        "DiskPressure": calm,
        "PIDPressure": calm,
        "Ready": ready,
    }
    return tuple(
        metav1.Condition(
            type=kind,
            status=status if up else "Unknown",
            reason=reason if up else "NodeStatusUnknown",
            message=message if up else silent,
            last_transition_time=since,
            last_heartbeat_time=scene.now if up else since,
        )
        for kind, (status, reason, message) in conditions.items()
    )


def _storage(scene: Scene) -> Iterator[metav1.Object]:
    """The one claim of postgres, bound."""
    created = scene.at(-AGE)
    claim = storagev1.PersistentVolumeClaim(
        metadata=metadata(Ref("PersistentVolumeClaim", "shop", _CLAIM), created),
        spec=appsv1.ClaimSpec(
            storage_class_name=_CLASS,
            volume_name=_VOLUME,
            access_modes=("ReadWriteOnce",),
            volume_mode="Filesystem",
            resources=podv1.Resources(requests={"storage": "10Gi"}),
        ),
        status=storagev1.ClaimStatus(phase="Bound"),
    )
    yield claim
    yield storagev1.PersistentVolume(
        metadata=metadata(Ref("PersistentVolume", "", _VOLUME), created),
        spec=storagev1.VolumeSpec(
            claim_ref=corev1.ObjectReference(
                kind=claim.KIND, namespace=claim.namespace, name=claim.name, uid=claim.uid
            ),
            storage_class_name=_CLASS,
            access_modes=("ReadWriteOnce",),
        ),
        status=storagev1.VolumeStatus(phase="Bound", last_phase_transition_time=created),
    )
    yield storagev1.StorageClass(
        metadata=metadata(
            Ref("StorageClass", "", _CLASS),
            created,
            annotations=metav1.Annotations(default_class="true"),
        ),
        provisioner="rancher.io/local-path",
        volume_binding_mode="WaitForFirstConsumer",
    )


def _service(scene: Scene, app: App, pods: tuple[podv1.Pod, ...]) -> Iterator[metav1.Object]:
    created = scene.at(-AGE)
    service = corev1.Service(
        metadata=metadata(Ref("Service", app.namespace, app.name), created),
        spec=corev1.ServiceSpec(
            type="ClusterIP",
            cluster_ip=f"10.96.0.{app.port % 250 + 1}",
            selector={"app": app.name},
            ports=(corev1.ServicePort(port=app.port, target_port=app.port),),
        ),
    )
    yield service
    yield networkingv1.EndpointSlice(
        metadata=metadata(
            Ref("EndpointSlice", app.namespace, f"{app.name}-1"),
            created,
            owner=service,
            labels={"kubernetes.io/service-name": app.name},
        ),
        endpoints=tuple(_endpoint(pod) for pod in pods if _serves(app, pod)),
        ports=(networkingv1.EndpointPort(port=app.port),),
    )


def _serves(app: App, pod: podv1.Pod) -> bool:
    """Whether the Service of `app` selects this pod and it has an address."""
    chosen = pod.namespace == app.namespace and pod.labels.get("app") == app.name
    return chosen and pod.status.pod_ip != ""


def _endpoint(pod: podv1.Pod) -> networkingv1.SliceEndpoint:
    return networkingv1.SliceEndpoint(
        addresses=(pod.status.pod_ip,),
        conditions=networkingv1.EndpointConditions(ready=pod.ready and not pod.deleting),
        node_name=pod.node,
        target_ref=corev1.ObjectReference(
            kind="Pod", namespace=pod.namespace, name=pod.name, uid=pod.uid
        ),
    )
