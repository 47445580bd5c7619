"""server: when the API server is not well, and where it runs."""

import pytest
from msgspec.structs import replace

from tests.builders import meta, node, snapshot
from watchdog.domain.objects import corev1, metav1, networkingv1, serverv1
from watchdog.domain.ref import Ref
from watchdog.logic.platform.server import SYSTEM, seat, unwell, version

ETCD = serverv1.FailedCheck(endpoint="readyz", name="etcd", said="reason withheld")
PODS = serverv1.ListTime("pods", 14.2, 40)
NODES = serverv1.ListTime("nodes", 11, 3)


def server(
    *lists: serverv1.ListTime,
    failed: tuple[serverv1.FailedCheck, ...] = (),
    version_seconds: float = 0.1,
) -> serverv1.APIServer:
    return serverv1.APIServer(
        metadata=meta(Ref("APIServer", "", "kubernetes")),
        version="v1.31.4+k3s1",
        version_seconds=version_seconds,
        failed=failed,
        lists=lists,
    )


def test_a_health_check_that_fails_is_named_once() -> None:
    again = replace(ETCD, endpoint="livez")

    found = unwell(snapshot(server(failed=(ETCD, again))))

    assert found is not None
    assert (found.failed, found.slow) == ((ETCD,), ())


def test_two_small_lists_that_take_ten_seconds_are_slow() -> None:
    found = unwell(snapshot(server(PODS, NODES)))

    assert found is not None
    assert (found.failed, found.slow) == ((), (PODS, NODES))


@pytest.mark.parametrize(
    "item",
    [
        server(),
        server(PODS),
        server(PODS, serverv1.ListTime("nodes", 9.9, 3)),
        server(PODS, serverv1.ListTime("events", 30, 5000)),
        server(PODS, NODES, version_seconds=3),
    ],
    ids=["well", "one kind", "quick enough", "many objects", "a slow network"],
)
def test_other_times_say_nothing(item: serverv1.APIServer) -> None:
    assert unwell(snapshot(item)) is None


def test_nothing_is_known_of_a_server_that_was_not_asked() -> None:
    assert unwell(snapshot(missing=("apiserver",))) is None
    assert version(snapshot(missing=("apiserver",))) == ""


def test_its_version_is_what_it_says() -> None:
    assert version(snapshot(server())) == "v1.31.4+k3s1"


def control_plane(name: str, role: str = "control-plane") -> corev1.Node:
    item = node(name)
    labels = {**item.labels, f"node-role.kubernetes.io/{role}": "true"}
    address = corev1.NodeAddress(type="InternalIP", address="10.0.0.10")
    return replace(
        item,
        metadata=replace(item.metadata, labels=labels),
        status=replace(item.status, addresses=(address,)),
    )


def published(address: str | None, *, service: str = "kubernetes") -> networkingv1.EndpointSlice:
    labels = {"kubernetes.io/service-name": service}
    addresses = None if address is None else (address,)
    return networkingv1.EndpointSlice(
        metadata=meta(Ref("EndpointSlice", "default", service), labels=labels),
        endpoints=(networkingv1.SliceEndpoint(addresses=addresses),),
    )


@pytest.mark.parametrize("role", ["control-plane", "master"])
@pytest.mark.parametrize(
    "slices",
    [(), (published("10.0.0.10"),), (published(None),), (published("10.9.9.9", service="other"),)],
)
def test_the_only_node_of_the_role_is_its_seat(
    role: str, slices: tuple[networkingv1.EndpointSlice, ...]
) -> None:
    assert seat(snapshot(control_plane("cp-0", role), node("w-1"), *slices)).name == "cp-0"


@pytest.mark.parametrize(
    "items",
    [
        (node("w-1"),),
        (control_plane("cp-0"), control_plane("cp-1")),
        (control_plane("cp-0"), published("203.0.113.7")),
    ],
    ids=["hosted", "several", "published elsewhere"],
)
def test_else_it_is_the_namespace_of_the_control_plane(items: tuple[metav1.Object, ...]) -> None:
    assert seat(snapshot(*items)) == SYSTEM
