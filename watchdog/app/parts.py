"""The parts that the daemon and the offline commands have in common."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from watchdog.app.acting import Repair
from watchdog.app.cluster import OWN_NAMESPACE
from watchdog.app.frames import framing
from watchdog.app.home import Home
from watchdog.app.registry import all_checks, families_of, params_of
from watchdog.app.requests import Targets
from watchdog.app.running import Prompting, Running
from watchdog.config.jobs import JobsFile, load_text, parse_jobs
from watchdog.config.settings import Settings
from watchdog.config.souls import Texts, soul_slugs
from watchdog.domain.check import Check
from watchdog.domain.errors import Unanswered
from watchdog.domain.job import Job
from watchdog.domain.ports import Clock, Cluster, Model, Notifier
from watchdog.loops.acting import Acting
from watchdog.loops.counsel import Witness
from watchdog.loops.cron import cron_commands
from watchdog.loops.flights import Flights, cancel_command
from watchdog.loops.notify import Notify
from watchdog.loops.observe import Observer, Ran, Setting
from watchdog.loops.own_state import OwnState
from watchdog.loops.settling import settled
from watchdog.store.engine import Store
from watchdog.web.commands import incident_commands
from watchdog.web.door import Command
from watchdog.web.run_commands import run_commands

if TYPE_CHECKING:
    from watchdog.app.models import ModelPath
    from watchdog.loops.triager import Witness as Questioned


def enabled_checks(settings: Settings) -> tuple[Check, ...]:
    """Every check that is not switched off."""
    return tuple(check for check in all_checks() if check.id not in settings.disabled_checks)


def observer_of(
    home: Home,
    settings: Settings,
    cluster: Cluster,
    clock: Clock,
    witness: Witness,
    repair: Repair,
    models: "ModelPath | None" = None,
) -> Observer:
    """The one that looks."""
    return Observer(
        cluster=cluster,
        store=home.store,
        clock=clock,
        witness=witness,
        explainer=models.explaining if models else None,
        thinker=repair.considering,
        setting=Setting(
            checks=enabled_checks(settings),
            params=settings.checks,
            frame=framing(settings, enabled_checks(settings), models.texts if models else None),
            namespace=OWN_NAMESPACE,
            ignored=settings.disabled_checks,
            remind_after=settings.remind_after,
            storm_limit=settings.storm_limit,
            tell_repairs=settings.remediation.tell_repairs,
        ),
    )


def models_of(
    settings: Settings,
    home: Home,
    clock: Clock,
    *,
    cluster: str,
    own: OwnState,
    texts: Callable[[], Texts],
    witness: "Questioned",
    released: Callable[[], None],
    alone: bool,
) -> "ModelPath | None":
    """The way to the models; None where none is set up, which then costs nothing."""
    if not settings.llm.usable:
        return None
    from watchdog.app.models import model_path  # noqa: PLC0415 - only here it is paid for

    return model_path(
        settings,
        home.store,
        clock,
        cluster=cluster,
        namespace=OWN_NAMESPACE,
        own=own,
        texts=texts,
        witness=witness,
        released=released,
        alone=alone,
    )


def running_of(
    settings: Settings,
    *,
    observer: Observer,
    notify: Notify,
    jobs: Callable[[], Sequence[Job]],
    notifiers: Mapping[str, Notifier],
    clock: Clock,
    store: Store,
    acting: Acting,
    models: "ModelPath | None" = None,
    prompting: Prompting | None = None,
) -> Running:
    """The command `run`."""

    async def act(ran: Ran) -> Ran:
        return await asyncio.to_thread(settled, store, ran, ()) if await acting.act() else ran

    return Running(
        observer=observer,
        notify=notify,
        checks=enabled_checks(settings),
        jobs=jobs,
        record=observer.record,
        targets=Targets(tuple(notifiers)),
        mode=settings.mode,
        clock=clock,
        asking=models.about if models else None,
        acting=act,
        prompting=prompting,
    )


async def unasked(_args: Mapping[str, object]) -> object:
    """The command `ask` where no model is set up.

    Raises:
        Unanswered: always.
    """
    raise Unanswered(
        "no model is set up", hint="set OPENAI_BASE_URL and llm.model; detection needs neither"
    )


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


def store_commands(
    home: Home,
    settings: Settings,
    clock: Clock,
    flights: Flights | None = None,
    model: Model | None = None,
) -> dict[str, Command]:
    """The commands that need no cluster; without `flights` nothing is under way here, without
    `model` they open a way to the models of their own."""
    return {
        **incident_commands(home.store, clock),
        **run_commands(home.store, clock),
        "runs.compare": _comparing(home, settings, clock, model),
        "runs.cancel": cancel_command(home.store, flights or Flights(home.store, clock)),
        **cron_commands(
            home.path, home.store, clock, settings.timezone, parse=parser_of(home.path)
        ),
    }


def _comparing(home: Home, settings: Settings, clock: Clock, model: Model | None) -> Command:
    async def compare(args: Mapping[str, object]) -> object:
        from watchdog.app import comparing  # noqa: PLC0415 - only here the models are paid for

        return await comparing.compare(home, settings, clock, args, model=model)

    return compare
