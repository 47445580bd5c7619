"""server: what the API server says of itself, and what we make of answers that are none."""

from pathlib import Path

import pytest
from aiohttp import web

from tests.kube.faulty import connected, page, playing, status
from watchdog.clock import SystemClock
from watchdog.domain.errors import Transient
from watchdog.domain.objects import serverv1
from watchdog.domain.snapshot import Snapshot
from watchdog.kube.collect import KubeCluster

ILL = (
    "[+]ping ok\n[-]etcd failed: reason withheld\n[+]poststarthook/x ok\n"
    "[-]informer-sync failed: 2 informers not started yet: [*v1.Pod]\nreadyz check failed\n"
)
WELL = "[+]ping ok\n[+]etcd ok\nreadyz check passed\n"


async def look(folder: Path, **answers: web.Response) -> Snapshot:
    """A look at a server with these answers at /version, /readyz and /livez."""
    known = {"version": web.json_response({"gitVersion": "v1.31.4+k3s1"})}
    for name in ("readyz", "livez"):
        known[name] = web.Response(text=WELL)
    known |= answers

    async def answer(request: web.Request) -> web.Response:
        found = known.get(request.path.strip("/"))
        if found is None:
            return page()
        return web.Response(body=found.body, status=found.status, headers=found.headers)

    async with playing(folder, answer) as server, connected(server.kubeconfig) as link:
        return await KubeCluster(link, SystemClock()).snapshot(["apiserver"])


def said(snapshot: Snapshot) -> serverv1.APIServer:
    [found] = snapshot.of("apiserver", serverv1.APIServer).values()
    return found


async def test_a_server_that_is_well_tells_its_version_and_the_time_of_each_list(
    tmp_path: Path,
) -> None:
    snapshot = await look(tmp_path)

    found = said(snapshot)
    assert (found.version, found.failed) == ("v1.31.4+k3s1", ())
    assert {each.need for each in found.lists} == set(snapshot.objects) - {"apiserver"}
    assert max(each.seconds for each in found.lists) < 10


async def test_the_checks_of_an_answer_500_are_read(tmp_path: Path) -> None:
    found = said(await look(tmp_path, readyz=web.Response(text=ILL, status=500)))

    assert found.failed == (
        serverv1.FailedCheck("readyz", "etcd", "reason withheld"),
        serverv1.FailedCheck("readyz", "informer-sync", "2 informers not started yet: [*v1.Pod]"),
    )


async def test_an_answer_500_that_names_no_check_is_a_failure_of_the_whole(tmp_path: Path) -> None:
    found = said(await look(tmp_path, readyz=web.Response(text="internal error", status=500)))

    assert found.failed == (serverv1.FailedCheck("readyz", "readyz", "HTTP 500"),)


async def test_a_server_that_is_not_ready_is_asked_whether_it_lives(tmp_path: Path) -> None:
    ill = web.Response(text="[-]etcd failed: no leader\n", status=500)

    found = said(await look(tmp_path, readyz=ill, livez=ill))

    assert [each.endpoint for each in found.failed] == ["readyz", "livez"]


@pytest.mark.parametrize("name", ["version", "readyz"])
@pytest.mark.parametrize("code", [403, 404])
async def test_who_may_not_ask_knows_nothing_and_misses_nothing(
    tmp_path: Path, name: str, code: int
) -> None:
    snapshot = await look(tmp_path, **{name: status(code, "no")})

    assert snapshot.missing["apiserver"].reason == "absent"


async def test_what_answers_something_else_is_no_api_server(tmp_path: Path) -> None:
    snapshot = await look(tmp_path, version=web.Response(text="hello"))

    assert snapshot.missing["apiserver"].reason == "absent"


async def test_a_proxy_that_answers_for_it_makes_it_unknown(tmp_path: Path) -> None:
    away = web.Response(
        text="<html>", status=503, content_type="text/html", headers={"Retry-After": "9"}
    )

    snapshot = await look(tmp_path, readyz=away)

    assert snapshot.missing["apiserver"].reason == "unavailable"


async def test_a_server_that_lists_nothing_and_calls_itself_ill_is_told_as_ill(
    tmp_path: Path,
) -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/readyz":
            return web.Response(text=ILL, status=500)
        if request.path == "/livez":
            return web.Response(text=WELL)
        return status(500, "etcdserver: request timed out")

    async with playing(tmp_path, answer) as server, connected(server.kubeconfig) as link:
        with pytest.raises(Transient, match="not healthy: etcd, informer-sync failed") as caught:
            await KubeCluster(link, SystemClock()).snapshot(())

    assert caught.value.reason == "unhealthy"


@pytest.mark.parametrize("code", [200, 403])
async def test_a_server_that_lists_nothing_and_says_nothing_of_itself_stays_unread(
    tmp_path: Path, code: int
) -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path in ("/readyz", "/livez"):
            return web.Response(text=WELL, status=code)
        return status(500, "etcdserver: request timed out")

    async with playing(tmp_path, answer) as server, connected(server.kubeconfig) as link:
        with pytest.raises(Transient, match="request timed out") as caught:
            await KubeCluster(link, SystemClock()).snapshot(())

    assert caught.value.reason == "unavailable"
