"""What a pod asks for, and which nodes repel it."""

import pytest

from tests.builders import container, node, template
from watchdog.domain.objects import corev1, placementv1, podv1
from watchdog.logic.placement.filters import host_ports, repelling, requests, tolerates

TAINT = corev1.Taint(key="gpu", value="a100", effect="NoSchedule")


def asks(cpu: str, policy: str = "") -> podv1.Container:
    return container(resources=podv1.Resources(requests={"cpu": cpu}), restart_policy=policy)


def test_init_containers_count_by_their_peak_and_sidecars_beside_the_others() -> None:
    spec = template(asks("1"), init_containers=(asks("3"), asks("500m", "Always"))).spec

    assert requests(spec) == {"cpu": 3.0, "pods": 1.0}
    assert requests(template(asks("4"), init_containers=(asks("3"),)).spec)["cpu"] == 4.0
    assert requests(template(asks("1"), init_containers=(asks("1", "Always"),)).spec)["cpu"] == 2.0


def test_what_a_pod_asks_for_as_a_whole_counts_and_its_runtime_takes_more() -> None:
    whole = podv1.Resources(requests={"cpu": "5"})
    spec = template(asks("2"), resources=whole, overhead={"cpu": "250m", "memory": "120Mi"}).spec

    assert requests(spec) == {"cpu": 5.25, "memory": 120 * 2**20, "pods": 1.0}


@pytest.mark.parametrize(
    ("toleration", "taken"),
    [
        (placementv1.Toleration(operator="Exists"), True),
        (placementv1.Toleration(key="gpu", operator="Exists"), True),
        (placementv1.Toleration(key="gpu", value="a100"), True),
        (placementv1.Toleration(key="gpu", operator="Equal", value="h100"), False),
        (placementv1.Toleration(key="gpu", operator="Exists", effect="NoExecute"), False),
        (placementv1.Toleration(key="other", operator="Exists"), False),
    ],
)
def test_a_toleration_takes_a_taint_by_key_value_and_effect(
    toleration: placementv1.Toleration, taken: bool
) -> None:
    assert tolerates(template(tolerations=(toleration,)).spec, TAINT) is taken


def test_a_taint_that_only_prefers_repels_nobody() -> None:
    soft = corev1.Taint(key="gpu", effect="PreferNoSchedule")

    assert repelling(template().spec, node("w-1", taints=(soft,))) == ()


def test_a_host_network_makes_every_port_a_host_port() -> None:
    ports = (podv1.ContainerPort(container_port=53, protocol="UDP"),)

    assert host_ports(template(container(ports=ports)).spec) == frozenset()
    assert host_ports(template(container(ports=ports), host_network=True).spec) == {("UDP", 53)}
