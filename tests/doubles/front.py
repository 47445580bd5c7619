"""A front of the real API server: it counts, holds and drops requests, and moves the clock."""

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import aiohttp
import yaml
from aiohttp import web
from yarl import URL

from tests.cluster.control_plane import ControlPlane
from tests.kube.faulty import kubeconfig

PASSED_ON = ("Accept", "Accept-Encoding", "Content-Type")
PASSED_BACK = ("Content-Type", "Content-Encoding", "Date")
IDENTITY = "/api/v1/namespaces"


@dataclass
class Hold:
    """Requests for one path that wait until `release` is set. `reached`: one is waiting."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Front:
    """What a test may say: everything can be changed while requests are under way."""

    kubeconfig: Path
    upstream: str
    shift: timedelta = timedelta(0)  # later than the API server's own clock
    user: str = ""  # who asks; "" is the administrator
    uid: str = ""  # of namespace kube-system, instead of the real one
    seen: list[str] = field(default_factory=list)  # paths
    written: list[str] = field(default_factory=list)  # method and path of all that is no GET
    dropped: set[str] = field(default_factory=set)  # paths, or method and path
    swallowed: set[str] = field(default_factory=set)  # method and path: done, and never answered
    held: dict[str, Hold] = field(default_factory=dict)  # by path
    faked: dict[str, tuple[int, str]] = field(default_factory=dict)  # status and text, as dropped

    def hold(self, path: str) -> Hold:
        """Keep requests for `path` waiting from now on."""
        self.held[path] = Hold()
        return self.held[path]

    def pass_time(self, minutes: float) -> None:
        """Move the clock of the API server, as those who ask see it."""
        self.shift += timedelta(minutes=minutes)

    async def answer(
        self, request: web.Request, session: aiohttp.ClientSession
    ) -> web.StreamResponse:
        """Pass one request on, and its answer back."""
        self.seen.append(request.path)
        call = f"{request.method} {request.path}"
        if request.method != "GET":
            self.written.append(call)
        if {request.path, call} & self.dropped:
            return _cut(request)
        for each in {request.path, call} & self.faked.keys():
            code, text = self.faked[each]
            return web.Response(status=code, text=text)
        if request.path in self.held:
            self.held[request.path].reached.set()
            await self.held[request.path].release.wait()
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        if self.user:
            headers["Impersonate-User"] = self.user
        forged = self.uid and request.path == IDENTITY
        if forged:
            headers["Accept-Encoding"] = "identity"
        url = URL(self.upstream + request.raw_path, encoded=True)
        asked = session.request(request.method, url, data=await request.read(), headers=headers)
        async with asked as upstream:
            body = await upstream.read()
            if call in self.swallowed:
                return _cut(request)
            return web.Response(
                status=upstream.status,
                body=self._forged(body) if forged else body,
                headers=self._moved(upstream.headers),
            )

    def _moved(self, headers: Mapping[str, str]) -> dict[str, str]:
        kept = {name: headers[name] for name in PASSED_BACK if name in headers}
        said = parsedate_to_datetime(kept["Date"])
        return kept | {"Date": format_datetime(said + self.shift, usegmt=True)}

    def _forged(self, body: bytes) -> bytes:
        found = json.loads(body)
        for item in found["items"]:
            if item["metadata"]["name"] == "kube-system":
                item["metadata"]["uid"] = self.uid
        return json.dumps(found).encode()


def _cut(request: web.Request) -> web.Response:
    """End the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@asynccontextmanager
async def fronting(plane: ControlPlane, folder: Path) -> AsyncIterator[Front]:
    """Serve over plain HTTP on a free port; ask as the administrator of `plane`."""
    front = Front(Path(), plane.url)
    async with _session(plane, folder) as session:

        async def answer(request: web.Request) -> web.StreamResponse:
            return await front.answer(request, session)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", answer)
        runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
        )
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        front.kubeconfig = kubeconfig(folder, f"http://127.0.0.1:{runner.addresses[0][1]}")
        try:
            yield front
        finally:
            await runner.cleanup()


def _session(plane: ControlPlane, folder: Path) -> aiohttp.ClientSession:
    trusted = ssl.create_default_context(cafile=plane.ca)
    [user] = yaml.safe_load(plane.kubeconfig.read_text())["users"]
    headers = {}
    if token := user["user"].get("token"):
        headers["Authorization"] = f"Bearer {token}"
    else:
        certificate, key = (_file(user["user"], word, folder) for word in ("certificate", "key"))
        trusted.load_cert_chain(certificate, key)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=trusted), headers=headers, auto_decompress=False
    )


def _file(user: Mapping[str, str], word: str, folder: Path) -> Path:
    if path := user.get(f"client-{word}"):
        return Path(path)
    file = folder / f"front-{word}.pem"
    file.write_bytes(base64.b64decode(user[f"client-{word}-data"]))
    return file
