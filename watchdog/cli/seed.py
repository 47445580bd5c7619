"""`watchdog seed`: the default jobs, soul and prompts, where they are missing or on demand."""

from typing import Any

import click

from watchdog.cli import door
from watchdog.cli.options import Options


@click.command()
@click.option(
    "--force",
    default="",
    metavar="NAME",
    help="Also write this file of the home (SOUL.md, prompts/repair.j2, cron/jobs.json ...) or this"
    " default job as this version has it, over what is there.",
)
@click.pass_obj
def seed(options: Options, *, force: str) -> None:
    """Write the default files that the home lacks, as every start does.

    A default job that was deleted stays deleted, and what was edited stays as it is, unless --force
    names it. Prints what was written.
    """
    done: Any = door.call(options, "seed", {"force": force})
    for path in done["written"]:
        click.echo(path)
    if not done["written"]:
        click.echo("nothing is missing", err=True)
