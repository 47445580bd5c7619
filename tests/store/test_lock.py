"""One writer per home, with real processes."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.store import child
from watchdog.domain.errors import Misconfigured, StoreFailed
from watchdog.store.lock import lock_home

HOLD = """
import sys; from pathlib import Path
from watchdog.store.lock import lock_home
lock = lock_home(Path(sys.argv[1])); print("held", flush=True); sys.stdin.read()
"""


@contextmanager
def not_root() -> Iterator[None]:
    """Root may write everywhere; for the time of the test we are nobody then."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_missing_home_is_made_for_its_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "some" / "home"

    lock_home(home).release()

    assert home.stat().st_mode & 0o777 == 0o700


def test_the_lock_names_its_holder(tmp_path: Path) -> None:
    lock = lock_home(tmp_path)

    assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
    lock.release()


def test_a_second_process_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    with child.start(HOLD, tmp_path) as first:
        assert first.stdout
        assert first.stdout.readline() == "held\n"

        with pytest.raises(Misconfigured) as refused:
            lock_home(tmp_path)
        first.kill()

    assert str(refused.value) == f"home {tmp_path} is in use by process {first.pid}"
    assert "--home" in refused.value.hint


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    with child.start(HOLD, tmp_path) as first:
        assert first.stdout
        first.stdout.readline()
        first.send_signal(signal.SIGKILL)

    lock_home(tmp_path).release()

    assert first.returncode == -signal.SIGKILL


def test_a_released_home_can_be_locked_again(tmp_path: Path) -> None:
    lock_home(tmp_path).release()
    lock_home(tmp_path).release()


def test_a_refused_process_does_not_disturb_the_holder(tmp_path: Path) -> None:
    lock = lock_home(tmp_path)

    for _ in range(2):
        with pytest.raises(Misconfigured, match=f"in use by process {os.getpid()}"):
            lock_home(tmp_path)
    lock.release()


def test_a_home_that_cannot_be_created_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreFailed, match="Not a directory") as refused:
        lock_home(tmp_path / "file" / "home")

    assert "--home" in refused.value.hint


def test_a_home_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with not_root(), pytest.raises(StoreFailed, match="cannot be written: Permission denied"):
        lock_home(tmp_path)


def test_a_home_without_space_is_refused(tmp_path: Path) -> None:
    script = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n{HOLD}"

    code, said = child.run(script, tmp_path)

    assert code == 1
    assert "StoreFailed: home" in said
