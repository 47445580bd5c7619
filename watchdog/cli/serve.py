"""`watchdog serve`: the daemon, in the foreground."""

import asyncio

import click

from watchdog.app.access import Access
from watchdog.app.cluster import open_watched
from watchdog.app.daemon import serve as run_daemon
from watchdog.app.registry import all_checks, params_of
from watchdog.cli.context import Options, settings_of
from watchdog.cli.logs import start_logging
from watchdog.clock import SystemClock
from watchdog.config.settings import Settings
from watchdog.metrics import Metrics


@click.command()
@click.pass_obj
def serve(options: Options) -> None:
    """Run the daemon: scheduler, notifications, web page (9119) and API (8642)."""
    settings = settings_of(options, check_params=params_of(all_checks()))
    start_logging(options, settings, daemon=True)
    asyncio.run(_serve(settings, Access(options.kubeconfig, options.context)))


async def _serve(settings: Settings, access: Access) -> None:
    metrics = Metrics()
    watched = await open_watched(access, settings, on_answer=metrics.kube_request)
    await run_daemon(settings, watched, SystemClock(), metrics)
