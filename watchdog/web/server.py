"""Serves several apps in the daemon's own event loop: sockets first, then uvicorn, then the end."""

import asyncio
import errno
import socket
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from watchdog.config.binds import Bind
from watchdog.domain.errors import Misconfigured, StoreFailed

BACKLOG = 128
GRACE_SECONDS = 1  # for requests that are still being answered when the stop comes


@dataclass(frozen=True, slots=True)
class Site:
    """An app and the listening socket it is served on."""

    app: ASGIApp
    listener: socket.socket


def listen_tcp(bind: Bind, *, setting: str) -> socket.socket:
    """Listen on an address; `setting` is the configuration key that named it.

    Raises:
        Misconfigured: the port is in use, or the address is not one of this machine.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            bind.host, bind.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except (OSError, UnicodeError) as error:  # UnicodeError: the name cannot be a DNS name
        text = f"{setting}: cannot listen on {bind}: {getattr(error, 'strerror', None) or error}"
        hint = f"set {setting} to an address of this machine, and a port above 1023"
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            text = f"{setting}: {bind} is in use"
            hint = f"is another watchdog running? Stop it, or set {setting} to another port"
        raise Misconfigured(text, hint=hint) from error


def listen_unix(path: Path) -> socket.socket:
    """Listen on a socket file that only its owner can open, replacing a stale one.

    The caller holds the lock of the home directory: a socket left there belongs to nobody.

    Raises:
        StoreFailed: the file cannot be made.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove_stale(path)
        listener.bind(str(path))
        # Nobody can connect before `listen`, so the mode is never too open for anyone.
        path.chmod(0o600)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise StoreFailed(
            f"cannot listen on {path}: {error.strerror or error}",
            hint="the home directory must be writable, and its path shorter than 90 characters",
        ) from error
    return listener


def _remove_stale(path: Path) -> None:
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise OSError(errno.EEXIST, "something else than a socket is there")
        path.unlink()


async def serve(sites: Sequence[Site], stop: asyncio.Event) -> None:
    """Serve all sites until `stop` is set; a stop takes less than a second when all is idle."""
    files = [Path(name) for site in sites if isinstance(name := site.listener.getsockname(), str)]
    try:
        async with asyncio.TaskGroup() as group:
            for site in sites:
                group.create_task(_server(site.app, stop).serve(sockets=[site.listener]))
    finally:
        for file in files:
            file.unlink(missing_ok=True)


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals alone and sleeps until it is told to stop."""

    def __init__(self, config: uvicorn.Config, stop: asyncio.Event) -> None:
        super().__init__(config)
        self._stop = stop

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the composition root."""
        yield

    async def main_loop(self) -> None:
        """Wait. uvicorn's own loop wakes ten times a second to look at a flag and at the date."""
        await self.on_tick(0)
        await self._stop.wait()


def _server(app: ASGIApp, stop: asyncio.Event) -> _Server:
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        lifespan="off",
        ws="none",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return _Server(config, stop)
