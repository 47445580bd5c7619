"""The control plane of the tests is a real one, and its simulated kubelet does a kubelet's part."""

import json
import ssl
from datetime import timedelta
from urllib.request import urlopen

import pytest

from tests.cluster.control_plane import ControlPlane, KubectlFailed
from tests.cluster.kubelet import Kubelet
from tests.cluster.pod_status import CrashLoop, Ended, Rule, Waiting

QUOTA = """
apiVersion: v1
kind: ResourceQuota
metadata: {name: small}
spec: {hard: {pods: "0"}}
"""


def deployment(name: str, image: str = "registry.example/web:1") -> str:
    return f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{{name: app, image: "{image}"}}]
"""


def create(plane: ControlPlane, namespace: str, text: str) -> None:
    plane.kubectl("apply", "--namespace", namespace, "-f", "-", input=text)


def wait(plane: ControlPlane, namespace: str, what: str, condition: str) -> None:
    plane.kubectl("wait", what, "--namespace", namespace, f"--for={condition}", "--timeout=60s")


def pod_of(plane: ControlPlane, namespace: str) -> str:
    """The name of the first pod of Deployment web, once there is one."""
    where = ("--selector=app=web", "--namespace", namespace)
    plane.kubectl("wait", "pod", *where, "--for=create", "--timeout=60s")
    return plane.kubectl("get", "pods", *where, "--output=jsonpath={.items[0].metadata.name}")


def waiting_for(reason: str) -> str:
    return "jsonpath={.status.containerStatuses[0].state.waiting.reason}=" + reason


def test_the_api_server_says_which_release_it_is(control_plane: ControlPlane) -> None:
    version = json.loads(control_plane.kubectl("version", "--output=json"))["serverVersion"]

    assert version["gitVersion"] == "v1.36.3"


def test_a_deployment_becomes_available(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str
) -> None:
    create(control_plane, namespace, deployment("web"))

    wait(control_plane, namespace, "deployment/web", "condition=Available")

    pod = control_plane.get("pod", namespace, pod_of(control_plane, namespace))
    assert pod["spec"]["nodeName"] in {"w-1", "w-2", "w-3"}
    assert pod["status"]["phase"] == "Running"


def test_a_job_completes(control_plane: ControlPlane, kubelet: Kubelet, namespace: str) -> None:
    control_plane.kubectl("create", "job", "report", "--image=x:1", "--namespace", namespace)

    wait(control_plane, namespace, "job/report", "condition=Complete")


def test_a_deleted_pod_goes(control_plane: ControlPlane, kubelet: Kubelet, namespace: str) -> None:
    control_plane.kubectl("run", "web", "--image=x:1", "--namespace", namespace)
    wait(control_plane, namespace, "pod/web", "condition=Ready")

    control_plane.kubectl("delete", "pod", "web", "--namespace", namespace, "--timeout=20s")

    with pytest.raises(KubectlFailed, match="not found"):
        control_plane.get("pod", namespace, "web")


def test_a_quota_refuses_pods_with_an_event(control_plane: ControlPlane, namespace: str) -> None:
    create(control_plane, namespace, QUOTA)
    wait(control_plane, namespace, "resourcequota/small", "jsonpath={.status.hard.pods}=0")
    create(control_plane, namespace, deployment("web"))

    wait(control_plane, namespace, "deployment/web", "condition=ReplicaFailure")

    events = control_plane.kubectl("get", "events", "--namespace", namespace)
    assert "exceeded quota: small" in events


def test_an_image_that_cannot_be_pulled_waits_until_the_image_changes(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str
) -> None:
    message = 'Back-off pulling image "registry.example/web:9": not found'
    refused = Waiting(reason="ImagePullBackOff", message=message)
    kubelet.show(Rule(image="registry.example/web:9", state=refused))
    create(control_plane, namespace, deployment("web", "registry.example/web:9"))
    name = pod_of(control_plane, namespace)
    wait(control_plane, namespace, f"pod/{name}", waiting_for("ImagePullBackOff"))

    create(control_plane, namespace, deployment("web"))

    wait(control_plane, namespace, "deployment/web", "condition=Available")


def test_a_crash_loop_shows_its_exit_code_its_age_and_both_logs(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str
) -> None:
    kubelet.show(
        Rule(
            namespace=namespace,
            state=CrashLoop(exit_code=137, reason="OOMKilled", restarts=4),
            age=timedelta(hours=2),
            log="loading\n",
            previous_log="loading\nkilled\n",
        )
    )
    create(control_plane, namespace, deployment("web"))
    name = pod_of(control_plane, namespace)
    wait(control_plane, namespace, f"pod/{name}", waiting_for("CrashLoopBackOff"))

    [status] = control_plane.get("pod", namespace, name)["status"]["containerStatuses"]
    logs = ("logs", name, "--namespace", namespace)

    assert (status["restartCount"], status["lastState"]["terminated"]["exitCode"]) == (4, 137)
    assert control_plane.kubectl(*logs) == "loading\n"
    assert control_plane.kubectl(*logs, "--previous", "--tail=1") == "killed\n"


def test_a_rule_reaches_pods_that_run_already_and_ends_with_reset(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str
) -> None:
    control_plane.kubectl("run", "web", "--image=x:1", "--namespace", namespace)
    wait(control_plane, namespace, "pod/web", "condition=Ready")

    kubelet.show(Rule(namespace=namespace, state=CrashLoop()))
    shown = control_plane.get("pod", namespace, "web")["status"]["containerStatuses"][0]
    kubelet.reset()

    assert shown["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    wait(control_plane, namespace, "pod/web", "condition=Ready")


def test_a_failed_init_container_keeps_the_pod_from_starting(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str
) -> None:
    kubelet.show(Rule(container="migrate", state=Ended(exit_code=3, reason="Error")))
    create(
        control_plane,
        namespace,
        """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  initContainers: [{name: migrate, image: "x:1"}]
  containers: [{name: app, image: "x:1"}]
