"""A healthy k3s, on one board or on boards and machines of two architectures: not one word."""

from dataclasses import replace

import pytest

from tests.builders import meta
from tests.properties.k3s import NOW, cluster
from tests.properties.recorded import incidents, opened, snapshot_of
from watchdog.domain.objects import serverv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot

ONE = {"pi-1": "arm64"}
MIXED = {
    "pi-1": "arm64",
    "pi-22": "arm64",
    "pi-333": "arm64",
    "nuc-4444": "amd64",
    "nuc-55555": "amd64",
}


def look(nodes: dict[str, str]) -> Snapshot:
    """The Snapshot, with what the API server says of itself and no Lease of a control plane."""
    found = snapshot_of(cluster(nodes))
    server = serverv1.APIServer(
        metadata=meta(Ref("APIServer", "", "kubernetes")), version="v1.31.4+k3s1"
    )
    return replace(found, taken_at=NOW, objects={**found.objects, "apiserver": (server,)})


@pytest.mark.parametrize("nodes", [ONE, MIXED], ids=["one node", "two architectures"])
def test_a_healthy_k3s_gives_no_finding_at_all(nodes: dict[str, str]) -> None:
    assert incidents(look(nodes)) == ()


def test_its_only_server_is_to_blame_when_it_calls_itself_ill() -> None:
    healthy = look(MIXED)
    ill = serverv1.APIServer(
        metadata=meta(Ref("APIServer", "", "kubernetes")),
        failed=(serverv1.FailedCheck(endpoint="readyz", name="etcd"),),
    )

    [found] = incidents(replace(healthy, objects={**healthy.objects, "apiserver": (ill,)}))

    assert (found.reason, found.subjects) == ("ControlPlaneUnhealthy", (Ref("Node", "", "pi-1"),))
    assert opened(healthy) == set()
