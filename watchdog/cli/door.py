"""The CLI's way to the store: through the daemon's socket when it runs, else under the lock."""

import http.client
import json
import socket
from collections.abc import Mapping
from pathlib import Path

from watchdog.cli.context import Options, settings_of
from watchdog.cli.exits import CommandFailed, ExitCode
from watchdog.config.settings import Settings
from watchdog.domain.errors import StoreFailed

SOCKET = "watchdog.sock"
_CONNECT_SECONDS = 10


def call(options: Options, name: str, args: Mapping[str, object], *, timeout: float = 30) -> object:
    """Carry out one command and return its JSON result; `timeout` in seconds.

    Raises:
        WatchdogError: what the command raised, here or in the daemon.
    """
    settings = settings_of(options)
    channel = _connect(settings.home / SOCKET, timeout)
    if channel is not None:
        with channel:
            return _ask(channel, name, args)
    # Only an offline command pays for the store and the checks.
    from watchdog.app.access import Access  # noqa: PLC0415
    from watchdog.app.offline import run_offline  # noqa: PLC0415
    from watchdog.cli.logs import start_logging  # noqa: PLC0415

    start_logging(options, settings, daemon=False)
    return run_offline(settings, Access(options.kubeconfig, options.context), name, args)


def answers(settings: Settings) -> bool:
    """Whether a daemon listens on this home's socket."""
    channel = _connect(settings.home / SOCKET, _CONNECT_SECONDS)
    if channel is None:
        return False
    channel.close()
    return True


class _Channel(http.client.HTTPConnection):
    """HTTP over an open unix socket."""

    def __init__(self, connected: socket.socket) -> None:
        super().__init__("watchdog")
        self.sock = connected

    def __enter__(self) -> "_Channel":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _connect(path: Path, timeout: float) -> _Channel | None:
    """A channel to the daemon; None when none listens."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_CONNECT_SECONDS)
    try:
        connection.connect(str(path))
    except OSError:  # no file, or nobody behind it: the lock decides who may go on
        connection.close()
        return None
    connection.settimeout(timeout)
    return _Channel(connection)


def _ask(channel: _Channel, name: str, args: Mapping[str, object]) -> object:
    try:
        channel.request(
            "POST", f"/command/{name}", json.dumps(args), {"Content-Type": "application/json"}
        )
        response = channel.getresponse()
        answer = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise StoreFailed(
            f"the daemon did not answer: {type(error).__name__}",
            hint="see its log; `watchdog doctor` says whether it is alive",
        ) from error
    if response.status == http.HTTPStatus.OK:
        return answer["result"]
    raise CommandFailed(
        str(answer.get("error", "the daemon refused")),
        exit_code=ExitCode(int(answer.get("exit_code", ExitCode.CONFIGURATION))),
        hint=str(answer.get("hint", "")),
    )
