"""What the commands for people share: who is asking, how long a duration is, how a time is shown."""

import getpass
import os
import re
import sys
from datetime import timedelta

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from watchdog.logic.words.prose import prose

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Duration(click.ParamType[timedelta]):
    """A time span such as 30m, 2h or 3d; several units add up: 1d12h."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return the span, which is longer than nothing."""
        if isinstance(value, timedelta):
            return value
        text = str(value).strip().lower()
        if not re.fullmatch(r"([0-9]{1,6}[smhdw]){1,5}", text):
            self.fail(f"{text!r} is no duration; write 30m, 2h or 3d", param, ctx)
        span = sum(
            (
                timedelta(**{_UNITS[unit]: int(n)})
                for n, unit in re.findall(r"([0-9]+)([smhdw])", text)
            ),
            timedelta(0),
        )
        if not span:
            self.fail("the duration must be longer than nothing", param, ctx)
        return span


def author() -> str:
    """The name of the operating system's user; in a container it may have none but a number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def table(*columns: str) -> Table:
    """An empty table that folds long cells, but never the first: nothing is cut."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold", no_wrap=column == columns[0])
    return made


def show_table(table: Table) -> None:
    """Print to stdout; other programs get long lines rather than folded ones."""
    width = None if sys.stdout.isatty() else 250
    Console(highlight=False, width=width).print(table)


def cell(value: object) -> Text:
    """A cell of text from the cluster: no markup, no control characters."""
    return Text(prose("" if value is None else str(value)))


def when(text: object) -> str:
    """An RFC 3339 time of the JSON, to the second."""
    shown = re.sub(r"\.\d+", "", str(text or "-"))
    return shown.replace("T", " ").replace("Z", " UTC")
