"""How an error looks: one line `error:` and one line `hint:` on stderr."""

import traceback

import click

from watchdog.cli.exits import ExitCode, exit_code_of, hint_of
from watchdog.config.nearest import did_you_mean
from watchdog.domain.errors import WatchdogError
from watchdog.logic.redact import redact


def report_usage(error: click.ClickException) -> ExitCode:
    """Say what is wrong with the command line; the hint names what was most likely meant."""
    match error:
        case click.exceptions.NoArgsIsHelpError():  # its message is the whole help
            text = "Missing command."
        case click.exceptions.NoSuchCommand() | click.NoSuchOption():
            text = error.message  # without click's guess: ours is the hint
        case _:
            text = error.format_message()
    _say(text, _usage_hint(error))
    return ExitCode.USAGE


def report_error(error: WatchdogError, *, verbose: bool) -> ExitCode:
    """Say what this program raised on purpose."""
    code = exit_code_of(error)
    if verbose and code is not ExitCode.USAGE:
        _trace(error)
    _say(str(error), hint_of(error))
    return code


def report_system(error: OSError, *, verbose: bool) -> ExitCode:
    """Say what the operating system refused: a full disk, a missing right."""
    if verbose:
        _trace(error)
    text = error.strerror or str(error) or type(error).__name__
    named = f"{error.filename}: {text}" if error.filename else text
    _say(named, "check permissions and free space; `watchdog -v ...` shows where it happened")
    return ExitCode.CONFIGURATION


def report_bug(error: Exception, *, verbose: bool) -> ExitCode:
    """Say that this program is wrong, not its user."""
    if verbose:
        _trace(error)
    _say(
        f"internal error: {type(error).__name__}: {error}",
        "this is a bug; run it again as `watchdog -v ...` and report what that prints",
    )
    return ExitCode.BUG


def _say(error: str, hint: str) -> None:
    for word, text in (("error", error), ("hint", hint)):
        click.echo(f"{word}: {' '.join(redact(text).split())}", err=True)


def _trace(error: Exception) -> None:
    click.echo(redact("".join(traceback.format_exception(error))), err=True, nl=False)


def _usage_hint(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return "`watchdog --help` lists the commands and the global options"
    own_help = f"see `{context.command_path} --help`"
    match error:
        case click.exceptions.NoSuchCommand() if isinstance(context.command, click.Group):
            names = context.command.list_commands(context)
            return did_you_mean(error.command_name, names) or own_help
        case click.NoSuchOption() if error.option_name in _global_options(context):
            return f"global options go before the command: `watchdog {error.option_name} ...`"
        case click.NoSuchOption() if error.possibilities:
            return f"did you mean `{error.possibilities[0]}`?"
        case _:
            return own_help


def _global_options(context: click.Context) -> set[str]:
    return {name for option in context.find_root().command.params for name in option.opts}
