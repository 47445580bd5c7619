"""The demo's whole story through the real Observer: four messages, and no more."""

from datetime import timedelta
from pathlib import Path

import watchdog.checks
from tests.clock import FakeClock
from tests.loops.scripted import framed
from watchdog import plugins
from watchdog.domain.check import Check
from watchdog.domain.run import RunRequest, RunResult
from watchdog.kube.simulated import SimulatedCluster
from watchdog.kube.story import END
from watchdog.loops.observe import Observer, Setting
from watchdog.store.engine import open_store

STEP = timedelta(minutes=2)


class NoRecorder:
    def ran(self, request: RunRequest, result: RunResult, *, took: timedelta, told: bool) -> None:
        """Nobody asks for figures here."""


async def test_each_fault_of_the_demo_is_said_once_and_its_end_once(tmp_path: Path) -> None:
    clock = FakeClock()
    store = open_store("", home=tmp_path)
    checks = plugins.collect(watchdog.checks, Check)
    setting = Setting(
        checks=checks,
        params={},
        frame=framed,
        namespace="platform-engineer",
    )
    observer = Observer(
        cluster=SimulatedCluster(clock),
        store=store,
        clock=clock,
        setting=setting,
        recorder=NoRecorder(),
    )
    told = []

    for number in range(int(END / STEP)):
        clock.advance(STEP)
        request = RunRequest(
            run_id=f"r{number}",
            job="shop-watch",
            trigger="schedule",
            checks=tuple(check.id for check in checks),
            deliver=("console",),
        )
        [ran] = await observer.run([request])
        subjects = {each.id: str(each.subjects[0]) for each in ran.result.incidents}
        told += [
            (each.message.kind.value, subjects[each.message.thread]) for each in ran.notifications
        ]
    store.close()

    assert told == [
        ("opened", "Deployment/shop/cart"),
        ("resolved", "Deployment/shop/cart"),
        ("opened", "Node/w-2"),
        ("resolved", "Node/w-2"),
    ]
