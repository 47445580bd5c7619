"""rights: what a need takes, and how the answers of the API server are read."""

from pathlib import Path

import pytest
from aiohttp import web

from tests.kube.faulty import connected, playing, status
from watchdog.domain.errors import Transient
from watchdog.domain.ports import Right
from watchdog.kube.kinds import KINDS
from watchdog.kube.rights import ask_rights, rights_of


def test_a_kind_takes_list_in_its_group() -> None:
    assert rights_of("deployments") == (("apps", "deployments", ("list",)),)


def test_logs_take_get_on_a_subresource() -> None:
    assert rights_of("logs") == (("", "pods/log", ("get",)),)


def test_metrics_take_their_resource_and_kubelet_statistics_a_subresource() -> None:
    assert rights_of("nodemetrics") == (("metrics.k8s.io", "nodes", ("list",)),)
    assert rights_of("stats") == (("", "nodes/stats", ("get",)),)


def test_no_need_takes_more_than_reading() -> None:
    verbs = {
        verb
        for need in (*KINDS, "logs", "stats", "apiserver")
        for *_, each in rights_of(need)
        for verb in each
    }

    assert verbs == {"list", "get"}


async def test_each_right_is_asked_for_and_answered(tmp_path: Path) -> None:
    async def review(request: web.Request) -> web.Response:
        asked = (await request.json())["spec"]["resourceAttributes"]
        allowed = asked == {"group": "", "resource": "pods", "subresource": "log", "verb": "get"}
        return web.json_response({"status": {"allowed": allowed}}, status=201)

    async with playing(tmp_path, review) as server, connected(server.kubeconfig) as link:
        found = await ask_rights(link, ["pods", "logs"])

    assert found == (Right("", "pods/log", "get", True), Right("", "pods", "list", False))


async def test_no_answer_is_no_refusal(tmp_path: Path) -> None:
    async def busy(request: web.Request) -> web.Response:
        return status(503, "starting", **{"Retry-After": "60"})

    async with playing(tmp_path, busy) as server, connected(server.kubeconfig) as link:
        with pytest.raises(Transient):
            await ask_rights(link, ["pods", "nodes"])
