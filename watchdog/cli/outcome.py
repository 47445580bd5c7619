"""What a finished Run means for the shell: its exit code, and what could not be seen."""

import click

from watchdog.cli.exits import ExitCode
from watchdog.domain.run import RunResult, VerdictState


def outcome(result: RunResult) -> ExitCode:
    """The exit code of a verdict."""
    return {
        VerdictState.HEALTHY: ExitCode.OK,
        VerdictState.ALERT: ExitCode.NEEDS_HUMAN,
        VerdictState.UNKNOWN: ExitCode.CLUSTER,
    }[result.verdict]


def say_unknown(result: RunResult) -> None:
    """Name on stderr what could not be read, each thing once; nothing when all was seen."""
    blind = {each.text: each for each in result.unknown if each.counts}
    for text in blind:
        click.echo(f"error: {text}", err=True)
    if blind:
        click.echo(
            "hint: nothing was concluded from what is missing; `watchdog doctor` names the rights "
            "and sources it needs",
            err=True,
        )
