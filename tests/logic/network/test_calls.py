"""calls: which addresses of a spec are calls, and whom they mean."""

from dataclasses import replace

import msgspec
import pytest

from tests.builders import HOUR, meta, snapshot
from tests.network import app, labelled, namespace, service, serving
from watchdog.domain.objects import batchv1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.network.calls import addresses, calls

CART = Ref("Service", "shop", "cart")


def targets(look: Snapshot) -> list[tuple[str, str]]:
    return [(call.variable, call.target) for call in calls(look)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("http://cart:8080/x", [("cart", 8080)]),
        ("https://example.org", [("example.org", 443)]),
        ("redis://cache", [("cache", 0)]),
        ("postgres://user:pass@db:5432/x", [("db", 5432)]),
        ("jdbc:postgresql://db:5432/x", [("db", 5432)]),
        ("root:12345@tcp(db:3306)/x", [("db", 3306)]),
        ("mongodb://a:27017,b:27018/x", [("a", 27017), ("b", 27018)]),
        ("mosquitto:1883", [("mosquitto", 1883)]),
        ("10.96.0.1:443", [("10.96.0.1", 443)]),
        ("--upstream=http://cart:8080", [("cart", 8080)]),
        ("postgres:16.2", []),
        ("http://$(HOST):80", []),
        ("http://${HOST}:80", []),
        ("12:30", []),
        ("registry.example.org/app:123", []),
    ],
)
def test_only_urls_and_pairs_are_addresses(text: str, found: list[tuple[str, int]]) -> None:
    assert list(addresses(text)) == found


def test_a_call_names_where_it_is_written_and_what_it_means() -> None:
    look = snapshot(*app("web", env={"CART_URL": "http://cart:8080"}), *app("job", args=["cart:1"]))

    [call] = calls(look)

    assert call.service == CART
    assert (call.where, call.target) == ("CART_URL of container web", "cart:8080")


def test_arguments_call_too_and_each_address_once() -> None:
    look = snapshot(*app("web", env={"A": "cart:80"}, args=["--to=cart:80", "--and=db:5432"]))

    assert targets(look) == [("A", "cart:80"), ("", "db:5432")]
    assert calls(look)[1].where == "the arguments of container web"


def test_host_and_port_in_two_variables_are_one_call() -> None:
    env = {"DB_HOST": "db", "DB_PORT": "5432", "HOST": "cart", "PORT": "8080", "X_HOST": "a b"}

    assert targets(snapshot(*app("web", env=env))) == [("DB_PORT", "db:5432")]


def test_two_variables_that_repeat_an_address_add_nothing() -> None:
    env = {"DB": "db:5432", "DB_HOST": "db", "DB_PORT": "5432"}

    assert targets(snapshot(*app("web", env=env))) == [("DB", "db:5432")]


@pytest.mark.parametrize(
    "env",
    [
        {"RUNNER_IMAGE": "cart:8080"},
        {"LISTEN": "cart:8080"},
        {"LISTEN_HOST": "cart", "LISTEN_PORT": "8080"},
        {"DB_HOST": "one or two", "DB_PORT": "5432"},
        {"ALLOWED_HOSTS": "cart:8080"},
        {"EMPTY": ""},
    ],
)
def test_what_is_no_call_is_left_out(env: dict[str, str]) -> None:
    assert calls(snapshot(*app("web", env=env, args=["--image=cart:8080"]))) == ()


def test_nobody_calls_itself() -> None:
    look = snapshot(*app("web", env={"SELF": "http://web:80"}), service("web", 80))

    assert calls(look) == ()


def test_a_name_of_the_pods_own_hosts_file_is_no_service() -> None:
    aliases = (podv1.HostAlias(hostnames=("cart",)), podv1.HostAlias())
    look = snapshot(*app("web", env={"A": "http://cart:80"}, host_aliases=aliases))

    assert calls(look) == ()


def test_who_is_at_zero_or_suspended_does_not_call() -> None:
    template = labelled({"app": "night"}, serving("night", env={"A": "http://cart:80"}))
    cron = batchv1.CronJob(
        metadata=meta(Ref("CronJob", "shop", "night")),
        spec=batchv1.CronJobSpec(
            job_template=batchv1.JobTemplate(spec=batchv1.JobSpec(template=template))
        ),
    )
    suspended = msgspec.structs.replace(cron, spec=msgspec.structs.replace(cron.spec, suspend=True))
    idle = app("web", env={"A": "http://cart:80"}, replicas=0)

    assert calls(snapshot(*idle, suspended)) == ()
    assert [call.caller.kind for call in calls(snapshot(*idle, cron))] == ["CronJob"]


@pytest.mark.parametrize(
    ("host", "meant"),
    [
        ("db", Ref("Service", "shop", "db")),
        ("db.data", Ref("Service", "data", "db")),
        ("db.data.svc", Ref("Service", "data", "db")),
        ("db.data.svc.cluster.local", Ref("Service", "data", "db")),
        ("10.96.0.9", Ref("Service", "data", "db")),
        ("peers-0.peers", Ref("Service", "shop", "peers")),
        ("peers-0.peers.shop", Ref("Service", "shop", "peers")),
        ("peers-0.peers.shop.svc.cluster.local", Ref("Service", "shop", "peers")),
        ("example.org", None),
        ("x.db.data.org", None),
        ("10.0.0.1", None),
    ],
)
def test_a_host_means_a_service_only_by_its_exact_name(host: str, meant: Ref | None) -> None:
    look = snapshot(
        *app("web", env={"A": f"http://{host}:80"}),
        service("db", 5432, namespace="data"),
        service("peers", 80, ip="None"),
        namespace("data"),
        namespace("shop"),
    )

    assert [call.service for call in calls(look)] == [meant]


def test_without_services_nothing_is_known_of_addresses() -> None:
    look = snapshot(*app("web", env={"A": "http://10.96.0.9:80"}, age=HOUR))
    objects = {key: value for key, value in look.objects.items() if key != "services"}

    assert [call.service for call in calls(replace(look, objects=objects))] == [None]
