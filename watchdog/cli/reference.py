"""Prints docs/reference.md: `python -m watchdog.cli.reference > docs/reference.md`."""

from collections.abc import Iterator, Mapping

import click

from watchdog.app import reference as parts
from watchdog.cli.exits import ExitCode
from watchdog.cli.main import watchdog

_WIDTH = 100  # whatever the terminal is

_MEANINGS: Mapping[ExitCode, str] = {
    ExitCode.OK: "nothing needs a human",
    ExitCode.NEEDS_HUMAN: "something does: an incident of severity warning or critical is open or "
    "acknowledged",
    ExitCode.USAGE: "the command line is wrong",
    ExitCode.CONFIGURATION: "configuration, lock, home or store",
    ExitCode.CLUSTER: "the cluster could not be read, fully or in part: verdict `unknown`",
    ExitCode.MODEL: "no model answered where one is needed: `ask`, a job with a prompt, `bench`, "
    "`eval` with a model",
    ExitCode.DELIVERY: "a message was not delivered",
    ExitCode.BUG: "a defect of this program; `-v` shows where",
    ExitCode.INTERRUPTED: "ended by Ctrl-C, as a shell reports SIGINT",
    ExitCode.BROKEN_PIPE: "the reader of the output went away, as a shell reports SIGPIPE",
}

_HEAD = """\
# Reference

Printed from the code by `python -m watchdog.cli.reference > docs/reference.md`; a test compares.
Nothing here is written by hand."""

_JSON = """\
## JSON

`run --output json` and `scan --output json` print one object. Its JSON Schema is
[`watchdog/cli/run.schema.json`](../watchdog/cli/run.schema.json). The OpenAPI document of
`/api/v1` is served at `/api/v1/openapi.json`."""


def reference() -> str:
    """The whole page, with a newline at its end."""
    return (
        "\n\n".join(
            [
                _HEAD,
                _commands(),
                _exit_codes(),
                _JSON,
                parts.settings(),
                parts.notifiers(),
                parts.checks(),
                parts.rights(),
                parts.metrics(),
            ]
        )
        + "\n"
    )


def _commands() -> str:
    root = click.Context(
        watchdog, info_name="watchdog", terminal_width=_WIDTH, **watchdog.context_settings
    )
    return "\n\n".join(["## Commands", *_helps(root)])


def _helps(context: click.Context) -> Iterator[str]:
    """The --help text of a command, then those of its commands."""
    yield f"### `{context.command_path}`\n\n```text\n{context.get_help()}\n```"
    group = context.command
    if isinstance(group, click.Group):
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            if command is not None:
                yield from _helps(click.Context(command, info_name=name, parent=context))


def _exit_codes() -> str:
    rows = [(str(code.value), _MEANINGS[code]) for code in ExitCode]
    severe = "Of several, the most severe is returned: 3, 4, 6, 5, 1."
    return "\n\n".join(["## Exit codes", parts.table(("code", "meaning"), rows), severe])


if __name__ == "__main__":
    click.echo(reference(), nl=False)
