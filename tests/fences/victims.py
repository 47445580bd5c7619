"""What stands in a namespace for the account to try its hands on, and what became of it."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.deploy.api import Account

CORE, APPS, BATCH = "/api/v1", "/apis/apps/v1", "/apis/batch/v1"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
NODE = "fences-node"
RESTARTED = "kubectl.kubernetes.io/restartedAt"
MIRROR = "kubernetes.io/config.mirror"
_MERGE = {"Content-Type": "application/merge-patch+json"}
# Nobody schedules it, so nothing but the tests changes it; Pod Security has nothing against it.
POD_SPEC: Mapping[str, Any] = {
    "schedulerName": "nobody",
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "main",
            "image": "registry.invalid/x:1",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
        }
    ],
}
_KINDS = {
    CORE: ("pods", "configmaps", "secrets", "serviceaccounts", "events", "services"),
    APPS: ("deployments", "statefulsets", "daemonsets", "replicasets"),
    BATCH: ("jobs", "cronjobs"),
    RBAC: ("roles", "rolebindings"),
    "/apis/policy/v1": ("poddisruptionbudgets",),
    "/apis/autoscaling/v2": ("horizontalpodautoscalers",),
    "/apis/networking.k8s.io/v1": ("networkpolicies",),
}
_GLOBAL = {
    RBAC: ("clusterroles", "clusterrolebindings"),
    ADMISSION: (
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
        "validatingwebhookconfigurations",
        "mutatingwebhookconfigurations",
    ),
    "/apis/apiextensions.k8s.io/v1": ("customresourcedefinitions",),
    "/apis/storage.k8s.io/v1": ("storageclasses",),
}


@dataclass(frozen=True, slots=True)
class Victims:
    """A namespace, and the uid of each pod and Job in it that a test names."""

    namespace: str
    uids: Mapping[str, str]


def build(admin: Account, namespace: str) -> Victims:
    """Workloads of each kind; pods that run, have failed, and must not be deleted for a reason."""
    for name, plural in (("web", "deployments"), ("db", "statefulsets"), ("agent", "daemonsets")):
        _post(admin, f"{APPS}/namespaces/{namespace}/{plural}", _workload(plural, name))
    core = f"{CORE}/namespaces/{namespace}"
    pods = {
        "failed": pod("failed", "failed"),
        "debris": pod("debris", "failed"),
        "held": pod("held", "failed", finalizers=["example.com/hold"]),
        "mirror": pod("mirror", "failed", annotations={MIRROR: "x"}),
        "bare": pod("bare", "bare"),
        "of-a-job": pod("of-a-job", "work"),
        "running": pod("running", "kept"),
    }
    uids = {name: _post(admin, f"{core}/pods", body) for name, body in pods.items()}
    for name in pods:
        if name != "running":
            _fail(admin, f"{core}/pods/{name}")
    _controller(admin, namespace, "kept", replicas=1)  # takes the running pod for its own
    # A controller would have ended these before they could fail.
    owner = _controller(admin, namespace, "failed", replicas=0)
    job = _job(admin, namespace, "work")
    for name, of in {
        "failed": owner,
        "debris": owner,
        "held": owner,
        "mirror": owner,
        "of-a-job": job,
    }.items():
        status, _ = admin.ask(
            "PATCH", f"{core}/pods/{name}", {"metadata": {"ownerReferences": [of]}}, _MERGE
        )
        assert status == 200
    _post(admin, f"{core}/configmaps", {"metadata": {"name": "settings"}, "data": {"a": "b"}})
    _post(admin, f"{core}/secrets", {"metadata": {"name": "canary"}, "stringData": {"a": "b"}})
    _settle(admin, namespace)
    return Victims(namespace, {**uids, "work": job["uid"]})


def pod(name: str, app: str, **meta: Any) -> Any:
    """A pod that nobody schedules."""
    spec: dict[str, Any] = dict(POD_SPEC)
    if MIRROR in meta.get("annotations", {}):  # what the API server asks of such a pod
        spec = {**spec, "nodeName": NODE, "automountServiceAccountToken": False}
    return {"metadata": {"name": name, "labels": {"app": app}, **meta}, "spec": spec}


def versions(admin: Account, namespace: str) -> dict[str, str]:
    """What any write would change: resourceVersions here and cluster-wide, and of a node its spec."""
    paths = [
        f"{api}/namespaces/{namespace}/{kind}" for api, kinds in _KINDS.items() for kind in kinds
    ]
    paths += [f"{api}/{kind}" for api, kinds in _GLOBAL.items() for kind in kinds]
    found = {}
    for path in paths:
        for item in admin.ask("GET", path)[1]["items"]:
            found[f"{path}/{item['metadata']['name']}"] = item["metadata"]["resourceVersion"]
    node = admin.ask("GET", f"{CORE}/nodes/{NODE}")[1]
    spec = {key: value for key, value in node["spec"].items() if key != "taints"}
    found["node"] = json.dumps([node["metadata"].get("labels"), spec], sort_keys=True)
    space = admin.ask("GET", f"{CORE}/namespaces/{namespace}")[1]["metadata"]
    return {**found, "namespace": space["resourceVersion"]}


def _settle(admin: Account, namespace: str) -> None:
    """Return when the controllers are done with what was made."""
    before: dict[str, str] = {}
    for _ in range(100):
        time.sleep(0.3)  # noqa: TID251 -- a real control plane
        now = versions(admin, namespace)
        if now == before:
            return
        before = now
    raise AssertionError(f"{namespace} does not come to rest")


def _post(admin: Account, path: str, body: object) -> str:
    status, made = admin.ask("POST", path, body)
    assert status == 201, made
    uid: str = made["metadata"]["uid"]
    return uid


def _fail(admin: Account, path: str) -> None:
    status, text = admin.ask("PATCH", f"{path}/status", {"status": {"phase": "Failed"}}, _MERGE)
    assert status == 200, text


def _template(app: str) -> dict[str, Any]:
    annotations = {RESTARTED: "2026-01-01T00:00:00Z", "example.com/kept": "yes"}
    return {"metadata": {"labels": {"app": app}, "annotations": annotations}, "spec": POD_SPEC}


def _workload(plural: str, name: str) -> dict[str, Any]:
    template = _template(name)
    spec: dict[str, Any] = {"selector": {"matchLabels": {"app": name}}, "template": template}
    if plural == "daemonsets":
        template["spec"] = {**POD_SPEC, "nodeSelector": {"nobody": "here"}}
    if plural == "statefulsets":
        spec["serviceName"] = name
    annotations = {"example.com/kept": "yes"}
    return {"metadata": {"name": name, "annotations": annotations}, "spec": spec}


def _controller(admin: Account, namespace: str, name: str, *, replicas: int) -> dict[str, Any]:
    """A ReplicaSet, as an owner reference."""
    labels = {"app": name}
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": POD_SPEC},
    }
    path = f"{APPS}/namespaces/{namespace}/replicasets"
    uid = _post(admin, path, {"metadata": {"name": name}, "spec": spec})
    return _owner("apps/v1", "ReplicaSet", name, uid)


def _job(admin: Account, namespace: str, name: str) -> dict[str, Any]:
    """A suspended Job, as an owner reference."""
    spec = {"suspend": True, "template": {"spec": {**POD_SPEC, "restartPolicy": "Never"}}}
    path = f"{BATCH}/namespaces/{namespace}/jobs"
    uid = _post(admin, path, {"metadata": {"name": name}, "spec": spec})
    return _owner("batch/v1", "Job", name, uid)


def _owner(api: str, kind: str, name: str, uid: str) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "name": name, "uid": uid, "controller": True}
