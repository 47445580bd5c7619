"""scheduler: due Jobs run once, together, never twice at a time, and nothing is lost in silence."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import HOUR, MINUTE, NOW
from tests.clock import FakeClock, until
from watchdog.config.jobs import JobsFile, parse_jobs
from watchdog.domain.errors import Misconfigured
from watchdog.domain.job import LedgerEntry, RunState
from watchdog.loops.dispatch import DueJob
from watchdog.loops.scheduler import Scheduler
from watchdog.metrics import Metrics
from watchdog.store import jobsfile, ledger
from watchdog.store.engine import Store, open_store

SECOND = timedelta(seconds=1)


def parse(text: str) -> JobsFile:
    return parse_jobs(text, known_checks={"crash_loop": "pods"})


def entry(name: str, schedule: str, **fields: object) -> dict[str, object]:
    return {"name": name, "schedule": schedule, "checks": ["crash_loop"], **fields}


@dataclass
class House:
    """A home with a jobs file, a store and a clock; `ran` are the batches that were handed over."""

    home: Path
    store: Store
    clock: FakeClock = field(default_factory=FakeClock)
    ran: list[list[tuple[str, str]]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    fault: Exception | None = None
    metrics: Metrics = field(default_factory=Metrics)

    @property
    def path(self) -> Path:
        return self.home / "jobs.json"

    def write(self, *entries: dict[str, object]) -> None:
        self.path.write_text(json.dumps({"version": 1, "jobs": entries}))

    async def run(self, due: Sequence[DueJob]) -> None:
        self.ran.append([(each.job.name, each.trigger) for each in due])
        if self.fault is not None:
            raise self.fault
        await self.gate.wait()
        for each in due:
            ledger.finish(self.store, each.run_id, state=RunState.OK, now=self.clock.now())

    async def on_config(self, error: Misconfigured | None) -> None:
        self.told.append(str(error))

    def scheduler(self) -> Scheduler:
        return Scheduler(
            self.path,
            store=self.store,
            clock=self.clock,
            timezone="UTC",
            run=self.run,
            parse=parse,
            on_config=self.on_config,
            rng=random.Random(7),
            on_left_out=self.metrics.run_left_out,
            on_gone=self.metrics.forget_jobs,
        )

    @asynccontextmanager
    async def daemon(self) -> AsyncIterator[Scheduler]:
        scheduler, stop = self.scheduler(), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(scheduler.loop(stop))
            await self.clock.asleep()
            try:
                yield scheduler
            finally:
                self.gate.set()
                stop.set()

    async def pass_time(self, by: timedelta) -> None:
        """Move the clock and let the loop take its turn."""
        await self.clock.asleep()
        self.clock.advance(by)
        await self.clock.asleep()

    def rows(self, state: RunState) -> list[tuple[str, str]]:
        entries = ledger.recent(self.store)
        return [
            (each.job, f"{each.due_at:%H:%M}") for each in reversed(entries) if each.state is state
        ]


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path, open_store("", home=tmp_path))
    house.gate.set()
    return house


def ran_at(house: House, name: str, ago: timedelta) -> None:
    due_at = NOW - ago
    ledger.claim(
        house.store, run_id=f"{name}-old", job=name, trigger="schedule", due_at=due_at, now=due_at
    )
    ledger.finish(house.store, f"{name}-old", state=RunState.OK, now=due_at)


async def test_a_new_interval_job_runs_one_period_after_it_was_first_seen(house: House) -> None:
    house.write(entry("pods", "every 15m"))

    async with house.daemon() as scheduler:
        assert scheduler.next_run(scheduler.jobs[0]) == NOW + 15 * MINUTE
        await house.pass_time(14 * MINUTE)
        assert house.ran == []
        await house.pass_time(MINUTE)
        await until(lambda: house.rows(RunState.OK) == [("pods", "12:15")])

    assert house.ran == [[("pods", "schedule")]]


async def test_jobs_due_at_the_same_moment_are_handed_over_together(house: House) -> None:
    house.write(entry("pods", "every 15m"), entry("nodes", "every 30m"), entry("late", "every 1h"))

    async with house.daemon():
        await house.pass_time(15 * MINUTE)
        await until(lambda: len(house.ran) == 1)
        await house.pass_time(15 * MINUTE)
        await until(lambda: len(house.ran) == 2)

    assert house.ran[1] == [("pods", "schedule"), ("nodes", "schedule")]


async def test_a_job_in_flight_skips_its_tick_while_others_go_on(house: House) -> None:
    house.write(entry("slow", "every 10m"))
    house.gate.clear()

    async with house.daemon():
        await house.pass_time(10 * MINUTE)
        await until(lambda: house.rows(RunState.RUNNING) == [("slow", "12:10")])
        house.write(entry("slow", "every 10m"), entry("quick", "25 * * * *"))
        await house.pass_time(2 * SECOND)
        await house.pass_time(10 * MINUTE)
        await until(lambda: house.rows(RunState.SKIPPED) == [("slow", "12:20")])
        await house.pass_time(5 * MINUTE)
        await until(lambda: len(house.ran) == 2)

    assert house.ran == [[("slow", "schedule")], [("quick", "schedule")]]


async def test_after_downtime_overdue_jobs_are_caught_up_one_by_one(house: House) -> None:
    ran_at(house, "pods", 5 * HOUR + 10 * MINUTE)
    ran_at(house, "nodes", 3 * HOUR + 40 * MINUTE)
    house.write(entry("pods", "every 15m"), entry("nodes", "every 1h"))

    async with house.daemon() as scheduler:
        await until(lambda: len(house.ran) == 1)
        await house.clock.asleep(2)  # the loop, and the jitter before the second one
        await house.pass_time(10 * SECOND)
        await until(lambda: len(house.ran) == 2)
        await house.pass_time(2 * SECOND)
        await until(lambda: scheduler.next_run(scheduler.jobs[0]) == NOW + 15 * MINUTE)

    assert house.ran == [[("pods", "catch_up")], [("nodes", "catch_up")]]
    assert house.rows(RunState.MISSED) == [("pods", "07:05"), ("nodes", "09:20")]


async def test_a_restart_within_grace_runs_late_as_scheduled(house: House) -> None:
    ran_at(house, "pods", 17 * MINUTE)
    house.write(entry("pods", "every 15m"))

    async with house.daemon():
        await until(lambda: len(house.ran) == 1)

    assert house.ran == [[("pods", "schedule")]]
    assert house.rows(RunState.OK) == [("pods", "11:43"), ("pods", "11:58")]


async def test_a_restart_does_not_run_a_due_time_twice(house: House) -> None:
    house.write(entry("pods", "0 12 * * *"))
    ran_at(house, "pods", timedelta(0))

    async with house.daemon():
        await house.pass_time(MINUTE)

    assert house.ran == []


async def test_without_catch_up_a_missed_time_is_one_row_over_restarts(house: House) -> None:
    ran_at(house, "pods", 28 * HOUR)
    house.write(entry("pods", "0 8 * * *", catch_up=False))

    for _ in range(2):
        async with house.daemon():
            await house.pass_time(MINUTE)

    assert house.ran == []
    assert house.rows(RunState.MISSED) == [("pods", "08:00")]


async def test_a_run_that_fails_is_a_failed_row_and_the_loop_goes_on(house: House) -> None:
    house.write(entry("pods", "every 15m"))
    house.fault = RuntimeError("no luck")

    async with house.daemon():
        await house.pass_time(15 * MINUTE)
        await until(lambda: house.rows(RunState.FAILED) == [("pods", "12:15")])
        house.fault = None
        await house.pass_time(15 * MINUTE)
        await until(lambda: house.rows(RunState.OK) == [("pods", "12:30")])

    assert [each.text for each in ledger.recent(house.store)][1] == "RuntimeError: no luck"


async def test_a_run_longer_than_its_timeout_is_ended(house: House) -> None:
    house.write(entry("pods", "every 15m", timeout="1s"))
    house.gate.clear()

    async with house.daemon():
        await house.pass_time(15 * MINUTE)
        await until(lambda: house.rows(RunState.FAILED) == [("pods", "12:15")])

    assert ledger.recent(house.store)[0].text == "no result within 0:00:01"


async def test_the_figures_of_a_job_that_was_removed_go_with_it(house: House) -> None:
    house.write(entry("pods", "every 15m"), entry("nodes", "every 1h"))
    for job in ("pods", "nodes"):
        house.metrics.run_left_out(job, RunState.SKIPPED)
    async with house.daemon():
        house.write(entry("nodes", "every 1h"))
        await house.pass_time(3 * SECOND)
        await house.pass_time(3 * SECOND)

    kept = [
        house.metrics.registry.get_sample_value(
            "watchdog_runs_total", {"job": job, "state": "skipped"}
        )
        for job in ("pods", "nodes")
    ]
    assert kept == [None, 1]


async def test_a_cancelled_run_is_a_cancelled_row(house: House) -> None:
    house.write(entry("pods", "every 15m"))
    house.gate.clear()
    loop = asyncio.get_running_loop().create_task(house.scheduler().loop(asyncio.Event()))
    await house.pass_time(15 * MINUTE)
    await until(lambda: house.ran == [[("pods", "schedule")]])  # the row stands before it begins

    loop.cancel()
    await asyncio.wait([loop])

    assert house.rows(RunState.CANCELLED) == [("pods", "12:15")]


async def test_an_edit_is_in_force_within_five_seconds(house: House) -> None:
    house.write(entry("pods", "every 15m"))

    async with house.daemon() as scheduler:
        house.write(entry("pods", "every 5m"), entry("nodes", "every 1h"))
        await house.pass_time(2 * SECOND)
        await until(lambda: [job.name for job in scheduler.jobs] == ["pods", "nodes"])

    assert jobsfile.last_good(house.store) == house.path.read_text()


async def test_a_bad_edit_keeps_the_jobs_and_is_told_once_and_taken_back(house: House) -> None:
    house.write(entry("pods", "every 15m"))

    async with house.daemon() as scheduler:
        house.write(entry("pods", "30m"))
        for _ in range(4):
            await house.pass_time(2 * SECOND)
        assert [job.schedule for job in scheduler.jobs] == ["every 15m"]
        assert len(house.told) == 2
        house.write(entry("pods", "every 30m"))
        await house.pass_time(2 * SECOND)
        await until(lambda: len(house.told) == 3)

    assert len(house.told) == 3
    assert house.told[0] == house.told[2] == "None"
    assert "line 1" in house.told[1]


async def test_a_half_written_file_is_not_judged(house: House) -> None:
    house.write(entry("pods", "every 15m"))

    async with house.daemon() as scheduler:
        house.path.write_text('{"version": 1,')
        await house.pass_time(2 * SECOND)
        house.write(entry("pods", "every 30m"))
        await house.pass_time(2 * SECOND)
        await until(lambda: [job.schedule for job in scheduler.jobs] == ["every 30m"])

    assert house.told == ["None"]


async def test_a_file_that_comes_back_unchanged_closes_the_notice(house: House) -> None:
    house.write(entry("pods", "every 15m"))
    good = house.path.read_text()

    async with house.daemon():
        house.path.unlink()
        await house.pass_time(2 * SECOND)
        await house.pass_time(2 * SECOND)
        await until(lambda: len(house.told) == 2)
        house.path.write_text(good)
        await house.pass_time(2 * SECOND)
        await until(lambda: len(house.told) == 3)

    assert [text == "None" for text in house.told] == [True, False, True]


async def test_a_start_with_a_bad_file_uses_the_last_good_one(house: House) -> None:
    house.write(entry("pods", "every 15m"))
    jobsfile.keep_good(house.store, house.path.read_text(), NOW)
    house.path.write_text("{")

    async with house.daemon() as scheduler:
        assert [job.name for job in scheduler.jobs] == ["pods"]

    assert len(house.told) == 1
    assert "line 1" in house.told[0]


@pytest.mark.parametrize("kept", [None, '{"jobs": 3}'])
async def test_a_start_without_any_good_file_has_no_jobs(house: House, kept: str | None) -> None:
    if kept is not None:
        jobsfile.keep_good(house.store, kept, NOW)

    async with house.daemon() as scheduler:
        assert scheduler.jobs == ()

    assert len(house.told) == 1
    assert house.told[0] != "None"


async def test_a_resumed_job_does_not_catch_up_its_pause(house: House) -> None:
    ran_at(house, "pods", 26 * HOUR)
    house.write(entry("pods", "every 1h", enabled=False))

    async with house.daemon() as scheduler:
        await house.pass_time(3 * HOUR)
        house.write(entry("pods", "every 1h"))
        await house.pass_time(2 * SECOND)
        await until(lambda: scheduler.jobs[0].enabled)
        await house.pass_time(MINUTE)

    assert house.ran == []
    assert house.rows(RunState.MISSED) == []


async def test_another_schedule_does_not_look_back(house: House) -> None:
    ran_at(house, "pods", 28 * HOUR)
    house.write(entry("pods", "0 8 * * *", catch_up=False))

    async with house.daemon() as scheduler:
        house.write(entry("pods", "0 11 * * *"))
        await house.pass_time(2 * SECOND)
        await until(lambda: scheduler.jobs[0].schedule == "0 11 * * *")
        assert scheduler.next_run(scheduler.jobs[0]) == NOW + 23 * HOUR

    assert house.ran == []


async def test_a_one_shot_written_too_late_is_a_missed_row(house: House) -> None:
    house.write(entry("once", "2026-11-20T09:00"))

    async with house.daemon() as scheduler:
        assert scheduler.next_run(scheduler.jobs[0]) is None

    assert house.rows(RunState.MISSED) == [("once", "09:00")]
    counted = {"job": "once", "state": "missed"}
    assert house.metrics.registry.get_sample_value("watchdog_runs_total", counted) == 1


async def test_a_one_shot_runs_once(house: House) -> None:
    house.write(entry("once", "in 30m"))

    async with house.daemon() as scheduler:
        await house.pass_time(30 * MINUTE)
        await until(lambda: house.rows(RunState.OK) == [("once", "12:30")])
        await house.pass_time(30 * MINUTE)
        assert scheduler.next_run(scheduler.jobs[0]) is None

    assert house.ran == [[("once", "schedule")]]


async def test_a_stop_leaves_waiting_catch_ups_for_the_next_start(house: House) -> None:
    ran_at(house, "pods", 5 * HOUR)
    ran_at(house, "nodes", 5 * HOUR + MINUTE)
    house.write(entry("pods", "every 45m"), entry("nodes", "every 45m"))

    async with house.daemon():
        await until(lambda: len(house.ran) == 1)
        await house.clock.asleep(2)

    async with house.daemon():
        await until(lambda: len(house.ran) == 2)

    assert house.ran == [[("pods", "catch_up")], [("nodes", "catch_up")]]


async def test_the_heartbeat_moves_with_every_turn(house: House) -> None:
    house.write()

    async with house.daemon() as scheduler:
        before = scheduler.heartbeat
        await house.pass_time(2 * SECOND)

        assert scheduler.heartbeat == before + 2


async def test_a_due_time_claimed_by_another_is_not_run(house: House) -> None:
    house.write(entry("pods", "every 15m"))

    async with house.daemon():
        taken = LedgerEntry(
            run_id="x",
            job="pods",
            trigger="schedule",
            due_at=NOW + 15 * MINUTE,
            state=RunState.OK,
        )
        ledger.record(house.store, taken)
        await house.pass_time(15 * MINUTE)
        await house.pass_time(MINUTE)

    assert house.ran == []


async def test_a_store_that_fails_does_not_end_the_loop(house: House) -> None:
    house.write(entry("pods", "every 15m"))

    async with house.daemon() as scheduler:
        house.store.close()
        before = scheduler.heartbeat
        await house.pass_time(15 * MINUTE)
        await house.pass_time(2 * SECOND)

        assert scheduler.heartbeat > before
