"""What the token of the shipped ServiceAccount may do: read what the checks need, nothing else.

Every refusal is asked of the real API server with the real token, against objects that are there.
"""

import json
from collections.abc import Iterator

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.deploy.conftest import ACCOUNT, NAMESPACE, Installed
from watchdog.app.rbac import Triple, reader_rights
from watchdog.app.registry import all_checks

# What every authenticated identity may do: ask what it may do.
REVIEWS = {"authorization.k8s.io", "authentication.k8s.io"}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "intruder"},
    "spec": {"containers": [{"name": "main", "image": "registry.invalid/x"}]},
}
ROLE = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "Role",
    "metadata": {"name": "wider"},
    "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}],
}
EVENT = {
    "apiVersion": "v1",
    "kind": "Event",
    "metadata": {"name": "told"},
    "involvedObject": {"kind": "Pod", "name": "victim"},
}
TOKEN = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
LABEL = {"metadata": {"labels": {"touched": "yes"}}}
CORE, APPS = "/api/v1/namespaces/{namespace}", "/apis/apps/v1/namespaces/{namespace}"
RBAC = "/apis/rbac.authorization.k8s.io/v1"

FORBIDDEN = {
    "get a secret": ("GET", f"{CORE}/secrets/canary", None),
    "list secrets": ("GET", "/api/v1/secrets", None),
    "list secrets of the own namespace": ("GET", f"/api/v1/namespaces/{NAMESPACE}/secrets", None),
    "watch secrets": ("GET", f"{CORE}/secrets?watch=1&timeoutSeconds=1", None),
    "get a configmap": ("GET", f"{CORE}/configmaps/kube-root-ca.crt", None),
    "list configmaps": ("GET", "/api/v1/configmaps", None),
    "patch a configmap": ("PATCH", f"{CORE}/configmaps/kube-root-ca.crt", LABEL),
    "create a pod": ("POST", f"{CORE}/pods", POD),
    "create a pod without effect": ("POST", f"{CORE}/pods?dryRun=All", POD),
    "delete a pod": ("DELETE", f"{CORE}/pods/victim", None),
    "delete all pods": ("DELETE", f"{CORE}/pods", None),
    "patch a pod": ("PATCH", f"{CORE}/pods/victim", LABEL),
    "evict a pod": ("POST", f"{CORE}/pods/victim/eviction", {}),
    "exec by POST": ("POST", f"{CORE}/pods/victim/exec?command=id", {}),
    "exec by GET": ("GET", f"{CORE}/pods/victim/exec?command=id", None),
    "attach": ("POST", f"{CORE}/pods/victim/attach", {}),
    "forward a port": ("POST", f"{CORE}/pods/victim/portforward", {}),
    "proxy to a pod": ("GET", f"{CORE}/pods/victim/proxy/", None),
    "patch a deployment": ("PATCH", f"{APPS}/deployments/victim", LABEL),
    "scale a deployment": ("PATCH", f"{APPS}/deployments/victim/scale", {"spec": {"replicas": 0}}),
    "delete a deployment": ("DELETE", f"{APPS}/deployments/victim", None),
    "proxy to a node": ("GET", "/api/v1/nodes/w-1/proxy/", None),
    "cordon a node": ("PATCH", "/api/v1/nodes/w-1", {"spec": {"unschedulable": True}}),
    "delete a namespace": ("DELETE", "/api/v1/namespaces/{namespace}", None),
    "create a role": ("POST", f"{RBAC}/namespaces/{{namespace}}/roles", ROLE),
    "widen its own role": ("PATCH", f"{RBAC}/clusterroles/platform-engineer-reader", LABEL),
    "create an event": ("POST", f"{CORE}/events", EVENT),
    "mint a token of its own": (
        "POST",
        f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{ACCOUNT}/token",
        TOKEN,
    ),
    "mint a token of another": ("POST", f"{CORE}/serviceaccounts/default/token", TOKEN),
    "write its stop switch": ("POST", f"/api/v1/namespaces/{NAMESPACE}/configmaps", {}),
}


@pytest.fixture(scope="module")
def victims(control_plane: ControlPlane) -> Iterator[str]:
    """A namespace with a pod, a Deployment and a Secret that nobody may touch."""
    name = "test-victims"
    where = ("--namespace", name)
    control_plane.kubectl("create", "namespace", name)
    control_plane.kubectl("wait", "--for=create", "serviceaccount/default", *where)
    control_plane.kubectl("create", "secret", "generic", "canary", "--from-literal=a=b", *where)
    unscheduled = '{"spec": {"nodeSelector": {"nobody": "here"}}}'
    control_plane.kubectl(
        "run", "victim", "--image=registry.invalid/x", f"--overrides={unscheduled}", *where
    )
    image = "--image=registry.invalid/x"
    control_plane.kubectl("create", "deployment", "victim", image, "--replicas=0", *where)
    control_plane.kubectl("wait", "--for=create", "configmap/kube-root-ca.crt", *where)
    yield name
    control_plane.kubectl("delete", "namespace", name, "--timeout=60s")


def versions(control_plane: ControlPlane, namespace: str) -> dict[str, str]:
    """The resourceVersion of everything in the namespace that a write could have changed."""
    kinds = "pods,deployments,configmaps,secrets,roles,serviceaccounts"
    shown = control_plane.kubectl("get", kinds, "-n", namespace, "--output", "json")
    return {
        f"{item['kind']}/{item['metadata']['name']}": item["metadata"]["resourceVersion"]
        for item in json.loads(shown)["items"]
    }


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_is_forbidden_is_refused_by_the_api_server(
    what: str, installed: Installed, victims: str
) -> None:
    method, path, body = FORBIDDEN[what]

    assert installed.account.status(method, path.format(namespace=victims), body) == 403


def test_what_was_refused_changed_nothing(
    control_plane: ControlPlane, installed: Installed, victims: str
) -> None:
    before = versions(control_plane, victims)

    for method, path, body in FORBIDDEN.values():
        if method != "GET":
            installed.account.status(method, path.format(namespace=victims), body)

    assert {"Pod/victim", "Deployment/victim", "Secret/canary"} <= set(before)
    assert versions(control_plane, victims) == before


def test_the_api_server_holds_the_same_rules_as_the_code(installed: Installed) -> None:
    held: set[Triple] = {
        (group, resource, verb)
        for rule in installed.account.rules(NAMESPACE)
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if not REVIEWS & set(rule["apiGroups"])
    }

    assert held == reader_rights(all_checks())


def test_the_rules_are_the_same_in_another_namespace(installed: Installed, victims: str) -> None:
    def sortable(namespace: str) -> list[str]:
        return sorted(json.dumps(rule) for rule in installed.account.rules(namespace))

    assert sortable(victims) == sortable(NAMESPACE)
