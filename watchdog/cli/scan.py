"""`watchdog scan`: one look with all checks; nothing is stored, sent or written."""

import asyncio
from pathlib import Path

import click

from watchdog.app.cluster import Access
from watchdog.app.registry import all_checks, params_of
from watchdog.app.scan import ScanRequest
from watchdog.app.scan import scan as look_once
from watchdog.cli.context import Options, settings_of
from watchdog.cli.exits import ExitCode
from watchdog.cli.logs import start_logging
from watchdog.cli.outcome import outcome, say_unknown
from watchdog.cli.table import incident_table, print_plain
from watchdog.domain.run import RunResult
from watchdog.logic.words.json_view import run_json_text
from watchdog.version import sha, version


@click.command()
@click.option(
    "--output",
    type=click.Choice(["table", "json", "yaml", "sarif"]),
    default="table",
    show_default=True,
    help="How to print what was found.",
)
@click.option("--namespace", "namespaces", multiple=True, help="Only this namespace; repeatable.")
@click.option("--check", "checks", multiple=True, help="Only this check; repeatable.")
@click.option(
    "--snapshot",
    "dump",
    type=click.Path(path_type=Path),
    help="Read a folder of `kubectl get -o yaml|json` dumps instead of a cluster.",
)
@click.pass_obj
def scan(
    options: Options,
    *,
    output: str,
    namespaces: tuple[str, ...],
    checks: tuple[str, ...],
    dump: Path | None,
) -> ExitCode:
    """Look once with all checks, and say what would be an incident."""
    settings = settings_of(options, check_params=params_of(all_checks()))
    start_logging(options, settings, daemon=False)
    request = ScanRequest(namespaces=namespaces, checks=checks, dump=dump)
    access = Access(options.kubeconfig, options.context)
    result = asyncio.run(look_once(request, access, settings))
    _print(result, output)
    say_unknown(result)
    return outcome(result)


def _print(result: RunResult, output: str) -> None:
    text = run_json_text(result, version=version(), sha=sha(), numbered=False)
    if output == "table":
        incident_table(result)
    elif output == "json":
        click.echo(text)
    else:
        print_plain(text, output)
