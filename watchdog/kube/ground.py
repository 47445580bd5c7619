"""What the demo's shop stands on: nodes, namespaces, storage, services and their endpoints."""

from collections.abc import Iterable, Iterator

from watchdog.domain import objects as k8s
from watchdog.domain.ref import Ref
from watchdog.kube.shop_pods import metadata
from watchdog.kube.story import AGE, APPS, NODES, App, Scene

_ROOM: k8s.Quantities = {"cpu": "8", "memory": "16Gi", "pods": "110"}
_NAMESPACES = ("default", "kube-system", "shop")
_CLASS, _CLAIM, _VOLUME = "local-path", "data-postgres-0", "pvc-0d3c5a1e"


def ground(scene: Scene, pods: Iterable[k8s.Pod]) -> Iterator[k8s.Object]:
    """Everything that is no workload. Endpoints follow the readiness of `pods`."""
    yield from (_node(scene, name) for name in NODES)
    for name in _NAMESPACES:
        yield k8s.Namespace(
            metadata=metadata(Ref("Namespace", "", name), scene.at(-AGE)),
            status=k8s.NamespaceStatus(phase="Active"),
        )
        yield k8s.ServiceAccount(
            metadata=metadata(Ref("ServiceAccount", name, "default"), scene.at(-AGE))
        )
        yield k8s.ConfigMap(
            metadata=metadata(Ref("ConfigMap", name, "kube-root-ca.crt"), scene.at(-AGE))
        )
    yield from _storage(scene)
    shown = tuple(pods)
    for app in APPS:
        if app.kind != "DaemonSet":
            yield from _service(scene, app, shown)


def _node(scene: Scene, name: str) -> k8s.Node:
    up = scene.up(name)
    since = scene.node_since(name)
    taints: tuple[k8s.Taint, ...] = ()
    if not up:
        taints = tuple(
            k8s.Taint(key="node.kubernetes.io/unreachable", effect=effect, time_added=since)
            for effect in ("NoSchedule", "NoExecute")
        )
    return k8s.Node(
        metadata=metadata(
            Ref("Node", "", name),
            scene.at(-AGE),
            labels={
                "kubernetes.io/hostname": name,
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/os": "linux",
            },
        ),
        spec=k8s.NodeSpec(taints=taints),
        status=k8s.NodeStatus(
            capacity=_ROOM,
            allocatable=_ROOM,
            conditions=_node_conditions(scene, name),
            addresses=(k8s.NodeAddress(type="InternalIP", address=f"192.0.2.1{name[-1]}"),),
            node_info=k8s.NodeInfo(
                kubelet_version="v1.36.2",
                os_image="Debian GNU/Linux 13 (trixie)",
                container_runtime_version="containerd://2.1.4",
                architecture="amd64",
                operating_system="linux",
            ),
            daemon_endpoints=k8s.DaemonEndpoints(kubelet_endpoint=k8s.Endpoint(port=10250)),
        ),
    )


def _node_conditions(scene: Scene, name: str) -> tuple[k8s.Condition, ...]:
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
        k8s.Condition(
            type=kind,
            status=status if up else "Unknown",
            reason=reason if up else "NodeStatusUnknown",
            message=message if up else silent,
            last_transition_time=since,
            last_heartbeat_time=scene.now if up else since,
        )
        for kind, (status, reason, message) in conditions.items()
    )


def _storage(scene: Scene) -> Iterator[k8s.Object]:
    """The one claim of postgres, bound."""
    created = scene.at(-AGE)
    claim = k8s.PersistentVolumeClaim(
        metadata=metadata(Ref("PersistentVolumeClaim", "shop", _CLAIM), created),
        spec=k8s.ClaimSpec(
            storage_class_name=_CLASS,
            volume_name=_VOLUME,
            access_modes=("ReadWriteOnce",),
            volume_mode="Filesystem",
            resources=k8s.Resources(requests={"storage": "10Gi"}),
        ),
        status=k8s.ClaimStatus(phase="Bound"),
    )
    yield claim
    yield k8s.PersistentVolume(
        metadata=metadata(Ref("PersistentVolume", "", _VOLUME), created),
        spec=k8s.VolumeSpec(
            claim_ref=k8s.ObjectReference(
                kind=claim.KIND, namespace=claim.namespace, name=claim.name, uid=claim.uid
            ),
            storage_class_name=_CLASS,
            access_modes=("ReadWriteOnce",),
        ),
        status=k8s.VolumeStatus(phase="Bound", last_phase_transition_time=created),
    )
    yield k8s.StorageClass(
        metadata=metadata(
            Ref("StorageClass", "", _CLASS),
            created,
            annotations=k8s.Annotations(default_class="true"),
        ),
        provisioner="rancher.io/local-path",
        volume_binding_mode="WaitForFirstConsumer",
    )


def _service(scene: Scene, app: App, pods: tuple[k8s.Pod, ...]) -> Iterator[k8s.Object]:
    created = scene.at(-AGE)
    service = k8s.Service(
        metadata=metadata(Ref("Service", app.namespace, app.name), created),
        spec=k8s.ServiceSpec(
            type="ClusterIP",
            cluster_ip=f"10.96.0.{app.port % 250 + 1}",
            selector={"app": app.name},
            ports=(k8s.ServicePort(port=app.port, target_port=app.port),),
        ),
    )
    yield service
    yield k8s.EndpointSlice(
        metadata=metadata(
            Ref("EndpointSlice", app.namespace, f"{app.name}-1"),
            created,
            owner=service,
            labels={"kubernetes.io/service-name": app.name},
        ),
        endpoints=tuple(_endpoint(pod) for pod in pods if _serves(app, pod)),
        ports=(k8s.EndpointPort(port=app.port),),
    )


def _serves(app: App, pod: k8s.Pod) -> bool:
    """Whether the Service of `app` selects this pod and it has an address."""
    chosen = pod.namespace == app.namespace and pod.labels.get("app") == app.name
    return chosen and pod.status.pod_ip != ""


def _endpoint(pod: k8s.Pod) -> k8s.SliceEndpoint:
    return k8s.SliceEndpoint(
        addresses=(pod.status.pod_ip,),
        conditions=k8s.EndpointConditions(ready=pod.ready and not pod.deleting),
        node_name=pod.node,
        target_ref=k8s.ObjectReference(
            kind="Pod", namespace=pod.namespace, name=pod.name, uid=pod.uid
        ),
    )
