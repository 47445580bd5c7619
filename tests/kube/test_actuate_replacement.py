"""actuate: nothing is restarted whose next pod would be refused or would be another one."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubelet import Kubelet
from tests.doubles import webhook
from tests.kube.actuating import (
    create,
    objections,
    plan_for,
    pod_ref,
    pods_of,
    ready_deployment,
    settled,
    version,
    workload,
)
from watchdog.clock import SystemClock
from watchdog.domain.plan import Call, Plan
from watchdog.domain.ref import Ref

SHRINK = [
    {
        "op": "replace",
        "path": "/spec/containers/0/resources",
        "value": {"limits": {"memory": "1Mi"}},
    }
]
NOWHERE = "https://127.0.0.1:9/"


@asynccontextmanager
async def hooked(plane: ControlPlane, namespace: str, url: str, **more: Any) -> AsyncIterator[None]:
    """With a webhook of this address; without a server behind it, one whose backend is gone."""
    assert plane.authority is not None
    made = webhook.configuration(plane.authority, namespace, url, **more)
    await asyncio.to_thread(create, plane, made)
    try:
        yield
    finally:
        name = ("mutatingwebhookconfiguration", made["metadata"]["name"])
        await asyncio.to_thread(plane.kubectl, "delete", *name)


@asynccontextmanager
async def patched(
    plane: ControlPlane, namespace: str, patch: Sequence[webhook.Json] = SHRINK, **more: Any
) -> AsyncIterator[None]:
    """With a webhook that patches."""
    assert plane.authority is not None
    async with (
        webhook.patching(plane.authority, patch) as url,
        hooked(plane, namespace, url, **more),
    ):
        yield


async def said_in_time(plane: ControlPlane, plan: Plan) -> str:
    """The objections, once the API server has heard of what was just set up."""
    clock = SystemClock()
    for _ in range(50):
        if said := await objections(plane.kubeconfig, plan):
            return " ".join(said)
        await clock.sleep_until(clock.now() + timedelta(seconds=0.1))
    return ""


async def unhurt(plane: ControlPlane, namespace: str, plan: Plan, *wanted: str) -> None:
    """These words are said, and neither the owner nor a pod has changed."""
    before = [version(plane, plan.owner), *map(pod_ref, pods_of(plane, namespace))]

    said = await said_in_time(plane, plan)

    for each in wanted:
        assert each in said
    assert before == [version(plane, plan.owner), *map(pod_ref, pods_of(plane, namespace))]


@pytest.fixture
def restart(control_plane: ControlPlane, kubelet: Kubelet, namespace: str) -> Plan:
    """A Plan to which there is no objection yet."""
    owner = ready_deployment(control_plane, kubelet, namespace)
    return plan_for(control_plane, Call.RESTART, owner)


async def test_a_webhook_whose_backend_is_gone(
    control_plane: ControlPlane, namespace: str, restart: Plan
) -> None:
    async with hooked(control_plane, namespace, NOWHERE):
        wanted = ("would not be admitted", "failed calling webhook")
        await unhurt(control_plane, namespace, restart, *wanted)


async def test_a_webhook_that_shrinks_the_new_pod(
    control_plane: ControlPlane, namespace: str, restart: Plan
) -> None:
    async with patched(control_plane, namespace):
        wanted = "something that admits pods changes resources of container app of a new one"
        await unhurt(control_plane, namespace, restart, wanted)


async def test_what_a_webhook_did_to_pods_that_work_is_no_objection(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str
) -> None:
    async with patched(control_plane, namespace):
        owner = await asyncio.to_thread(ready_deployment, control_plane, kubelet, namespace)
        [pod, _] = pods_of(control_plane, namespace)
        assert pod["spec"]["containers"][0]["resources"]["limits"] == {"memory": "1Mi"}
        plan = plan_for(control_plane, Call.RESTART, owner)

        assert await objections(control_plane.kubeconfig, plan) == ()


async def test_a_webhook_that_changes_the_workload_while_it_is_restarted(
    control_plane: ControlPlane, namespace: str, restart: Plan
) -> None:
    patch = [{"op": "replace", "path": "/spec/replicas", "value": 1}]
    async with patched(control_plane, namespace, patch, resource="deployments"):
        wanted = f"something changes {restart.owner} further while it is restarted"
        await unhurt(control_plane, namespace, restart, wanted)


async def test_pod_security_that_was_tightened(
    control_plane: ControlPlane, namespace: str, restart: Plan
) -> None:
    level = "pod-security.kubernetes.io/enforce=restricted"
    control_plane.kubectl("label", "namespace", namespace, level)

    await unhurt(control_plane, namespace, restart, 'violates PodSecurity "restricted:latest"')


@pytest.mark.parametrize(
    ("hard", "words"),
    [({"pods": "2"}, "exceeded quota"), ({"requests.cpu": "4"}, "must specify requests.cpu")],
    ids=["full", "without requests"],
)
async def test_a_quota_that_leaves_no_room(
    control_plane: ControlPlane, namespace: str, restart: Plan, hard: dict[str, str], words: str
) -> None:
    metadata = {"name": "tight", "namespace": namespace}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata}
    create(control_plane, {**quota, "spec": {"hard": hard}})
    counted = "--for=jsonpath={.status.hard}"
    control_plane.kubectl("wait", "resourcequota/tight", "--namespace", namespace, counted)

    await unhurt(control_plane, namespace, restart, words)


async def test_defaults_that_came_after_the_running_pods(
    control_plane: ControlPlane, namespace: str, restart: Plan
) -> None:
    create(control_plane, limits(namespace))

    await unhurt(control_plane, namespace, restart, "resources of container app")


async def test_defaults_that_the_running_pods_have_as_well(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str
) -> None:
    create(control_plane, limits(namespace))
    owner = ready_deployment(control_plane, kubelet, namespace)
    plan = plan_for(control_plane, Call.RESTART, owner)

    assert await objections(control_plane.kubeconfig, plan) == ()


async def test_running_pods_are_found_by_every_form_of_a_selector(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str
) -> None:
    """Without them the defaults would be an objection."""
    create(control_plane, limits(namespace))
    body = workload("Deployment", namespace)
    body["spec"]["selector"]["matchExpressions"] = [
        {"key": "tier", "operator": "In", "values": ["front", "edge"]},
        {"key": "tier", "operator": "NotIn", "values": ["back"]},
        {"key": "tier", "operator": "Exists"},
        {"key": "retired", "operator": "DoesNotExist"},
    ]
    body["spec"]["template"]["metadata"]["labels"]["tier"] = "edge"
    plan = plan_for(control_plane, Call.RESTART, settled(control_plane, body))

    assert await objections(control_plane.kubeconfig, plan) == ()


def limits(namespace: str) -> webhook.Json:
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "defaults", "namespace": namespace},
        "spec": {"limits": [{"type": "Container", "default": {"memory": "64Mi"}}]},
    }


async def test_a_priority_that_all_new_pods_get(
    control_plane: ControlPlane, namespace: str, restart: Plan
) -> None:
    name = f"default-{namespace}"
    create(
        control_plane,
        {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {"name": name},
            "value": 1000,
            "globalDefault": True,
        },
    )
    try:
        await unhurt(control_plane, namespace, restart, "priorityClassName of a new one")
    finally:
        control_plane.kubectl("delete", "priorityclass", name)


async def test_what_every_pod_gets_from_the_api_server_is_no_objection(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str
) -> None:
    """No other pod vouches for it here: the only one is the one that goes."""
    full = {
        "resources": {"limits": {"cpu": "1", "memory": "0.5Gi"}, "requests": {"cpu": "100m"}},
        "readinessProbe": {"httpGet": {"path": "/", "port": "http"}},
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [{"name": "A", "value": "1"}],
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    pod = {
        "volumes": [{"name": "tmp", "emptyDir": {}}],
        "tolerations": [{"key": "edge", "operator": "Exists"}],
        "priorityClassName": "system-node-critical",
        "initContainers": [{"name": "wait", "image": "x:1"}],
    }
    body = workload("Deployment", namespace, replicas=1, container=full, pod=pod)
    owner = settled(control_plane, body)
    [only] = pods_of(control_plane, namespace)
    plan = plan_for(control_plane, Call.EVICT, owner, pod_ref(only))

    assert await objections(control_plane.kubeconfig, plan) == ()


async def test_the_volume_of_a_statefulsets_own_claim_belongs_to_its_pod(
    control_plane: ControlPlane, namespace: str
) -> None:
    size = {"requests": {"storage": "1Gi"}}
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": size},
    }
    mount = {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    more: dict[str, Any] = {
        "container": mount,
        "volumeClaimTemplates": [claim],
        "serviceName": "web",
    }
    owner = settled(control_plane, workload("StatefulSet", namespace, **more), pods=False)
    plan = plan_for(control_plane, Call.RESTART, owner)

    assert await objections(control_plane.kubeconfig, plan) == ()


async def test_an_identity_that_may_not_try_the_next_pod_restarts_nothing(
    control_plane: ControlPlane, namespace: str, restart: Plan
) -> None:
    name = f"restarts-{namespace}"
    rules = [
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch"]},
        {"apiGroups": [""], "resources": ["namespaces", "pods"], "verbs": ["get", "list"]},
    ]
    group = "rbac.authorization.k8s.io"
    role = {"kind": "ClusterRole", "metadata": {"name": name}, "rules": rules}
    binding = {
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": name},
        "subjects": [{"apiGroup": group, "kind": "User", "name": name}],
    }
    create(control_plane, *({"apiVersion": f"{group}/v1", **each} for each in (role, binding)))

    said = await objections(control_plane.user_kubeconfig(name), restart)

    assert said == (f"this identity may not create pods in namespace {namespace}",)


async def test_a_replicaset_of_somebody_elses_lends_no_proof(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str, restart: Plan
) -> None:
    """Its pods carry the same labels, and what a webhook did to them."""
    body = workload("ReplicaSet", namespace, name="web", replicas=1)
    body["metadata"]["name"] = "other"
    limited = {"resources": {"limits": {"memory": "1Mi"}}}
    body["spec"]["template"]["spec"]["containers"][0].update(limited)
    create(control_plane, body)
    ready = ("replicaset/other", "--namespace", namespace)
    control_plane.kubectl("wait", *ready, "--for=jsonpath={.status.readyReplicas}=1")

    async with patched(control_plane, namespace):
        await unhurt(control_plane, namespace, restart, "resources of container app")
    assert restart.owner == Ref("Deployment", namespace, "web")
