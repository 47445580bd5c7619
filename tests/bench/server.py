"""Plays the API server for the bench: pages rendered before the first call, TLS, gzip, continue.

Runs as a process of its own, so that its cost does not count: `python -m tests.bench.server PODS
FOLDER`. It writes FOLDER/kubeconfig, prints `ready`, serves until its stdin closes, and then
prints one JSON line with the number of requests and of bytes sent.
"""

import asyncio
import gzip
import itertools
import json
import ssl
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from aiohttp import web

from tests.bench.objects import Json, Size, cluster
from watchdog.kube.kinds import KINDS

PAGE = 500

GROUPS = [{"name": kind.group} for kind in KINDS.values() if kind.group and not kind.optional]


class Pages:
    """Every list of the cluster as finished pages, and what was sent of them."""

    def __init__(self, size: Size) -> None:
        made = cluster(size)
        self.requests = 0
        self.bytes = 0
        self.lists = {
            kind.path: [_squeeze(page) for page in _paged(made.get(need, ()))]
            for need, kind in KINDS.items()
        }

    async def answer(self, request: web.Request) -> web.Response:
        """One page of a list; everything is compressed above the API server's 128 KiB."""
        self.requests += 1
        if request.path == "/apis":  # as on any API server: the groups that are installed
            return web.json_response({"kind": "APIGroupList", "groups": GROUPS})
        pages = self.lists.get(request.path)
        if pages is None:
            return web.json_response({"message": f"no {request.path}"}, status=404)
        body, compressed = pages[int(request.query.get("continue", "0"))]
        self.bytes += len(body)
        headers = {"Content-Type": "application/json"}
        if compressed:
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=body, headers=headers)


def _paged(items: Iterable[Json]) -> Iterator[Json]:
    remaining = iter(items)
    page = list(itertools.islice(remaining, PAGE))
    for number in itertools.count(1):
        following = list(itertools.islice(remaining, PAGE))
        metadata = {"resourceVersion": "1", "continue": str(number) if following else ""}
        yield {"metadata": metadata, "items": page}
        if not following:
            return
        page = following


def _squeeze(page: Json) -> tuple[bytes, bool]:
    body = json.dumps(page, separators=(",", ":")).encode()
    return (gzip.compress(body, 1), True) if len(body) > 128 * 1024 else (body, False)


def write_certificate(folder: Path) -> None:
    """Make FOLDER/tls.crt and tls.key, self-signed for 127.0.0.1."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"),
            *("-keyout", str(folder / "tls.key"), "-out", str(folder / "tls.crt")),
            *("-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )


def write_kubeconfig(folder: Path, port: int, *, scheme: str = "https") -> Path:
    """Write FOLDER/kubeconfig for a loopback server with FOLDER/tls.crt."""
    server = {"server": f"{scheme}://127.0.0.1:{port}"}
    if scheme == "https":
        server["certificate-authority"] = str(folder / "tls.crt")
    path = folder / "kubeconfig"
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "c", "cluster": server}],
                "users": [{"name": "u", "user": {"token": "bench"}}],
                "contexts": [{"name": "bench", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "bench",
            }
        )
    )
    return path


async def serve(size: Size, folder: Path) -> None:
    """Serve until stdin closes."""
    pages = Pages(size)
    write_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    app = web.Application()
    app.router.add_get("/{path:.*}", pages.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = runner.addresses[0][1]
    write_kubeconfig(folder, port)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    sys.stdout.write(json.dumps({"requests": pages.requests, "bytes": pages.bytes}) + "\n")
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(Size(int(sys.argv[1])), Path(sys.argv[2])))
