"""Calls that the account must not get through, one by one, and the few that it must.

`by` begins the name of the policy that refuses a call even to whom RBAC grants everything; where it is empty RBAC
is the only fence: policies guard no reads, no impersonation and no policies.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.deploy.api import Account
from tests.deploy.conftest import ACCOUNT, NAMESPACE
from tests.fences.victims import (
    ADMISSION,
    APPS,
    BATCH,
    CORE,
    NODE,
    POD_SPEC,
    RBAC,
    RESTARTED,
    Victims,
)
from watchdog.app.manifests.names import (
    ACTOR,
    NOTHING_ELSE,
    PODS,
    READER,
    RESTART_ONLY,
    STOP_SWITCH,
)

EITHER = "watchdog-"  # two refuse it, and either may be asked first
_CONTENT = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
    "apply": "application/apply-patch+yaml",
}
_NS = "/namespaces/{namespace}"
_WEB, _DB, _AGENT = (
    f"{APPS}{_NS}/deployments/web",
    f"{APPS}{_NS}/statefulsets/db",
    f"{APPS}{_NS}/daemonsets/agent",
)
_PODS = f"{CORE}{_NS}/pods"
TIME = "2026-11-21T10:00:00Z"
_POD = {"metadata": {"generateName": "new-"}, "spec": POD_SPEC}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request; `{namespace}` and, in its body, `<uid:POD>` are filled in."""

    method: str
    path: str
    body: Any = None
    patch: str = "merge"
    by: str = NOTHING_ELSE
    headers: Mapping[str, str] | None = None

    def made(self, account: Account, victims: Victims) -> tuple[int, str]:
        """Make it, and return status and message."""
        text = json.dumps(self.body).replace("{namespace}", victims.namespace)
        for name, uid in victims.uids.items():
            text = text.replace(f"<uid:{name}>", uid)
        content = {"Content-Type": _CONTENT[self.patch]} if self.method == "PATCH" else {}
        path = self.path.format(namespace=victims.namespace)
        status, answer = account.ask(
            self.method, path, json.loads(text), {**content, **(self.headers or {})}
        )
        return status, str(answer.get("message", ""))

    def elsewhere(self, namespace: str) -> "Call":
        """The same call in a namespace of this name."""
        return replace(self, path=self.path.replace("{namespace}", namespace))


def template(**metadata_or_spec: Any) -> dict[str, Any]:
    """A patch of the pod template."""
    return {"spec": {"template": metadata_or_spec}}


def restart(at: str | None = TIME, **more: Any) -> dict[str, Any]:
    """The one patch that is allowed."""
    return template(metadata={"annotations": {RESTARTED: at, **more}})


def delete(name: str, uid: str = "", **more: Any) -> Call:
    """Delete a pod."""
    options = {"kind": "DeleteOptions", "apiVersion": "v1", **more}
    if uid:
        options["preconditions"] = {"uid": uid}
    return Call(method="DELETE", path=f"{_PODS}/{name}", body=options, by=PODS)


def evict(name: str, uid: str = "", **more: Any) -> Call:
    """Evict a pod."""
    options = {**more, **({"preconditions": {"uid": uid}} if uid else {})}
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name},
        "deleteOptions": options,
    }
    return Call(method="POST", path=f"{_PODS}/{name}/eviction", body=body, by=PODS)


def _web(body: Any, patch: str = "strategic", path: str = _WEB) -> Call:
    return Call(method="PATCH", path=path, body=body, patch=patch, by=RESTART_ONLY)


def _container(**fields: Any) -> dict[str, Any]:
    return template(spec={"containers": [{"name": "main", **fields}]})


_IMAGE = _container(image="registry.invalid/evil:1")
_LABELS = {"metadata": {"labels": {"touched": "yes"}}}
_OWNERS = [{"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "x"}]
DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "made"},
    "spec": {
        "replicas": 0,
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": POD_SPEC},
    },
}

