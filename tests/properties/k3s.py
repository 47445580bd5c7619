"""A healthy k3s at home, as its API server prints it: what k3s ships, and two applications.

k3s is one process: no pod, no Service and no Lease stands for its scheduler, controller manager, proxy
or store. Its load balancer is a DaemonSet per Service, its charts are installed by Jobs that stay.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
Json = dict[str, object]
LABEL = "app.kubernetes.io/name"


def ago(**age: float) -> str:
    return (NOW - timedelta(**age)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _meta(kind: str, name: str, namespace: str = "", **more: object) -> Json:
    place = {"namespace": namespace} if namespace else {}
    uid = f"{kind}-{namespace}-{name}"
    return {"name": name, "uid": uid, "creationTimestamp": ago(days=90), **place, **more}


def _owner(item: Json) -> list[Json]:
    meta = item["metadata"]
    assert isinstance(meta, dict)
    ref = {"apiVersion": item["apiVersion"], "kind": item["kind"], "controller": True}
    return [{**ref, "name": meta["name"], "uid": meta["uid"]}]


def _object(group: str, kind: str, name: str, namespace: str = "", **fields: object) -> Json:
    meta = fields.pop("meta", {})
    assert isinstance(meta, dict)
    return {
        "apiVersion": group,
        "kind": kind,
        "metadata": _meta(kind, name, namespace, **meta),
        **fields,
    }


def node(name: str, arch: str, *, server: bool = False) -> list[Json]:
    """A node and its heartbeat."""
    roles = ("control-plane", "master") if server else ()
    labels = {
        "kubernetes.io/arch": arch,
        "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": name,
        "node.kubernetes.io/instance-type": "k3s",
        **{f"node-role.kubernetes.io/{role}": "true" for role in roles},
    }
    room = {"cpu": "4", "memory": "8Gi", "pods": "110", "ephemeral-storage": "58Gi"}
    good = {"MemoryPressure": "False", "DiskPressure": "False", "PIDPressure": "False"}
    conditions = [
        {
            "type": kind,
            "status": status,
            "reason": "Kubelet",
            "lastHeartbeatTime": ago(minutes=2),
            "lastTransitionTime": ago(days=30),
        }
        for kind, status in {**good, "Ready": "True"}.items()
    ]
    info = {
        "kubeletVersion": "v1.31.4+k3s1",
        "architecture": arch,
        "operatingSystem": "linux",
        "osImage": "Debian GNU/Linux 12 (bookworm)",
        "kernelVersion": "6.6.51+rpt-rpi-2712" if arch == "arm64" else "6.1.0-28-amd64",
        "containerRuntimeVersion": "containerd://1.7.23-k3s2",
    }
    lease = {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": ago(seconds=3)}
    return [
        _object(
            "v1",
            "Node",
            name,
            meta={"labels": labels},
            spec={},
            status={
                "capacity": room,
                "allocatable": room,
                "conditions": conditions,
                "nodeInfo": info,
                "addresses": [{"type": "InternalIP", "address": f"10.0.0.{len(name)}"}],
            },
        ),
        _object("coordination.k8s.io/v1", "Lease", name, "kube-node-lease", spec=lease),
    ]


def _template(name: str, container: Json, spec: Mapping[str, object]) -> Json:
    return {"metadata": {"labels": {LABEL: name}}, "spec": {"containers": [container], **spec}}


def _container(name: str, image: str, ports: Sequence[int], **fields: object) -> Json:
    listed = [{"containerPort": each, "protocol": "TCP"} for each in ports]
    return {"name": name, "image": image, "ports": listed, **fields}


def _pod(owner: Json, name: str, namespace: str, template: Json, on: str) -> Json:
    meta, spec = template["metadata"], template["spec"]
    assert isinstance(meta, dict)
    assert isinstance(spec, dict)
    conditions = [
        {"type": kind, "status": "True", "lastTransitionTime": ago(days=30)}
        for kind in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    ]
    statuses = [
        {
            "name": each["name"],
            "image": each["image"],
            "ready": True,
            "started": True,
            "restartCount": 3,
            "state": {"running": {"startedAt": ago(days=30)}},
            "lastState": {
                "terminated": {"exitCode": 255, "reason": "Unknown", "finishedAt": ago(days=30)}
            },
        }
        for each in spec["containers"]
    ]
    return _object(
        "v1",
        "Pod",
        name,
        namespace,
        meta={"labels": meta["labels"], "ownerReferences": _owner(owner)},
        spec={**spec, "nodeName": on},
        status={"phase": "Running", "conditions": conditions, "containerStatuses": statuses},
    )


def _counts(number: int) -> Json:
    names = ("replicas", "readyReplicas", "availableReplicas", "updatedReplicas")
    return {"observedGeneration": 1, **dict.fromkeys(names, number)}


def application(
    namespace: str, name: str, image: str, port: int, on: str, **spec: object
) -> list[Json]:
    """A Deployment of one pod behind a Service."""
    template = _template(name, _container(name, image, [port]), spec)
    selector = {"matchLabels": {LABEL: name}}
    owner = _object(
        "apps/v1",
        "Deployment",
        name,
        namespace,
        meta={"generation": 1, "annotations": {"deployment.kubernetes.io/revision": "1"}},
        spec={"replicas": 1, "selector": selector, "template": template},
        status={
            **_counts(1),
            "conditions": [
                {"type": "Available", "status": "True", "lastTransitionTime": ago(days=30)}
            ],
        },
    )
    revision = _object(
        "apps/v1",
        "ReplicaSet",
        f"{name}-5d4f",
        namespace,
        meta={
            "ownerReferences": _owner(owner),
            "annotations": {"deployment.kubernetes.io/revision": "1"},
        },
        spec={"replicas": 1, "selector": selector, "template": template},
        status=_counts(1),
    )
    pod = _pod(revision, f"{name}-5d4f-x2x7q", namespace, template, on)
    return [owner, revision, pod, *service(namespace, name, port, pod)]


def service(namespace: str, name: str, port: int, pod: Json, **spec: object) -> list[Json]:
    """A Service of one pod, and its endpoints."""
    meta = pod["metadata"]
    assert isinstance(meta, dict)
    target = {"kind": "Pod", "namespace": namespace, "name": meta["name"], "uid": meta["uid"]}
    endpoint = {"addresses": ["10.42.0.7"], "conditions": {"ready": True}, "targetRef": target}
    ports = [{"name": "main", "port": port, "targetPort": port, "protocol": "TCP"}]
    return [
        _object(
            "v1",
            "Service",
            name,
            namespace,
            spec={"clusterIP": "10.43.0.7", "selector": {LABEL: name}, "ports": ports, **spec},
            status={"loadBalancer": {}},
        ),
        _object(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            f"{name}-abc",
            namespace,
            meta={"labels": {"kubernetes.io/service-name": name}},
            endpoints=[endpoint],
            ports=[{"name": "main", "port": port}],
        ),
    ]


def balancer(nodes: Sequence[str]) -> list[Json]:
    """What klipper-lb makes of Traefik's Service: a DaemonSet that takes ports of every node."""
    name = "svclb-traefik-3a1f"
    held = [{"containerPort": each, "hostPort": each, "protocol": "TCP"} for each in (80, 443)]
    container: Json = {"name": "lb-tcp-80", "image": "rancher/klipper-lb:v0.4.9", "ports": held}
    tolerations = [{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}]
    template = _template(name, container, {"tolerations": tolerations})
    count = len(nodes)
    numbers = (
        *("currentNumberScheduled", "desiredNumberScheduled", "numberAvailable", "numberReady"),
        "updatedNumberScheduled",
    )
    owner = _object(
        "apps/v1",
        "DaemonSet",
        name,
        "kube-system",
        meta={"generation": 1},
        spec={"selector": {"matchLabels": {LABEL: name}}, "template": template},
        status={"observedGeneration": 1, **dict.fromkeys(numbers, count)},
    )
    pods = [_pod(owner, f"{name}-{each}", "kube-system", template, each) for each in nodes]
    return [owner, *pods]


