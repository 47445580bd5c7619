"""Calls the installed `watchdog` command in an environment of its own."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

COMMAND = Path(sys.executable).parent / "watchdog"


def call(
    *arguments: str | Path, home: Path, environ: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run it to its end; the environment holds WATCHDOG_HOME and `environ`, nothing else."""
    return subprocess.run(
        [COMMAND, *arguments],
        env={"WATCHDOG_HOME": str(home), "HOME": str(home), **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refusal(done: "subprocess.CompletedProcess[str]") -> tuple[int, str, str]:
    """The exit code, the error and the hint of a call that said exactly these two lines."""
    assert done.stdout == ""
    error, hint = done.stderr.splitlines()
    assert error.startswith("error: ")
    assert hint.startswith("hint: ")
    return done.returncode, error.removeprefix("error: "), hint.removeprefix("hint: ")
