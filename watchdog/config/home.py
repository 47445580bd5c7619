"""Where the home directory is. It is found before anything in it can be read."""

import os
from collections.abc import Mapping
from pathlib import Path

CONTAINER_HOME = Path("/opt/data")


def find_home(
    chosen: Path | None, environ: Mapping[str, str], *, container: Path = CONTAINER_HOME
) -> Path:
    """Return the home directory; it need not exist yet.

    `chosen` (--home), else $WATCHDOG_HOME, else /opt/data when it exists and is writable, else
    `watchdog` in the XDG data directory.
    """
    if chosen is not None:
        return chosen.expanduser().absolute()
    if named := environ.get("WATCHDOG_HOME"):
        return Path(named).expanduser().absolute()
    if container.is_dir() and os.access(container, os.W_OK):
        return container
    return _xdg_data(environ) / "watchdog"


def _xdg_data(environ: Mapping[str, str]) -> Path:
    named = environ.get("XDG_DATA_HOME", "")
    if named.startswith("/"):  # the XDG specification: a relative path is to be ignored
        return Path(named)
    return Path(environ.get("HOME") or Path.home()) / ".local" / "share"