def chart(name: str) -> Json:
    """The Job that installed a chart, left behind by helm-controller; its owner is a HelmChart."""
    container = _container("helm", "rancher/klipper-helm:v0.9.3-build20241008", [])
    owner = {"apiVersion": "helm.cattle.io/v1", "kind": "HelmChart", "name": name}
    return _object(
        "batch/v1",
        "Job",
        f"helm-install-{name}",
        "kube-system",
        meta={"ownerReferences": [{**owner, "controller": True, "uid": f"chart-{name}"}]},
        spec={"backoffLimit": 1000, "completions": 1, "template": _template(name, container, {})},
        status={
            "succeeded": 1,
            "startTime": ago(days=90),
            "completionTime": ago(days=89),
            "conditions": [
                {"type": "Complete", "status": "True", "lastTransitionTime": ago(days=89)}
            ],
        },
    )


def storage(namespace: str, name: str, on: str) -> list[Json]:
    """A claim of local-path and its volume on one node; the class, with a claim nobody uses yet."""
    terms = [
        {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [on]}]}
    ]
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "local-path"}
    wants = {"resources": {"requests": {"storage": "5Gi"}}}
    return [
        _object(
            "storage.k8s.io/v1",
            "StorageClass",
            "local-path",
            meta={"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            provisioner="rancher.io/local-path",
            volumeBindingMode="WaitForFirstConsumer",
            reclaimPolicy="Delete",
        ),
        _object(
            "v1",
            "PersistentVolumeClaim",
            name,
            namespace,
            spec={**spec, **wants, "volumeName": f"pvc-{name}"},
            status={"phase": "Bound", "capacity": {"storage": "5Gi"}},
        ),
        _object(
            "v1",
            "PersistentVolumeClaim",
            "later",
            namespace,
            spec={**spec, **wants},
            status={"phase": "Pending"},
        ),
        _object(
            "v1",
            "PersistentVolume",
            f"pvc-{name}",
            spec={
                **spec,
                "claimRef": {"kind": "PersistentVolumeClaim", "namespace": namespace, "name": name},
                "nodeAffinity": {"required": {"nodeSelectorTerms": terms}},
            },
            status={"phase": "Bound"},
        ),
    ]


def cluster(nodes: Mapping[str, str]) -> list[Json]:
    """Everything; the first of `nodes` (name: architecture) is the server, pods are spread."""
    names = list(nodes)
    first, last = names[0], names[-1]
    spaces = ("default", "kube-system", "kube-public", "kube-node-lease", "home")
    system = "kube-system"
    claim = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}
    dns = application(system, "coredns", "rancher/mirrored-coredns-coredns:1.12.0", 53, first)
    traefik = application(system, "traefik", "rancher/mirrored-library-traefik:2.11.10", 80, last)
    for item in traefik:
        if item["kind"] == "Service":
            item["spec"] = {**_dict(item["spec"]), "type": "LoadBalancer"}
            item["status"] = {"loadBalancer": {"ingress": [{"ip": "10.0.0.5"}]}}
    api = {"type": "Available", "status": "True", "lastTransitionTime": ago(days=30)}
    return [
        *(each for name, arch in nodes.items() for each in node(name, arch, server=name == first)),
        *(_object("v1", "Namespace", each, status={"phase": "Active"}) for each in spaces),
        *dns,
        *traefik,
        *application(
            system, "metrics-server", "rancher/mirrored-metrics-server:v0.7.2", 10250, first
        ),
        *application(
            system, "local-path-provisioner", "rancher/local-path-provisioner:v0.0.30", 80, first
        ),
        *application(
            "home", "hass", "ghcr.io/home-assistant/home-assistant:2025.10.1", 8123, last, **claim
        ),
        *application("home", "grafana", "grafana/grafana:11.2.0", 3000, first),
        *balancer(names),
        chart("traefik"),
        chart("traefik-crd"),
        *storage("home", "data", last),
        _object("networking.k8s.io/v1", "IngressClass", "traefik", spec={}),
        _object(
            "apiregistration.k8s.io/v1",
            "APIService",
            "v1beta1.metrics.k8s.io",
            spec={
                "group": "metrics.k8s.io",
                "version": "v1beta1",
                "service": {"namespace": system, "name": "metrics-server"},
            },
            status={"conditions": [api]},
        ),
        _object(
            "networking.k8s.io/v1",
            "Ingress",
            "hass",
            "home",
            spec={"ingressClassName": "traefik", "rules": [_rule("hass.home.lan", "hass", 8123)]},
            status={"loadBalancer": {"ingress": [{"ip": "10.0.0.5"}]}},
        ),
    ]


def _rule(host: str, name: str, port: int) -> Json:
    backend = {"service": {"name": name, "port": {"number": port}}}
    return {
        "host": host,
        "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
    }


def _dict(value: object) -> Json:
    assert isinstance(value, dict)
    return value
