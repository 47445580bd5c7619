"""What the daemon holds in memory: idle, and after it has looked at the whole cluster."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import ROOT, run

_START_SECONDS = 60


@dataclass(frozen=True)
class Held:
    """Resident memory in MB, and CPU seconds since the start."""

    rss: float
    cpu: float


def daemon(watchdog: str, kubeconfig: str, home: Path) -> tuple[Held, Held]:
    """Return what `watchdog serve` holds once it listens, and after `run --all` through it."""
    home.mkdir()
    # A free port of the system's choice: the bench must not disturb a running watchdog.
    (home / "config.yaml").write_text(
        "http: {api_bind: '127.0.0.1:0', dashboard_bind: '127.0.0.1:0'}\n"
    )
    base = [watchdog, "--home", str(home), "--kubeconfig", kubeconfig]
    log = (home / "log").open("w")
    with log, subprocess.Popen([*base, "serve"], stdout=log, stderr=log, cwd=ROOT) as process:
        try:
            _wait_for(home / "watchdog.sock")
            idle = _held(process.pid)
            run([*base, "run", "--all", "--deliver", "none", "--output", "json"])
            return idle, _held(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)


def _wait_for(socket: Path) -> None:
    deadline = time.perf_counter() + _START_SECONDS
    while not socket.exists():
        if time.perf_counter() > deadline:
            raise RuntimeError("the daemon did not start")
        os.sched_yield()


def _held(pid: int) -> Held:
    status = Path(f"/proc/{pid}/status").read_text()
    [rss] = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")]
    times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return Held(rss=int(rss) / 1024, cpu=(int(times[11]) + int(times[12])) / ticks)