WORKLOADS = {
    "another image": _web(_IMAGE),
    "another image beside a restart": _web(
        template(
            metadata={"annotations": {RESTARTED: TIME}},
            spec={"containers": [{"name": "main", "image": "registry.invalid/evil:1"}]},
        )
    ),
    "another image by JSON patch": _web(
        [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "evil"}],
        "json",
    ),
    "another image by apply": _web(
        {"apiVersion": "apps/v1", "kind": "Deployment", **_IMAGE},
        "apply",
        f"{_WEB}?fieldManager=x&force=true",
    ),
    "a variable": _web(_container(env=[{"name": "LD_PRELOAD", "value": "/x"}])),
    "a command": _web(_container(command=["sh"])),
    "another account": _web(template(spec={"serviceAccountName": "admin"})),
    "a folder of the node": _web(
        template(spec={"volumes": [{"name": "root", "hostPath": {"path": "/"}}]})
    ),
    "the host's network": _web(template(spec={"hostNetwork": True})),
    "a container more": _web(template(spec={"containers": [{"name": "b", "image": "evil"}]})),
    "another annotation of the template": _web(restart(**{"example.com/more": "x"})),
    "an annotation of the template gone": _web(restart(**{"example.com/kept": None})),
    "a label of the template": _web(template(metadata={"labels": {"more": "x"}})),
    "restartedAt that is no time": _web(restart("yesterday")),
    "restartedAt with an offset": _web(restart("2026-11-21T10:00:00+02:00")),
    "restartedAt in fractions": _web(restart("2026-11-21T10:00:00.5Z")),
    "restartedAt with a tail": _web(restart(f"{TIME}\nx")),
    "restartedAt gone": _web(restart(None)),
    "replicas": _web({"spec": {"replicas": 0}}),
    "replicas beside a restart": _web({"spec": {"replicas": 5, **restart()["spec"]}}),
    "the strategy": _web({"spec": {"strategy": {"rollingUpdate": {"maxUnavailable": "100%"}}}}),
    "paused": _web({"spec": {"paused": True}}),
    "the history's length": _web({"spec": {"revisionHistoryLimit": 0}}),
    "minReadySeconds": _web({"spec": {"minReadySeconds": 9}}),
    "a label": _web(_LABELS),
    "an annotation": _web({"metadata": {"annotations": {"watchdog/remediate": "x"}}}),
    "an annotation gone": _web({"metadata": {"annotations": {"example.com/kept": None}}}),
    "a finalizer": _web({"metadata": {"finalizers": ["example.com/hold"]}}),
    "an owner": _web({"metadata": {"ownerReferences": _OWNERS}}),
    "another image of a StatefulSet": _web(_IMAGE, path=_DB),
    "the partition of a StatefulSet": _web(
        {"spec": {"updateStrategy": {"rollingUpdate": {"partition": 1}}}}, path=_DB
    ),
    "another image of a DaemonSet": _web(_IMAGE, path=_AGENT),
    "where a DaemonSet runs": _web(template(spec={"nodeSelector": None}), path=_AGENT),
    "a new Deployment": Call(
        method="POST", path=f"{APPS}{_NS}/deployments", body=DEPLOYMENT, by=EITHER
    ),
    "a new Deployment by apply": Call(
        method="PATCH",
        path=f"{APPS}{_NS}/deployments/made?fieldManager=x",
        body=DEPLOYMENT,
        patch="apply",
        by=EITHER,
    ),
    "a Deployment deleted": Call(method="DELETE", path=_WEB, by=EITHER),
    "all Deployments deleted": Call(method="DELETE", path=f"{APPS}{_NS}/deployments", by=EITHER),
    "a StatefulSet deleted": Call(method="DELETE", path=_DB, by=EITHER),
    "the status": Call(method="PATCH", path=f"{_WEB}/status", body={"status": {"replicas": 9}}),
    "the scale": Call(method="PATCH", path=f"{_WEB}/scale", body={"spec": {"replicas": 0}}),
    "the scale of a StatefulSet": Call(
        method="PATCH", path=f"{_DB}/scale", body={"spec": {"replicas": 0}}
    ),
    "the replicas of a ReplicaSet": Call(
        method="PATCH", path=f"{APPS}{_NS}/replicasets/kept", body={"spec": {"replicas": 9}}
    ),
}
PODS_CALLS = {
    "a pod made": Call(method="POST", path=_PODS, body=_POD),
    "a pod's label": Call(method="PATCH", path=f"{_PODS}/running", body=_LABELS),
    "a pod's image": Call(
        method="PATCH",
        path=f"{_PODS}/running",
        body={"spec": {"containers": [{"name": "main", "image": "evil"}]}},
        patch="strategic",
    ),
    "a pod's status": Call(
        method="PATCH", path=f"{_PODS}/running/status", body={"status": {"phase": "Failed"}}
    ),
    "a pod's finalizer": Call(
        method="PATCH", path=f"{_PODS}/held", body={"metadata": {"finalizers": None}}
    ),
    "a debugging container": Call(
        method="PATCH",
        path=f"{_PODS}/running/ephemeralcontainers",
        body={"spec": {"ephemeralContainers": [{"name": "d", "image": "evil"}]}},
        patch="strategic",
    ),
    "exec by POST": Call(method="POST", path=f"{_PODS}/running/exec?command=id"),
    "exec by GET": Call(method="GET", path=f"{_PODS}/running/exec?command=id"),
    "attach": Call(method="POST", path=f"{_PODS}/running/attach"),
    "a forwarded port": Call(method="POST", path=f"{_PODS}/running/portforward"),
    "a proxy to a pod": Call(method="GET", path=f"{_PODS}/running/proxy/"),
    "a pod put on a node": Call(
        method="POST",
        path=f"{_PODS}/running/binding",
        body={"metadata": {"name": "running"}, "target": {"kind": "Node", "name": NODE}},
    ),
    "a failed pod deleted without its uid": delete("failed"),
    "a running pod deleted": delete("running", "<uid:running>"),
    "a running pod deleted at once": delete("running", "<uid:running>", gracePeriodSeconds=0),
    "a failed pod without an owner deleted": delete("bare", "<uid:bare>"),
    "a failed pod of a Job deleted": delete("of-a-job", "<uid:of-a-job>"),
    "a failed pod with a finalizer deleted": delete("held", "<uid:held>"),
    "a mirror pod deleted": delete("mirror", "<uid:mirror>"),
    "all pods deleted": Call(method="DELETE", path=_PODS, by=PODS),
    "a collection of one pod deleted, with its uid": replace(
        delete("failed", "<uid:failed>"), path=f"{_PODS}?fieldSelector=metadata.name%3Dfailed"
    ),
    "an eviction without a uid": evict("running"),
    "an eviction without time to end": evict("running", "<uid:running>", gracePeriodSeconds=0),
}
_SECRET = {"metadata": {"name": "made"}, "stringData": {"a": "b"}}
_MAP = {"metadata": {"name": "made"}, "data": {"a": "b"}}
_RULE = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
_ROLE_REF = {
    "apiGroup": "rbac.authorization.k8s.io",
    "kind": "ClusterRole",
    "name": "cluster-admin",
}
_TOKEN = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
_OWN = f"{CORE}/namespaces/{NAMESPACE}"
_POLICY = f"{ADMISSION}/validatingadmissionpolicies/{NOTHING_ELSE}"
_BINDING = f"{ADMISSION}/validatingadmissionpolicybindings/{NOTHING_ELSE}"


