"""kube/ against a real API server: paging, rights, identities, and logs through a kubelet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubelet import Kubelet
from tests.cluster.pod_status import CrashLoop, Rule
from tests.kube.faulty import kubeconfig
from watchdog.clock import SystemClock
from watchdog.domain.errors import Forbidden
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.objects import podv1, statsv1
from watchdog.domain.ports import Right
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import BASE_NEEDS, Snapshot
from watchdog.kube.answers import Untrusted
from watchdog.kube.client import Connection, connect
from watchdog.kube.collect import KubeCluster
from watchdog.kube.credentials import from_service_account
from watchdog.kube.kinds import KINDS

READER = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: {name}}}
rules:
- {{apiGroups: [""], resources: [namespaces, nodes], verbs: [list]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: {name}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {name}}}
subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: User, name: {name}}}]
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: {namespace}}}
spec: {{containers: [{{name: app, image: "x:1"}}]}}
"""
SETTINGS = """
apiVersion: v1
kind: ConfigMap
metadata: {{name: settings-{number}, namespace: {namespace}}}
data: {{key: value}}
"""


@asynccontextmanager
async def cluster(path: Path, *, page: int = 500) -> AsyncIterator[KubeCluster]:
    link = KubeCluster(await connect(path), SystemClock(), page=page)
    try:
        yield link
    finally:
        await link.close()


async def look(path: Path, *, page: int = 500) -> Snapshot:
    async with cluster(path, page=page) as link:
        return await link.snapshot(KINDS)


def names(snapshot: Snapshot, need: str, namespace: str) -> list[str]:
    return [item.name for item in snapshot.objects[need] if item.namespace == namespace]


async def test_an_administrator_misses_nothing(control_plane: ControlPlane) -> None:
    snapshot = await look(control_plane.kubeconfig)

    optional = {need for need, kind in KINDS.items() if kind.optional}
    assert {need: each.reason for need, each in snapshot.missing.items()} == dict.fromkeys(
        optional, "absent"
    )
    assert set(snapshot.objects) == set(KINDS) - optional


async def test_the_cluster_is_the_uid_of_kube_system(control_plane: ControlPlane) -> None:
    uid = control_plane.get("namespace", "", "kube-system")["metadata"]["uid"]

    assert (await look(control_plane.kubeconfig)).cluster == uid


async def test_small_pages_give_the_same_as_one_list(
    control_plane: ControlPlane, namespace: str
) -> None:
    made = [SETTINGS.format(number=number, namespace=namespace) for number in range(7)]
    control_plane.apply("\n---\n".join(made))
    whole = await look(control_plane.kubeconfig)
    paged = await look(control_plane.kubeconfig, page=2)

    found = names(paged, "configmaps", namespace)
    assert found == names(whole, "configmaps", namespace)
    assert sum(name.startswith("settings-") for name in found) == 7


async def test_a_missing_right_is_named_with_verb_and_kind(control_plane: ControlPlane) -> None:
    control_plane.apply(READER.format(name="lists-nodes-only"))
    snapshot = await look(control_plane.user_kubeconfig("lists-nodes-only"))

    assert snapshot.missing["pods"].reason == "forbidden"
    assert "cannot list pods" in snapshot.missing["pods"].text
    assert 'User "lists-nodes-only" cannot list resource "pods"' in snapshot.missing["pods"].text
    assert set(snapshot.objects) == {"namespaces", "nodes"}


async def test_without_any_right_every_kind_is_forbidden_and_the_cluster_unknown(
    control_plane: ControlPlane,
) -> None:
    snapshot = await look(control_plane.user_kubeconfig("may-nothing"))

    optional = {need for need, kind in KINDS.items() if kind.optional}
    reasons = {each.reason for need, each in snapshot.missing.items() if need not in optional}
    assert reasons == {"forbidden"}
    assert set(snapshot.missing) >= set(BASE_NEEDS)
    assert snapshot.cluster == ""


