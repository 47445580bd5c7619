"""running: what `run` answers when others deliver beside it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest

from tests.clock import FakeClock
from tests.loops.scripted import Stage, broken, broken_cart, buggy, framed
from watchdog.app.requests import Targets
from watchdog.app.running import Running
from watchdog.domain.run import RunRequest
from watchdog.loops.finished_run import Ran
from watchdog.loops.notify import Notify
from watchdog.loops.observe import Observer, Setting
from watchdog.notifiers.console import Console
from watchdog.store import ledger
from watchdog.store.engine import Store, open_store

STEP = timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("", home=tmp_path)
    yield opened
    opened.close()


class Overtaken(Observer):
    """The notify loop of the daemon is quicker than the answer."""

    notify: Notify

    async def run(self, requests: Sequence[RunRequest]) -> list[Ran]:
        ran = await super().run(requests)
        await self.notify.deliver(None)
        return ran


async def idle(ran: Ran) -> Ran:
    """Nothing may be done."""
    return ran


class Nobody:
    """Implements `loops.observe_ports.RunRecorder`."""

    def ran(self, *_: object, **__: object) -> None:
        return


async def test_what_the_loop_delivered_meanwhile_is_delivered(store: Store) -> None:
    clock = FakeClock()
    stage = Stage(clock, shown=broken_cart())
    notify = Notify(store, {"console": Console(StringIO())}, clock)
    setting = Setting(checks=(broken,), params={}, frame=framed, namespace="own")
    observer = Overtaken(
        cluster=stage, store=store, clock=clock, setting=setting, recorder=Nobody()
    )
    observer.notify = notify
    running = Running(
        observer=observer,
        notify=notify,
        checks=(broken,),
        jobs=lambda: (),
        record=observer.record,
        targets=Targets(("console",)),
        mode="suggest",
        clock=clock,
        acting=idle,
    )

    answer = await running.command({"deliver": "auto"})

    assert isinstance(answer, dict)
    assert [each["delivered"] for each in answer["result"]["notifications"]] == [True]
    assert answer["exit_code"] == 1


async def test_a_clone_runs_the_checks_of_the_run_that_it_names(store: Store) -> None:
    clock = FakeClock()
    notify = Notify(store, {"console": Console(StringIO())}, clock)
    setting = Setting(checks=(broken, buggy), params={}, frame=framed, namespace="own")
    observer = Observer(
        cluster=Stage(clock), store=store, clock=clock, setting=setting, recorder=Nobody()
    )
    running = Running(
        observer=observer,
        notify=notify,
        checks=(broken, buggy),
        jobs=lambda: (),
        record=observer.record,
        targets=Targets(("console",)),
        mode="suggest",
        clock=clock,
        acting=idle,
    )
    await running.command({"name": "broken"})
    clock.advance(STEP)

    await running.command({"clone": "broken-"})

    [clone, first] = ledger.recent(store)
    made = observer.record(clone.run_id).result
    assert made["tools"] == {"checks": ["broken"], "digest": ""}
    assert isinstance(made["request"], dict)
    assert made["request"]["clone_of"] == first.run_id
