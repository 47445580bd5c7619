"""The loops of the daemon, put together; nothing runs yet."""

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from watchdog.app.acting import Repair, repair_of
from watchdog.app.cluster import OWN_NAMESPACE, Watched
from watchdog.app.home import Home
from watchdog.app.parts import enabled_checks, models_of, observer_of
from watchdog.app.recorders import Deeds, Questions, Records
from watchdog.app.stored import parser_of
from watchdog.config.settings import Settings
from watchdog.config.souls import Texts
from watchdog.domain.errors import Misconfigured
from watchdog.domain.ports import Clock, Notifier
from watchdog.loops.dispatch import DueJob
from watchdog.loops.notify import Notify
from watchdog.loops.observe import Observer
from watchdog.loops.own_state import OwnState
from watchdog.loops.respond import Respond
from watchdog.loops.scheduler import Scheduler
from watchdog.loops.upkeep import Upkeep
from watchdog.metrics import Metrics

if TYPE_CHECKING:
    from watchdog.app.models import ModelPath

SCHEDULER_PERIOD = timedelta(seconds=10)
NOTIFY_PERIOD = timedelta(seconds=60)  # a slow send holds it for at most half of that


class Beating(Protocol):
    """A loop that shows when it last came round, in monotonic seconds."""

    @property
    def heartbeat(self) -> float:
        """When it came round."""
        ...


@dataclass(frozen=True, slots=True)
class Loops:
    """Everything that comes round, and what it is made of."""

    observer: Observer
    respond: Respond
    notify: Notify
    scheduler: Scheduler
    upkeep: Upkeep
    models: "ModelPath | None"
    repair: Repair

    @property
    def beating(self) -> dict[str, tuple[Beating, timedelta]]:
        """The loops, and how often each has to come round."""
        return {
            "scheduler": (self.scheduler, SCHEDULER_PERIOD),
            "respond": (self.respond, self.respond.period),
            "notify": (self.notify, NOTIFY_PERIOD),
            "upkeep": (self.upkeep, Upkeep.period),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Hears:
    """Whom the loops call: the daemon, and what takes note of Runs and questions."""

    due: Callable[[Sequence[DueJob]], Awaitable[None]]
    config: Callable[[Misconfigured | None], Awaitable[None]]
    texts: Callable[[], Texts]  # the souls and prompts in force
    records: Records
    questions: Questions


def loops_of(
    settings: Settings,
    home: Home,
    clock: Clock,
    *,
    watched: Watched,
    notifiers: Mapping[str, Notifier],
    own: OwnState,
    metrics: Metrics,
    hears: Hears,
) -> Loops:
    """Build them over one cluster and one home."""
    notify = Notify(home.store, notifiers, clock, metrics=metrics)
    models = models_of(
        settings,
        home,
        clock,
        cluster=watched.cluster.name,
        own=own,
        texts=hears.texts,
        recorder=hears.questions,
        released=notify.wake,
        alone=False,
    )
    repair = repair_of(
        settings,
        home,
        clock,
        cluster=watched.cluster,
        actuator=watched.actuator,
        own=own,
        recorder=Deeds(metrics),
        checks=enabled_checks(settings),
        namespace=OWN_NAMESPACE,
        changed=notify.wake,
    )
    return Loops(
        observer_of(home, settings, watched.cluster, clock, hears.records, repair, models),
        Respond(clock, triage=models.triager if models else None, acting=repair.acting),
        notify,
        _scheduler(settings, home, clock, metrics, hears),
        _upkeep(settings, home, clock, own, metrics),
        models,
        repair,
    )


def _scheduler(
    settings: Settings, home: Home, clock: Clock, metrics: Metrics, hears: Hears
) -> Scheduler:
    return Scheduler(
        home.jobs_file,
        store=home.store,
        clock=clock,
        timezone=settings.timezone,
        run=hears.due,
        parse=parser_of(home.path),
        on_config=hears.config,
        on_left_out=metrics.run_left_out,
        on_gone=metrics.forget_jobs,
        rng=random.Random(),
    )


def _upkeep(
    settings: Settings, home: Home, clock: Clock, own: OwnState, metrics: Metrics
) -> Upkeep:
    return Upkeep(
        store=home.store,
        clock=clock,
        own=own,
        metrics=metrics,
        namespace=OWN_NAMESPACE,
        retention=settings.retention,
        exchanges_limit=settings.exchanges_limit_mb * 1_000_000,
        overdue_after=settings.overdue_after,
    )
