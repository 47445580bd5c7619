"""Workloads on the real control plane, Plans for them as they stand, and the actuator that acts."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubelet import Kubelet
from watchdog.clock import SystemClock
from watchdog.domain.plan import Call, Plan, Step
from watchdog.domain.ports import Done
from watchdog.domain.ref import Ref
from watchdog.kube.actuate import KubeActuator
from watchdog.kube.client import Limits, connect

Json = dict[str, Any]
QUICK = Limits(connect=5, total=20)
AT = datetime(2026, 11, 21, 9, 30, 15, tzinfo=UTC)
CONTAINER = {"name": "app", "image": "registry.example.com/app:1"}


@asynccontextmanager
async def actuator(
    path: Path,
    *,
    namespace: str = "platform-engineer",
    limits: Limits = QUICK,
) -> AsyncIterator[KubeActuator]:
    """An actuator by a kubeconfig, closed at the end."""
    connection = await connect(path, limits=limits)
    made = KubeActuator(connection, clock=SystemClock(), namespace=namespace, limits=limits)
    try:
        yield made
    finally:
        await made.close()


async def objections(path: Path, plan: Plan, **more: Any) -> tuple[str, ...]:
    """What is said against a Plan."""
    async with actuator(path, **more) as acting:
        return await acting.objections(plan)


async def carry_out(path: Path, plan: Plan, **more: Any) -> Done:
    """What comes of a Plan that nobody stops."""
    async with actuator(path, **more) as acting:
        return await acting.carry_out(plan, attempt="1a2b3c4d-1-a", at=AT, stopped=go_on)


async def go_on() -> str:
    return ""


def workload(kind: str, namespace: str, *, name: str = "web", **spec: Any) -> Json:
    """A Deployment, StatefulSet or DaemonSet of one container; `pod` adds to the pod's spec."""
    container = {**CONTAINER, **spec.pop("container", {})}
    template = {
        "metadata": {"labels": {"app": name}, "annotations": spec.pop("annotations", {})},
        "spec": {"containers": [container], **spec.pop("pod", {})},
    }
    size = {} if kind == "DaemonSet" else {"replicas": 2}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            **size,
            "selector": {"matchLabels": {"app": name}},
            "template": template,
            **spec,
        },
    }


def create(plane: ControlPlane, *bodies: Json) -> None:
    """Apply objects."""
    plane.apply("\n---\n".join(json.dumps(body) for body in bodies))


def settled(plane: ControlPlane, body: Json, *, pods: bool = True) -> Ref:
    """Apply a workload; return when its controller has seen it, with `pods` when all are Ready."""
    create(plane, body)
    ref = Ref(body["kind"], body["metadata"]["namespace"], body["metadata"]["name"])
    name, where = f"{ref.kind.lower()}/{ref.name}", ("--namespace", ref.namespace)
    if pods:
        plane.kubectl("rollout", "status", name, *where, "--timeout=60s")
    else:
        seen = "--for=jsonpath={.status.observedGeneration}=1"
        plane.kubectl("wait", name, *where, seen, "--timeout=60s")
    return ref


def pods_of(plane: ControlPlane, namespace: str) -> list[Json]:
    """All pods of the namespace that stay, by name."""
    text = plane.kubectl("get", "pods", "--namespace", namespace, "--output", "json")
    found: list[Json] = json.loads(text)["items"]
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def live(plane: ControlPlane, ref: Ref) -> Json:
    """The object as it stands."""
    return plane.get(ref.kind.lower(), ref.namespace, ref.name)


def version(plane: ControlPlane, ref: Ref) -> str:
    """Its resourceVersion: the same as before means that nothing was done to it."""
    found: str = live(plane, ref)["metadata"]["resourceVersion"]
    return found


def plan_for(plane: ControlPlane, call: Call, owner: Ref, *targets: Ref, **more: Any) -> Plan:
    """A Plan as it would be made now; without targets it is for the owner itself."""
    steps = tuple(
        Step(
            call=call,
            target=target,
            uid=live(plane, target)["metadata"]["uid"],
            what=f"{call} {target.name}",
            **more,
        )
        for target in targets or (owner,)
    )
    return Plan(
        remediation="RolloutRestart",
        cause="wedged",
        owner=owner,
        steps=steps,
        reason="it is wedged",
        risk="its pods start again",
        generation=live(plane, owner)["metadata"]["generation"],
    )


def with_step(plan: Plan, **changes: Any) -> Plan:
    """The same Plan with another first Step."""
    first, *others = plan.steps
    return replace(plan, steps=(replace(first, **changes), *others))


def pod_ref(pod: Mapping[str, Any]) -> Ref:
    return Ref("Pod", pod["metadata"]["namespace"], pod["metadata"]["name"])


def fail(plane: ControlPlane, pod: Ref) -> None:
    """Let the kubelet have given the pod up."""
    status = {"status": {"phase": "Failed", "reason": "Evicted", "message": "low on memory"}}
    where = ("--namespace", pod.namespace, "--subresource=status", "--type=merge")
    plane.kubectl("patch", "pod", pod.name, *where, "--patch", json.dumps(status))


def budget(namespace: str, name: str, allowed: int) -> Json:
    """A PodDisruptionBudget of everything called web; `allowed` pods may be missing."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"maxUnavailable": allowed, "selector": {"matchLabels": {"app": "web"}}},
    }


def ready_deployment(plane: ControlPlane, kubelet: Kubelet, namespace: str, **spec: Any) -> Ref:
    """A Deployment whose pods run and are Ready; the kubelet has to be there for that."""
    return settled(plane, workload("Deployment", namespace, **spec))
