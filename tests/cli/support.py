"""A home, a cluster behind a front, and the installed command between them."""

import asyncio
import json
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx2
import jsonschema

from tests.cli.installed import COMMAND, call
from tests.cluster.control_plane import ControlPlane, free_ports
from watchdog.clock import SystemClock
from watchdog.kube.kinds import KINDS

SAID = "said.jsonl"
READER = "half-blind"  # a user whose rights the tests grant
GOOD, BAD = "registry.example/web:1", "registry.example/web:9"
PAUSE = timedelta(seconds=0.05)
Json = dict[str, Any]
Done = subprocess.CompletedProcess[str]


@dataclass
class Watchdog:
    """The command with one home. What it says is appended to a file in the home."""

    home: Path
    kubeconfig: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.environ = {
            "WATCHDOG_NOTIFIERS": json.dumps([{"type": "jsonl", "path": SAID}]),
            **self.environ,
        }

    async def call(self, *arguments: str | Path) -> Done:
        """Run a command to its end, while this event loop goes on serving."""
        words = ("--kubeconfig", self.kubeconfig, *arguments)
        return await asyncio.to_thread(call, *words, home=self.home, environ=self.environ)

    async def run(self, *arguments: str) -> tuple[int, Json]:
        """`run --all --output json`: the exit code and the object, valid by the shipped schema."""
        done = await self.call("run", "--all", "--output", "json", *arguments)
        assert done.stdout, done.stderr
        found: Json = json.loads(done.stdout)
        jsonschema.validate(found, schema())
        return done.returncode, found

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command and return at once; the caller ends it."""
        self.home.mkdir(exist_ok=True)
        with self._log.open("a") as log:
            return subprocess.Popen(
                [COMMAND, "--kubeconfig", self.kubeconfig, *arguments],
                env={"WATCHDOG_HOME": str(self.home), "HOME": str(self.home), **self.environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
            )

    @property
    def log(self) -> str:
        """What started commands wrote to stdout and stderr."""
        return self._log.read_text()

    @property
    def _log(self) -> Path:
        return self.home.parent / f"{self.home.name}.log"

    @property
    def said(self) -> list[Json]:
        """Every message so far, oldest first."""
        file = self.home / SAID
        lines = file.read_text().splitlines() if file.exists() else []
        return [json.loads(line) for line in lines]

    @property
    def kinds(self) -> list[str]:
        """What kind of message each was."""
        return [str(each["kind"]) for each in self.said]


@dataclass
class Daemon:
    """A running `serve`; `api` and `page` are the addresses of its two ports."""

    process: subprocess.Popen[str]
    api: str
    page: str

    async def get(self, url: str) -> tuple[int, str]:
        """The status and the text of one GET."""
        async with httpx2.AsyncClient(timeout=20) as client:
            answer = await client.get(url)
            return answer.status_code, answer.text

    async def ready(self) -> None:
        """Wait until /readyz says so: the cluster has answered."""
        clock = SystemClock()
        async with asyncio.timeout(40):
            while (await self.get(f"{self.api}/readyz"))[0] != HTTPStatus.OK:
                await clock.sleep_until(clock.now() + PAUSE)

    async def end(self, number: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return await ended(self.process)


@asynccontextmanager
async def serving(watchdog: Watchdog) -> AsyncIterator[Daemon]:
    """The daemon, once it answers on its socket; killed at the end if it still runs."""
    api, page = (f"127.0.0.1:{port}" for port in free_ports(2))
    watchdog.environ |= {"WATCHDOG_HTTP__API_BIND": api, "WATCHDOG_HTTP__DASHBOARD_BIND": page}
    process = watchdog.start("serve")
    try:
        socket = watchdog.home / "watchdog.sock"
        await until(lambda: socket.exists() or process.poll() is not None)
        assert process.poll() is None, watchdog.log
        yield Daemon(process, f"http://{api}", f"http://{page}")
    finally:
        process.kill()
        await ended(process)


async def ended(process: subprocess.Popen[str]) -> int:
    """Wait for the end of a process; return its exit code."""
    return await asyncio.to_thread(process.wait, timeout=40)


async def until(condition: Callable[[], object], seconds: float = 40) -> None:
    """Wait until the condition holds."""
    clock = SystemClock()
    async with asyncio.timeout(seconds):
        while not condition():
            await clock.sleep_until(clock.now() + PAUSE)


@cache
def schema() -> Mapping[str, Any]:
    """The JSON Schema that ships with the command."""
    found: Json = json.loads(files("watchdog.cli").joinpath("run.schema.json").read_text())
    return found


def opened(result: Json) -> list[Json]:
    """The incidents of a result that stand."""
    return [each for each in result["incidents"] if each["status"] in ("open", "acknowledged")]


def grant(plane: ControlPlane, *without: str) -> None:
    """Give the reader the right to list every kind but these, and nothing else."""
    kinds = [kind for kind in KINDS.values() if kind.need not in without]
    rules = [
        {"apiGroups": [kind.group], "resources": [kind.need], "verbs": ["get", "list"]}
        for kind in kinds
    ]
    rbac = "rbac.authorization.k8s.io"
    role = {"kind": "ClusterRole", "metadata": {"name": READER}, "rules": rules}
    binding = {
        "kind": "ClusterRoleBinding",
        "metadata": {"name": READER},
        "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": READER},
        "subjects": [{"apiGroup": rbac, "kind": "User", "name": READER}],
    }
    for each in (role, binding):
        plane.apply(json.dumps({"apiVersion": f"{rbac}/v1", **each}))
