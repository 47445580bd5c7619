"""`watchdog doctor`: what is set up, what is missing, and what to do about it."""

import asyncio

import click

from watchdog.app.access import Access
from watchdog.app.doctor import examine
from watchdog.app.registry import all_checks, params_of
from watchdog.cli.context import Options, settings_of
from watchdog.cli.door import answers
from watchdog.cli.exits import ExitCode
from watchdog.cli.lines import show_lines
from watchdog.cli.logs import start_logging


@click.command()
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--force-failover",
    is_flag=True,
    help="Make the first model of the chain fail, and see that the next one answers.",
)
@click.pass_obj
def doctor(options: Options, *, output: str, force_failover: bool) -> ExitCode:
    """Look at configuration, home, jobs, models, cluster, rights and checks.

    Every model of the chain is asked for one word, after a text as long as a question may be. In a pod
    the self-test of the admission policies is made.
    Exits with 1 if something is wrong.
    """
    settings = settings_of(options, check_params=params_of(all_checks()))
    start_logging(options, settings, daemon=False)
    access = Access(options.kubeconfig, options.context)
    lines = asyncio.run(
        examine(settings, access, daemon=answers(settings), failover=force_failover)
    )
    return show_lines(lines, output)
