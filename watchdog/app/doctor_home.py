"""Whether the home can be used, and what is configured to no effect: lines of `watchdog doctor`."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from watchdog.app.lines import Line, State
from watchdog.config.settings import Settings
from watchdog.config.unused import UNUSED_HINT, unused

_MEGABYTE = 1_000_000
LEAST = 100 * _MEGABYTE  # a backup of the database before an upgrade, and some weeks of Runs


def home_lines(home: Path, *, least: int = LEAST) -> Iterator[Line]:
    """Whether this user may write there, and whether there is room for it."""
    there = next(each for each in (home, *home.absolute().parents) if each.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        hint = "give this user a writable directory: --home DIR or WATCHDOG_HOME"
        yield Line(State.FAULT, f"home {home} cannot be written by uid {os.getuid()}", hint)
        return
    free = shutil.disk_usage(there).free
    text = f"home {home}, {free // _MEGABYTE} MB free"
    if free < least:
        hint = f"make room: below {least // _MEGABYTE} MB the database may not be written any more"
        yield Line(State.FAULT, text, hint)
    else:
        yield Line(State.OK, text)


def unused_lines(settings: Settings) -> Iterator[Line]:
    """One line for all keys that are set and that nothing reads."""
    if keys := unused(settings):
        yield Line(State.NOTE, f"set, and not used in this version: {', '.join(keys)}", UNUSED_HINT)
