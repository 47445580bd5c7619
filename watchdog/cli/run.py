"""`watchdog run`: one job, one check or all checks, now, with the daemon's own means."""

import json

import click

from watchdog.cli.context import Options
from watchdog.cli.door import call
from watchdog.cli.exits import ExitCode
from watchdog.cli.outcome import say_blind
from watchdog.domain.run import WHEN_GRANTED

# Reading a slow cluster takes at most this long.
_READING_SECONDS = 120


@click.command()
@click.argument("name", required=False)
@click.option("--all", "everything", is_flag=True, help="Run every check instead of one job.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--deliver",
    type=click.Choice(["auto", "always", "none"]),
    default="auto",
    show_default=True,
    help="auto: tell what is new; always: also a summary when healthy; none: tell nobody now.",
)
@click.option(
    "--mode",
    type=click.Choice(["observe", "suggest", "act"]),
    help="Lower the mode for this run.",
)
@click.option(
    "--wait",
    type=click.IntRange(min=0, max=86400),
    default=180,
    show_default=True,
    help="Seconds that models may take to explain what was found; 0 asks none.",
)
@click.pass_obj
def run(
    options: Options,
    *,
    name: str | None,
    everything: bool,
    output: str,
    deliver: str,
    mode: str | None,
    wait: int,
) -> ExitCode:
    """Run one job (or one check by its id) now, with the store and delivery of a scheduled run.

    Prints nothing when all is well.
    """
    if bool(name) == everything:
        raise click.UsageError("name one job or check, or give --all")
    args: dict[str, object] = {"name": name or "", "deliver": deliver, "mode": mode}
    return carry_out(options, args, output=output, wait=wait)


def carry_out(options: Options, args: dict[str, object], *, output: str, wait: int) -> ExitCode:
    """Run what `args` name, print what came of it and return the exit code."""
    answer = call(options, "run", {**args, "wait": wait}, timeout=wait + _READING_SECONDS)
    if not isinstance(answer, dict):
        raise TypeError("the command `run` returns an object")
    result = answer["result"]
    if output == "json":
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        _print_text(result)
    _say_unknown(result)
    _say_undelivered(result)
    return ExitCode(answer["exit_code"])


def _print_text(result: dict[str, object]) -> None:
    """Print what stands, a line for each Incident; nothing when nothing needs a human."""
    incidents = result["incidents"]
    if not isinstance(incidents, list):
        return
    for incident in incidents:
        if incident["status"] in ("open", "acknowledged") and incident["severity"] != "info":
            click.echo(
                f"{incident['severity']}: {incident['title']} "
                f"[{incident['reason']}] ({incident['id']})"
            )
            for command in (incident["proposal"] or {}).get("commands", ()):
                click.echo(f"  {command}")


def _say_unknown(result: dict[str, object]) -> None:
    unknown = result["unknown"]
    if result["verdict"] != "unknown" or not isinstance(unknown, list):
        return
    say_blind(
        (each["text"], each["reason"])
        for each in unknown
        if each["reason"] != "absent" and each["need"] not in WHEN_GRANTED
    )


def _say_undelivered(result: dict[str, object]) -> None:
    """Name on stderr the targets that took no message."""
    told = result["notifications"]
    if not isinstance(told, list):
        return
    late = sorted({each["target"] for each in told if not each["delivered"]})
    if late:
        click.echo(f"error: not delivered to {', '.join(late)}", err=True)
        click.echo(
            "hint: `watchdog test-alert` shows the answer; the message waits for the next run",
            err=True,
        )
