"""Real sockets: binds, the unix socket, and a quick end."""

import asyncio
import signal
import socket
import stat
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from watchdog.config.binds import Bind
from watchdog.domain.errors import Misconfigured, StoreFailed
from watchdog.web.server import Site, listen_tcp, listen_unix, serve

ANY_PORT = Bind("127.0.0.1", 0)


def saying(text: str) -> ASGIApp:
    async def answer(_request: Request) -> Response:
        return PlainTextResponse(text)

    return Starlette(routes=[Route("/", answer)])


@asynccontextmanager
async def serving(*sites: Site) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(serve(sites, stop))
        try:
            yield stop
        finally:
            stop.set()


def url_of(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}/"


async def test_two_apps_and_the_socket_file_are_served_by_one_loop(tmp_path: Path) -> None:
    first, second = listen_tcp(ANY_PORT, setting="a"), listen_tcp(ANY_PORT, setting="b")
    path = tmp_path / "watchdog.sock"
    door = listen_unix(path)
    urls = [url_of(first), url_of(second)]
    sites = [Site(saying("1"), first), Site(saying("2"), second), Site(saying("door"), door)]

    async with serving(*sites), httpx2.AsyncClient() as client:
        texts = [(await client.get(url)).text for url in urls]
        through = httpx2.AsyncHTTPTransport(uds=str(path))
        async with httpx2.AsyncClient(transport=through) as local:
            texts.append((await local.get("http://watchdog/")).text)

    assert texts == ["1", "2", "door"]


async def test_the_end_comes_within_a_second_though_a_client_stays_connected(
    tmp_path: Path,
) -> None:
    listener = listen_tcp(ANY_PORT, setting="a")
    door = listen_unix(tmp_path / "watchdog.sock")
    url = url_of(listener)

    async with httpx2.AsyncClient() as client:
        async with serving(Site(saying("1"), listener), Site(saying("2"), door)):
            await client.get(url)
            began = time.perf_counter()
        took = time.perf_counter() - began

    assert took < 1
    assert not (tmp_path / "watchdog.sock").exists()


async def test_signals_stay_with_whoever_had_them() -> None:
    listener = listen_tcp(ANY_PORT, setting="a")
    url = url_of(listener)
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    async with serving(Site(saying("1"), listener)), httpx2.AsyncClient() as client:
        await client.get(url)
        during = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    assert during == before


def test_a_port_in_use_names_the_bind_and_the_setting() -> None:
    with listen_tcp(ANY_PORT, setting="http.api_bind") as taken:
        bind = Bind("127.0.0.1", taken.getsockname()[1])

        with pytest.raises(Misconfigured, match=f"http.api_bind: {bind} is in use") as refused:
            listen_tcp(bind, setting="http.api_bind")

    assert "http.api_bind" in refused.value.hint


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(Misconfigured, match=r"http.dashboard_bind: cannot listen on 192\.0\.2\.1"):
        listen_tcp(Bind("192.0.2.1", 9119), setting="http.dashboard_bind")


def test_a_name_that_cannot_be_looked_up_is_refused() -> None:
    with pytest.raises(Misconfigured, match="cannot listen on"):
        listen_tcp(Bind("no..name", 9119), setting="http.dashboard_bind")


def test_an_ipv6_bind_works_where_the_machine_has_it() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    try:
        with listen_tcp(Bind("::1", 0), setting="a") as listener:
            assert listener.family is socket.AF_INET6
    except Misconfigured:
        pytest.skip("no IPv6 loopback")


def test_only_its_owner_can_open_the_socket(tmp_path: Path) -> None:
    with listen_unix(tmp_path / "watchdog.sock"):
        assert stat.S_IMODE((tmp_path / "watchdog.sock").stat().st_mode) == 0o600


def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    listen_unix(tmp_path / "watchdog.sock").close()

    with listen_unix(tmp_path / "watchdog.sock"), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "watchdog.sock"))


def test_a_file_that_is_no_socket_is_not_deleted(tmp_path: Path) -> None:
    (tmp_path / "watchdog.sock").write_text("mine")

    with pytest.raises(StoreFailed, match="something else than a socket"):
        listen_unix(tmp_path / "watchdog.sock")

    assert (tmp_path / "watchdog.sock").read_text() == "mine"


def test_a_path_too_long_for_a_socket_is_refused_with_a_hint(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)

    with pytest.raises(StoreFailed) as refused:
        listen_unix(deep / "watchdog.sock")

    assert "shorter" in refused.value.hint
