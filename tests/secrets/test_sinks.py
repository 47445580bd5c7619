"""A shop full of secrets is broken: watchdog tells of it, and none of them leaves it anywhere."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.cluster.kubelet import Kubelet
from tests.secrets.kinds import Canary, leaking
from tests.secrets.shop import open_shop
from tests.secrets.sinks import collect, own_secrets, scene

SINKS = ("a run", "the daemon", "lists", "incidents", "scans", "settings", "errors", "files",
         "the outbox on Discord", "what the model reads")  # fmt: skip


@pytest.fixture(scope="module")
def seen(
    control_plane: ControlPlane, _kubelet: Kubelet, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, str], tuple[Canary, ...]]]:
    """What came out of every sink, and all that must not be in it."""
    own = own_secrets()
    shop = open_shop(control_plane, _kubelet, own["WATCHDOG_LLM__API_KEY"].text)
    folder = tmp_path_factory.mktemp("secrets")

    async def look() -> dict[str, str]:
        async with scene(control_plane.kubeconfig, folder, own) as here:
            return await collect(here)

    try:
        yield asyncio.run(look()), (*shop.canaries, *own.values())
    finally:
        _kubelet.reset()
        control_plane.kubectl("delete", "namespace", shop.namespace, "--timeout=120s")


@pytest.mark.parametrize("sink", SINKS)
def test_no_secret_reaches_the_sink(
    sink: str, seen: tuple[dict[str, str], tuple[Canary, ...]]
) -> None:
    sinks, canaries = seen

    assert leaking(canaries, sinks[sink]) == []


@pytest.mark.parametrize(
    "sink", ["a run", "the daemon", "incidents", "scans", "files", "the outbox on Discord"]
)
def test_what_was_broken_is_told_without_its_secrets(
    sink: str, seen: tuple[dict[str, str], tuple[Canary, ...]]
) -> None:
    told = seen[0][sink]

    assert told.count("redacted:") >= 20
    assert "cannot start" in told
