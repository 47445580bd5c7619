"""A synthetic cluster as the API server would print it: pods of 8 KB, one in fifty broken.

Everything is computed from indexes, so two runs serve the same bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

Json = dict[str, object]

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
REPLICAS = 5  # pods of one Deployment
OLD_REVISIONS = 2  # ReplicaSets kept beside the current one
BROKEN_EVERY = 50  # each 50th Deployment cannot pull its image: 2 % of the pods
PODS_PER_NODE = 100


def stamp(age: timedelta) -> str:
    """A moment before NOW, as Kubernetes prints it."""
    return (NOW - age).strftime("%Y-%m-%dT%H:%M:%SZ")


BORN = stamp(timedelta(days=3))


@dataclass(frozen=True)
class Size:
    """How large the cluster is; the number of pods decides the rest."""

    pods: int

    @property
    def deployments(self) -> int:
        return self.pods // REPLICAS

    @property
    def nodes(self) -> int:
        return max(3, self.pods // PODS_PER_NODE)


def cluster(size: Size) -> dict[str, Iterator[Json]]:
    """Return the objects of each plural resource name; what is not named is empty."""
    apps = range(size.deployments)
    return {
        "pods": (_pod(app, n, size) for app in apps for n in range(REPLICAS)),
        "deployments": (_deployment(app) for app in apps),
        "replicasets": (
            _replicaset(app, revision) for app in apps for revision in range(OLD_REVISIONS + 1)
        ),
        "services": (_service(app) for app in apps),
        "endpointslices": (_slice(app, size) for app in apps),
        "configmaps": (_named("v1", "ConfigMap", app, f"app-{app}-config") for app in apps),
        "serviceaccounts": (_named("v1", "ServiceAccount", app, f"app-{app}") for app in apps),
        "nodes": (_node(n) for n in range(size.nodes)),
        "namespaces": (_namespace(name) for name in _namespaces(size)),
        "events": (_event(app, n) for app in apps if _broken(app) for n in range(REPLICAS)),
    }


def _broken(app: int) -> bool:
    return app % BROKEN_EVERY == BROKEN_EVERY - 1


def _place(app: int) -> str:
    return f"team-{app % 50}"


def _namespaces(size: Size) -> list[str]:
    return ["kube-system", "default", *(f"team-{n}" for n in range(min(50, size.deployments)))]


def _uid(*parts: object) -> str:
    return str(uuid5(NAMESPACE_OID, "/".join(str(part) for part in parts)))


def _image(app: int, revision: int = OLD_REVISIONS) -> str:
    return f"registry.example.com/platform/team-{app % 50}/app-{app}:1.{revision}.{app}"


def _hash(app: int, revision: int) -> str:
    return f"{(app * 7919 + revision * 104729) % 16**9:09x}"


def _metadata(app: int, name: str, kind: str, **more: object) -> Json:
    return {
        "name": name,
        "namespace": _place(app),
        "uid": _uid(kind, app, name),
        "resourceVersion": str(100_000 + app),
        "creationTimestamp": BORN,
        **more,
    }


def _labels(app: int) -> Json:
    return {
        "app.kubernetes.io/name": f"app-{app}",
        "app.kubernetes.io/instance": f"app-{app}-production",
        "app.kubernetes.io/version": f"1.{OLD_REVISIONS}.{app}",
        "app.kubernetes.io/managed-by": "Helm",
        "team": _place(app),
    }


def _owner(kind: str, name: str, app: int) -> list[Json]:
    version = "apps/v1"
    uid = _uid(kind, app, name)
    return [
        {
            "apiVersion": version,
            "kind": kind,
            "name": name,
            "uid": uid,
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]


def _fields(names: list[str]) -> Json:
    """The way managedFields spells which fields somebody set."""
    return {f"f:{name}": {"f:value": {}, ".": {}, "f:valueFrom": {}} for name in names}


def _managed() -> list[Json]:
    """About a third of a real pod's bytes."""
    spec = _fields([f'k:{{"name":"SETTING_{n}"}}' for n in range(8)])
    probes = _fields(["livenessProbe", "readinessProbe", "resources", "volumeMounts", "ports"])
    status = _fields(["conditions", "containerStatuses", "hostIP", "phase", "podIP", "startTime"])
    return [
        {
            "manager": manager,
            "operation": "Update",
            "apiVersion": "v1",
            "time": BORN,
            "fieldsType": "FieldsV1",
            "fieldsV1": fields,
        }
        for manager, fields in (
            ("kube-controller-manager", {"f:spec": {"f:containers": {**spec, **probes}}}),
            ("kubelet", {"f:status": status}),
        )
    ]


