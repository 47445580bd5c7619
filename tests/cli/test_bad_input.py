"""Whatever is wrong outside: one line error, one line hint, the documented exit code, no traceback."""

import base64
import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.installed import COMMAND, call, refusal
from tests.cli.support import Watchdog
from tests.cluster import pki
from tests.cluster.control_plane import ControlPlane, free_ports, write_kubeconfig
from tests.kube.faulty import black_hole, kubeconfig
from watchdog.clock import SystemClock

CONNECT_LIMIT, SLACK = 10, 8  # seconds; the slack is a busy machine's
HOUR = 3600  # seconds; a token of the tests lives for one
LITTLE = 4096  # bytes a process may write into one file: the disk is full


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that nobody has used yet."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    """A kubeconfig of a cluster where nobody listens."""
    [port] = free_ports(1)
    return kubeconfig(tmp_path, f"http://127.0.0.1:{port}")


# ------------------------------------------------------------------------------- configuration
@pytest.mark.parametrize("command", ["run --all", "scan", "doctor", "serve", "config check"])
def test_broken_yaml_is_named_with_its_line(home: Path, command: str) -> None:
    (home / "config.yaml").write_text("mode: suggest\nllm: [\n")

    code, error, _ = refusal(call(*command.split(), home=home))

    assert code == 3
    assert f"{home / 'config.yaml'}:" in error


@pytest.mark.parametrize("command", ["run --all", "scan", "serve", "incidents list"])
def test_an_unknown_key_is_named_with_the_nearest_known_one(home: Path, command: str) -> None:
    (home / "config.yaml").write_text("timezon: UTC\n")

    code, error, hint = refusal(call(*command.split(), home=home))

    assert code == 3
    assert "timezon" in error
    assert "timezone" in hint


def test_an_unknown_variable_is_named_too(home: Path) -> None:
    done = call("run", "--all", home=home, environ={"WATCHDOG_MOD": "observe"})

    code, error, hint = refusal(done)
    assert code == 3
    assert "WATCHDOG_MOD" in error
    assert "mode" in hint.lower()


def test_a_config_file_that_is_not_there_is_refused(home: Path) -> None:
    code, error, _ = refusal(call("--config", home / "gone.yaml", "run", "--all", home=home))

    assert code == 3
    assert "gone.yaml" in error


def test_an_unknown_notifier_is_refused(home: Path, nowhere: Path) -> None:
    told = {"WATCHDOG_NOTIFIERS": '[{"type": "pager"}]'}

    done = call("--kubeconfig", nowhere, "run", "--all", home=home, environ=told)

    code, error, hint = refusal(done)
    assert code == 3
    assert "pager" in error
    assert "jsonl" in hint


# ---------------------------------------------------------------------------------------- jobs
def test_broken_jobs_are_named_with_their_line(home: Path, nowhere: Path) -> None:
    (home / "cron").mkdir()
    (home / "cron" / "jobs.json").write_text('{"version": 1,\n "jobs": [}')

    done = call("--kubeconfig", nowhere, "run", "cluster-health-check", home=home)

    code, error, _ = refusal(done)
    assert code == 3
    assert "jobs.json" in error
    assert "line 2" in error


def test_an_unknown_job_is_a_usage_error_with_the_nearest_name(home: Path, nowhere: Path) -> None:
    done = call("--kubeconfig", nowhere, "run", "cluster-heath-check", home=home)

    code, error, hint = refusal(done)
    assert (code, error) == (2, "no job or check is called cluster-heath-check")
    assert "cluster-health-check" in hint


@pytest.mark.parametrize("words", ["run", "run image_pull --all", "run --all --deliver maybe"])
def test_a_wrong_command_line_is_a_usage_error(home: Path, words: str) -> None:
    code, _, _ = refusal(call(*words.split(), home=home))

    assert code == 2


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("note", "add", ""), "text: must not be empty"),
        (("note", "add", "x" * 4001), "text: expected at most 4000 characters"),
        (
            ("silence", "add", "--for", "2h", "--name", "a", "--reason", ""),
            "reason: must not be empty",
        ),
        (
            ("silence", "add", "--for", "9999d", "--name", "a", "--reason", "x"),
            "Invalid value for --for: a silence lasts 366d at most",
        ),
    ],
)
def test_a_wrong_argument_is_told_in_words_for_people(
    home: Path, words: tuple[str, ...], error: str
) -> None:
    code, said, _ = refusal(call(*words, home=home))

    assert (code, said) == (2, error)


def test_a_mode_above_the_configured_one_is_a_usage_error(home: Path, nowhere: Path) -> None:
    done = call("--kubeconfig", nowhere, "run", "--all", "--mode", "act", home=home)

    assert refusal(done)[0] == 2


# ------------------------------------------------------------------------------- which cluster
@pytest.mark.parametrize("command", ["run --all", "scan", "serve"])
def test_a_kubeconfig_that_is_not_there_is_refused(home: Path, command: str) -> None:
    done = call("--kubeconfig", home / "gone", *command.split(), home=home)

    code, error, _ = refusal(done)
    assert code == 3
    assert str(home / "gone") in error


def test_no_kubeconfig_at_all_is_refused(home: Path) -> None:
    code, _, hint = refusal(call("run", "--all", home=home))

    assert code == 3
    assert "--kubeconfig" in hint


def test_an_empty_variable_names_no_kubeconfig(home: Path) -> None:
    code, error, _ = refusal(call("scan", home=home, environ={"KUBECONFIG": ""}))

    assert (code, error) == (3, "no kubeconfig at ~/.kube/config")


def test_a_kubeconfig_that_is_no_yaml_is_refused(home: Path) -> None:
    config = home / "kubeconfig"
    config.write_text("clusters: [")

    code, error, _ = refusal(call("--kubeconfig", config, "scan", home=home))

    assert code == 3
    assert str(config) in error


@pytest.mark.parametrize("command", ["run --all", "scan", "serve"])
def test_an_unknown_context_is_refused_with_the_known_ones(
    home: Path, nowhere: Path, command: str
) -> None:
    words: tuple[str | Path, ...] = ("--kubeconfig", nowhere, "--context", "prod", *command.split())

    code, error, hint = refusal(call(*words, home=home))

    assert code == 3
    assert "no context prod" in error
    assert "test" in hint


# -------------------------------------------------------------------------- no way to the cluster
@pytest.mark.parametrize("command", ["run --all", "scan"])
def test_a_refused_connection_is_said(home: Path, nowhere: Path, command: str) -> None:
    done = call("--kubeconfig", nowhere, *command.split(), home=home)

    code, error, _ = refusal(done)
    assert code == 4
    assert "Connection refused" in error


@pytest.mark.parametrize("command", ["run --all", "scan"])
def test_a_cluster_that_takes_no_connection_is_given_up_within_the_connect_limit(
    home: Path, tmp_path: Path, command: str
) -> None:
    clock = SystemClock()
    with black_hole() as port:
        config = kubeconfig(tmp_path, f"https://127.0.0.1:{port}")
        start = clock.monotonic()
        done = call("--kubeconfig", config, *command.split(), home=home)
        took = clock.monotonic() - start

    code, error, _ = refusal(done)
    assert (code, "within 10 s" in error) == (4, True)
    assert CONNECT_LIMIT <= took < CONNECT_LIMIT + SLACK


@pytest.mark.parametrize("command", ["run --all", "scan"])
def test_an_invalid_token_is_said(control_plane: ControlPlane, home: Path, command: str) -> None:
    config = control_plane.user_kubeconfig("stranger", token="not-a-token")

    done = call("--kubeconfig", config, *command.split(), home=home)

    code, error, _ = refusal(done)
    assert code == 4
    assert "does not accept this credential" in error
    assert "not-a-token" not in done.stderr


def test_an_expired_token_is_said(control_plane: ControlPlane, namespace: str, home: Path) -> None:
    if control_plane.authority is None:
        pytest.skip("the cluster of WATCHDOG_TEST_KUBECONFIG keeps its signing key to itself")
    key = control_plane.authority.folder / "service-accounts.key"
    token = expired(control_plane.token(namespace, "default"), key)
    config = control_plane.user_kubeconfig("late", token=token)

    code, error, _ = refusal(call("--kubeconfig", config, "run", "--all", home=home))

    assert code == 4
    assert "does not accept this credential" in error


def expired(token: str, key: Path) -> str:
    """The same token as it would be had it ended long ago, signed by the cluster's own key."""
    head, body, _ = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims |= {name: claims[name] - 2 * HOUR for name in ("iat", "nbf", "exp")}
    text = f"{head}.{_coded(json.dumps(claims).encode())}"
    sign = ("openssl", "dgst", "-sha256", "-sign", key)
    signed = subprocess.run(sign, input=text.encode(), capture_output=True, check=True)
    return f"{text}.{_coded(signed.stdout)}"


