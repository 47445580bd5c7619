"""dnsconfig: the ConfigMaps of the cluster's DNS, read by name, and what is said when they are not."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from tests.kube.faulty import connected, playing, status
from watchdog.domain.objects import dnsv1
from watchdog.domain.ports import Right
from watchdog.domain.snapshot import Missing
from watchdog.kube.dnsconfig import DnsSource, dns_right, read_dns_config

SOURCE = DnsSource("dns", "corefile", "main")
PATH = "/api/v1/namespaces/dns/configmaps/corefile"
MAIN = {
    "kind": "ConfigMap",
    "metadata": {
        "name": "corefile",
        "namespace": "dns",
        "managedFields": [
            {
                "manager": "kubectl-edit",
                "time": "2026-11-20T11:00:00Z",
                "fieldsV1": {"f:data": {"f:main": {}}},
            }
        ],
    },
    "data": {"main": ". {\n errors\n}\n"},
}
CUSTOM = {"metadata": {"name": "corefile-custom", "namespace": "dns"}, "data": {"a.server": "x"}}


async def read(
    folder: Path, answers: Mapping[str, web.Response]
) -> tuple[dnsv1.DnsConfig, ...] | Missing:
    async def answer(request: web.Request) -> web.Response:
        found = answers.get(request.path) or status(404, "not found")
        return web.Response(body=found.body, status=found.status, headers=found.headers)

    async with playing(folder, answer) as server, connected(server.kubeconfig) as link:
        return await read_dns_config(link, SOURCE)


async def test_the_configuration_is_read_with_its_key_and_its_last_change(tmp_path: Path) -> None:
    found = await read(tmp_path, {PATH: web.json_response(MAIN)})

    assert isinstance(found, tuple)
    [main] = found
    assert (main.corefile, main.data) == ("main", {"main": ". {\n errors\n}\n"})
    assert main.changed_at == datetime(2026, 11, 20, 11, tzinfo=UTC)


async def test_what_may_be_imported_is_read_when_it_is_there(tmp_path: Path) -> None:
    answers = {PATH: web.json_response(MAIN), f"{PATH}-custom": web.json_response(CUSTOM)}

    found = await read(tmp_path, answers)

    assert isinstance(found, tuple)
    assert [(each.name, each.corefile, each.unread) for each in found] == [
        ("corefile", "main", False),
        ("corefile-custom", "", False),
    ]


async def test_an_addition_that_may_not_be_read_is_known_to_be_unread(tmp_path: Path) -> None:
    answers = {PATH: web.json_response(MAIN), f"{PATH}-custom": status(403, "no")}

    found = await read(tmp_path, answers)

    assert isinstance(found, tuple)
    assert [(each.name, each.unread) for each in found] == [
        ("corefile", False),
        ("corefile-custom", True),
    ]


async def test_what_is_not_granted_or_not_there_is_missing_with_its_reason(tmp_path: Path) -> None:
    forbidden = await read(tmp_path, {PATH: status(403, "no")})
    absent = await read(tmp_path, {})
    broken = await read(tmp_path, {PATH: web.Response(body=b"{")})

    assert [each.reason for each in (forbidden, absent, broken) if isinstance(each, Missing)] == [
        "forbidden",
        "absent",
        "malformed",
    ]


async def test_the_right_is_asked_for_by_name(tmp_path: Path) -> None:
    async def review(request: web.Request) -> web.Response:
        asked = (await request.json())["spec"]["resourceAttributes"]
        named = {"namespace": "dns", "name": "corefile"}
        allowed = asked == {"resource": "configmaps", "verb": "get", **named}
        return web.json_response({"status": {"allowed": allowed}}, status=201)

    async with playing(tmp_path, review) as server, connected(server.kubeconfig) as link:
        assert await dns_right(link, SOURCE) == Right("", "configmaps", "get", True)
