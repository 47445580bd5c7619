"""Two hundred looks at a healthy cluster full of old leftovers: not one word."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.clock import FakeClock
from tests.loops.scripted import Stage, framed
from tests.properties.recorded import CHECKS, recorded
from watchdog.domain.run import RunRequest, RunResult, VerdictState
from watchdog.loops.observe import Observer, Setting
from watchdog.store import outbox
from watchdog.store.engine import Store, open_store

RUNS = 200


class Nobody:
    """Implements `loops.observe_ports.RunRecorder`."""

    def ran(self, request: RunRequest, result: RunResult, *, took: timedelta, told: bool) -> None:
        """Nobody asks for figures here."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("", home=tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize("name", ["cordoned-node-is-quiet", "s05", "s08", "s14"])
async def test_two_hundred_runs_over_a_healthy_cluster_say_nothing(store: Store, name: str) -> None:
    look = recorded(name)
    clock = FakeClock(look.taken_at)
    setting = Setting(checks=CHECKS, params={}, frame=framed, namespace="own")
    observer = Observer(
        cluster=Stage(clock, shown=look),
        store=store,
        clock=clock,
        setting=setting,
        recorder=Nobody(),
    )
    verdicts = set()

    for number in range(RUNS):
        request = RunRequest(
            run_id=f"r{number}",
            job="all",
            trigger="schedule",
            checks=tuple(check.id for check in CHECKS),
            deliver=("console",),
        )
        [ran] = await observer.run([request])
        verdicts.add(ran.result.verdict)
        clock.advance(timedelta(seconds=61))

    assert verdicts == {VerdictState.HEALTHY}
    assert outbox.next_due_at(store) is None
