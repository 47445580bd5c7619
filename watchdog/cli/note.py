"""`watchdog note add`: an operator's note, kept with author and time."""

from typing import Any

import click

from watchdog.cli import door
from watchdog.cli.options import Options
from watchdog.cli.people import author


@click.group()
def note() -> None:
    """Keep operator's notes."""


@note.command()
@click.argument("text")
@click.pass_obj
def add(options: Options, *, text: str) -> None:
    """Add a note; explanations of a model may read it, nothing else does."""
    added: Any = door.call(options, "note.add", {"text": text, "by": author()})
    click.echo(f"note {added['id']} added", err=True)