def _coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize("command", ["run --all", "scan"])
def test_a_wrong_authority_is_said(
    control_plane: ControlPlane, home: Path, tmp_path: Path, command: str
) -> None:
    stranger = pki.Authority(tmp_path / "pki")
    config = write_kubeconfig(
        tmp_path / "kubeconfig",
        url=control_plane.url,
        ca=stranger.pair.cert,
        user={"token": "any"},
    )

    done = call("--kubeconfig", config, *command.split(), home=home)

    code, error, _ = refusal(done)
    assert code == 4
    assert "TLS" in error


# ---------------------------------------------------------------------------------- the home
@pytest.mark.parametrize("command", ["run --all", "serve", "incidents list", "cron list"])
def test_a_home_that_cannot_be_made_is_said(tmp_path: Path, nowhere: Path, command: str) -> None:
    file = tmp_path / "file"
    file.write_text("")

    done = call("--kubeconfig", nowhere, *command.split(), home=file / "home")

    code, error, _ = refusal(done)
    assert code == 3
    assert str(file / "home") in error


@pytest.fixture
def read_only(home: Path) -> Iterator[Path]:
    """A home that nobody may write to, not even root."""
    if os.geteuid() != 0:
        home.chmod(0o500)
    elif subprocess.run(("chattr", "+i", home), capture_output=True, check=False).returncode:
        pytest.skip("root writes everywhere, and this file system has no immutable folders")
    yield home
    if os.geteuid() == 0:
        subprocess.run(("chattr", "-i", home), check=True)
    else:
        home.chmod(0o700)


