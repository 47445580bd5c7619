"""The installed command on the real control plane: a front before it, a home of its own, calm."""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.support import BAD, GOOD, READER, Watchdog, grant
from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubelet import Kubelet
from tests.cluster.pod_status import Rule, Waiting
from tests.cluster.test_control_plane import create, deployment, wait, waiting_for
from tests.doubles.front import Front, fronting


@pytest.fixture
def calm(control_plane: ControlPlane) -> ControlPlane:
    """The cluster when the namespaces of other tests have gone: nothing in it is ill."""
    found = json.loads(control_plane.kubectl("get", "namespaces", "--output", "json"))["items"]
    leaving = [each["metadata"]["name"] for each in found if each["status"]["phase"] != "Active"]
    if leaving:
        control_plane.kubectl("wait", "--for=delete", "--timeout=60s", "namespace", *leaving)
    return control_plane


@pytest.fixture(scope="session")
def _namespaces(control_plane: ControlPlane) -> Iterator[list[str]]:
    names: list[str] = []
    yield names
    if names:
        control_plane.kubectl("delete", "namespace", "--wait=false", *names)


@pytest.fixture
def namespace(calm: ControlPlane, _namespaces: list[str]) -> Iterator[str]:
    """A fresh namespace that is emptied at the end.

    It stays until all tests are done: one that is being deleted takes five seconds to go, and
    watchdog sees it.
    """
    _namespaces.append(calm.new_namespace())
    yield _namespaces[-1]
    every = "deployments,statefulsets,daemonsets,cronjobs,jobs,pods"
    how = ("--all", "--namespace", _namespaces[-1], "--cascade=foreground", "--timeout=60s")
    calm.kubectl("delete", every, *how)


@pytest.fixture
async def front(calm: ControlPlane, kubelet: Kubelet, tmp_path: Path) -> AsyncIterator[Front]:
    """The calm cluster, with healthy nodes, behind a front."""
    folder = tmp_path / "front"
    folder.mkdir()
    async with fronting(calm, folder) as front:
        yield front


@pytest.fixture
def watchdog(front: Front, tmp_path: Path) -> Watchdog:
    """The command with a new home on that cluster."""
    return Watchdog(tmp_path / "home", front.kubeconfig)


@pytest.fixture
def rollout(control_plane: ControlPlane, kubelet: Kubelet, namespace: str) -> str:
    """A Deployment that serves, and whose new revision has an image that does not exist."""
    refused = Waiting(
        reason="ImagePullBackOff", message=f'Back-off pulling image "{BAD}": not found'
    )
    kubelet.show(Rule(image=BAD, state=refused, age=timedelta(minutes=30)))
    create(control_plane, namespace, deployment("web", GOOD))
    wait(control_plane, namespace, "deployment/web", "condition=Available")
    control_plane.kubectl("set", "image", "deployment/web", f"app={BAD}", "--namespace", namespace)
    wait(control_plane, namespace, "deployment/web", "jsonpath={.status.updatedReplicas}=1")
    bad = f"{{.items[?(@.spec.containers[0].image=='{BAD}')].metadata.name}}"
    name = control_plane.kubectl("get", "pods", "--namespace", namespace, f"-o=jsonpath={bad}")
    wait(control_plane, namespace, f"pod/{name}", waiting_for("ImagePullBackOff"))
    return namespace


@pytest.fixture
def blind(control_plane: ControlPlane, front: Front) -> Iterator[Front]:
    """The cluster as a user sees it who may list neither pods nor deployments."""
    grant(control_plane, "pods", "deployments")
    front.user = READER
    yield front
    control_plane.kubectl("delete", "clusterrole,clusterrolebinding", READER)
