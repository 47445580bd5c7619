"""`watchdog demo`: the daemon on a simulated cluster, or read-only on the current one."""

import asyncio
import tempfile
from pathlib import Path

import click

from watchdog.app.access import Access
from watchdog.app.cluster import Watched, open_watched
from watchdog.app.daemon import serve
from watchdog.app.registry import all_checks, params_of
from watchdog.app.sites import refuse_taken
from watchdog.cli.context import Options, settings_of
from watchdog.cli.logs import start_logging
from watchdog.clock import SystemClock
from watchdog.config.settings import Settings
from watchdog.kube.simulated import DEMO_JOBS, DemoClock, SimulatedActuator, SimulatedCluster
from watchdog.metrics import Metrics

_CLUSTER_JOBS = """\
{"version": 1, "jobs": [{"name": "watch", "schedule": "every 1m", "checks": ["family:*"]}]}
"""


@click.command()
@click.option(
    "--cluster", "real", is_flag=True, help="Watch the current kubeconfig's cluster, read-only."
)
@click.pass_obj
def demo(options: Options, *, real: bool) -> None:
    """Run the daemon on a small simulated shop that breaks and recovers within two minutes."""
    with tempfile.TemporaryDirectory(prefix="watchdog-demo-") as folder:
        home = options.home or Path(folder)
        chosen = Options(options.config, home, options.kubeconfig, options.context, options.verbose)
        _seed(home, _CLUSTER_JOBS if real else DEMO_JOBS)
        settings = settings_of(chosen, check_params=params_of(all_checks()))
        start_logging(chosen, settings, daemon=True)
        refuse_taken(settings)
        click.echo(
            f"Web page: http://{settings.http.dashboard_bind}/ (Ctrl-C ends the demo)", err=True
        )
        access = Access(options.kubeconfig, options.context)
        try:
            asyncio.run(_on_cluster(settings, access) if real else _on_shop(settings))
        except KeyboardInterrupt:  # the way a demo is meant to end
            click.echo("The demo is over.", err=True)


def _seed(home: Path, jobs: str) -> None:
    """The demo's own schedule, unless its home has one already."""
    file = home / "cron" / "jobs.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        file.write_text(jobs, encoding="utf-8")


async def _on_shop(settings: Settings) -> None:
    clock = DemoClock(SystemClock())
    watched = Watched(SimulatedCluster(clock), SimulatedActuator())
    await serve(settings, watched, clock, Metrics())


async def _on_cluster(settings: Settings, access: Access) -> None:
    metrics = Metrics()
    watched = await open_watched(access, settings, on_answer=metrics.kube_request)
    await serve(settings, watched, SystemClock(), metrics)
