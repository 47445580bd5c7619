"""One writer per home: the file lock every process holds that may change anything there."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from watchdog.domain.errors import Misconfigured, StoreFailed


@dataclass(frozen=True, slots=True)
class HomeLock:
    """A held lock. The kernel lets go of it when the process ends, however it ends."""

    descriptor: int

    def release(self) -> None:
        """Let the next process in. The file stays: removing it would let two hold "the" lock."""
        os.close(self.descriptor)


def ensure_home(home: Path) -> None:
    """Create the home directory, for its owner only, if it is not there.

    Raises:
        StoreFailed: it cannot be created.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(home, error) from error


def lock_home(home: Path) -> HomeLock:
    """Take the home for this process, without waiting; write our pid for the one who comes second.

    Raises:
        Misconfigured: another process has it; the text names its pid.
        StoreFailed: the home cannot be created or written.
    """
    ensure_home(home)
    try:
        descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unusable(home, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
    except BlockingIOError as error:
        holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
        os.close(descriptor)
        raise Misconfigured(
            f"home {home} is in use by process {holder}",
            hint="stop that watchdog first, or choose another home with --home",
        ) from error
    except OSError as error:
        os.close(descriptor)
        raise _unusable(home, error) from error
    return HomeLock(descriptor)


def _unusable(home: Path, error: OSError) -> StoreFailed:
    return StoreFailed(
        f"home {home} cannot be written: {error.strerror or error}",
        hint="give this user a writable directory with free space: --home DIR or WATCHDOG_HOME",
    )
