"""`watchdog rbac audit` through the installed command, where little may be read."""

from collections.abc import Iterator

import pytest

from tests.cli.support import READER, Watchdog, grant
from tests.cli.test_doctor import lines
from tests.cluster.control_plane import ControlPlane
from tests.doubles.front import Front


@pytest.fixture
def narrow(control_plane: ControlPlane, front: Front) -> Iterator[Front]:
    """The cluster as a user sees it who may list neither pods nor namespaces."""
    grant(control_plane, "pods", "namespaces")
    front.user = READER
    yield front
    control_plane.kubectl("delete", "clusterrole,clusterrolebinding", READER)


async def test_without_the_list_of_namespaces_it_names_what_is_missing(
    watchdog: Watchdog, narrow: Front
) -> None:
    done = await watchdog.call("rbac", "audit")

    assert (done.returncode, done.stderr) == (1, "")
    assert {"not granted: list namespaces", "not granted: list pods"} <= set(lines(done, "fault"))
    assert any("they cannot be listed" in text for text in lines(done, "note "))
    assert "may act nowhere" not in done.stdout