async def test_a_token_that_nobody_issued_is_refused(control_plane: ControlPlane) -> None:
    with pytest.raises(Forbidden) as caught:
        await look(control_plane.user_kubeconfig("stranger", token="not.a.token"))

    assert caught.value.hint


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    with pytest.raises(Untrusted, match="TLS to https://"):
        await look(kubeconfig(tmp_path, control_plane.url))


async def test_a_mounted_token_that_was_replaced_is_read_anew(
    control_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("not.a.token")
    where = urlsplit(control_plane.url)
    environ = {
        "KUBERNETES_SERVICE_HOST": str(where.hostname),
        "KUBERNETES_SERVICE_PORT": str(where.port),
    }
    mounted = await from_service_account(str(token), str(control_plane.ca), environ=environ)
    link = KubeCluster(Connection(mounted, clock=SystemClock()), SystemClock())
    try:
        token.write_text(control_plane.token(namespace, "default"))
        snapshot = await link.snapshot(())
    finally:
        await link.close()

    assert link.name == "in-cluster"
    said = f'User "system:serviceaccount:{namespace}:default" cannot list resource "pods"'
    assert said in snapshot.missing["pods"].text


async def test_rights_are_what_rbac_says(control_plane: ControlPlane) -> None:
    control_plane.apply(READER.format(name="asks-for-rights"))
    async with cluster(control_plane.user_kubeconfig("asks-for-rights")) as link:
        found = await link.rights(["nodes", "pods", "logs"])

    assert found == (
        Right("", "pods/log", "get", False),
        Right("", "nodes", "list", True),
        Right("", "pods", "list", False),
    )


async def test_how_full_disks_and_volumes_are_is_read_from_the_kubelets(
    control_plane: ControlPlane, kubelet: Kubelet
) -> None:
    kubelet.use_disk("w-2", 0.75)
    async with cluster(control_plane.kubeconfig) as link:
        found = (await link.snapshot(["stats"])).of("stats", statsv1.NodeStats)

    assert [ref.name for ref in found] == ["w-1", "w-2", "w-3"]
    disk = found[Ref("NodeStats", "", "w-2")].node.fs
    assert disk is not None
    assert disk.capacity_bytes is not None
    assert disk.available_bytes == disk.capacity_bytes / 4


async def test_the_log_before_the_last_restart_is_read(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str
) -> None:
    crash = Rule(namespace=namespace, state=CrashLoop(), previous_log="panic: no config\n")
    kubelet.show(crash)
    control_plane.apply(POD.format(namespace=namespace))
    reason = "jsonpath={.status.containerStatuses[0].state.waiting.reason}=CrashLoopBackOff"
    control_plane.kubectl(
        "wait", "pod/web", "--namespace", namespace, f"--for={reason}", "--timeout=60s"
    )
    pod = Ref("Pod", namespace, "web")
    last, other = LogQuery(pod, "app", previous=True), LogQuery(pod, "sidecar")

    async with cluster(control_plane.kubeconfig) as link:
        found = await link.logs([last, other])
        snapshot = await link.snapshot(())

    assert found == {last: Log("panic: no config\n"), other: Log()}
    shown = snapshot.of("pods", podv1.Pod)[pod].statuses[0]
    assert shown.state.waiting is not None
    assert shown.state.waiting.reason == "CrashLoopBackOff"


async def test_the_log_of_a_pod_that_is_gone_is_empty(
    control_plane: ControlPlane, namespace: str
) -> None:
    query = LogQuery(Ref("Pod", namespace, "gone"), "app")
    async with cluster(control_plane.kubeconfig) as link:
        assert await link.logs([query]) == {query: Log()}


async def test_logs_that_may_not_be_read_say_so(
    control_plane: ControlPlane, namespace: str
) -> None:
    query = LogQuery(Ref("Pod", namespace, "web"), "app")
    async with cluster(control_plane.user_kubeconfig("reads-no-logs")) as link:
        assert await link.logs([query]) == {query: Log(unread="forbidden")}
