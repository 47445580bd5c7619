"""tls: what is dialled, what comes back, and what stands for no answer."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.builders import NOW, snapshot
from tests.clock import FakeClock
from tests.cluster.pki import Authority
from tests.logic.platform.test_served import ingress
from tests.loops.scripted import Stage
from watchdog.domain.objects import tlsv1
from watchdog.domain.snapshot import Snapshot
from watchdog.outside.cluster import WiderCluster
from watchdog.outside.tls import Probe

NEEDS = (tlsv1.NEED,)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """Presents a certificate of an authority that nobody knows."""
    pair = Authority(tmp_path_factory.mktemp("pki")).issue("site.example", "/CN=site")
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(Path(pair.cert), Path(pair.key))
    return made


@asynccontextmanager
async def serving(context: ssl.SSLContext, asked: list[str | None]) -> AsyncIterator[str]:
    """The address of a TLS server; it notes the names it is asked for."""

    def note(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
        asked.append(name)

    context.sni_callback = note

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def looked(address: str, *hosts: str) -> Snapshot:
    """One look at an Ingress for each host, each with a Secret of its own."""
    items = [ingress((f"tls-{host}", (host,)), name=host) for host in hosts]
    stage = Stage(FakeClock(NOW), snapshot(*items, also=("ingresses",)))
    return await WiderCluster(stage, probe=Probe(address)).snapshot(NEEDS)


def found(look: Snapshot) -> dict[str, tuple[str, bool]]:
    """Why there are no dates, and whether there are, by host."""
    items = look.of(tlsv1.NEED, tlsv1.ServedCertificate).values()
    return {item.host: (item.unread, item.not_after is not None) for item in items}


async def test_a_host_is_asked_for_by_its_name_and_its_dates_are_read(
    context: ssl.SSLContext,
) -> None:
    asked: list[str | None] = []
    async with serving(context, asked) as address:
        look = await looked(address, "site.example")

    assert asked == ["site.example"]
    assert found(look) == {"site.example": ("", True)}


async def test_the_certificate_of_another_host_has_no_dates(context: ssl.SSLContext) -> None:
    async with serving(context, []) as address:
        look = await looked(address, "other.example")

    assert found(look) == {"other.example": ("", False)}


async def test_nobody_there_is_unreachable() -> None:
    look = await looked("127.0.0.1:1", "site.example")

    assert look.missing[tlsv1.NEED].reason == "unreachable"


async def test_a_server_without_tls_is_unreachable() -> None:
    async def reply(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as plain:
        look = await looked(f"127.0.0.1:{plain.sockets[0].getsockname()[1]}", "site.example")

    assert "site.example (unreachable)" in look.missing[tlsv1.NEED].text


async def test_silence_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        items = [ingress(("tls", ("site.example",)))]
        stage = Stage(FakeClock(NOW), snapshot(*items, also=("ingresses",)))
        probe = Probe(f"127.0.0.1:{silent.getsockname()[1]}", seconds=0.2)
        look = await WiderCluster(stage, probe=probe).snapshot(NEEDS)

    assert "site.example (timeout)" in look.missing[tlsv1.NEED].text


async def test_nothing_is_dialled_where_nobody_needs_it_or_it_is_off() -> None:
    stage = Stage(FakeClock(NOW), snapshot(ingress(("a", ("site.example",)))))

    off = await WiderCluster(stage).snapshot(NEEDS)
    unneeded = await WiderCluster(stage, probe=Probe("127.0.0.1:1")).snapshot(("nodes",))

    assert tlsv1.NEED not in off.missing
    assert tlsv1.NEED not in unneeded.missing