def _create(path: str, body: Any) -> Call:
    return Call(method="POST", path=path, body=body)


OTHERS = {
    "a Secret made": _create(f"{CORE}{_NS}/secrets", _SECRET),
    "a Secret changed": Call(method="PATCH", path=f"{CORE}{_NS}/secrets/canary", body=_LABELS),
    "a ConfigMap made": _create(f"{CORE}{_NS}/configmaps", _MAP),
    "a ConfigMap changed": Call(
        method="PATCH", path=f"{CORE}{_NS}/configmaps/settings", body=_LABELS
    ),
    "a ConfigMap deleted": Call(method="DELETE", path=f"{CORE}{_NS}/configmaps/settings"),
    "its own switch made": _create(f"{_OWN}/configmaps", {"metadata": {"name": STOP_SWITCH}}),
    "an Event made": _create(
        f"{CORE}{_NS}/events",
        {"metadata": {"name": "told"}, "involvedObject": {"namespace": "{namespace}"}},
    ),
    "an account made": _create(f"{CORE}{_NS}/serviceaccounts", {"metadata": {"name": "made"}}),
    "a token of another": _create(f"{CORE}{_NS}/serviceaccounts/default/token", _TOKEN),
    "a token of its own": _create(f"{_OWN}/serviceaccounts/{ACCOUNT}/token", _TOKEN),
    "a Role made": _create(f"{RBAC}{_NS}/roles", {"metadata": {"name": "x"}, "rules": [_RULE]}),
    "a RoleBinding made": _create(
        f"{RBAC}{_NS}/rolebindings", {"metadata": {"name": "x"}, "roleRef": _ROLE_REF}
    ),
    "a ClusterRoleBinding made": _create(
        f"{RBAC}/clusterrolebindings", {"metadata": {"name": "x"}, "roleRef": _ROLE_REF}
    ),
    "its own role wider": Call(
        method="PATCH", path=f"{RBAC}/clusterroles/{ACTOR}", body={"rules": [_RULE]}
    ),
    "the reader's role wider": Call(
        method="PATCH", path=f"{RBAC}/clusterroles/{READER}", body={"rules": [_RULE]}
    ),
    "a node's label": Call(method="PATCH", path=f"{CORE}/nodes/{NODE}", body=_LABELS),
    "a node cordoned": Call(
        method="PATCH", path=f"{CORE}/nodes/{NODE}", body={"spec": {"unschedulable": True}}
    ),
    "a node tainted": Call(
        method="PATCH",
        path=f"{CORE}/nodes/{NODE}",
        body={"spec": {"taints": [{"key": "a", "effect": "NoExecute"}]}},
    ),
    "a node's status": Call(
        method="PATCH",
        path=f"{CORE}/nodes/{NODE}/status",
        body={"status": {"capacity": {"a": "1"}}},
    ),
    "a node deleted": Call(method="DELETE", path=f"{CORE}/nodes/{NODE}"),
    "a proxy to a node": Call(method="GET", path=f"{CORE}/nodes/{NODE}/proxy/"),
    "a namespace made": _create(f"{CORE}/namespaces", {"metadata": {"name": "made"}}),
    "a namespace's labels": Call(method="PATCH", path=f"{CORE}{_NS}", body=_LABELS),
    "a namespace deleted": Call(method="DELETE", path=f"{CORE}{_NS}"),
    "a kind made": _create(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        {
            "metadata": {"name": "xs.fences.example.com"},
            "spec": {
                "group": "fences.example.com",
                "scope": "Namespaced",
                "names": {"plural": "xs", "singular": "x", "kind": "X"},
                "versions": [
                    {
                        "name": "v1",
                        "served": True,
                        "storage": True,
                        "schema": {"openAPIV3Schema": {"type": "object"}},
                    }
                ],
            },
        },
    ),
    "a webhook made": _create(
        f"{ADMISSION}/validatingwebhookconfigurations", {"metadata": {"name": "made"}}
    ),
    "a mutating webhook made": _create(
        f"{ADMISSION}/mutatingwebhookconfigurations", {"metadata": {"name": "made"}}
    ),
    "a PersistentVolume deleted": Call(
        method="DELETE", path=f"{CORE}/persistentvolumes/watchdog-home"
    ),
    "its own claim deleted": Call(
        method="DELETE", path=f"{_OWN}/persistentvolumeclaims/watchdog-home"
    ),
    "a Job made": _create(
        f"{BATCH}{_NS}/jobs",
        {
            "metadata": {"name": "made"},
            "spec": {"template": {"spec": {**POD_SPEC, "restartPolicy": "Never"}}},
        },
    ),
    "a Job deleted": Call(method="DELETE", path=f"{BATCH}{_NS}/jobs/work"),
    "a PodDisruptionBudget made": _create(
        f"/apis/policy/v1{_NS}/poddisruptionbudgets", {"metadata": {"name": "made"}}
    ),
    "a NetworkPolicy made": _create(
        f"/apis/networking.k8s.io/v1{_NS}/networkpolicies",
        {"metadata": {"name": "made"}, "spec": {"podSelector": {}}},
    ),
    "a Lease made": _create(
        f"/apis/coordination.k8s.io/v1{_NS}/leases", {"metadata": {"name": "made"}}
    ),
    "a StorageClass made": _create(
        "/apis/storage.k8s.io/v1/storageclasses",
        {"metadata": {"name": "made"}, "provisioner": "example.com/x"},
    ),
}
# No policy guards these: RBAC does not grant them, and the policies are of no help once it does.
RIGHTS_ALONE = {
    "get a Secret": Call(method="GET", path=f"{CORE}{_NS}/secrets/canary", by=""),
    "list Secrets": Call(method="GET", path=f"{CORE}/secrets", by=""),
    "list Secrets of its namespace": Call(method="GET", path=f"{_OWN}/secrets", by=""),
    "watch Secrets": Call(
        method="GET", path=f"{CORE}{_NS}/secrets?watch=1&timeoutSeconds=1", by=""
    ),
    "get a ConfigMap": Call(method="GET", path=f"{CORE}{_NS}/configmaps/settings", by=""),
    "list ConfigMaps": Call(method="GET", path=f"{CORE}/configmaps", by=""),
    "be somebody else": Call(
        method="GET",
        path=f"{CORE}/nodes",
        headers={"Impersonate-User": "admin", "Impersonate-Group": "system:masters"},
        by="",
    ),
    "its own policy gone": Call(method="DELETE", path=_POLICY, by=""),
    "its own policy changed": Call(
        method="PATCH", path=_POLICY, body={"spec": {"failurePolicy": "Ignore"}}, by=""
    ),
    "its own binding gone": Call(method="DELETE", path=_BINDING, by=""),
    "its own binding changed": Call(
        method="PATCH", path=_BINDING, body={"spec": {"validationActions": ["Warn"]}}, by=""
    ),
}
FORBIDDEN = {**WORKLOADS, **PODS_CALLS, **OTHERS}
# What it is there for. With `?dryRun=All` each also passes without effect.
ALLOWED = {
    "a Deployment restarted": _web(restart(), "merge"),
    "a StatefulSet restarted": _web(restart(), "merge", _DB),
    "a DaemonSet restarted": _web(restart(), "merge", _AGENT),
    "a running pod evicted": evict("running", "<uid:running>"),
    "a failed pod deleted": delete("debris", "<uid:debris>"),
}
