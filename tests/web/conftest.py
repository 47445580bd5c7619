"""A store on a real file, and the sources of the web apps."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import NOW
from tests.clock import FakeClock
from watchdog.domain.check import Check, NoParams
from watchdog.domain.job import Job
from watchdog.store.engine import Store, open_store
from watchdog.web.board import Board
from watchdog.web.sources import Sources

CHECKS = tuple(
    Check(
        id=name,
        family=family,
        needs=needs,
        optional=(),
        reasons=(),
        params=NoParams,
        detect=lambda _snapshot, _params: (),
        doc=f"Sees {name}.\n\nMore.",
    )
    for name, family, needs in (
        ("crash_loop", "pods", ("pods",)),
        ("claims", "storage", ("persistentvolumeclaims",)),
        ("replicas", "workloads", ("deployments",)),
    )
)
JOBS = (
    Job(name="health", schedule="every 15m", checks=("family:pods",)),
    Job(name="resting", schedule="daily at 7am", checks=("claims",), enabled=False),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("", home=tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def sources(store: Store, clock: FakeClock) -> Sources:
    return Sources(
        store=store,
        clock=clock,
        board=Board(CHECKS, disabled=("replicas",)),
        cluster="test-cluster",
        jobs=lambda: JOBS,
        next_run=lambda _job: NOW + timedelta(minutes=5),
    )
