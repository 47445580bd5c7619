"""client: each answer, and each silence, becomes one error of ours; good answers come undecoded."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from tests.kube.faulty import black_hole, connected, kubeconfig, playing, status
from watchdog.domain.errors import Absent, Forbidden, Permanent, Transient, WatchdogError
from watchdog.kube.answers import Expired, Refused, TimedOut, Unreachable, Untrusted
from watchdog.kube.client import Limits

PODS = "/api/v1/pods"


async def hello(request: web.Request) -> web.Response:
    return web.json_response({"items": []})


async def failure(folder: Path, answer: web.Response) -> WatchdogError:
    """The error that `answer` to every request ends in."""

    async def always(request: web.Request) -> web.Response:
        return web.Response(body=answer.body, status=answer.status, headers=answer.headers)

    async with playing(folder, always) as server, connected(server.kubeconfig) as connection:
        with pytest.raises(WatchdogError) as caught:
            await connection.get(PODS)
    return caught.value


async def test_a_body_comes_as_it_was_sent(tmp_path: Path) -> None:
    async with playing(tmp_path, hello) as server, connected(server.kubeconfig) as connection:
        assert await connection.get(PODS) == b'{"items": []}'


async def test_the_audit_log_can_tell_who_reads(tmp_path: Path) -> None:
    async with playing(tmp_path, hello) as server, connected(server.kubeconfig) as connection:
        await connection.get(PODS)

    assert server.seen[0].headers["User-Agent"].startswith("kube-watchdog/")
    assert server.seen[0].headers["Authorization"] == "Bearer t0k3n"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (status(400, "limit: not a number"), Permanent),
        (status(401, "Unauthorized"), Refused),
        (status(403, 'User "u" cannot list resource "pods"'), Forbidden),
        (status(404, "pods is not here"), Absent),
        (status(410, "the token is too old"), Expired),
        (status(429, "slow down", **{"Retry-After": "0"}), Transient),
        (
            web.Response(text="<h1>Bad gateway</h1>", status=502, content_type="text/html"),
            Transient,
        ),
        (web.Response(text="<h1>Log in</h1>", status=200, content_type="text/html"), Transient),
    ],
    ids=lambda each: getattr(each, "status", ""),
)
async def test_each_answer_has_its_error(
    tmp_path: Path, answer: web.Response, error: type[WatchdogError]
) -> None:
    assert type(await failure(tmp_path, answer)).__mro__.count(error) == 1


async def test_a_refusal_repeats_what_the_server_said(tmp_path: Path) -> None:
    said = 'pods is forbidden: User "u" cannot list resource "pods" in API group ""'

    assert str(await failure(tmp_path, status(403, said))) == said


async def test_a_refused_identity_comes_with_a_hint(tmp_path: Path) -> None:
    assert "expired" in (await failure(tmp_path, status(401, "Unauthorized"))).hint


async def test_a_busy_server_is_asked_again_when_it_says(tmp_path: Path) -> None:
    answers = [status(429, "slow down", **{"Retry-After": "0"}), status(503, "starting")]

    async def later(request: web.Request) -> web.Response:
        return answers.pop(0) if answers else await hello(request)

    async with playing(tmp_path, later) as server, connected(server.kubeconfig) as connection:
        assert await connection.get(PODS) == b'{"items": []}'

    assert connection.requests == {429: 1, 503: 1, 200: 1}


async def test_a_server_that_wants_a_long_pause_gets_it(tmp_path: Path) -> None:
    async def busy(request: web.Request) -> web.Response:
        return status(429, "slow down", **{"Retry-After": "600"})

    async with playing(tmp_path, busy) as server, connected(server.kubeconfig) as connection:
        with pytest.raises(Transient):
            await connection.get(PODS)

    assert len(server.seen) == 1


async def test_a_permanent_refusal_is_not_tried_again(tmp_path: Path) -> None:
    async def refuse(request: web.Request) -> web.Response:
        return status(403, "no")

    async with playing(tmp_path, refuse) as server, connected(server.kubeconfig) as connection:
        with pytest.raises(Forbidden):
            await connection.get(PODS)

    assert len(server.seen) == 1


async def test_a_server_that_hangs_is_given_up_after_the_limit(tmp_path: Path) -> None:
    async def hang(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return status(500, "too late")

    limits = Limits(connect=1, total=0.5)
    async with (
        playing(tmp_path, hang) as server,
        connected(server.kubeconfig, limits) as connection,
    ):
        with pytest.raises(TimedOut, match=r"within 0\.5 s"):
            await connection.get(PODS)


async def test_a_black_hole_is_told_after_one_connect_limit(tmp_path: Path) -> None:
    with black_hole() as port:
        path = kubeconfig(tmp_path, f"http://127.0.0.1:{port}")
        async with connected(path, Limits(connect=1, total=10)) as connection:
            started = time.perf_counter()
            with pytest.raises(TimedOut, match="cannot connect"):
                await connection.get(PODS)

    assert time.perf_counter() - started < 2.5


async def test_a_refused_connection_is_told_in_plain_words(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path, "http://127.0.0.1:1")
    async with connected(path, Limits(connect=1, total=10)) as connection:
        with pytest.raises(Unreachable, match=r"http://127\.0\.0\.1:1: Connection refused"):
            await connection.get(PODS)


async def test_an_unknown_host_is_told_by_name(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path, "http://no-such-host.invalid:6443")
    async with connected(path, Limits(connect=5, total=10)) as connection:
        with pytest.raises(Transient, match=r"no-such-host\.invalid"):
            await connection.get(PODS)


async def test_a_cut_body_is_no_answer(tmp_path: Path) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"items": [')
        assert request.transport is not None
        request.transport.close()
        return response

    async with playing(tmp_path, cut) as server, connected(server.kubeconfig) as connection:
        with pytest.raises(Unreachable):
            await connection.get(PODS)


async def test_what_does_not_speak_tls_is_not_trusted(tmp_path: Path) -> None:
    async with playing(tmp_path, hello) as server:
        text = server.kubeconfig.read_text().replace("http://", "https://")
        server.kubeconfig.write_text(text)
        async with connected(server.kubeconfig) as connection:
            with pytest.raises(Untrusted, match="TLS to https://"):
                await connection.get(PODS)


async def test_after_401_the_token_file_is_read_again(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old\n")

    async def check(request: web.Request) -> web.Response:
        if request.headers["Authorization"] == "Bearer new":
            return await hello(request)
        token.write_text("new\n")
        return status(401, "Unauthorized")

    async with (
        playing(tmp_path, check, tokenFile=str(token)) as server,
        connected(server.kubeconfig) as connection,
    ):
        assert await connection.get(PODS) == b'{"items": []}'

    assert connection.requests == {401: 1, 200: 1}


async def test_a_token_that_stays_refused_is_tried_twice_only(tmp_path: Path) -> None:
    async def refuse(request: web.Request) -> web.Response:
        return status(401, "Unauthorized")

    async with playing(tmp_path, refuse) as server, connected(server.kubeconfig) as connection:
        with pytest.raises(Refused):
            await connection.get(PODS)

    assert len(server.seen) == 2


async def test_a_credential_that_vanished_is_a_refusal(tmp_path: Path) -> None:
    async def refuse(request: web.Request) -> web.Response:
        server.kubeconfig.unlink(missing_ok=True)
        return status(401, "Unauthorized")

    async with playing(tmp_path, refuse) as server, connected(server.kubeconfig) as connection:
        with pytest.raises(Refused, match="no kubeconfig"):
            await connection.get(PODS)


async def test_the_servers_clock_only_moves_forward(tmp_path: Path) -> None:
    dates = ["Fri, 20 Nov 2026 12:00:05 GMT", "Fri, 20 Nov 2026 12:00:01 GMT"]

    async def tell(request: web.Request) -> web.Response:
        return web.json_response({}, headers={"Date": dates.pop(0)})

    async with playing(tmp_path, tell) as server, connected(server.kubeconfig) as connection:
        await connection.get(PODS)
        await connection.get(PODS)

    assert connection.server_time == datetime(2026, 11, 20, 12, 0, 5, tzinfo=UTC)
