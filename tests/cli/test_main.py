"""The `watchdog` command as its users see it: help, version, wrong command lines, broken pipes."""

import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests.cli.installed import COMMAND, call, refusal
from watchdog.cli.commands import COMMANDS
from watchdog.cli.main import watchdog

USELESS_FOR_HELP = ("pydantic", "kubernetes", "sqlalchemy", "structlog", "yaml", "rich", "asyncio")


def test_version_prints_version_and_build(tmp_path: Path) -> None:
    done = call("--version", home=tmp_path)

    assert re.fullmatch(r"watchdog \d+\.\d+\.\d+ \(([0-9a-f]{12}|unknown)\)\n", done.stdout)
    assert (done.returncode, done.stderr) == (0, "")


def test_help_lists_every_command_with_its_line(tmp_path: Path) -> None:
    lines = call("--help", home=tmp_path).stdout.splitlines()

    for name, entry in COMMANDS.items():
        assert any(line.split() == [name, *entry.help.split()] for line in lines)


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_import_nothing_heavy(option: str, tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['watchdog', sys.argv[1]]\n"
        "from watchdog.cli import main\n"
        "try: main()\n"
        "except SystemExit: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, option], capture_output=True, text=True, check=True
    )

    assert not {*USELESS_FOR_HELP} & {*done.stderr.split()}


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_are_cheap(option: str, tmp_path: Path) -> None:
    def spent() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    costs = []
    for _ in range(3):  # the cheapest of three: the first may still compile
        before = spent()
        call(option, home=tmp_path)
        costs.append(spent() - before)

    assert min(costs) <= 0.3


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_is_there(name: str) -> None:
    command = watchdog.get_command(click.Context(watchdog), name)

    assert command is not None
    assert command.name == name


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        ((), "Missing command.", "see `watchdog --help`"),
        (("scna",), "No such command 'scna'.", "did you mean `scan`?"),
        (("xyzzy",), "No such command 'xyzzy'.", "see `watchdog --help`"),
        (("config", "chek"), "No such command 'chek'.", "did you mean `check`?"),
        (("--hoem", "x"), "No such option '--hoem'.", "did you mean `--home`?"),
        (("config", "show", "--outptu"), "No such option '--outptu'.", "did you mean `--output`?"),
        (
            ("config", "show", "--home", "x"),
            "No such option '--home'.",
            "global options go before the command: `watchdog --home ...`",
        ),
        (
            ("config", "show", "--output", "xml"),
            "Invalid value for '--output': 'xml' is not one of 'yaml', 'json'.",
            "see `watchdog config show --help`",
        ),
    ],
)
def test_a_wrong_command_line_is_two_lines_and_exit_2(
    arguments: tuple[str, ...], error: str, hint: str, tmp_path: Path
) -> None:
    assert refusal(call(*arguments, home=tmp_path)) == (2, error, hint)


def test_a_reader_who_had_enough_is_no_error(tmp_path: Path) -> None:
    shut, write = os.pipe()
    os.close(shut)
    done = subprocess.run(
        [COMMAND, "--home", tmp_path, "--help"], stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)

    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_behind_stdout_is_two_lines(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [COMMAND, "--version"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert done.returncode == 3
    assert done.stderr.splitlines()[0] == "error: No space left on device"
    assert len(done.stderr.splitlines()) == 2


def ended_by(signal_number: int, statement: str) -> tuple[int, str]:
    """Run `statement` as the body of a command, interrupt it when it prints, and see the end."""
    code = (
        "import sys, types, click\n"
        "from watchdog.cli import commands, main\n"
        "from watchdog.cli.lazy import Entry\n"
        "module = types.ModuleType('probe')\n"
        "sys.modules['probe'] = module\n"
        "commands.COMMANDS['probe'] = Entry('probe', 'probe', '')\n"
        "@click.command()\n"
        f"def probe(): {statement}\n"
        "module.probe = probe\n"
        "sys.argv = ['watchdog', *sys.argv[1:], 'probe']\n"
        "main()\n"
    )
    options = [] if signal_number else ["-v"] * ("verbose" in statement)
    child = subprocess.Popen(
        [sys.executable, "-c", code, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        assert child.stderr is not None
        if signal_number:
            child.stdout.readline()
            child.send_signal(signal_number)
        return child.wait(60), child.stderr.read()


def test_control_c_ends_a_command_silently_with_130() -> None:
    wait = "print('here', flush=True); __import__('signal').pause()"

    assert ended_by(signal.SIGINT, wait) == (130, "")


def test_a_bug_is_two_lines_and_no_traceback() -> None:
    code, stderr = ended_by(0, "{}['lost']")

    assert code == 70
    assert stderr == (
        "error: internal error: KeyError: 'lost'\n"
        "hint: this is a bug; run it again as `watchdog -v ...` and report what that prints\n"
    )


def test_a_bug_shows_its_traceback_when_asked() -> None:
    code, stderr = ended_by(0, "{}['verbose']")

    assert code == 70
    assert stderr.startswith("Traceback (most recent call last):\n")
    assert stderr.splitlines()[-2] == "error: internal error: KeyError: 'verbose'"


def test_no_secret_leaves_with_an_error() -> None:
    _, stderr = ended_by(0, "raise ValueError('GET http://me:hunter22@proxy failed')")

    assert "hunter22" not in stderr


def test_an_error_of_the_system_is_two_lines_and_exit_3() -> None:
    code, stderr = ended_by(0, "open('/proc/self/no-such-file')")

    assert code == 3
    assert stderr.splitlines()[0] == "error: /proc/self/no-such-file: No such file or directory"