def _env(app: int) -> list[Json]:
    plain: list[Json] = [
        {"name": f"SETTING_{n}", "value": f"value-{n}-of-app-{app}.{_place(app)}.svc"}
        for n in range(6)
    ]
    secret = {"secretKeyRef": {"name": f"app-{app}", "key": "database-url"}}
    config = {"configMapKeyRef": {"name": f"app-{app}-config", "key": "log-level"}}
    return [
        *plain,
        {"name": "DATABASE_URL", "valueFrom": secret},
        {"name": "LOG_LEVEL", "valueFrom": config},
    ]


def _probe(path: str) -> Json:
    return {
        "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
        "initialDelaySeconds": 10,
        "timeoutSeconds": 2,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }


def _container(app: int, name: str, revision: int, mounts: list[Json]) -> Json:
    return {
        "name": name,
        "image": _image(app, revision),
        "args": ["--listen=0.0.0.0:8080", "--metrics=:9090", f"--name=app-{app}"],
        "ports": [
            {"name": "http", "containerPort": 8080, "protocol": "TCP"},
            {"name": "metrics", "containerPort": 9090, "protocol": "TCP"},
        ],
        "env": _env(app),
        "resources": {
            "limits": {"memory": "512Mi"},
            "requests": {"cpu": "100m", "memory": "256Mi"},
        },
        "volumeMounts": [
            {"name": "config", "mountPath": "/etc/app", "readOnly": True},
            {"name": "scratch", "mountPath": "/tmp"},
            *mounts,
        ],
        "livenessProbe": _probe("/healthz"),
        "readinessProbe": _probe("/readyz"),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
        "securityContext": {
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def _spec(app: int, revision: int, token: str = "") -> Json:
    """A pod spec; `token` is the name of the token volume that admission adds to a pod."""
    mount: list[Json] = []
    volumes: list[Json] = [
        {"name": "config", "configMap": {"name": f"app-{app}-config", "defaultMode": 420}},
        {"name": "scratch", "emptyDir": {}},
    ]
    if token:
        mount = [
            {
                "name": token,
                "readOnly": True,
                "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
            }
        ]
        sources: list[Json] = [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {
                "configMap": {
                    "name": "kube-root-ca.crt",
                    "items": [{"key": "ca.crt", "path": "ca.crt"}],
                }
            },
            {
                "downwardAPI": {
                    "items": [
                        {
                            "path": "namespace",
                            "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"},
                        }
                    ]
                }
            },
        ]
        volumes.append({"name": token, "projected": {"sources": sources, "defaultMode": 420}})
    return {
        "volumes": volumes,
        "initContainers": [_container(app, "migrate", revision, mount)],
        "containers": [_container(app, "app", revision, mount)],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": f"app-{app}",
        "securityContext": {"fsGroup": 65532},
        "schedulerName": "default-scheduler",
        "imagePullSecrets": [{"name": "registry"}],
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": _labels(app)},
            }
        ],
    }


