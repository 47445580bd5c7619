"""The entry point: global options, the commands by name, and the end of every error."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from watchdog.cli import report
from watchdog.cli.commands import COMMANDS
from watchdog.cli.exits import ExitCode
from watchdog.cli.lazy import LazyGroup
from watchdog.cli.options import Options
from watchdog.domain.errors import WatchdogError
from watchdog.version import sha, version

_PATH = click.Path(path_type=Path)


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"watchdog {version()} ({sha()})")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", type=_PATH, help="Read this file instead of config.yaml in the home.")
@click.option("--home", type=_PATH, help="The home directory (default: $WATCHDOG_HOME).")
@click.option("--kubeconfig", type=_PATH, help="Use this kubeconfig, also inside a cluster.")
@click.option("--context", default="", help="Use this context of the kubeconfig.")
@click.option("-v", "--verbose", is_flag=True, help="Log more, and show tracebacks.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print version and build, then exit.",
)
@click.pass_context
def watchdog(
    ctx: click.Context,
    *,
    config: Path | None,
    home: Path | None,
    kubeconfig: Path | None,
    context: str,
    verbose: bool,
) -> None:
    """Watch a Kubernetes cluster and speak only when something needs a human."""
    ctx.obj = Options(config, home, kubeconfig, context, verbose)


watchdog.entries = COMMANDS


def main() -> None:
    """Run one command of this process's command line and exit with its code."""
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:  # the reader had enough: `watchdog incidents list | head`
        _discard_stdout()
        code = ExitCode.BROKEN_PIPE
    except OSError as error:
        _discard_stdout()
        code = report.report_system(error, verbose=False)
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; a command returns an int, or None for 0.

    Raises:
        BrokenPipeError: nobody reads stdout any more.
    """
    verbose = False
    try:
        with watchdog.make_context("watchdog", list(arguments)) as context:
            verbose = bool(context.params["verbose"])
            returned = watchdog.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.Abort:
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        return report.report_usage(error)
    except WatchdogError as error:
        return report.report_error(error, verbose=verbose)
    except BrokenPipeError:
        raise
    except OSError as error:
        return report.report_system(error, verbose=verbose)
    except Exception as error:  # noqa: BLE001 -- the last resort: no user sees a bare traceback
        return report.report_bug(error, verbose=verbose)
    return returned if isinstance(returned, int) else ExitCode.OK


def _discard_stdout() -> None:
    """What is still buffered has nowhere to go; without this the interpreter complains at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
