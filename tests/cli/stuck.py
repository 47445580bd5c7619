"""One pod of three whose sandbox cannot be made on its node, though its siblings run."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubelet import Kubelet
from tests.cluster.pod_status import Rule, Running, Waiting
from tests.cluster.test_control_plane import create, deployment, wait

AGE = timedelta(minutes=45)

EVENT = """
apiVersion: v1
kind: Event
metadata: {{name: "{pod}.1", namespace: "{namespace}"}}
involvedObject: {{apiVersion: v1, kind: Pod, namespace: "{namespace}", name: "{pod}", uid: "{uid}"}}
type: Warning
reason: FailedCreatePodSandBox
message: 'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to reserve name'
count: 90
firstTimestamp: "{first}"
lastTimestamp: "{last}"
source: {{component: kubelet}}
"""


@dataclass(frozen=True)
class Stuck:
    """Where it is, and how it was when the fault began."""

    plane: ControlPlane
    namespace: str
    pod: str
    uid: str

    @property
    def uids(self) -> set[str]:
        """Of the pods that are there now and are not being deleted."""
        return {each["metadata"]["uid"] for each in self._pods() if _stays(each)}

    @property
    def untouched(self) -> bool:
        """Whether the pod of the fault is still there, with nobody having asked it to go."""
        return self.uid in self.uids

    def wait_for_successor(self) -> None:
        """Return when all three pods are ready."""
        available = "jsonpath={.status.availableReplicas}=3"
        wait(self.plane, self.namespace, "deployment/web", available)

    def break_successors(self, kubelet: Kubelet) -> None:
        """Let new pods of the Deployment hang as this one does; its siblings run on."""
        kubelet.show(Rule(namespace=self.namespace, state=Waiting(reason="ContainerCreating")))
        for each in self._pods():
            name = each["metadata"]["name"]
            if name != self.pod:
                kubelet.show(Rule(namespace=self.namespace, name=name, state=Running()))

    def complain(self, *, at: timedelta) -> None:
        """Let the kubelet say of every pod that hangs, so much later, what it said of the first."""
        for each in self._pods():
            name, uid = each["metadata"]["name"], each["metadata"]["uid"]
            if _stays(each) and each["status"]["phase"] == "Pending":
                complain(self.plane, self.namespace, name, uid, at=at)

    def _pods(self) -> list[dict[str, dict[str, str]]]:
        listed = self.plane.kubectl("get", "pods", "-n", self.namespace, "-o", "json")
        found: list[dict[str, dict[str, str]]] = json.loads(listed)["items"]
        return found


def stick(plane: ControlPlane, kubelet: Kubelet, namespace: str) -> Stuck:
    """Break one pod of a new Deployment, for 45 minutes by the clock the product will be shown."""
    create(plane, namespace, deployment("web"))
    wait(plane, namespace, "deployment/web", "condition=Available")
    kubelet.show(Rule(namespace=namespace, state=Waiting(reason="ContainerCreating")))
    first = json.loads(plane.kubectl("get", "pods", "-n", namespace, "-o", "json"))["items"]
    for each in first:
        kubelet.show(Rule(namespace=namespace, name=each["metadata"]["name"], state=Running()))
    plane.kubectl("scale", "deployment/web", "--replicas=3", "-n", namespace)
    known = {each["metadata"]["name"] for each in first}
    wait(plane, namespace, "deployment/web", "jsonpath={.status.unavailableReplicas}=1")
    listed = json.loads(plane.kubectl("get", "pods", "-n", namespace, "-o", "json"))["items"]
    [pod] = [each for each in listed if each["metadata"]["name"] not in known]
    name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
    kubelet.show(Rule(namespace=namespace, state=Running()))
    kubelet.show(Rule(namespace=namespace, name=name, state=Waiting(reason="ContainerCreating")))
    complain(plane, namespace, name, uid, at=AGE - timedelta(seconds=20))
    return Stuck(plane, namespace, name, uid)


def complain(plane: ControlPlane, namespace: str, pod: str, uid: str, *, at: timedelta) -> None:
    """Write the kubelet's event about a pod, as if it were so much later than it is."""
    now = datetime.now(UTC)  # noqa: TID251 - of the API server's own clock
    first, last = (each.strftime("%Y-%m-%dT%H:%M:%SZ") for each in (now, now + at))
    event = EVENT.format(namespace=namespace, pod=pod, uid=uid, first=first, last=last)
    plane.kubectl("create", "-f", "-", input=event)


def _stays(pod: dict[str, dict[str, str]]) -> bool:
    return "deletionTimestamp" not in pod["metadata"]
