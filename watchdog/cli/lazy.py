"""A group of commands whose modules are imported when they are called, and not for --help."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

import click


@dataclass(frozen=True, slots=True)
class Entry:
    """One command: where its object is, and its line in --help."""

    module: str
    name: str  # of the click command in that module
    help: str


class LazyGroup(click.Group):
    """Lists a table of entries; loads one."""

    entries: Mapping[str, Entry] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of the table."""
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module; None for an unknown name."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        found = getattr(importlib.import_module(entry.module), entry.name)
        if not isinstance(found, click.Command):
            raise TypeError(f"{entry.module}:{entry.name} is not a command")
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table itself: click would import every module for its help line."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.entries.items()])
