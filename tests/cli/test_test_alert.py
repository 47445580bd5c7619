"""`watchdog test-alert` that does not arrive: one error and one hint, which fits the error."""

import json
from pathlib import Path

import pytest

from tests.cli.installed import call
from tests.cluster.control_plane import free_ports
from tests.kube.faulty import kubeconfig


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    return kubeconfig(tmp_path, "http://127.0.0.1:9")


def failed(nowhere: Path, home: Path, **notifier: str) -> tuple[int, str, list[str]]:
    """What the command says with this notifier alone, without its log."""
    environ = {"WATCHDOG_NOTIFIERS": json.dumps([notifier])}
    done = call("--kubeconfig", nowhere, "test-alert", home=home, environ=environ)
    said = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    return done.returncode, done.stdout, said


def test_what_is_given_up_says_how_to_mend_it(nowhere: Path, tmp_path: Path) -> None:
    said = failed(nowhere, tmp_path / "home", type="jsonl", path="/dev/null/said")

    assert said == (
        6,
        "jsonl: not delivered\n",
        [
            "error: jsonl: /dev/null/said: File exists",
            "hint: give this user a file to write to: notifiers, type jsonl, path",
        ],
    )


def test_what_waits_says_who_tries_it_again(nowhere: Path, tmp_path: Path) -> None:
    [port] = free_ports(1)
    url = f"http://127.0.0.1:{port}/api/webhooks/1/token"

    code, out, (error, hint) = failed(nowhere, tmp_path / "home", type="discord", webhook_url=url)

    assert (code, out) == (6, "discord: not delivered\n")
    assert error == "error: Discord cannot be reached: Connection refused"
    assert "`watchdog serve` tries it again" in hint
