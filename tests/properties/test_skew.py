"""Clocks that differ by five minutes: the API server's time decides, so nothing changes."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.clock import FakeClock
from tests.loops.scripted import Stage, framed
from tests.properties.recorded import CHECKS, NAMES, recorded
from tests.properties.test_healthy import Nobody
from watchdog.domain.run import RunRequest
from watchdog.loops.observe import Observer, Setting
from watchdog.store.engine import Store, open_store

FIVE = timedelta(minutes=5)


@pytest.mark.parametrize("name", NAMES)
async def test_a_clock_five_minutes_off_changes_no_run(name: str, tmp_path: Path) -> None:
    told = [
        await three_runs(
            name, open_store(f"sqlite:///{tmp_path / str(number)}", home=tmp_path), behind
        )
        for number, behind in enumerate((timedelta(0), FIVE, -FIVE))
    ]

    assert told[1] == told[0]
    assert told[2] == told[0]


async def three_runs(name: str, store: Store, behind: timedelta) -> Sequence[object]:
    """Verdict, incidents and messages of three runs in a row."""
    look = recorded(name)
    clock = FakeClock(look.taken_at + behind)
    observer = Observer(
        cluster=Stage(clock, shown=look, behind=behind),
        store=store,
        clock=clock,
        setting=Setting(checks=CHECKS, params={}, frame=framed, namespace="own"),
        recorder=Nobody(),
    )
    seen: list[object] = []
    for number in range(3):
        request = RunRequest(
            run_id=f"r{number}",
            job="all",
            trigger="schedule",
            checks=tuple(check.id for check in CHECKS),
            deliver=("console",),
        )
        [ran] = await observer.run([request])
        found = sorted(
            (str(each.subjects), each.reason, each.status, each.severity, each.title, each.since)
            for each in ran.result.incidents
        )
        said = [(row.message.kind, row.message.thread) for row in ran.notifications]
        seen.append((ran.result.verdict, found, said))
        clock.advance(timedelta(minutes=2))
    store.close()
    return seen
