"""`watchdog incidents list|show` and `watchdog ack`: people's half of an incident."""

import json
from typing import Any

import click

from watchdog.cli import door
from watchdog.cli.exits import ExitCode
from watchdog.cli.options import Options
from watchdog.cli.people import author, cell, show_table, table, when

_STATUSES = click.Choice(["pending", "open", "acknowledged", "resolved"])
_OUTPUT = click.option(
    "--output", type=click.Choice(["table", "json"]), default="table", show_default=True
)


@click.group()
def incidents() -> None:
    """List incidents, or show one."""


@incidents.command("list")
@click.option("--status", type=_STATUSES, multiple=True, help="Only these (may be repeated).")
@_OUTPUT
@click.pass_obj
def list_(options: Options, *, status: tuple[str, ...], output: str) -> None:
    """List what is pending, open or acknowledged, newest first."""
    found: Any = door.call(options, "incidents.list", {"status": list(status)} if status else {})
    if output == "json":
        click.echo(json.dumps({"incidents": found}, indent=2, ensure_ascii=False))
    elif found:
        shown = table("ID", "STATUS", "SEVERITY", "REASON", "SUBJECT", "SINCE", "TITLE")
        for each in found:
            row = [each["id"], each["status"], each["severity"], each["reason"]]
            row += [_subjects(each), when(each["since"]), each["title"]]
            shown.add_row(*map(cell, row))
        show_table(shown)
    else:
        click.echo("no incidents", err=True)


@incidents.command()
@click.argument("id")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def show(options: Options, *, id: str, output: str) -> None:
    """Show everything known of one incident; the beginning of its ID is enough."""
    story: Any = door.call(options, "incidents.show", {"id": id})
    if output == "json":
        shown = {"incident": story["incident"], "journal": story["journal"]}
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
        return
    click.echo(story["text"])
    click.echo("\nJournal:")
    for entry in story["journal"]:
        click.echo(f"  {when(entry['at'])}  {cell(entry['kind'])}: {cell(entry['text'])}")


@click.command()
@click.argument("id")
@click.pass_obj
def ack(options: Options, *, id: str) -> None:
    """Acknowledge an open incident: it stays open, and nobody is reminded of it."""
    done: Any = door.call(options, "ack", {"id": id, "by": author()})
    click.echo(f"{done['id']} is acknowledged: {cell(done['title'])}", err=True)


@click.command()
@click.argument("id")
@click.pass_obj
def approve(options: Options, *, id: str) -> ExitCode:
    """Say yes to what watchdog asks, by the ask's or the incident's ID; it is done at once, once.

    Exits with 1 if it was not done after all: what is printed says why.
    """
    return _answered(door.call(options, "approve", {"id": id, "by": author()}))


@click.command()
@click.argument("id")
@click.pass_obj
def deny(options: Options, *, id: str) -> ExitCode:
    """Say no to what watchdog asks, by the ask's or the incident's ID."""
    return _answered(door.call(options, "deny", {"id": id, "by": author()}))


def _answered(came_of: Any) -> ExitCode:
    """Print what became of the answer."""
    click.echo(f"{came_of['incident']}: {cell(came_of['text'])}", err=True)
    return ExitCode.OK if came_of["done"] else ExitCode.NEEDS_HUMAN


def _subjects(incident: Any) -> str:
    names = [
        "/".join(part for part in (ref["kind"], ref["namespace"], ref["name"]) if part)
        for ref in incident["subjects"]
    ]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return names[0] + more
