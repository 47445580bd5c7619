"""The whole of acting with the rights and behind the fences that are shipped, not as administrator."""

import json
from datetime import datetime, timedelta

import pytest

from tests.cli.stuck import Stuck
from tests.cli.support import Json, Watchdog
from tests.cli.test_acting import evictions, in_mode, stuck, the
from tests.cluster.control_plane import ControlPlane
from tests.cluster.test_control_plane import create, deployment, wait
from tests.doubles.front import Front
from tests.kube.test_actuate_fenced import fenced, may_act
from watchdog.clock import SystemClock

# Fixtures of others that this file asks for by name.
__all__ = ["fenced", "stuck"]

PROBED = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 4
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: app
          image: registry.example/api:1
          ports: [{containerPort: 8080}]
          readinessProbe: {httpGet: {path: /ready, port: 8080}}
"""
SHIPPED = "system:serviceaccount:platform-engineer:platform-engineer"


@pytest.fixture
def acting(fenced: ControlPlane, front: Front, watchdog: Watchdog) -> Watchdog:
    """A watchdog that may act, as the account of the manifests."""
    front.user = SHIPPED
    return in_mode(watchdog, "act")


async def test_a_stuck_pod_is_evicted_and_verified_with_the_shipped_rights(
    acting: Watchdog,
    control_plane: ControlPlane,
    front: Front,
    stuck: Stuck,
) -> None:
    may_act(control_plane, stuck.namespace)

    _, result = await acting.run()

    considered = the(result)["remediation"]
    assert considered["attempt"]["result"] == "applied", considered["reasons"]
    assert not stuck.untouched
    stuck.wait_for_successor()
    verified = []
    for _ in range(2):
        front.pass_time(7)
        _, result = await acting.run()
        verified.append(the(result)["remediation"]["attempt"]["verification"])
    assert verified[-1] == "recovered"
    assert evictions(front, stuck) == 2


async def test_where_the_actor_is_not_bound_it_is_proposed_and_nothing_is_written(
    acting: Watchdog,
    front: Front,
    stuck: Stuck,
) -> None:
    _, result = await acting.run()

    considered = the(result)["remediation"]
    assert considered["decision"] == "deny"
    assert considered["attempt"] is None
    assert the(result)["proposal"]["commands"]
    assert stuck.untouched


def pods(plane: ControlPlane, namespace: str, app: str) -> list[Json]:
    where = ("-n", namespace, "-l", f"app={app}", "-o", "json")
    found: list[Json] = json.loads(plane.kubectl("get", "pods", *where))["items"]
    return found


def hang(plane: ControlPlane, pod: Json, now: datetime) -> None:
    """Let a pod not be ready from now on, though its container runs as before."""
    conditions = [
        {**each, "status": "False", "lastTransitionTime": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
        if each["type"] in ("Ready", "ContainersReady")
        else each
        for each in pod["status"]["conditions"]
    ]
    containers = [{**each, "ready": False} for each in pod["status"]["containerStatuses"]]
    status = {"conditions": conditions, "containerStatuses": containers}
    change = json.dumps({"status": status})
    where = (pod["metadata"]["name"], "-n", pod["metadata"]["namespace"])
    plane.kubectl("patch", "pod", *where, "--subresource=status", "--type=merge", "-p", change)


async def test_pods_that_hang_are_restarted_with_the_shipped_rights(
    acting: Watchdog,
    control_plane: ControlPlane,
    front: Front,
    namespace: str,
) -> None:
    may_act(control_plane, namespace)
    create(control_plane, namespace, PROBED)
    wait(control_plane, namespace, "deployment/api", "condition=Available")
    wait(control_plane, namespace, "deployment/api", "jsonpath={.status.readyReplicas}=4")
    clock = SystemClock()
    await clock.sleep_until(clock.now() + timedelta(seconds=12))  # they have been well for a while
    for each in pods(control_plane, namespace, "api")[:2]:
        hang(control_plane, each, clock.now())
    wait(control_plane, namespace, "deployment/api", "jsonpath={.status.readyReplicas}=2")
    front.pass_time(26 * 60)

    _, result = await acting.run()

    [found] = [each for each in result["incidents"] if each["reason"] == "AppUnhealthy"]
    considered = found["remediation"]
    assert considered["name"] == "RolloutRestart"
    assert considered["attempt"]["result"] == "applied", considered["reasons"]
    wait(control_plane, namespace, "deployment/api", "jsonpath={.status.readyReplicas}=4")
    template = control_plane.get("deployment", namespace, "api")["spec"]["template"]
    assert list(template["metadata"]["annotations"]) == ["kubectl.kubernetes.io/restartedAt"]


async def test_failed_pods_of_a_healthy_workload_are_deleted_with_the_shipped_rights(
    acting: Watchdog,
    control_plane: ControlPlane,
    front: Front,
    namespace: str,
) -> None:
    may_act(control_plane, namespace)
    create(control_plane, namespace, deployment("web"))
    evicted = '{"status": {"phase": "Failed", "reason": "Evicted", "message": "low on memory"}}'
    for _ in range(6):
        wait(control_plane, namespace, "deployment/web", "jsonpath={.status.readyReplicas}=2")
        for each in pods(control_plane, namespace, "web"):
            if each["status"]["phase"] == "Running":
                how = ("--subresource=status", "--type=merge", "-p", evicted)
                control_plane.kubectl(
                    "patch", "pod", each["metadata"]["name"], "-n", namespace, *how
                )
    wait(control_plane, namespace, "deployment/web", "jsonpath={.status.readyReplicas}=2")
    front.pass_time(26 * 60)

    code, result = await acting.run()

    [found] = [each for each in result["incidents"] if each["reason"] == "FailedPodClutter"]
    assert found["remediation"]["attempt"]["result"] == "applied", found["remediation"]["reasons"]
    left = [each["status"]["phase"] for each in pods(control_plane, namespace, "web")]
    assert sorted(left) == ["Failed", "Running", "Running"]  # the newest is kept
    assert (code, acting.kinds) == (0, [])
