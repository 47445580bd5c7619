"""Fixtures of the whole suite, and the one door between the environment and the tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import build
from tests.cluster.control_plane import ControlPlane, existing, running
from tests.cluster.kubelet import Kubelet


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio only: the daemon does."""
    return "asyncio"


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that asks for the control plane: nobody has to remember it."""
    for item in items:
        if "control_plane" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.cluster)


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """The real control plane: one per session, or the cluster of WATCHDOG_TEST_KUBECONFIG."""
    folder = tmp_path_factory.mktemp("control-plane")
    if kubeconfig := os.environ.get("WATCHDOG_TEST_KUBECONFIG"):
        yield existing(Path(kubeconfig), folder)
        return
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    try:
        binary = build.binary(cache)
    except build.BuildFailed as error:
        reason = f"the control plane cannot be built: {error}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with running(binary, folder) as plane:
        yield plane


@pytest.fixture
def namespace(control_plane: ControlPlane) -> Iterator[str]:
    """A fresh namespace, ready for pods, named after nothing a check could read meaning into."""
    name = control_plane.new_namespace()
    yield name
    control_plane.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="session")
def _kubelet(control_plane: ControlPlane) -> Iterator[Kubelet]:
    if control_plane.authority is None:
        pytest.skip("the cluster of WATCHDOG_TEST_KUBECONFIG has kubelets of its own")
    with Kubelet(control_plane.url, control_plane.authority) as kubelet:
        yield kubelet


@pytest.fixture
def kubelet(_kubelet: Kubelet) -> Iterator[Kubelet]:
    """The simulated kubelet of nodes w-1, w-2 and w-3; what a test told it ends with the test."""
    yield _kubelet
    _kubelet.reset()
