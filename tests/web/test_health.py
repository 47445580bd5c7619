"""Heartbeats, tallies and the probes of /readyz."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import MINUTE, NOW
from tests.clock import FakeClock
from tests.store.builders import message
from watchdog.store import outbox
from watchdog.store.engine import Store
from watchdog.web import readiness
from watchdog.web.health import Health, health_json


def test_nothing_is_alive_before_the_first_heartbeat() -> None:
    assert not Health().alive(0.0)


@pytest.mark.parametrize(("age", "alive"), [(29.9, True), (30.0, False)])
def test_a_loop_is_dead_when_three_periods_late(age: float, alive: bool) -> None:
    health = Health()
    health.beat("scheduler", period=timedelta(seconds=10), now=100.0)

    assert health.alive(100.0 + age) is alive


def test_one_dead_loop_among_living_ones_is_seen() -> None:
    health = Health()
    health.beat("scheduler", period=timedelta(seconds=1), now=100.0)
    health.beat("notify", period=timedelta(seconds=60), now=100.0)

    assert not health.alive(110.0)


def test_a_system_that_fails_does_not_make_the_program_unwell() -> None:
    health = Health()
    health.beat("scheduler", period=timedelta(seconds=10), now=100.0)
    health.failed("kubernetes")

    assert health.alive(101.0)


def test_the_body_has_ages_counters_and_the_last_success() -> None:
    health = Health()
    health.beat("scheduler", period=timedelta(seconds=10), now=100.0)
    health.succeeded("kubernetes", at=NOW)
    health.failed("kubernetes")
    health.failed("discord")

    assert health_json(health, 104.0) == {
        "alive": True,
        "loops": {"scheduler": {"alive": True, "age_seconds": 4.0, "period_seconds": 10.0}},
        "systems": {
            "discord": {"successes": 0, "errors": 1, "last_success_at": None},
            "kubernetes": {"successes": 1, "errors": 1, "last_success_at": NOW.isoformat()},
        },
    }


def test_a_system_is_reached_while_its_newest_answer_is_a_success() -> None:
    health = Health()
    assert not health.reached("kubernetes")
    health.succeeded("kubernetes", at=NOW)
    assert health.reached("kubernetes")
    health.failed("kubernetes")
    assert not health.reached("kubernetes")


@pytest.fixture
def ask(store: Store, clock: FakeClock) -> Callable[..., dict[str, readiness.Probe]]:
    def probes(
        *, reached: bool = True, lock: bool = True, jobs: bool = True
    ) -> dict[str, readiness.Probe]:
        health = Health()
        if reached:
            health.succeeded("kubernetes", at=NOW)
        return readiness.probes(
            store,
            clock,
            health,
            lock_held=lambda: lock,
            jobs_parsed=lambda: jobs,
            overdue_after=10 * MINUTE,
        )

    return probes


Ask = Callable[..., dict[str, readiness.Probe]]


async def test_all_is_ready_when_every_probe_passes(ask: Ask) -> None:
    assert await readiness.failing(ask()) == ()


async def test_every_failing_probe_is_named(ask: Ask) -> None:
    failing = await readiness.failing(ask(reached=False, lock=False, jobs=False))

    assert failing == ("lock", "jobs", "api_server")


async def test_an_old_undelivered_message_is_not_ready(
    ask: Ask, store: Store, clock: FakeClock
) -> None:
    outbox.enqueue(store, [("discord", message())], NOW)
    clock.advance(11 * MINUTE)

    assert await readiness.failing(ask()) == ("notifications",)


def _lose_the_database(home: Path) -> None:
    for file in home.glob("state.db*"):
        file.unlink()
    (home / "state.db").mkdir()


async def test_a_database_that_is_gone_is_not_ready(ask: Ask, store: Store, tmp_path: Path) -> None:
    probes = ask()
    store.close()
    _lose_the_database(tmp_path)

    assert await readiness.failing(probes) == ("database", "notifications")
