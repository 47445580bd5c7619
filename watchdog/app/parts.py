"""The parts that the daemon and the offline commands have in common."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from watchdog.app.acting import Repair
from watchdog.app.cluster import OWN_NAMESPACE
from watchdog.app.frames import framing
from watchdog.app.home import Home
from watchdog.app.registry import all_checks
from watchdog.app.requests import Targets
from watchdog.app.running import Prompting, Running
from watchdog.config.settings import Settings
from watchdog.config.souls import Texts
from watchdog.domain.check import Check
from watchdog.domain.job import Job
from watchdog.domain.ports import Clock, Cluster, Notifier
from watchdog.loops.acting import Acting
from watchdog.loops.finished_run import Ran
from watchdog.loops.notify import Notify
from watchdog.loops.observe import Observer, Setting
from watchdog.loops.observe_ports import RunRecorder
from watchdog.loops.own_state import OwnState
from watchdog.loops.settling import settled
from watchdog.store.engine import Store

if TYPE_CHECKING:
    from watchdog.app.models import ModelPath
    from watchdog.loops.triager import QuestionRecorder


def enabled_checks(settings: Settings) -> tuple[Check, ...]:
    """Every check that is not switched off."""
    return tuple(check for check in all_checks() if check.id not in settings.disabled_checks)


def observer_of(
    home: Home,
    settings: Settings,
    cluster: Cluster,
    clock: Clock,
    recorder: RunRecorder,
    repair: Repair,
    models: "ModelPath | None" = None,
) -> Observer:
    """The one that looks."""
    return Observer(
        cluster=cluster,
        store=home.store,
        clock=clock,
        recorder=recorder,
        explainer=models.explaining if models else None,
        advisor=repair.considering,
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
    recorder: "QuestionRecorder",
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
        recorder=recorder,
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
