"""What is never done without a person's yes, end to end on the real control plane."""

import json
from collections.abc import Iterator

import pytest

from tests.cli.support import Json, Watchdog
from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubelet import Kubelet
from tests.cluster.pod_status import Rule, Running
from tests.cluster.test_control_plane import create, deployment, wait
from tests.doubles.front import Front

ROUTE = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  rules:
    - host: web.example.com
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
"""


@pytest.fixture
def acting(watchdog: Watchdog) -> Watchdog:
    """A watchdog that may act, and is given what it asks about besides."""
    more = {
        "WATCHDOG_MODE": "act",
        "WATCHDOG_REMEDIATION__ENABLED": "Scale,DeleteJob",
        "WATCHDOG_REMEDIATION__SCALE__LEAST": "1",
        "WATCHDOG_REMEDIATION__SCALE__MOST": "3",
    }
    return Watchdog(watchdog.home, watchdog.kubeconfig, {**watchdog.environ, **more})


def asked(result: Json, name: str) -> str:
    """The id of the ask for this remediation."""
    found = [each["remediation"] for each in result["incidents"] if each["remediation"]]
    [own] = [each for each in found if each["name"] == name]
    assert own["decision"] == "ask"
    return str(own["reasons"][-1].split()[-1])


@pytest.fixture
def emptied(
    control_plane: ControlPlane, kubelet: Kubelet, front: Front, namespace: str
) -> Iterator[str]:
    """A Deployment that somebody scaled to zero 45 minutes ago, though a route leads to it."""
    create(control_plane, namespace, deployment("web"))
    create(control_plane, namespace, ROUTE)
    wait(control_plane, namespace, "deployment/web", "condition=Available")
    control_plane.kubectl("scale", "deployment/web", "--replicas=0", "--namespace", namespace)
    gone = ("--selector=app=web", "--for=delete", "--timeout=60s")
    control_plane.kubectl("wait", "pod", "--namespace", namespace, *gone)
    front.pass_time(45)
    yield namespace
    control_plane.kubectl("delete", "ingress,service", "web", "--namespace", namespace)


def replicas(plane: ControlPlane, namespace: str) -> int:
    found = plane.get("deployment", namespace, "web")
    return int(found["spec"]["replicas"])


async def test_a_workload_at_zero_is_scaled_to_one_after_a_yes_alone(
    acting: Watchdog, control_plane: ControlPlane, front: Front, emptied: str
) -> None:
    _, result = await acting.run()
    before = replicas(control_plane, emptied)

    yes = await acting.call("approve", asked(result, "Scale"))

    assert before == 0
    assert "Scale applied" in yes.stderr
    assert replicas(control_plane, emptied) == 1
    wait(control_plane, emptied, "deployment/web", "condition=Available")
    for _ in range(3):
        front.pass_time(7)
        _, result = await acting.run()
    tried = [
        each["remediation"]["attempt"]
        for each in result["incidents"]
        if each["reason"] == "ScaledToZero"
    ]
    assert tried == [] or tried[0]["verification"] == "recovered"
    journal = await acting.call("incidents", "list", "--status", "resolved", "--output", "json")
    [over] = [
        each for each in json.loads(journal.stdout)["incidents"] if each["reason"] == "ScaledToZero"
    ]
    assert over["remediation"]["attempt"]["verification"] == "recovered"


async def test_what_nobody_answered_is_said_not_to_be_asked_again_and_is_not(
    acting: Watchdog, front: Front, emptied: str
) -> None:
    acting.environ["WATCHDOG_REMEDIATION__APPROVAL_TTL"] = "10m"
    _, result = await acting.run()
    ask = asked(result, "Scale")
    [own] = [each for each in result["incidents"] if each["reason"] == "ScaledToZero"]
    for _ in range(2):
        front.pass_time(12)
        await acting.run()

    shown = (await acting.call("incidents", "show", own["id"])).stdout

    assert f"ask {ask} is expired; it is not asked again for this incident" in " ".join(
        shown.split()
    )
    assert shown.count("is not asked again") == 1
    assert "watchdog approve" not in shown


async def test_without_bounds_nobody_is_asked_to_scale(
    acting: Watchdog, control_plane: ControlPlane, front: Front, emptied: str
) -> None:
    bare = {key: each for key, each in acting.environ.items() if "SCALE" not in key}

    _, result = await Watchdog(acting.home, acting.kubeconfig, bare).run()

    [own] = [each for each in result["incidents"] if each["reason"] == "ScaledToZero"]
    assert own["remediation"]["decision"] == "deny"
    assert replicas(control_plane, emptied) == 0


CRON = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: sync}
spec:
  schedule: "0 3 1 1 *"
  failedJobsHistoryLimit: 5
  jobTemplate:
    spec:
      parallelism: 12
      backoffLimit: 100
      activeDeadlineSeconds: 25
      template:
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 1
          containers: [{name: app, image: registry.example/sync:1}]
"""
# As the controller names the runs of a schedule.
BAD, MADE_UP = "sync-29000001", "sync-29000002"


async def test_the_failed_run_of_a_cron_job_is_deleted_after_a_yes_alone(
    acting: Watchdog,
    control_plane: ControlPlane,
    kubelet: Kubelet,
    front: Front,
    namespace: str,
) -> None:
    create(control_plane, namespace, CRON)
    kubelet.show(Rule(namespace=namespace, name=BAD, state=Running()))
    where = ("--namespace", namespace)
    control_plane.kubectl("create", "job", BAD, "--from=cronjob/sync", *where)
    wait(control_plane, namespace, f"job/{BAD}", "jsonpath={.status.ready}=12")
    listed = control_plane.kubectl(
        "get", "pods", *where, "--output=jsonpath={.items[*].metadata.name}"
    )
    evicted = '{"status": {"phase": "Failed", "reason": "Evicted", "message": "low on memory"}}'
    how = ("--subresource=status", "--type=merge", "-p", evicted)
    control_plane.kubectl("patch", "pod", *listed.split(), *where, *how)
    wait(control_plane, namespace, f"job/{BAD}", "condition=Failed")
    control_plane.kubectl("create", "job", MADE_UP, "--from=cronjob/sync", *where)
    wait(control_plane, namespace, f"job/{MADE_UP}", "condition=Complete")
    front.pass_time(26 * 60)

    _, result = await acting.run()
    yes = await acting.call("approve", asked(result, "DeleteJob"))

    assert "DeleteJob applied" in yes.stderr
    left = control_plane.kubectl(
        "get", "jobs", *where, "--output=jsonpath={.items[*].metadata.name}"
    )
    assert left == MADE_UP
