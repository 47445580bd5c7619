"""`watchdog silence add|list|end`: something need not be said for a while."""

import json
import re
from datetime import timedelta
from typing import Any

import click

from watchdog.app.registry import all_checks
from watchdog.cli import door
from watchdog.cli.options import Options
from watchdog.cli.people import Duration, author, cell, show_table, table, when
from watchdog.config.nearest import did_you_mean
from watchdog.domain.errors import Usage
from watchdog.logic.incident.own_faults import CHECK as OWN
from watchdog.logic.incident.own_faults import REASONS as OWN_REASONS

_LONGEST = timedelta(days=366)
_ALL = "docs/reference.md lists the checks with their Reasons"
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_NEVER_IN_A_NAME = re.compile(r"[\s/%*?,]")
_MATCHERS = ("incident", "check", "fault", "namespace", "name")


@click.group()
def silence() -> None:
    """Add, list and end silences."""


@silence.command()
@click.option("--incident", default="", metavar="ID", help="Only this incident.")
@click.option("--check", default="", metavar="ID", help="Only incidents of this check.")
@click.option("--reason-name", default="", metavar="NAME", help="Only this Reason: CrashLoop, ...")
@click.option("--namespace", default="", help="Only incidents in this namespace.")
@click.option("--name", default="", help="Only incidents of objects with this name.")
@click.option("--for", "span", type=Duration(), required=True, help="How long: 30m, 2h, 3d.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; shown wherever it matters.")
@click.pass_obj
def add(
    options: Options,
    *,
    incident: str,
    check: str,
    reason_name: str,
    namespace: str,
    name: str,
    span: timedelta,
    reason: str,
) -> None:
    """Say nothing of what matches all the given options. At least one of them is needed."""
    _refuse_unknown(check, reason_name)
    _refuse_impossible(namespace, name)
    if span > _LONGEST:
        text = f"a silence lasts {_LONGEST.days}d at most"
        raise click.BadParameter(text, param_hint="--for")
    matchers = (incident, check, reason_name, namespace, name)
    made: Any = door.call(
        options,
        "silence.add",
        {
            **dict(zip(_MATCHERS, matchers, strict=True)),
            "reason": reason,
            "author": author(),
            "for_seconds": span.total_seconds(),
        },
    )
    click.echo(f"silence {made['id']} ends {when(made['ends_at'])}: {_matched(made)}", err=True)


@silence.command("list")
@click.option("--all", "every", is_flag=True, help="Those that have ended, too.")
@click.option("--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_obj
def list_(options: Options, *, every: bool, output: str) -> None:
    """List the silences in force, newest first."""
    known: Any = door.call(options, "silence.list", {})
    found = [each for each in known if every or each["active"]]
    if output == "json":
        click.echo(json.dumps({"silences": found}, indent=2, ensure_ascii=False))
    elif found:
        shown = table("ID", "ENDS", "MATCHES", "AUTHOR", "REASON")
        for each in found:
            row = [each["id"], when(each["ends_at"]), _matched(each)]
            shown.add_row(*map(cell, [*row, each["author"], each["reason"]]))
        show_table(shown)
    else:
        click.echo("no silences", err=True)


@silence.command()
@click.argument("id", type=int)
@click.pass_obj
def end(options: Options, *, id: int) -> None:
    """End a silence now."""
    ended: Any = door.call(options, "silence.end", {"id": id})
    click.echo(f"silence {ended['id']} ended {when(ended['ends_at'])}", err=True)


def _refuse_unknown(check: str, reason: str) -> None:
    """A silence that can match nothing is a slip of the pen.

    Raises:
        Usage: there is no such check, or it never says this Reason.
    """
    reasons = {each.id: each.reasons for each in all_checks()} | {OWN: OWN_REASONS}
    if check and check not in reasons:
        near = did_you_mean(check, reasons)
        raise Usage(f"no check is called {check}", hint=near or _ALL)
    known = {name: each for each, names in reasons.items() for name in names}
    if reason and reason not in known:
        raise Usage(f"no Reason is called {reason}", hint=did_you_mean(reason, known) or _ALL)
    if reason and check not in ("", known[reason]):
        raise Usage(f"the check {check} never says {reason}", hint=f"{known[reason]} says it")


def _refuse_impossible(namespace: str, name: str) -> None:
    """A pattern, or a path, would silence nothing without a word.

    Raises:
        Usage: no namespace, or no object, can have this name.
    """
    hint = "give one name, exactly; a silence of its own for each of several"
    if namespace and not _NAMESPACE.fullmatch(namespace):
        raise Usage(f"no namespace can be called {namespace}", hint=hint)
    if _NEVER_IN_A_NAME.search(name):
        raise Usage(f"nothing can be called {name}", hint=hint)


def _matched(silence: Any) -> str:
    words = {"fault": "reason"}
    return " ".join(f"{words.get(key, key)}={silence[key]}" for key in _MATCHERS if silence[key])
