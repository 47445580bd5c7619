"""Runs the bench next door over its samples and our own cases and prints the score table."""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from queue import SimpleQueue
from tempfile import NamedTemporaryFile

from tests.cluster import build
from tests.doubles.lying import TOLD, lying
from tests.scenarios import product

FIRST_PORT, PORTS_PER_LANE = 31443, 200  # the bench uses its port and the eleven after it
OWN = Path(__file__).parent  # this project's cases; the bench and its samples are next door
FAKETIME = "faketime/libfaketimeMT.so.1"


class CannotRun(Exception):
    """Something the bench needs is not on this machine: the text, then the hint."""


def main() -> int:
    """Return 0 when every chosen scenario passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="holds bench/ and dev/")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache")
    parser.add_argument("--lanes", type=int, default=2, help="scenarios at a time")
    parser.add_argument("--port", type=int, default=FIRST_PORT, help="of the first lane")
    parser.add_argument("--keep", type=Path, help="folder for the full outputs")
    parser.add_argument("--model", choices=("none", "lying"), default="none", help="who explains")
    parser.add_argument("only", nargs="*", help="beginnings of file names, like d01 s03")
    chosen = parser.parse_args()
    try:
        files = _files(chosen.folder, chosen.only)
        binary = build.binary(chosen.cache)
    except CannotRun as error:
        text, hint = error.args
        _say(f"error: {text}\nhint: {hint}")
        return 1
    except build.BuildFailed as error:
        _say(f"error: {error}\nhint: make test says more")
        return 1
    _say(f"{len(files)} scenarios in {chosen.lanes} lanes, about 20 s each")
    liar: AbstractContextManager[Mapping[str, str]] = lying()
    with liar if chosen.model == "lying" else nullcontext({}) as environ:
        bench = _Bench(chosen.folder, binary.parent, chosen.keep, environ)
        return _run(bench, files, lanes=chosen.lanes, first_port=chosen.port)


def _files(folder: Path, only: Sequence[str]) -> list[Path]:
    if not (folder / "bench" / "scenario.py").exists():
        raise CannotRun(f"{folder} holds no scenarios", "they are shipped next to the checkout")
    if not list(Path("/usr/lib").glob(f"*/{FAKETIME}")):
        raise CannotRun("libfaketime is not installed", "apt-get install faketime")
    found = (*sorted((folder / "dev").glob("*.yaml")), *sorted(OWN.glob("*.yaml")))
    chosen = [path for path in found if not only or path.name.startswith(tuple(only))]
    if not chosen:
        raise CannotRun(
            f"no scenario begins with {' or '.join(only)}", f"ls {folder / 'dev'} {OWN}"
        )
    return chosen


class _Bench:
    """How one scenario is run."""

    def __init__(
        self, folder: Path, binaries: Path, keep: Path | None, environ: Mapping[str, str]
    ) -> None:
        self.folder, self.binaries, self.keep, self.environ = folder, binaries, keep, environ

    def score(self, path: Path, port: int) -> tuple[bool, str]:
        """Whether it passed, and the bench's own lines about it."""
        keep = ("--keep", str(self.keep)) if self.keep else ()
        given = [word for each in self.environ.items() for word in ("--env", "=".join(each))]
        never = TOLD if self.environ else ""
        with NamedTemporaryFile(mode="r", encoding="utf-8") as refused:
            cluster = str(self.binaries / "cluster")
            words = (sys.executable, product.__file__, refused.name, cluster, never)
            command = shlex.join(words)
            done = subprocess.run(
                (
                    *("env", f"CLUSTER_BIN={self.binaries}"),
                    *(sys.executable, "-B", str(self.folder / "bench" / "scenario.py")),
                    *("run", str(path), "--cmd", command, "--port", str(port), *keep, *given),
                ),
                capture_output=True,
                text=True,
                check=False,
            )
            said = [line for line in refused.read().splitlines() if line != product.LOOKED]
            notes = [f"       - refused: {line}" for line in said]
        lines = [line for line in done.stdout.splitlines() if not line.endswith(" failed")]
        crashed = [] if lines else done.stderr.splitlines()[-5:]
        passed = done.returncode == 0 and not notes
        return passed, "\n".join([*(lines or crashed), *dict.fromkeys(notes)])


def _run(bench: _Bench, files: Sequence[Path], *, lanes: int, first_port: int) -> int:
    ports: SimpleQueue[int] = SimpleQueue()
    for lane in range(lanes):
        ports.put(first_port + lane * PORTS_PER_LANE)

    def one(path: Path) -> bool:
        port = ports.get()
        try:
            passed, lines = bench.score(path, port)
        finally:
            ports.put(port)
        sys.stdout.write(f"{lines}\n")
        sys.stdout.flush()
        return passed

    with ThreadPoolExecutor(lanes) as pool:
        results = list(pool.map(one, files))
    sys.stdout.write(f"{sum(results)} of {len(results)} passed\n")
    failed = [path.stem for path, passed in zip(files, results, strict=True) if not passed]
    if failed:
        sys.stdout.write(f"failed: {' '.join(failed)}\n")
    return int(bool(failed))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
