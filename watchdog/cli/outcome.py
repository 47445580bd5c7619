"""What a finished Run means for the shell: its exit code, and what could not be seen."""

from collections.abc import Iterable

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
    """Name on stderr what could not be read; nothing when all was seen."""
    say_blind(each.text for each in result.unknown if each.counts)


def say_blind(texts: Iterable[str]) -> None:
    """Print an error line for each thing that could not be read, once, and one hint."""
    distinct = list(dict.fromkeys(texts))
    for text in distinct:
        click.echo(f"error: {text}", err=True)
    if distinct:
        click.echo(
            "hint: nothing was concluded from what is missing; `watchdog doctor` names the rights "
            "and sources it needs",
            err=True,
        )
