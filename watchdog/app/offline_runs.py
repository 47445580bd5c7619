"""Commands that look at the cluster or speak, without a daemon: as the daemon would, in one process."""

import asyncio
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from watchdog.app.access import Access
from watchdog.app.acting import Repair, repair_of
from watchdog.app.answering import answer_commands
from watchdog.app.cluster import OWN_NAMESPACE, Watched, open_watched
from watchdog.app.home import Home
from watchdog.app.notifying import build_notifiers
from watchdog.app.parts import enabled_checks, models_of, observer_of, running_of
from watchdog.app.running import Prompting
from watchdog.app.stored import read_jobs
from watchdog.app.test_alert import trial_command
from watchdog.clock import SystemClock
from watchdog.config.settings import Settings
from watchdog.domain.attempt import Attempt
from watchdog.domain.errors import Misconfigured
from watchdog.domain.model import Call
from watchdog.domain.ports import Cluster
from watchdog.domain.run import RunRequest, RunResult
from watchdog.loops.notify import Notify
from watchdog.loops.own_config import JOBS, SOULS, OwnConfig
from watchdog.loops.own_state import OwnState
from watchdog.loops.souls_watch import SoulsWatch
from watchdog.loops.under_way import RunsUnderWay

if TYPE_CHECKING:
    from watchdog.app.models import ModelPath


async def carry_out(
    home: Home, settings: Settings, access: Access, name: str, args: Mapping[str, object]
) -> object:
    """Carry out `run`, `test-alert`, `approve` or `deny`; return its JSON result.

    Raises:
        WatchdogError: what the command raised.
    """
    if name == "run":
        return await _run(home, settings, access, args)
    if name == "test-alert":
        return await _try_targets(home, settings, args)
    return await _answer(home, settings, access, name, args)


async def _run(
    home: Home, settings: Settings, access: Access, args: Mapping[str, object]
) -> object:
    clock = SystemClock()
    notifiers = build_notifiers(settings, console=sys.stderr)
    watched = await open_watched(access, settings)
    cluster = watched.cluster
    own_state = OwnState(home.store, clock, tuple(notifiers))
    own = OwnConfig(own_state, clock, namespace=OWN_NAMESPACE)
    souls = SoulsWatch(home.path, partial(own.heard, SOULS))
    models = models_of(
        settings,
        home,
        clock,
        cluster=cluster.name,
        own=own_state,
        texts=souls.current,
        recorder=_Nobody(),
        released=_unheard,
        alone=True,
    )
    try:
        repair = _repair(home, settings, watched, own_state)
        observer = observer_of(home, settings, cluster, clock, _Nobody(), repair, models)
        notify = Notify(home.store, notifiers, clock)
        running = running_of(
            settings,
            observer=observer,
            notify=notify,
            jobs=lambda: read_jobs(home),
            notifiers=notifiers,
            clock=clock,
            models=models,
            acting=repair.acting,
            store=home.store,
            prompting=_prompting(home, settings, cluster, models, souls, observer.under_way)
            if models
            else None,
        )
        await _hear_of_jobs(own, home)
        return await souls.first(running.command)(args)
    finally:
        await cluster.close()
        await watched.actuator.close()
        if models is not None:
            await models.chain.close()
        for notifier in notifiers.values():
            await notifier.close()


async def _answer(
    home: Home, settings: Settings, access: Access, name: str, args: Mapping[str, object]
) -> object:
    """A person's answer; a yes is carried out at once, as the daemon would."""
    clock = SystemClock()
    notifiers = build_notifiers(settings, console=sys.stderr)
    watched = await open_watched(access, settings)
    try:
        own = OwnState(home.store, clock, tuple(notifiers))
        repair = _repair(home, settings, watched, own)
        return await answer_commands(home.store, clock, repair.acting)[name](args)
    finally:
        await watched.cluster.close()
        await watched.actuator.close()
        for notifier in notifiers.values():
            await notifier.close()


def _repair(home: Home, settings: Settings, watched: Watched, own: OwnState) -> Repair:
    return repair_of(
        settings,
        home,
        SystemClock(),
        cluster=watched.cluster,
        actuator=watched.actuator,
        own=own,
        recorder=_Nobody(),
        checks=enabled_checks(settings),
        namespace=OWN_NAMESPACE,
        changed=_unheard,
    )


def _prompting(
    home: Home,
    settings: Settings,
    cluster: Cluster,
    models: "ModelPath",
    souls: SoulsWatch,
    under_way: RunsUnderWay,
) -> Prompting:
    from watchdog.app.asking import opinions_of, prompter_of  # noqa: PLC0415 - as the models

    clock = SystemClock()
    opinions = opinions_of(
        settings,
        cluster,
        home.store,
        clock,
        model=models.chain,
        gate=models.gate,
        under_way=under_way,
        texts=souls.current,
        checks=enabled_checks(settings),
    )
    return prompter_of(settings, models, opinions, clock, jobs=lambda: read_jobs(home)).run


async def _hear_of_jobs(own: OwnConfig, home: Home) -> None:
    """A right file ends what a daemon said of it; a wrong one is the daemon's to tell."""
    with suppress(Misconfigured):
        await asyncio.to_thread(read_jobs, home)
        await own.heard(JOBS, [])


async def _try_targets(home: Home, settings: Settings, args: Mapping[str, object]) -> object:
    clock = SystemClock()
    notifiers = build_notifiers(settings, console=sys.stderr)
    notify = Notify(home.store, notifiers, clock)
    try:
        return await trial_command(home.store, notify, tuple(notifiers), clock)(args)
    finally:
        for notifier in notifiers.values():
            await notifier.close()


class _Nobody:
    """No page and no figures without a daemon."""

    def ran(self, request: RunRequest, result: RunResult, *, took: timedelta, told: bool) -> None:
        """Nobody asks."""

    def asked(self, call: Call, *, dropped: int) -> None:
        """Nobody asks."""

    def attempted(self, attempt: Attempt) -> None:
        """Nobody asks."""

    def verified(self, attempt: Attempt) -> None:
        """Nobody asks."""


def _unheard() -> None:
    """What may go is sent when the Run is over."""
