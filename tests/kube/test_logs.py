"""logs: every query has an answer, whatever happens to it."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from tests.kube.faulty import Faulty, connected, playing, status
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.ref import Ref
from watchdog.kube.client import Limits
from watchdog.kube.logs import read_logs

WEB = LogQuery(Ref("Pod", "shop", "web"), "app", previous=True)


async def answers(
    folder: Path, answer: web.Response, *queries: LogQuery
) -> tuple[dict[LogQuery, Log], Faulty]:
    async def always(request: web.Request) -> web.Response:
        return web.Response(body=answer.body, status=answer.status, headers=answer.headers)

    async with playing(folder, always) as server, connected(server.kubeconfig) as link:
        return await read_logs(link, queries), server


async def test_a_tail_of_the_run_before_the_restart_is_asked_for(tmp_path: Path) -> None:
    _, server = await answers(tmp_path, web.Response(text="bye\n"), WEB)

    assert server.paths == ["/api/v1/namespaces/shop/pods/web/log"]
    assert dict(server.seen[0].query) == {
        "container": "app",
        "tailLines": "200",
        "limitBytes": "65536",
        "previous": "true",
    }


async def test_secrets_and_terminal_codes_do_not_come_in(tmp_path: Path) -> None:
    text = "\x1b[31mpassword=hunter2222\x1b[0m\r\nsent t0k3n-of-our-own\x00\n"
    found, _ = await answers(tmp_path, web.Response(text=text), WEB)

    assert "hunter2222" not in found[WEB].text
    assert "\x1b" not in found[WEB].text
    assert "\x00" not in found[WEB].text


async def test_our_own_token_is_masked(tmp_path: Path) -> None:
    token = "opaque-own-credential-4711"

    async def echo(request: web.Request) -> web.Response:
        return web.Response(text=f"got {token} from a client\n")

    async with (
        playing(tmp_path, echo, token=token) as server,
        connected(server.kubeconfig) as link,
    ):
        found = await read_logs(link, [WEB])

    assert token not in found[WEB].text


@pytest.mark.parametrize(
    ("answer", "log"),
    [
        (status(400, 'previous terminated container "app" in pod "web" not found'), Log()),
        (status(404, 'pods "web" not found'), Log()),
        (status(403, "no"), Log(unread="forbidden")),
        (status(500, "dial tcp: refused", **{"Retry-After": "60"}), Log(unread="unavailable")),
    ],
)
async def test_no_log_and_an_unread_log_are_told_apart(
    tmp_path: Path, answer: web.Response, log: Log
) -> None:
    assert (await answers(tmp_path, answer, WEB))[0] == {WEB: log}


async def test_a_log_that_hangs_is_unread(tmp_path: Path) -> None:
    async def hang(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    limits = Limits(connect=0.5, total=0.3)
    async with playing(tmp_path, hang) as server, connected(server.kubeconfig, limits) as link:
        assert await read_logs(link, [WEB]) == {WEB: Log(unread="timeout")}


async def test_fifty_logs_are_read_and_the_others_answered(tmp_path: Path) -> None:
    queries = [LogQuery(Ref("Pod", "shop", f"web-{n}"), "app") for n in range(60)]
    found, server = await answers(tmp_path, web.Response(text="x"), *queries)

    assert len(server.seen) == 50
    assert [found[query].unread for query in queries] == [""] * 50 + ["limit"] * 10


async def test_one_stream_asked_for_twice_is_read_once(tmp_path: Path) -> None:
    found, server = await answers(tmp_path, web.Response(text="x"), WEB, WEB)

    assert (len(found), len(server.seen)) == (1, 1)
