"""demo: the daemon on its simulated shop, ended as people end it."""

import signal
import socket
import subprocess
from pathlib import Path

from tests.cli.installed import COMMAND, call, refusal

PATIENCE = 60


def test_ctrl_c_ends_the_demo_cleanly(tmp_path: Path) -> None:
    free = {
        "WATCHDOG_HTTP__API_BIND": "127.0.0.1:0",
        "WATCHDOG_HTTP__DASHBOARD_BIND": "127.0.0.1:0",
    }
    with subprocess.Popen(
        [COMMAND, "--home", tmp_path, "demo"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **free},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "jobs read" in line:
                break
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()

    assert process.wait(PATIENCE) == 0
    assert "The demo is over." in rest
    assert "Traceback" not in rest


def test_a_port_that_is_taken_is_said_before_anybody_is_sent_to_the_page(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        free = {"WATCHDOG_HTTP__DASHBOARD_BIND": "127.0.0.1:0"}

        done = call("demo", home=tmp_path, environ={**free, "WATCHDOG_HTTP__API_BIND": bind})

    assert refusal(done)[:2] == (3, f"http.api_bind: {bind} is in use")
