"""`watchdog cron`: the jobs of jobs.json. A change is validated before it is written."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from watchdog.app.requests import refuse_higher
from watchdog.cli import door
from watchdog.cli.context import settings_of
from watchdog.cli.options import Options
from watchdog.cli.people import cell, show_table, table
from watchdog.cli.run import run
from watchdog.domain.job import Mode

F = TypeVar("F", bound=Callable[..., None])

_SAME_NAME = ("prompt", "deliver", "silent", "timezone", "timeout", "mode", "model", "soul")


@click.group()
def cron() -> None:
    """List, change and run the jobs of jobs.json."""


cron.add_command(run)


def _entry_options(command: F) -> F:
    """The keys of an entry that `add` and `edit` share."""
    for option in reversed(
        [
            click.option(
                "--check", "checks", multiple=True, metavar="ID", help="Check or family:*."
            ),
            click.option("--prompt", help="A question to the model, in place of checks."),
            click.option("--deliver", help="discord, discord:CHANNEL[:THREAD], log or none."),
            click.option("--silent", type=click.Choice(["auto", "never", "always"])),
            click.option("--timezone", metavar="ZONE", help="IANA zone; the global one if unset."),
            click.option("--timeout", metavar="LENGTH", help="10m; shorter than the period."),
            click.option("--mode", type=click.Choice(["observe", "suggest", "act"])),
            click.option("--model", help="The model for this job."),
            click.option("--soul", metavar="SLUG", help="Another soul."),
            click.option(
                "--context-from", multiple=True, metavar="NAME", help="Jobs to read from."
            ),
            click.option("--params", metavar="JSON", help='{"check_id": {"key": value}}'),
            click.option("--catch-up/--no-catch-up", default=None, help="Run late after downtime."),
        ]
    ):
        command = option(command)
    return command


@cron.command("list")
@click.option("--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_obj
def list_(options: Options, *, output: str) -> None:
    """List the jobs: next and last run in their zone, last status, delivery error."""
    jobs: Any = door.call(options, "cron.list", {})
    if output == "json":
        click.echo(json.dumps({"jobs": jobs}, indent=2, ensure_ascii=False))
    elif jobs:
        shown = table("NAME", "SCHEDULE", "NEXT RUN", "LAST", "DELIVERY")
        for job in jobs:
            last = f"{job['last_state']} {job['last_run_local']}" if job["last_state"] else "-"
            row = [job["name"], job["schedule"], _next(job), last, job["delivery_error"] or "ok"]
            shown.add_row(*map(cell, row))
        show_table(shown)
    else:
        click.echo("no jobs", err=True)


@cron.command()
@click.argument("name")
@click.argument("schedule", nargs=-1, required=True)
@_entry_options
@click.pass_obj
def add(options: Options, /, *, name: str, schedule: tuple[str, ...], **given: Any) -> None:
    """Add a job: watchdog cron add pods "every 15m" --check family:pods."""
    _refuse_higher(options, given["mode"])
    entry = {"name": name, "schedule": " ".join(schedule), **_fields(given)}
    _report(door.call(options, "cron.add", entry), f"added {name}")


@cron.command()
@click.argument("name")
@click.option("--schedule", help='"every 15m", "every day at 09:00", "0 8 * * *", ...')
@click.option("--unset", multiple=True, metavar="KEY", help="Take a key out again.")
@_entry_options
@click.pass_obj
def edit(
    options: Options, /, *, name: str, schedule: str | None, unset: tuple[str, ...], **given: Any
) -> None:
    """Change the given keys of a job; all others stay."""
    _refuse_higher(options, given["mode"])
    fields = {**_fields(given), **dict.fromkeys(unset)}
    if schedule is not None:
        fields["schedule"] = schedule
    made = door.call(options, "cron.edit", {"name": name, "fields": fields})
    _report(made, f"changed {name}")


@cron.command()
@click.argument("name")
@click.option("--reason", default="", metavar="TEXT", help="Why; `cron list` shows it.")
@click.pass_obj
def pause(options: Options, *, name: str, reason: str) -> None:
    """Let a job rest until it is resumed."""
    _report(door.call(options, "cron.pause", {"name": name, "reason": reason}), f"paused {name}")


@cron.command()
@click.argument("name")
@click.pass_obj
def resume(options: Options, *, name: str) -> None:
    """Let a paused job run again; what it missed is not caught up."""
    _report(door.call(options, "cron.resume", {"name": name}), f"resumed {name}")


@cron.command()
@click.argument("name")
@click.pass_obj
def remove(options: Options, *, name: str) -> None:
    """Take a job out; a default job stays away."""
    _report(door.call(options, "cron.remove", {"name": name}), f"removed {name}")


def _refuse_higher(options: Options, mode: Mode | None) -> None:
    """Raises Usage as `watchdog run` does: a job can only lower the mode."""
    if mode is not None:
        refuse_higher(mode, settings_of(options).mode)


def _fields(given: dict[str, Any]) -> dict[str, Any]:
    """The keys that were given, as they stand in jobs.json."""
    fields = {key: given[key] for key in _SAME_NAME if given[key] is not None}
    for key in ("checks", "context_from"):
        if given[key]:
            fields[key] = list(given[key])
    if given["catch_up"] is not None:
        fields["catch_up"] = given["catch_up"]
    if given["params"] is not None:
        try:
            fields["params"] = json.loads(given["params"])
        except ValueError as error:
            raise click.BadParameter(f"is no JSON: {error}", param_hint="--params") from error
    return fields


def _next(job: dict[str, Any]) -> str:
    if job["next_run_local"]:
        return str(job["next_run_local"])
    if job["enabled"]:
        return "-"
    return f"paused: {job['paused_reason']}" if job["paused_reason"] else "paused"


def _report(made: Any, what: str) -> None:
    job = made["job"]
    runs = f"; next run {job['next_run_local']}" if job and job["next_run_local"] else ""
    click.echo(what + runs, err=True)
    for warning in made["warnings"]:
        click.echo(f"warning: {warning}", err=True)
