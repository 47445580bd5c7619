"""What one process costs, as the kernel counts it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Cost:
    """Of one process from start to end; `rss` is its peak, in MB."""

    wall: float
    cpu: float
    rss: float
    code: int
    output: str


class Traffic(msgspec.Struct):
    """What the server sent, as it went over the wire."""

    requests: int = 0
    bytes: int = 0


def run(command: Sequence[str]) -> Cost:
    """Run a command to its end and return what it used; its errors go to our stderr."""
    started = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert child.stdout is not None
    with child.stdout as stream:
        output = stream.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return Cost(
        wall=time.perf_counter() - started,
        cpu=usage.ru_utime + usage.ru_stime,
        rss=usage.ru_maxrss / 1024,
        code=child.returncode,
        output=output,
    )


@contextmanager
def serving(pods: int, folder: Path) -> Iterator[list[Traffic]]:
    """A cluster of `pods` behind FOLDER/kubeconfig; the list holds the traffic after the block."""
    command = [sys.executable, "-m", "tests.bench.server", str(pods), str(folder)]
    server = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert server.stdin is not None
    assert server.stdout is not None
    traffic: list[Traffic] = []
    with server:
        if server.stdout.readline().strip() != "ready":
            raise RuntimeError("the bench server did not start")
        try:
            yield traffic
        finally:
            server.stdin.close()
            traffic.append(msgspec.json.decode(server.stdout.readline(), type=Traffic))
