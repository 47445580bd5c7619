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
