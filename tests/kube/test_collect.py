"""collect, when the API server is not well: what could not be read is missing, and says why."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from aiohttp import web

from tests.kube.faulty import QUICK, black_hole, connected, kubeconfig, named, page, playing, status
from watchdog.clock import SystemClock
from watchdog.domain.errors import Forbidden, Transient
from watchdog.domain.snapshot import BASE_NEEDS, Missing, Snapshot
from watchdog.kube.answers import Untrusted
from watchdog.kube.client import Limits
from watchdog.kube.collect import KubeCluster
from watchdog.kube.kinds import KINDS

SYSTEM = named("kube-system")
Answers = Mapping[str, web.Response]


def replies(answers: Answers, request: web.Request) -> web.Response:
    """The scripted answer of a path, else an empty list; kube-system is always there."""
    found = answers.get(request.path)
    if found is not None:
        return web.Response(body=found.body, status=found.status, headers=found.headers)
    return page(SYSTEM) if request.path == "/api/v1/namespaces" else page()


async def look(folder: Path, answers: Answers, *, limits: Limits = QUICK) -> Snapshot:
    async def answer(request: web.Request) -> web.Response:
        return replies(answers, request)

    async with playing(folder, answer) as server, connected(server.kubeconfig, limits) as link:
        return await KubeCluster(link, SystemClock()).snapshot(())


async def missing(folder: Path, answers: Answers) -> Mapping[str, Missing]:
    return (await look(folder, answers)).missing


async def test_an_empty_cluster_has_every_kind_and_misses_none(tmp_path: Path) -> None:
    snapshot = await look(tmp_path, {})

    assert set(snapshot.objects) == set(BASE_NEEDS)
    assert not snapshot.missing


async def test_kubelets_are_asked_only_when_a_check_wants_them(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        return replies({}, request)

    async with playing(tmp_path, answer) as server, connected(server.kubeconfig) as link:
        snapshot = await KubeCluster(link, SystemClock()).snapshot(["stats"])

    # The kubeconfig of this test names no authority, so no kubelet could be verified.
    assert set(snapshot.missing) == {"stats"}
    assert snapshot.missing["stats"].reason == "absent"


async def test_without_nodes_no_kubelet_is_asked(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        return replies({"/api/v1/nodes": status(403, "no")}, request)

    async with playing(tmp_path, answer) as server, connected(server.kubeconfig) as link:
        snapshot = await KubeCluster(link, SystemClock()).snapshot(["stats"])

    assert snapshot.missing["stats"].reason == "forbidden"


async def test_an_optional_api_that_is_not_installed_is_not_asked_for(tmp_path: Path) -> None:
    asked: list[str] = []
    needs = ("certificates", "applications")
    groups = web.json_response({"groups": [{"name": "argoproj.io"}]})

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return replies({"/apis": groups}, request)

    async with playing(tmp_path, answer) as server, connected(server.kubeconfig) as link:
        snapshot = await KubeCluster(link, SystemClock()).snapshot(needs)

    assert snapshot.has("applications")
    assert snapshot.missing == {
        "certificates": Missing(
            "absent", "cannot list certificates: cert-manager.io is not installed"
        )
    }
    assert not any("cert-manager.io" in path for path in asked)


async def test_without_a_list_of_apis_every_kind_is_asked_for(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        return replies({"/apis": status(403, "no")}, request)

    async with playing(tmp_path, answer) as server, connected(server.kubeconfig) as link:
        snapshot = await KubeCluster(link, SystemClock()).snapshot(("certificates",))

    assert snapshot.has("certificates")


async def test_the_cluster_is_known_by_the_uid_of_kube_system(tmp_path: Path) -> None:
    assert (await look(tmp_path, {})).cluster == "uid-kube-system"


async def test_the_time_is_the_servers(tmp_path: Path) -> None:
    later = web.json_response({"items": []}, headers={"Date": "Sun, 01 Jan 2090 00:00:00 GMT"})

    assert (await look(tmp_path, {"/api/v1/pods": later})).taken_at.year == 2090


async def test_a_forbidden_kind_names_verb_and_resource(tmp_path: Path) -> None:
    said = 'pods is forbidden: User "u" cannot list resource "pods"'
    found = await missing(tmp_path, {"/api/v1/pods": status(403, said)})

    assert found == {"pods": Missing("forbidden", f"cannot list pods: {said}")}


async def test_a_group_that_is_not_installed_is_absent_even_without_the_right(
    tmp_path: Path,
) -> None:
    groups = web.json_response({"groups": [{"name": "batch"}]})
    answers = {
        "/apis": groups,
        "/apis/apps/v1/deployments": status(403, "no"),
        "/apis/batch/v1/jobs": status(403, "no"),
    }
    found = await missing(tmp_path, answers)

    assert {need: each.reason for need, each in found.items()} == {
        "deployments": "absent",
        "jobs": "forbidden",
    }


async def test_without_discovery_a_refusal_stays_a_refusal(tmp_path: Path) -> None:
    no = status(403, "no")
    found = await missing(tmp_path, {"/apis": no, "/apis/apps/v1/deployments": no})

    assert found["deployments"].reason == "forbidden"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (web.Response(text="404 page not found", status=404), "absent"),
        (status(500, "etcd is away"), "unavailable"),
        (status(400, "limit: no"), "refused"),
        (web.Response(body=b'{"items": [{"meta'), "malformed"),
        (page({"metadata": {"name": "web"}, "spec": 7}), "malformed"),
    ],
)
async def test_each_failure_has_its_reason(
    tmp_path: Path, answer: web.Response, reason: str
) -> None:
    assert (await missing(tmp_path, {"/api/v1/pods": answer}))["pods"].reason == reason


async def test_a_kind_that_hangs_is_missing_and_the_others_are_read(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/api/v1/pods":
            await asyncio.Event().wait()
        return replies({}, request)

    limits = Limits(connect=2, total=2)
    async with playing(tmp_path, answer) as server, connected(server.kubeconfig, limits) as link:
        snapshot = await KubeCluster(link, SystemClock()).snapshot(())

    assert snapshot.missing["pods"].reason == "timeout"
    assert len(snapshot.objects) == len(BASE_NEEDS) - 1


async def test_pages_are_joined_and_an_object_in_two_of_them_counts_once(tmp_path: Path) -> None:
    pages = {
        None: page(named("a"), named("b"), following="2"),
        "2": page(named("b"), named("c")),
    }

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/api/v1/pods":
            return pages[request.query.get("continue")]
        return replies({}, request)

    async with playing(tmp_path, answer) as server, connected(server.kubeconfig) as link:
        snapshot = await KubeCluster(link, SystemClock()).snapshot(())

    assert [pod.name for pod in snapshot.objects["pods"]] == ["a", "b", "c"]


@pytest.mark.parametrize(("expiries", "read"), [(1, True), (2, False)])
async def test_a_list_that_expired_is_begun_again_once(
    tmp_path: Path, expiries: int, read: bool
) -> None:
    left = [status(410, "too old") for _ in range(expiries)]

    async def answer(request: web.Request) -> web.Response:
        if request.path != "/api/v1/pods":
            return replies({}, request)
        if "continue" not in request.query:
            return page(named("a"), following="2")
        return left.pop() if left else page(named("b"))

    async with playing(tmp_path, answer) as server, connected(server.kubeconfig) as link:
        snapshot = await KubeCluster(link, SystemClock()).snapshot(())

    assert snapshot.has("pods") == read
    assert read or snapshot.missing["pods"].reason == "expired"


async def test_without_the_right_to_list_namespaces_kube_system_itself_is_asked_for(
    tmp_path: Path,
) -> None:
    answers = {
        "/api/v1/namespaces": status(403, "no"),
        "/api/v1/namespaces/kube-system": web.json_response(SYSTEM),
    }

    assert (await look(tmp_path, answers)).cluster == "uid-kube-system"


async def test_without_any_right_the_cluster_stays_unknown(tmp_path: Path) -> None:
    no = status(403, "no")
    answers = {kind.path: no for kind in KINDS.values()}
    snapshot = await look(tmp_path, answers | {"/api/v1/namespaces/kube-system": no})

    assert snapshot.cluster == ""
    assert set(snapshot.missing) == set(BASE_NEEDS)


async def test_a_refused_identity_ends_the_look(tmp_path: Path) -> None:
    with pytest.raises(Forbidden, match="does not accept"):
        await look(tmp_path, {kind.path: status(401, "no") for kind in KINDS.values()})


async def test_a_server_that_only_fails_is_transient(tmp_path: Path) -> None:
    busy = status(503, "starting", **{"Retry-After": "60"})
    answers = {kind.path: busy for kind in KINDS.values()}

    with pytest.raises(Transient):
        await look(tmp_path, answers | {"/api/v1/namespaces/kube-system": busy})


async def test_a_black_hole_is_told_after_one_connect_limit(tmp_path: Path) -> None:
    with black_hole() as port:
        path = kubeconfig(tmp_path, f"http://127.0.0.1:{port}")
        async with connected(path, Limits(connect=1, total=10)) as link, asyncio.timeout(3):
            with pytest.raises(Transient, match="cannot connect"):
                await KubeCluster(link, SystemClock()).snapshot(())

    assert link.requests == {0: 1}


async def test_tls_that_fails_ends_the_look(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        return page()

    async with playing(tmp_path, answer) as server:
        text = server.kubeconfig.read_text().replace("http://", "https://")
        server.kubeconfig.write_text(text)
        async with connected(server.kubeconfig) as link:
            with pytest.raises(Untrusted):
                await KubeCluster(link, SystemClock()).snapshot(())
