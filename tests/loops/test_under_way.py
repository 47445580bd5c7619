"""RunsUnderWay: each Run has an end in the ledger, and a person may end one early."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clock import FakeClock
from tests.loops.scripted import Stage, broken, framed, healthy
from watchdog.domain.errors import RunCancelled, Usage
from watchdog.domain.job import RunState
from watchdog.domain.run import RunRequest
from watchdog.loops.observe import Observer, Setting
from watchdog.loops.under_way import cancel_command
from watchdog.store import ledger
from watchdog.store.engine import Store, open_store


class Nobody:
    """Implements `loops.observe_ports.RunRecorder`."""

    def ran(self, *_: object, **__: object) -> None:
        return


class Tower:
    """An Observer of a cluster that does not answer until it is told to."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = FakeClock()
        self.stage = Stage(self.clock, shown=healthy())
        self.observer = Observer(
            cluster=self.stage,
            store=store,
            clock=self.clock,
            setting=Setting(checks=(broken,), params={}, frame=framed, namespace="own"),
            recorder=Nobody(),
        )

    async def cancel(self, part: str) -> Any:
        return await cancel_command(self.store, self.observer.under_way)({"id": part, "by": "ann"})

    def request(self, job: str, **fields: Any) -> RunRequest:
        return RunRequest(
            run_id=f"{job}-1",
            job=job,
            trigger="manual",
            checks=("broken",),
            **fields,
        )

    async def flying(self, run_id: str) -> None:
        async with asyncio.timeout(5):
            while self.observer.under_way.find(run_id) is None or not self.stage.looks:
                await asyncio.wait([asyncio.get_running_loop().run_in_executor(None, int)])

    def states(self) -> dict[str, tuple[RunState, str]]:
        return {each.run_id: (each.state, each.text) for each in ledger.recent(self.store)}


@pytest.fixture
def tower(tmp_path: Path) -> Iterator[Tower]:
    store = open_store("", home=tmp_path)
    yield Tower(store)
    store.close()


async def test_a_run_by_hand_is_in_the_ledger_while_it_runs(tower: Tower) -> None:
    tower.stage.slow = True
    async with asyncio.TaskGroup() as group:
        run = group.create_task(tower.observer.run([tower.request("a")]))
        await tower.flying("a-1")
        assert tower.states() == {"a-1": (RunState.RUNNING, "")}
        run.cancel()

    assert tower.states() == {"a-1": (RunState.CANCELLED, "the watchdog was stopped")}


async def test_a_run_by_hand_ends_with_its_verdict(tower: Tower) -> None:
    await tower.observer.run([tower.request("a")])

    assert tower.states() == {"a-1": (RunState.OK, "")}
    assert tower.observer.under_way.find("a-1") is None


async def test_a_run_by_hand_that_breaks_is_failed(tower: Tower) -> None:
    tower.stage.looks = None  # type: ignore[assignment]

    with pytest.raises(TypeError):
        await tower.observer.run([tower.request("a")])

    assert tower.states()["a-1"][0] is RunState.FAILED


async def test_a_cancelled_run_stops_reading_and_has_an_end(tower: Tower) -> None:
    tower.stage.slow = True
    async with asyncio.TaskGroup() as group:
        run = group.create_task(_failing(tower, tower.request("a")))
        await tower.flying("a-1")
        line = await tower.cancel("a-")

    assert (line["run_id"], line["state"]) == ("a-1", "cancelled")
    assert str(run.result()) == "the run was cancelled by ann"
    assert tower.states() == {"a-1": (RunState.CANCELLED, "cancelled by ann")}


async def test_the_others_of_one_look_go_on(tower: Tower) -> None:
    requests = [tower.request("a"), tower.request("b")]
    async with tower.observer.under_way.begin(requests) as batch:
        batch.cancel("a-1", "ann")
        assert not batch.goes_on("a-1")
        assert batch.goes_on("b-1")

    assert tower.states()["a-1"] == (RunState.CANCELLED, "cancelled by ann")


async def test_a_run_that_was_read_and_not_judged_yet_is_left_out(tower: Tower) -> None:
    async with tower.observer.under_way.begin([tower.request("a")]) as batch:
        batch.seen()
        batch.cancel("a-1", "ann")  # nothing is interrupted any more
        await asyncio.wait([asyncio.get_running_loop().run_in_executor(None, int)])

    assert tower.states()["a-1"] == (RunState.CANCELLED, "cancelled by ann")


async def test_a_run_that_has_ended_cannot_be_cancelled(tower: Tower) -> None:
    await tower.observer.run([tower.request("a")])

    with pytest.raises(Usage, match="a-1 has ended: ok"):
        await tower.cancel("a-1")


async def test_a_run_that_was_saved_meanwhile_keeps_its_end(tower: Tower) -> None:
    async with tower.observer.under_way.begin([tower.request("a")]) as batch:
        ledger.finish(tower.store, "a-1", state=RunState.OK, now=tower.clock.now())
        batch.seen()
        batch.cancel("a-1", "ann")

    assert tower.states()["a-1"] == (RunState.OK, "")


async def test_a_run_of_another_process_is_not_cancelled_here(tower: Tower) -> None:
    now = tower.clock.now()
    ledger.claim(tower.store, run_id="x", job="x", trigger="schedule", due_at=now, now=now)

    with pytest.raises(Usage, match="cannot be cancelled now"):
        await tower.cancel("x")


async def _failing(tower: Tower, request: RunRequest) -> RunCancelled:
    with pytest.raises(RunCancelled) as caught:
        await tower.observer.run([request])
    return caught.value
