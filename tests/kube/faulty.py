"""An API server that misbehaves on purpose, on loopback: one callable answers every request."""

import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from watchdog.clock import SystemClock
from watchdog.kube.client import Connection, Limits
from watchdog.kube.credentials import from_kubeconfig

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
QUICK = Limits(connect=2, total=5)  # a busy machine must not fail what does not hang


@dataclass
class Faulty:
    """Where it listens, and every request it has seen."""

    kubeconfig: Path
    seen: list[web.Request] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.seen]


def kubeconfig(folder: Path, server: str, **user: str) -> Path:
    """A kubeconfig for `server` with one context, "test"."""
    path = folder / "kubeconfig"
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "c", "cluster": {"server": server}}],
                "users": [{"name": "u", "user": user or {"token": "t0k3n"}}],
                "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "test",
            }
        )
    )
    return path


@asynccontextmanager
async def playing(folder: Path, answer: Answer, **user: str) -> AsyncIterator[Faulty]:
    """Serve `answer` over plain HTTP."""
    faulty = Faulty(Path())

    async def serve(request: web.Request) -> web.StreamResponse:
        faulty.seen.append(request)
        return await answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    faulty.kubeconfig = kubeconfig(folder, f"http://127.0.0.1:{port}", **user)
    try:
        yield faulty
    finally:
        await runner.cleanup()


@asynccontextmanager
async def connected(path: Path, limits: Limits = QUICK) -> AsyncIterator[Connection]:
    """A connection by a kubeconfig, closed at the end."""
    connection = Connection(await from_kubeconfig(path, ""), clock=SystemClock(), limits=limits)
    try:
        yield connection
    finally:
        await connection.close()


@contextmanager
def black_hole() -> Iterator[int]:
    """The port of a listener that takes no connection: its backlog is full, so SYNs are dropped."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        try:
            yield listener.getsockname()[1]
        finally:
            for each in waiting:
                each.close()


def status(code: int, message: str, **headers: str) -> web.Response:
    """An error as the API server words it."""
    return web.json_response(
        {"kind": "Status", "message": message, "code": code}, status=code, headers=headers
    )


def page(*items: dict[str, object], following: str = "") -> web.Response:
    """One page of a list."""
    return web.json_response({"metadata": {"continue": following}, "items": list(items)})


def named(name: str, **more: object) -> dict[str, object]:
    """An object of any kind."""
    return {"metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}"}, **more}
