"""Names in commands, and what they mean inside the cluster."""

import pytest

from tests.builders import meta, snapshot
from watchdog.domain.objects import corev1
from watchdog.domain.ref import Ref
from watchdog.logic.network.hosts import hosts, service_of

HERE = snapshot(corev1.Namespace(metadata=meta(Ref("Namespace", "", "db"))))


@pytest.mark.parametrize(
    ("host", "service"),
    [
        ("pg", Ref("Service", "shop", "pg")),
        ("pg:5432", Ref("Service", "shop", "pg")),
        ("pg.db", Ref("Service", "db", "pg")),
        ("pg.db.svc", Ref("Service", "db", "pg")),
        ("pg.db.svc.cluster.local.", Ref("Service", "db", "pg")),
        ("example.org", None),
        ("api.example.org", None),
        ("localhost", None),
    ],
)
def test_a_name_is_a_service_only_if_it_can_be_nothing_else(host: str, service: Ref | None) -> None:
    assert service_of(HERE, host, "shop") == service


def test_hosts_are_found_once_and_in_order_of_their_form() -> None:
    assert hosts(
        "curl http://user:pw@a.b/x && nc -z c 1 && wait d:80 || psql -h e; curl http://a.b"
    ) == (
        "a.b",
        "d",
        "c",
        "e",
    )


def alias(name: str, target: str) -> corev1.Service:
    return corev1.Service(
        metadata=meta(Ref("Service", "shop", name)),
        spec=corev1.ServiceSpec(type="ExternalName", external_name=target),
    )


@pytest.mark.parametrize(
    ("target", "service"),
    [
        ("pg.db.svc.cluster.local", Ref("Service", "db", "pg")),
        ("second.shop.svc.cluster.local.", Ref("Service", "db", "pg")),
        ("pg.db.svc", Ref("Service", "shop", "first")),
        ("pg.example.org.", Ref("Service", "shop", "first")),
        ("api.svc.example.org", Ref("Service", "shop", "first")),
        ("pg.db.svc.clusterset.local", Ref("Service", "shop", "first")),
        ("second.shop.svc.lab.lan", Ref("Service", "db", "pg")),
        ("first.shop.svc.cluster.local", Ref("Service", "shop", "first")),
    ],
)
def test_a_service_that_is_a_name_for_another_means_the_other(target: str, service: Ref) -> None:
    look = snapshot(alias("first", target), alias("second", "pg.db.svc.cluster.local"))

    assert service_of(look, "first", "shop") == service
