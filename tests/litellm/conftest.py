"""The proxy of this folder and the scripted upstream behind it, started once for its tests."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.doubles import upstream as does
from tests.doubles.upstream import Upstream, says
from tests.litellm.proxy import NAMES, Proxy, backend, deterministic, running


@pytest.fixture(scope="package")
async def standing() -> AsyncIterator[Upstream]:
    """The server behind every proxy of this folder; a proxy is told its address at its start."""
    async with does.upstream() as state:
        yield state


@pytest.fixture
def behind(standing: Upstream) -> Upstream:
    """What stands behind the proxy; every model answers well until a test says otherwise."""
    standing.seen.clear()
    for name in NAMES:
        standing.script(backend(name), says('{"summary": "the image is gone"}'))
    return standing


@pytest.fixture(scope="package")
def proxy(
    litellm: Path, standing: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    """The proxy without retries and cooldowns: one request of ours is one request behind it."""
    folder = tmp_path_factory.mktemp("litellm")
    with running(litellm, folder, deterministic(standing.url)) as made:
        yield made
