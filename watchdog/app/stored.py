"""What needs the home alone, no cluster: the jobs as written, and the commands over the store."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from watchdog.app.home import Home
from watchdog.app.registry import all_checks, families_of, params_of
from watchdog.config.jobs import JobsFile, load_text, parse_jobs
from watchdog.config.settings import Settings
from watchdog.config.souls import soul_slugs
from watchdog.domain.job import Job
from watchdog.domain.ports import Clock, Model
from watchdog.loops.cron import cron_commands
from watchdog.loops.under_way import RunsUnderWay, cancel_command
from watchdog.web.commands import incident_commands
from watchdog.web.door import Command
from watchdog.web.run_commands import run_commands


def read_jobs(home: Home) -> tuple[Job, ...]:
    """Read jobs.json as it is now.

    Raises:
        Misconfigured: it is missing or wrong; the text names line and reason.
    """
    return parser_of(home.path)(load_text(home.jobs_file)).jobs


def parser_of(home: Path) -> Callable[[str], JobsFile]:
    """Return what validates a jobs file against the checks of this version and the home's souls.

    It raises Misconfigured, with the line and the reason.
    """
    checks = all_checks()

    def parse(text: str) -> JobsFile:
        return parse_jobs(
            text,
            known_checks=families_of(checks),
            params=params_of(checks),
            souls=soul_slugs(home),
        )

    return parse


def _parsed(home: Path, text: str) -> JobsFile:
    """Validate one text; only then the checks are loaded."""
    return parser_of(home)(text)


def store_commands(
    home: Home,
    settings: Settings,
    clock: Clock,
    under_way: RunsUnderWay | None = None,
    model: Model | None = None,
) -> dict[str, Command]:
    """The commands that need no cluster; without `under_way` nothing is under way here, without
    `model` they open a way to the models of their own."""
    return {
        **incident_commands(home.store, clock),
        **run_commands(home.store, clock),
        "runs.compare": _comparing(home, settings, clock, model),
        "runs.cancel": cancel_command(home.store, under_way or RunsUnderWay(home.store, clock)),
        **cron_commands(
            home.path,
            home.store,
            clock,
            settings.timezone,
            parse=partial(_parsed, home.path),
        ),
    }


def _comparing(home: Home, settings: Settings, clock: Clock, model: Model | None) -> Command:
    async def compare(args: Mapping[str, object]) -> object:
        from watchdog.app import comparing  # noqa: PLC0415 - only here the models are paid for

        return await comparing.compare(home, settings, clock, args, model=model)

    return compare
