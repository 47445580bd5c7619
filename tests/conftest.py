"""Fixtures of the whole suite, and the one door between the environment and the tests."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

from tests.cluster import build
from tests.cluster.control_plane import ControlPlane, existing, running
from tests.cluster.kubelet import Kubelet
from tests.litellm import build as litellm_build

# How long an example takes says more about the machine, and what else runs on it, than about us.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio only: the daemon does."""
    return "asyncio"


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that asks for the control plane or the model proxy: nobody has to."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "control_plane" in names:
            item.add_marker(pytest.mark.cluster)
        if "litellm" in names:
            item.add_marker(pytest.mark.litellm)


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """The real control plane: one per session, or the cluster of WATCHDOG_TEST_KUBECONFIG."""
    folder = tmp_path_factory.mktemp("control-plane")
    if kubeconfig := os.environ.get("WATCHDOG_TEST_KUBECONFIG"):
        yield existing(Path(kubeconfig), folder)
        return
    try:
        binary = build.binary(_cache())
    except build.BuildFailed as error:
        _without(f"the control plane cannot be built: {error}")
    with running(binary, folder) as plane:
        yield plane


@pytest.fixture(scope="session")
def litellm() -> Path:
    """The command of the real model proxy: built once, or the one of WATCHDOG_TEST_LITELLM."""
    if command := os.environ.get("WATCHDOG_TEST_LITELLM"):
        return Path(command)
    try:
        return litellm_build.command(_cache())
    except litellm_build.BuildFailed as error:
        _without(f"the LiteLLM proxy cannot be installed: {error}")


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _without(reason: str) -> NoReturn:
    """A tool of the tests is missing: a failure in CI, elsewhere a skip that names it."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


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
