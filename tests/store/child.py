"""Another Python process, for what one process cannot show of itself: death, limits, imports."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def start(script: str, *arguments: str | Path) -> subprocess.Popen[str]:
    """Start `script` with pipes; `sys.argv[1:]` are the arguments."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(script: str, *arguments: str | Path) -> tuple[int, str]:
    """Run `script` to its end; return its exit code and all it wrote."""
    with start(script, *arguments) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out + err