""",
    )
    wait(control_plane, namespace, "pod/web", waiting_for("PodInitializing"))

    status = control_plane.get("pod", namespace, "web")["status"]

    assert status["phase"] == "Pending"
    assert status["initContainerStatuses"][0]["state"]["terminated"]["exitCode"] == 3


def test_a_node_condition_lasts_until_reset(control_plane: ControlPlane, kubelet: Kubelet) -> None:
    age = timedelta(minutes=20)
    kubelet.set_condition("w-2", "DiskPressure", "True", reason="KubeletHasDiskPressure", age=age)
    wait(control_plane, "default", "node/w-2", "condition=DiskPressure")

    kubelet.reset()

    wait(control_plane, "default", "node/w-2", "condition=DiskPressure=False")


def test_a_node_serves_its_statistics_on_the_port_that_it_names(
    control_plane: ControlPlane, kubelet: Kubelet
) -> None:
    status = control_plane.get("node", "", "w-3")["status"]
    host, port = (
        status["addresses"][0]["address"],
        status["daemonEndpoints"]["kubeletEndpoint"]["Port"],
    )
    kubelet.use_disk("w-3", 0.9)

    trusted = ssl.create_default_context(cafile=control_plane.ca)
    with urlopen(f"https://{host}:{port}/stats/summary", context=trusted) as answer:
        node = json.load(answer)["node"]

    assert node["nodeName"] == "w-3"
    assert node["fs"]["usedBytes"] / node["fs"]["capacityBytes"] == pytest.approx(0.9)


def test_a_server_side_dry_run_changes_nothing(control_plane: ControlPlane, namespace: str) -> None:
    where = ("--namespace", namespace)

    control_plane.kubectl("apply", "--dry-run=server", "-f", "-", *where, input=deployment("web"))

    assert control_plane.kubectl("get", "deployments", *where, "--output=name") == ""


def test_a_user_by_certificate_may_do_nothing_yet(
    control_plane: ControlPlane, namespace: str
) -> None:
    reader = control_plane.user_kubeconfig("reader", groups=("auditors",))

    shown = control_plane.kubectl("--kubeconfig", str(reader), "auth", "whoami", "-o", "json")

    user = json.loads(shown)["status"]["userInfo"]
    assert (user["username"], "auditors" in user["groups"]) == ("reader", True)
    with pytest.raises(KubectlFailed, match="Forbidden"):
        control_plane.kubectl("--kubeconfig", str(reader), "get", "pods")


def test_a_service_account_token_is_accepted(control_plane: ControlPlane, namespace: str) -> None:
    token = control_plane.token(namespace, "default")
    path = control_plane.user_kubeconfig("by-token", token=token)

    shown = control_plane.kubectl("--kubeconfig", str(path), "auth", "whoami", "-o", "json")

    name = json.loads(shown)["status"]["userInfo"]["username"]
    assert name == f"system:serviceaccount:{namespace}:default"
