"""The home directory in use: locked, seeded, with its database open."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from watchdog.config.defaults import seed_files
from watchdog.config.seeds import seed
from watchdog.config.settings import Settings
from watchdog.store.engine import Store, open_store
from watchdog.store.lock import lock_home


@dataclass(frozen=True, slots=True)
class Home:
    """A home directory that belongs to this process until it ends."""

    path: Path
    store: Store

    @property
    def jobs_file(self) -> Path:
        """The operator's schedule."""
        return self.path / "cron" / "jobs.json"

    @property
    def socket(self) -> Path:
        """Where the daemon's door is."""
        return self.path / "watchdog.sock"


@contextmanager
def open_home(settings: Settings) -> Iterator[Home]:
    """Lock the home, seed what is missing, open the store; undo it all at the end.

    Raises:
        Misconfigured: another process uses this home.
        StoreFailed: the home or the database cannot be used.
    """
    lock = lock_home(settings.home)
    try:
        seed(settings.home)
        seed_files(settings.home)
        store = open_store(settings.store.url, home=settings.home)
        try:
            yield Home(settings.home, store)
        finally:
            store.close()
    finally:
        lock.release()