@pytest.mark.parametrize("command", ["run --all", "serve"])
def test_a_read_only_home_is_said(read_only: Path, nowhere: Path, command: str) -> None:
    done = call("--kubeconfig", nowhere, *command.split(), home=read_only)

    code, error, hint = refusal(done)
    assert (code, str(read_only) in error) == (3, True)
    assert "--home" in hint


@pytest.mark.parametrize("command", ["run --all", "serve", "note add hello"])
def test_a_full_disk_is_said(home: Path, nowhere: Path, command: str) -> None:
    words = ["--kubeconfig", str(nowhere), *command.split()]

    done = on_a_full_disk(words, home)

    code, error, hint = refusal(done)
    assert code == 3
    assert "state.db" in error
    assert "free space" in hint


async def test_a_disk_that_is_full_later_is_said_and_loses_nothing(
    watchdog: Watchdog, rollout: str
) -> None:
    await watchdog.run()

    done = on_a_full_disk(
        ["--kubeconfig", str(watchdog.kubeconfig), "note", "add", "x" * 2 * LITTLE], watchdog.home
    )

    assert refusal(done)[0] == 3
    code, result = await watchdog.run()
    assert (code, len(result["incidents"]), watchdog.kinds) == (1, 1, ["opened"])


def on_a_full_disk(words: list[str], home: Path) -> "subprocess.CompletedProcess[str]":
    """Run the command where no file can grow beyond LITTLE bytes."""
    limited = "import resource, signal, sys, os\n"
    limited += "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limited += f"resource.setrlimit(resource.RLIMIT_FSIZE, ({LITTLE}, {LITTLE}))\n"
    limited += "os.execv(sys.argv[1], sys.argv[1:])\n"
    python = COMMAND.parent / "python"
    return subprocess.run(
        [python, "-c", limited, COMMAND, *words],
        # Python would leave half-written bytecode of our modules behind, for everybody.
        env={"WATCHDOG_HOME": str(home), "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# ---------------------------------------------------------------------------------- the ports
@pytest.mark.parametrize("key", ["api_bind", "dashboard_bind"])
def test_a_port_in_use_is_named_with_its_setting(home: Path, nowhere: Path, key: str) -> None:
    [spare] = free_ports(1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        binds = {
            "WATCHDOG_HTTP__API_BIND": f"127.0.0.1:{spare}",
            "WATCHDOG_HTTP__DASHBOARD_BIND": f"127.0.0.1:{spare}",
            f"WATCHDOG_HTTP__{key.upper()}": f"127.0.0.1:{taken.getsockname()[1]}",
        }

        done = call("--kubeconfig", nowhere, "serve", home=home, environ=binds)

    code, error, hint = refusal(done)
    assert code == 3
    assert error.startswith(f"http.{key}: 127.0.0.1:")
    assert error.endswith("is in use")
    assert f"http.{key}" in hint


def test_an_open_door_without_credentials_is_refused(home: Path, nowhere: Path) -> None:
    binds = {"WATCHDOG_HTTP__DASHBOARD_BIND": "0.0.0.0:0"}

    code, _, hint = refusal(call("--kubeconfig", nowhere, "serve", home=home, environ=binds))

    assert code == 3
    assert "dashboard" in hint.lower()
