"""Prints what was looked at, line by line."""

import json
from collections.abc import Sequence

import click

from watchdog.app.lines import Line, State
from watchdog.cli.exits import ExitCode


def show_lines(lines: Sequence[Line], output: str) -> ExitCode:
    """Print them as "text" or "json"; the code says whether one is a fault."""
    if output == "json":
        click.echo(json.dumps([{"state": x.state, "text": x.text, "hint": x.hint} for x in lines]))
    else:
        for line in lines:
            click.echo(f"{line.state:<5} {line.text}")
            if line.hint:
                click.echo(f"      hint: {line.hint}")
    faults = any(line.state is State.FAULT for line in lines)
    return ExitCode.NEEDS_HUMAN if faults else ExitCode.OK
