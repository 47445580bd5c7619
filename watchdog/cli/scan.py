"""`watchdog scan`: one look with all checks; nothing is stored, sent or written."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click

from watchdog.app.access import Access
from watchdog.app.registry import all_checks, params_of
from watchdog.app.scan import ScanRequest, chosen_checks
from watchdog.app.scan import scan as look_once
from watchdog.cli.context import Options, settings_of
from watchdog.cli.exits import ExitCode, worst
from watchdog.cli.logs import start_logging
from watchdog.cli.outcome import outcome, say_unknown
from watchdog.cli.table import incident_table, print_plain
from watchdog.clock import SystemClock
from watchdog.config.settings import Settings
from watchdog.domain.check import Check
from watchdog.domain.model import CallOutcome
from watchdog.domain.run import RunResult
from watchdog.domain.snapshot import BASE_NEEDS, Snapshot
from watchdog.kube.decode import uncollected
from watchdog.logic.incident.detect import can_see
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
@click.option(
    "--check",
    "checks",
    multiple=True,
    metavar="ID",
    help="Only this check or family:*; repeatable.",
)
@click.option(
    "--snapshot",
    "dump",
    type=click.Path(path_type=Path),
    help="Read a folder of `kubectl get -o yaml|json` dumps instead of a cluster.",
)
@click.option("--explain", is_flag=True, help="Ask the model about each incident; nothing is kept.")
@click.option(
    "--dry-run", is_flag=True, help="With --explain: print what would be sent, and ask nobody."
)
@click.pass_obj
def scan(
    options: Options,
    *,
    output: str,
    namespaces: tuple[str, ...],
    checks: tuple[str, ...],
    dump: Path | None,
    explain: bool,
    dry_run: bool,
) -> ExitCode:
    """Look once with all checks, and say what would be an incident."""
    if dry_run and not explain:
        raise click.UsageError("--dry-run goes with --explain")
    settings = settings_of(options, check_params=params_of(all_checks()))
    start_logging(options, settings, daemon=False)
    request = ScanRequest(namespaces=namespaces, checks=checks, dump=dump)
    access = Access(options.kubeconfig, options.context)
    with uncollected():  # its passes over a whole cluster that is in use would find nothing
        result, snapshot = asyncio.run(look_once(request, access, settings))
    model = ExitCode.OK
    if dry_run:
        _print_questions(settings, result, snapshot)
    else:
        if explain:
            result, model = _explained(settings, result, snapshot)
        _print(result, output)
    say_unknown(result)
    if dump is not None:
        _say_idle(snapshot, chosen_checks(checks, settings))
    return worst([outcome(result), model])


def _say_idle(snapshot: Snapshot, chosen: Sequence[Check]) -> None:
    """Name on stderr the checks that a dump gives too little for: absent there is not healthy."""
    idle = [each.id for each in chosen if not can_see(each, snapshot)]
    built_in = {need for each in chosen for need in each.needs} & set(BASE_NEEDS)
    lacking = sorted(need for need in built_in if not snapshot.has(need))
    if lacking:
        text = f"{len(idle)} of {len(chosen)} checks did not run: the dump has no "
        hint = "dump these too; a kind that is empty: kubectl get KIND -A -o yaml > KIND.yaml"
        _say(f"{text}{', '.join(lacking)}", hint)


def _print(result: RunResult, output: str) -> None:
    text = run_json_text(result, version=version(), sha=sha(), numbered=False)
    if output == "table":
        incident_table(result)
    elif output == "json":
        click.echo(text)
    else:
        print_plain(text, output)


def _print_questions(settings: Settings, result: RunResult, snapshot: Snapshot) -> None:
    """Print what would be sent: redacted, as the model would read it."""
    from watchdog.app.explain import questions  # noqa: PLC0415 - a scan without it pays nothing

    for incident, told, turns in questions(settings, result, snapshot):
        click.echo(f"# {incident.title}: about {told.tokens} tokens of data")
        for turn in turns:
            click.echo(f"## {turn.role}\n{turn.text}\n")


def _explained(
    settings: Settings, result: RunResult, snapshot: Snapshot
) -> tuple[RunResult, ExitCode]:
    """The result in a model's words, and whether there are any; what keeps those of the rules is said
    on stderr."""
    if not settings.llm.usable:
        _say("no model is set up: the rules explain", "set OPENAI_BASE_URL and llm.model")
        return result, ExitCode.MODEL
    from watchdog.app.explain import explained  # noqa: PLC0415 - a scan without it pays nothing

    better, calls = asyncio.run(explained(settings, SystemClock(), result, snapshot))
    lacking = [call for call in calls if call.outcome is not CallOutcome.ANSWERED]
    if lacking:
        why = lacking[-1].error or lacking[-1].outcome.value
        text = f"{len(lacking)} of {len(calls)} questions were not answered ({why})"
        _say(f"{text}: the rules explain", "`watchdog doctor` tries every model")
    return better, ExitCode.MODEL if calls and len(lacking) == len(calls) else ExitCode.OK


def _say(error: str, hint: str) -> None:
    click.echo(f"error: {error}", err=True)
    click.echo(f"hint: {hint}", err=True)
