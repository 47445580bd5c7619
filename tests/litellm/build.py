"""Installs the LiteLLM proxy once into a cache and prints the path of its command.

Standard library only, as a build of the tests' tools runs before anything is installed. It needs a
virtual environment of its own: it pins another major version of the openai SDK than the product.
The cache key is the lock file, so two checkouts share one and a new lock makes a new one.
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = Path(__file__).resolve().with_name("litellm.lock")


class BuildFailed(Exception):
    """The proxy cannot be installed here; the text says what is missing."""


def command(cache: Path) -> Path:
    """Return the path of `litellm` below `cache` (as in XDG_CACHE_HOME), installing it when missing.

    Raises:
        BuildFailed: no virtual environment, or no packages.
    """
    folder = cache / "kube-watchdog" / "litellm" / _key()
    target = folder / "venv" / "bin" / "litellm"
    done = folder / "installed"  # written last: half an environment has a bin/ too
    if done.exists() and target.exists():
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BuildFailed(f"{folder}: {error.strerror}") from error
    with _one_builder(folder / "lock"):
        if not (done.exists() and target.exists()):
            _install(folder / "venv")
            done.touch()
    return target


def _key() -> str:
    """16 hex digits of the packages and of the Python that they are installed for."""
    series = f"python{sys.version_info.major}.{sys.version_info.minor} {sys.base_prefix}"
    return hashlib.sha256(series.encode() + LOCK.read_bytes()).hexdigest()[:16]


@contextmanager
def _one_builder(path: Path) -> Iterator[None]:
    """Wait for another process that is installing the same."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(home: Path) -> None:
    _say("installing the LiteLLM proxy for the tests (about a minute, 750 MB, once) ...")
    _say(f"  into {home}")
    shutil.rmtree(home, ignore_errors=True)  # what an interrupted builder left
    if _run(sys.executable, "-m", "venv", str(home)):
        raise BuildFailed(f"{sys.executable} cannot make a virtual environment")
    pip = (str(home / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install")
    which = ("--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(LOCK))
    if _run(*pip, *which):
        raise BuildFailed("PyPI does not give the packages of the LiteLLM proxy")


def _run(*arguments: str) -> int:
    return subprocess.run(arguments, stdout=sys.stderr, check=False).returncode


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main() -> int:
    """Print the path of the command; progress and errors go to stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path.home() / ".cache"
    parser.add_argument("--cache", type=Path, default=default, help="default: ~/.cache")
    try:
        path = command(parser.parse_args().cache)
    except BuildFailed as error:
        _say(f"error: {error}")
        _say("hint: let this machine reach PyPI, or name a litellm in WATCHDOG_TEST_LITELLM")
        return 1
    sys.stdout.write(f"{path}{os.linesep}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
