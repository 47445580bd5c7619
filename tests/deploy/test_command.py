"""The installed command with the token of the shipped ServiceAccount: it sees all it needs."""

import json
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.cli.installed import COMMAND, call
from tests.cluster.control_plane import free_ports
from tests.cluster.kubelet import Kubelet
from tests.deploy.conftest import Installed
from watchdog.domain.run import WHEN_GRANTED

TRIES = 200  # of 0.3 s each


@contextmanager
def daemon(kubeconfig: Path, home: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """`watchdog serve` on ports of its own, as the pod would run it; the address of its API."""
    api, page = free_ports(2)
    environ = {
        "HOME": str(home),
        "WATCHDOG_HOME": str(home),
        "WATCHDOG_MODE": "observe",
        "WATCHDOG_HTTP__API_BIND": f"127.0.0.1:{api}",
        "WATCHDOG_HTTP__DASHBOARD_BIND": f"127.0.0.1:{page}",
    }
    with (
        (home / "stderr").open("w") as log,
        subprocess.Popen(
            [COMMAND, "--kubeconfig", kubeconfig, "serve"],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            yield process, f"http://127.0.0.1:{api}"
        finally:
            if process.poll() is None:
                process.kill()


def answers(url: str) -> int:
    """The status of a GET; 0 while nobody listens."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0


def wait_for(process: "subprocess.Popen[str]", url: str, log: Path) -> None:
    """Return when `url` says 200; fail with the log when it never does."""
    for _ in range(TRIES):
        if answers(url) == HTTPStatus.OK:
            return
        try:
            process.wait(timeout=0.3)
        except subprocess.TimeoutExpired:
            continue
        break
    pytest.fail(f"{url} did not become 200:\n{log.read_text()}")


def unread(shown: str) -> set[str]:
    """The needs that a run could not read: not what nobody grants, nor what is not installed."""
    result = json.loads(shown)
    assert result["verdict"] in ("healthy", "alert")
    refused = {row["need"] for row in result["unknown"] if row["reason"] != "absent"}
    return refused - WHEN_GRANTED


def test_scan_reads_everything(installed: Installed, kubelet: Kubelet, tmp_path: Path) -> None:
    asked = ("--kubeconfig", installed.kubeconfig, "scan", "--output", "json")

    done = call(*asked, home=tmp_path)

    assert done.returncode in (0, 1), done.stderr
    assert unread(done.stdout) == set()


def test_doctor_finds_every_right_granted(
    installed: Installed, kubelet: Kubelet, tmp_path: Path
) -> None:
    done = call("--kubeconfig", installed.kubeconfig, "doctor", home=tmp_path)

    shown = done.stdout + done.stderr
    lacking = [line for line in shown.splitlines() if "not granted: " in line]
    assert done.returncode == 0, shown
    assert [line.split("not granted: ")[1].split()[:2] for line in lacking] == [
        ["list", "configmaps"],
        ["get", "configmaps"],
    ]


def test_the_daemon_runs_every_check_becomes_ready_and_stops_on_sigterm(
    installed: Installed, kubelet: Kubelet, tmp_path: Path
) -> None:
    with daemon(installed.kubeconfig, tmp_path) as (process, url):
        wait_for(process, f"{url}/healthz", tmp_path / "stderr")
        wait_for(process, f"{url}/readyz", tmp_path / "stderr")
        ran = call("run", "--all", "--output", "json", home=tmp_path)
        open_ = [answers(f"{url}/{path}") for path in ("healthz", "readyz", "metrics")]
        closed = answers(f"{url}/api/v1/incidents")  # no token is set: it is not served
        process.send_signal(signal.SIGTERM)
        ended = process.wait(timeout=30)

    assert ran.returncode in (0, 1), ran.stderr
    assert unread(ran.stdout) == set()
    assert (open_, closed) == ([HTTPStatus.OK] * 3, HTTPStatus.NOT_FOUND)
    assert ended == 0