def _pod(app: int, n: int, size: Size) -> Json:
    template = _hash(app, OLD_REVISIONS)
    replicaset = f"app-{app}-{template}"
    name = f"{replicaset}-{(app * 31 + n * 17) % 36**3:05d}"
    spec = _spec(app, OLD_REVISIONS, token=f"kube-api-access-{n:05d}")
    spec |= {
        "nodeName": f"node-{(app * REPLICAS + n) % size.nodes}",
        "priority": 0,
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
        "tolerations": [
            {
                "key": f"node.kubernetes.io/{taint}",
                "operator": "Exists",
                "effect": "NoExecute",
                "tolerationSeconds": 300,
            }
            for taint in ("not-ready", "unreachable")
        ],
    }
    return {
        "metadata": _metadata(
            app,
            name,
            "Pod",
            generateName=f"{replicaset}-",
            labels={**_labels(app), "pod-template-hash": template},
            annotations={
                "prometheus.io/scrape": "true",
                "checksum/config": template * 7,
            },
            ownerReferences=_owner("ReplicaSet", replicaset, app),
            managedFields=_managed(),
        ),
        "spec": spec,
        "status": _pod_status(app, n),
    }


def _pod_status(app: int, n: int) -> Json:
    broken = _broken(app)
    ready = "False" if broken else "True"
    conditions = [
        {"type": kind, "status": status, "lastProbeTime": None, "lastTransitionTime": BORN}
        for kind, status in (
            ("PodReadyToStartContainers", "True"),
            ("Initialized", "True"),
            ("Ready", ready),
            ("ContainersReady", ready),
            ("PodScheduled", "True"),
        )
    ]
    image = _image(app)
    waiting = {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{image}"'}
    digest = f"{app:064x}"
    state = {"waiting": waiting} if broken else {"running": {"startedAt": BORN}}
    done = {
        "exitCode": 0,
        "reason": "Completed",
        "startedAt": BORN,
        "finishedAt": BORN,
        "containerID": f"containerd://{digest}",
    }
    common = {"image": image, "imageID": f"{image}@sha256:{digest}", "restartCount": 0}
    return {
        "phase": "Pending" if broken else "Running",
        "conditions": conditions,
        "hostIP": f"10.0.{app % 250}.{n}",
        "podIP": f"10.{app % 250}.{app // 250}.{n}",
        "startTime": BORN,
        "qosClass": "Burstable",
        "initContainerStatuses": [
            {
                "name": "migrate",
                "ready": True,
                "started": False,
                "state": {"terminated": done},
                "lastState": {},
                **common,
            }
        ],
        "containerStatuses": [
            {
                "name": "app",
                "ready": not broken,
                "started": not broken,
                "state": state,
                "lastState": {},
                **common,
            }
        ],
    }


def _template(app: int, revision: int, **labels: str) -> Json:
    return {
        "metadata": {"labels": {**_labels(app), **labels}},
        "spec": _spec(app, revision),
    }


def _counts(app: int) -> Json:
    ready = 0 if _broken(app) else REPLICAS
    return {
        "observedGeneration": 3,
        "replicas": REPLICAS,
        "updatedReplicas": REPLICAS,
        "readyReplicas": ready,
        "availableReplicas": ready,
    }


def _deployment(app: int) -> Json:
    state = "False" if _broken(app) else "True"
    times = {"lastUpdateTime": BORN, "lastTransitionTime": BORN}
    return {
        "metadata": _metadata(
            app,
            f"app-{app}",
            "Deployment",
            generation=3,
            labels=_labels(app),
            annotations={"deployment.kubernetes.io/revision": str(OLD_REVISIONS + 1)},
            managedFields=_managed(),
        ),
        "spec": {
            "replicas": REPLICAS,
            "selector": {"matchLabels": {"app.kubernetes.io/name": f"app-{app}"}},
            "template": _template(app, OLD_REVISIONS),
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
            },
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
        },
        "status": _counts(app)
        | {
            "conditions": [
                {"type": "Available", "status": state, "reason": "MinimumReplicas", **times},
                {"type": "Progressing", "status": "True", "reason": "NewReplicaSet", **times},
            ]
        },
    }


def _replicaset(app: int, revision: int) -> Json:
    template = _hash(app, revision)
    current = revision == OLD_REVISIONS
    return {
        "metadata": _metadata(
            app,
            f"app-{app}-{template}",
            "ReplicaSet",
            generation=1,
            labels={**_labels(app), "pod-template-hash": template},
            annotations={"deployment.kubernetes.io/revision": str(revision + 1)},
            ownerReferences=_owner("Deployment", f"app-{app}", app),
            managedFields=_managed(),
        ),
        "spec": {
            "replicas": REPLICAS if current else 0,
            "selector": {"matchLabels": {"pod-template-hash": template}},
            "template": _template(app, revision, **{"pod-template-hash": template}),
        },
        "status": _counts(app) if current else {"replicas": 0, "observedGeneration": 3},
    }


