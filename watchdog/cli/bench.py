"""`watchdog bench`: how good models are for this work, and how fast."""

import json
import sys
from typing import Any

import click

from watchdog.cli.context import Options
from watchdog.cli.door import call
from watchdog.cli.exits import CommandFailed, ExitCode, exit_code_of, hint_of
from watchdog.cli.people import cell, show_table, table
from watchdog.domain.errors import WatchdogError

_SECONDS = 3600  # one model: some forty questions of up to a minute
_COLUMNS = (
    *("MODEL", "SCORE", "TESTS", "HARD", "TOK/S", "SPEED", "TTFT", "SIZE"),
    *("CORPUS", "USD/CASE", "S/CASE", "RUN"),
)


@click.command()
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def bench(options: Options, *, models: tuple[str, ...], output: str) -> ExitCode:
    """Measure models: speed, six tests, seven hard ones, recorded clusters.

    Without MODEL up to four of those that the proxy offers, of different sizes. The questions count
    towards the budget of the day; each model is a run of its own in `watchdog runs list`.
    """
    found: Any = call(options, "bench.models", {"models": list(models)}, timeout=30)
    results = [_measured(options, name) for name in found["models"]]
    good = [each for each in results if not each["error"]]
    if not good:
        first = results[0]
        raise CommandFailed(
            f"{first['model']}: {first['error']}",
            exit_code=ExitCode(first["exit_code"]),
            hint=first["hint"],
        )
    good.sort(key=lambda each: -each["score"])
    failed = [each for each in results if each["error"]]
    if output == "json":
        click.echo(json.dumps({"models": [*good, *failed]}, indent=2, ensure_ascii=False))
    else:
        _show(good)
    for each in failed:
        click.echo(f"error: {each['model']}: {each['error']}", err=True)
        click.echo(f"hint: {each['hint']}", err=True)
    return ExitCode.OK


def _measured(options: Options, model: str) -> Any:
    """What came of one model; the others are measured even where it fails.

    Raises:
        WatchdogError: what concerns all of them.
    """
    if sys.stderr.isatty():
        click.echo(f"measuring {model} ...", err=True)
    try:
        found: Any = call(options, "bench.model", {"model": model}, timeout=_SECONDS)
    except WatchdogError as error:
        if exit_code_of(error) is not ExitCode.MODEL:
            raise
        return {
            "model": model,
            "error": str(error),
            "hint": hint_of(error),
            "exit_code": exit_code_of(error),
        }
    return {**found, "error": None}


def _show(results: list[Any]) -> None:
    shown = table(*_COLUMNS)
    for each in results:
        corpus, hard = each["corpus"], each["advanced"]
        shown.add_row(
            *map(
                cell,
                (
                    each["model"],
                    f"{each['score']:.2f}",
                    f"{each['passed']}/{len(each['tests'])}",
                    f"{sum(hard['tests'].values())}/{len(hard['tests'])}"
                    if hard["unlocked"]
                    else "-",
                    _figure(each["tokens_per_second"], 1),
                    each["speed"],
                    _figure(each["ttft_seconds"], 2),
                    "-" if each["size_b"] is None else f"{each['size_b']:g}B",
                    f"{corpus['named']}/{corpus['of']}",
                    _figure(corpus["usd_per_case"], 5),
                    _figure(corpus["seconds_per_case"], 1),
                    each["run_id"],
                ),
            )
        )
    show_table(shown)
    for each in results:
        wrong = [name for name, right in _tests(each) if not right]
        for what, names in (("failed", wrong), ("penalties", each["penalties"])):
            if names:
                click.echo(f"{each['model']}: {what}: {', '.join(names)}")


def _tests(result: Any) -> list[tuple[str, bool]]:
    return [*result["tests"].items(), *result["advanced"]["tests"].items()]


def _figure(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
