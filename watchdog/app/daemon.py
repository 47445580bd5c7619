"""`serve`: one TaskGroup of loops and servers, from the lock of the home to a clean stop."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog

from watchdog.app.answering import answer_commands
from watchdog.app.cluster import OWN_NAMESPACE, Watched
from watchdog.app.due import DueRuns
from watchdog.app.home import Home, open_home
from watchdog.app.looping import Hears, loops_of
from watchdog.app.measuring_commands import Means, measuring_commands
from watchdog.app.no_model import no_model
from watchdog.app.notifying import build_notifiers
from watchdog.app.parts import enabled_checks, running_of
from watchdog.app.recorders import Counted, Questions, Records
from watchdog.app.registry import all_checks
from watchdog.app.requests import Targets
from watchdog.app.seeding import seed_command
from watchdog.app.sites import sites
from watchdog.app.stored import store_commands
from watchdog.app.test_alert import trial_command
from watchdog.config.settings import Settings
from watchdog.domain.errors import Misconfigured, OtherCluster, WatchdogError
from watchdog.domain.ports import Clock
from watchdog.loops.dispatch import DueJob
from watchdog.loops.own_config import JOBS, SOULS, OwnConfig
from watchdog.loops.own_state import OwnState
from watchdog.loops.souls_watch import SoulsWatch
from watchdog.loops.timer import first_of
from watchdog.metrics import Metrics
from watchdog.store import identity, ledger
from watchdog.version import sha, version
from watchdog.web.board import Board, WatchedCluster
from watchdog.web.door import Command
from watchdog.web.health import Health
from watchdog.web.server import serve as serve_sites
from watchdog.web.sources import Sources

if TYPE_CHECKING:
    from watchdog.loops.prompting import Prompter

log = structlog.get_logger()

REACH_PERIOD = timedelta(seconds=10)  # until the API server has answered once


async def serve(settings: Settings, watched: Watched, clock: Clock, metrics: Metrics) -> None:
    """Run until SIGTERM or SIGINT; both end the current item and leave a clean store.

    Raises:
        Misconfigured: the home is in use, or a port is, or it belongs to another cluster.
        StoreFailed: the home or the database cannot be used.
        KeyboardInterrupt: after a clean stop by SIGINT.
    """
    stop = asyncio.Event()
    caught: list[signal.Signals] = []

    def end(number: signal.Signals) -> None:
        caught.append(number)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, number)
    with open_home(settings) as home:
        await Daemon(home, settings, watched, clock, metrics).run(stop)
    if signal.SIGINT in caught:
        raise KeyboardInterrupt


class Daemon:
    """All parts of one running watchdog."""

    def __init__(
        self, home: Home, settings: Settings, watched: Watched, clock: Clock, metrics: Metrics
    ) -> None:
        """Build the parts; nothing runs yet."""
        self._home, self._settings, self._clock = home, settings, clock
        self._health, self._metrics = Health(), metrics
        self._other: OtherCluster | None = None  # answers in place of ours: we end
        self._stop = asyncio.Event()
        self._checks = enabled_checks(settings)
        self._board = Board(all_checks(), disabled=settings.disabled_checks)
        self._actuator = watched.actuator
        self._cluster = WatchedCluster(
            watched.cluster, board=self._board, health=self._health, clock=clock
        )
        self._notifiers = build_notifiers(settings, console=sys.stdout)
        self._targets = Targets(tuple(self._notifiers))
        self._own = OwnState(home.store, clock, tuple(self._notifiers))
        self._own_config = OwnConfig(self._own, clock, OWN_NAMESPACE)
        self._souls = SoulsWatch(home.path, self._on_souls)
        self._counting = Questions(self._metrics, self._health, clock)
        self._records = Records(self._metrics, self._board, clock)
        self._loops = loops_of(
            settings,
            home,
            clock,
            watched=Watched(self._cluster, watched.actuator),
            notifiers=self._notifiers,
            own=self._own,
            metrics=metrics,
            hears=Hears(
                due=self._run_due,
                config=self._on_config,
                texts=self._souls.current,
                records=self._records,
                questions=self._counting,
            ),
        )
        self._ask, self._prompter = self._questions()
        self._due = DueRuns(
            home.store,
            clock,
            observer=self._loops.observer,
            checks=self._checks,
            targets=self._targets,
            mode=settings.mode,
            prompter=lambda: self._prompter,
            saved=self._loops.respond.wake,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Serve and loop until `stop`.

        Raises:
            OtherCluster: the home belongs to another cluster than the one that answers.
        """
        self._stop = stop
        listening = sites(
            self._settings,
            self._home,
            sources=self._sources(),
            health=self._health,
            metrics=self._metrics,
            commands=self._commands(),
            jobs_parsed=lambda: self._loops.scheduler.jobs_in_force,
        )
        for entry in await asyncio.to_thread(ledger.interrupt, self._home.store, self._clock.now()):
            log.warning("run was interrupted", run_id=entry.run_id, job=entry.job)
        await self._souls.look()
        log.info("watching", cluster=self._cluster.name, version=version(), sha=sha())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(serve_sites(listening, stop))
                group.create_task(self._loops.scheduler.loop(stop))
                group.create_task(self._loops.notify.loop(stop))
                group.create_task(self._loops.upkeep.loop(stop))
                group.create_task(self._loops.respond.loop(stop))
                group.create_task(self._watch_loops(stop))
                group.create_task(self._reach(stop))
        finally:
            await self._cluster.close()
            await self._actuator.close()
            if self._loops.models is not None:
                await self._loops.models.chain.close()
            for notifier in self._notifiers.values():
                await notifier.close()
        log.info("stopped")
        if self._other is not None:
            raise self._other

    async def _reach(self, stop: asyncio.Event) -> None:
        """Look until the API server has answered once: the first due Job may be minutes away."""
        while not stop.is_set() and not self._health.reached("kubernetes"):
            try:
                seen = await self._cluster.snapshot(())
                known = (self._home.store, seen.cluster, self._cluster.name)
                await asyncio.to_thread(identity.refuse_other, *known)
            except OtherCluster as error:
                self._end(error)
            except WatchdogError as error:
                log.warning("the cluster does not answer yet", error=str(error))
                again = self._clock.sleep_until(self._clock.now() + REACH_PERIOD)
                await first_of(again, stop.wait())

    def _end(self, other: OtherCluster) -> None:
        """End as at a signal: one that goes on would look at nothing and look healthy."""
        self._other = other
        self._stop.set()

    async def _watch_loops(self, stop: asyncio.Event) -> None:
        """Carry the loops' own heartbeats to /healthz: a stalled loop stops beating there."""
        while not stop.is_set():
            for name, (loop, period) in self._loops.beating.items():
                self._health.beat(name, period=period, now=loop.heartbeat)
            try:
                async with asyncio.timeout(1):
                    await stop.wait()
            except TimeoutError:
                continue

    def _sources(self) -> Sources:
        return Sources(
            store=self._home.store,
            clock=self._clock,
            board=self._board,
            cluster=self._cluster.name,
            jobs=lambda: self._loops.scheduler.jobs,
            next_run=self._loops.scheduler.next_run,
            zone=ZoneInfo(self._settings.timezone),
        )

    def _commands(self) -> dict[str, Command]:
        running = running_of(
            self._settings,
            observer=self._loops.observer,
            notify=self._loops.notify,
            jobs=lambda: self._loops.scheduler.jobs,
            notifiers=self._notifiers,
            clock=self._clock,
            models=self._loops.models,
            acting=self._loops.repair.acting,
            store=self._home.store,
            prompting=self._prompter.run if self._prompter else None,
        )
        models = self._loops.models
        return {
            **store_commands(
                self._home,
                self._settings,
                self._clock,
                self._loops.observer.under_way,
                Counted(models.chain, self._counting) if models else None,
            ),
            **answer_commands(self._home.store, self._clock, self._loops.repair.acting),
            "run": self._souls.first(running.command),
            "ask": self._souls.first(self._ask),
            **measuring_commands(
                Means(
                    home=self._home,
                    settings=self._settings,
                    clock=self._clock,
                    under_way=self._loops.observer.under_way,
                    heard=partial(self._counting.asked, dropped=0),
                    model=models.chain if models else None,
                )
            ),
            "seed": seed_command(self._home.path),
            "test-alert": trial_command(
                self._home.store, self._loops.notify, tuple(self._notifiers), self._clock
            ),
        }

    def _questions(self) -> tuple[Command, "Prompter | None"]:
        """The command `ask`, and what runs the jobs that ask a model."""
        models = self._loops.models
        if models is None:
            return no_model, None
        from watchdog.app.asking import (  # noqa: PLC0415 - as the models
            ask_command,
            opinions_of,
            prompter_of,
        )

        opinions = opinions_of(
            self._settings,
            self._cluster,
            self._home.store,
            self._clock,
            model=Counted(models.chain, self._counting),
            gate=models.gate,
            under_way=self._loops.observer.under_way,
            texts=self._souls.current,
            checks=self._checks,
            counting=self._records.questioned,
        )
        prompter = prompter_of(
            self._settings, models, opinions, self._clock, jobs=lambda: self._loops.scheduler.jobs
        )
        return ask_command(opinions, self._settings, self._clock), prompter

    async def _run_due(self, due: Sequence[DueJob]) -> None:
        """Run the Jobs of one moment, and let their messages go out."""
        await self._souls.look()
        try:
            await self._due.run(due)
        except OtherCluster as error:
            self._end(error)
            raise
        self._loops.notify.wake()

    async def _on_config(self, error: Misconfigured | None) -> None:
        await self._own_config.heard(JOBS, [error] if error else [])
        self._loops.notify.wake()

    async def _on_souls(self, faults: Sequence[Misconfigured]) -> None:
        await self._own_config.heard(SOULS, faults)
        self._loops.notify.wake()
