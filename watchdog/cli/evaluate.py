"""`watchdog eval`: rules and a model measured on recorded clusters with known causes."""

import json
from pathlib import Path
from typing import Any

import click

from watchdog.app.registry import all_checks, params_of
from watchdog.cli.context import Options, settings_of
from watchdog.cli.door import call
from watchdog.cli.exits import ExitCode
from watchdog.cli.logs import start_logging
from watchdog.cli.people import cell, show_table, table
from watchdog.config.settings import Settings

_SECONDS = 1800  # one case: three answers for each cause


@click.command("eval")
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@click.option("--model", default="", metavar="NAME", help="Ask this model instead of llm.model.")
@click.option("--rules", is_flag=True, help="Ask no model.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def evaluate(
    options: Options, *, folder: Path | None, model: str, rules: bool, output: str
) -> ExitCode:
    """Measure the rules, and a model where one is set, on recorded clusters with known causes.

    DIR holds a folder per case (or is one): what `scan --snapshot` reads, and an expect.yaml; without
    it the corpus of this version is taken. With a model each question is put three times, and all
    three answers have to name the cause. Exits with 0 when every case passes, with 1 when one does not.
    """
    if rules and model:
        raise click.UsageError("--rules goes without --model")
    settings = settings_of(options, check_params=params_of(all_checks()))
    start_logging(options, settings, daemon=False)
    asked = not rules and bool(settings.llm.base_url and (model or settings.llm.model))
    found = _judged(options, settings, folder, model, asked=asked or bool(model))
    if output == "json":
        passed = sum(each["passed"] for each in found)
        shown = {"passed": passed, "of": len(found), "cases": found}
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        _show(found)
    return ExitCode.OK if all(each["passed"] for each in found) else ExitCode.NEEDS_HUMAN


def _judged(
    options: Options, settings: Settings, folder: Path | None, model: str, *, asked: bool
) -> list[Any]:
    from watchdog.app.rule_evaluation import ruled  # noqa: PLC0415 - not for --help
    from watchdog.config.cases import case_folders  # noqa: PLC0415 - not for --help

    found = []
    for place in case_folders(folder):
        case: Any = ruled(place, settings)
        told = _told(options, place, model) if asked and case["rules"]["causes"] else None
        passed = case["rules"]["passed"] and (told is None or told["passed"])
        found.append({**case, "model": told, "passed": passed})
    return found


def _told(options: Options, place: Path, model: str) -> Any:
    args = {"folder": str(place.absolute()), "model": model}
    return call(options, "eval.case", args, timeout=_SECONDS)


def _show(found: list[Any]) -> None:
    columns = ("RECALL", "PRECISION", "RULES", "MODEL", "DROPPED", "CALLS", "USD", "SECONDS")
    shown = table("CASE", "PASSED", *columns)
    for each in found:
        rules, model = each["rules"], each["model"]
        row = [each["case"], "yes" if each["passed"] else "NO"]
        row += [f"{rules['recall']:.2f}", f"{rules['precision']:.2f}"]
        row += ["told" if rules["told"] else "NOT TOLD", *_of_model(model)]
        shown.add_row(*map(cell, row))
    show_table(shown)
    for each in found:
        for what in ("missed", "extra"):
            if each["rules"][what]:
                click.echo(f"{each['case']}: {what}: {', '.join(each['rules'][what])}")
    click.echo(f"{sum(each['passed'] for each in found)} of {len(found)} passed")


def _of_model(model: Any) -> list[str]:
    if model is None:
        return [""] * 5
    right = f"{sum(model['repetitions'])}/{len(model['repetitions'])}"
    cost = "-" if model["cost_usd"] is None else f"{model['cost_usd']:.5f}"
    return [right, str(model["dropped"]), str(model["calls"]), cost, f"{model['seconds']:.1f}"]