def _service(app: int) -> Json:
    port = {"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}
    return {
        "metadata": _metadata(app, f"app-{app}", "Service", labels=_labels(app)),
        "spec": {
            "type": "ClusterIP",
            "clusterIP": f"10.96.{app // 250}.{app % 250}",
            "selector": {"app.kubernetes.io/name": f"app-{app}"},
            "ports": [port],
        },
        "status": {"loadBalancer": {}},
    }


def _slice(app: int, size: Size) -> Json:
    endpoints = [
        {
            "addresses": [f"10.{app % 250}.{app // 250}.{n}"],
            "conditions": {"ready": not _broken(app), "serving": True, "terminating": False},
            "nodeName": f"node-{(app * REPLICAS + n) % size.nodes}",
        }
        for n in range(REPLICAS)
    ]
    labels = {"kubernetes.io/service-name": f"app-{app}"}
    return {
        "metadata": _metadata(app, f"app-{app}-x1y2z", "EndpointSlice", labels=labels),
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
    }


def _named(version: str, kind: str, app: int, name: str) -> Json:
    return {"apiVersion": version, "kind": kind, "metadata": _metadata(app, name, kind)}


def _namespace(name: str) -> Json:
    return {
        "metadata": {"name": name, "uid": _uid("Namespace", name), "creationTimestamp": BORN},
        "status": {"phase": "Active"},
    }


def _node(n: int) -> Json:
    room = {"cpu": "16", "memory": "64Gi", "pods": "250", "ephemeral-storage": "200Gi"}
    seen = stamp(timedelta(seconds=20))
    pressures = ("MemoryPressure", "DiskPressure", "PIDPressure")
    conditions = [
        {
            "type": kind,
            "status": "True" if kind == "Ready" else "False",
            "lastHeartbeatTime": seen,
            "lastTransitionTime": BORN,
            "reason": f"Kubelet{kind}",
            "message": "kubelet is posting ready status",
        }
        for kind in (*pressures, "Ready")
    ]
    images = [
        {"names": [_image(app), f"{_image(app)}@sha256:{app:064x}"], "sizeBytes": 80_000_000}
        for app in range(n, n + 50)
    ]
    return {
        "metadata": {
            "name": f"node-{n}",
            "uid": _uid("Node", n),
            "creationTimestamp": BORN,
            "labels": {"kubernetes.io/hostname": f"node-{n}", "kubernetes.io/arch": "amd64"},
            "managedFields": _managed(),
        },
        "spec": {"podCIDR": f"10.{n % 250}.0.0/24"},
        "status": {
            "capacity": room,
            "allocatable": room,
            "conditions": conditions,
            "addresses": [{"type": "InternalIP", "address": f"10.0.{n // 250}.{n % 250}"}],
            "nodeInfo": {"kubeletVersion": "v1.36.3", "architecture": "amd64"},
            "images": images,
        },
    }


def _event(app: int, n: int) -> Json:
    replicaset = f"app-{app}-{_hash(app, OLD_REVISIONS)}"
    name = f"{replicaset}-{(app * 31 + n * 17) % 36**3:05d}"
    return {
        "metadata": _metadata(app, f"{name}.{n:016x}", "Event"),
        "involvedObject": {
            "kind": "Pod",
            "namespace": _place(app),
            "name": name,
            "uid": _uid("Pod", app, name),
            "apiVersion": "v1",
            "fieldPath": "spec.containers{app}",
        },
        "reason": "Failed",
        "message": f'Failed to pull image "{_image(app)}": not found',
        "source": {"component": "kubelet", "host": "node-1"},
        "firstTimestamp": BORN,
        "lastTimestamp": stamp(timedelta(minutes=2)),
        "count": 40,
        "type": "Warning",
        "eventTime": None,
        "reportingComponent": "kubelet",
    }
