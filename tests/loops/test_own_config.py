"""own_config and souls_watch: what is wrong with the operator's files is one incident."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.clock import FakeClock
from watchdog.config.defaults import SOUL, seed_files
from watchdog.domain.errors import Misconfigured
from watchdog.domain.incident import Status
from watchdog.loops.own_config import JOBS, SOULS, OwnConfig
from watchdog.loops.own_state import OwnState
from watchdog.loops.souls_watch import SoulsWatch
from watchdog.store import incidents
from watchdog.store.engine import Store, open_store

WRONG = Misconfigured("line 3: no such check", hint="write image_pull")
BROKEN = Misconfigured("SOUL.md:2: nothing here", hint="correct it")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("", home=tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def config(store: Store) -> OwnConfig:
    clock = FakeClock()
    return OwnConfig(OwnState(store, clock, ["console"]), clock, "own")


def standing(store: Store) -> list[str]:
    return [each.title for each in incidents.select(store) if each.status is Status.OPEN]


async def test_a_repair_of_one_file_leaves_the_fault_of_the_other(
    store: Store, config: OwnConfig
) -> None:
    await config.heard(JOBS, [WRONG])
    await config.heard(SOULS, [BROKEN])
    await config.heard(JOBS, [])

    [title] = standing(store)
    assert "the edit of the souls and prompts is refused" in title


async def test_it_is_over_when_every_file_is_right(store: Store, config: OwnConfig) -> None:
    await config.heard(JOBS, [WRONG])
    await config.heard(SOULS, [BROKEN])
    await config.heard(JOBS, [])
    await config.heard(SOULS, [])

    assert standing(store) == []


async def test_after_a_restart_nothing_is_over_before_every_file_was_read(
    store: Store, config: OwnConfig
) -> None:
    await config.heard(SOULS, [BROKEN])
    clock = FakeClock()
    restarted = OwnConfig(OwnState(store, clock, ["console"]), clock, "own")

    await restarted.heard(JOBS, [])
    assert len(standing(store)) == 1
    await restarted.heard(SOULS, [])
    assert standing(store) == []


async def test_every_look_reads_the_files_again_and_keeps_the_last_good(tmp_path: Path) -> None:
    heard: list[list[str]] = []

    async def on_faults(faults: Sequence[Misconfigured]) -> None:
        heard.append([str(fault) for fault in faults])

    seed_files(tmp_path)
    watch = SoulsWatch(tmp_path, on_faults)
    (tmp_path / SOUL).write_text("First.")
    await watch.look()
    (tmp_path / SOUL).write_text("{{ nothing }}")
    kept = await watch.look()
    (tmp_path / SOUL).write_text("Third.")
    last = await watch.look()

    assert (kept.default.text, last.default.text) == ("First.", "Third.")
    assert watch.current() == last
    assert [len(each) for each in heard] == [0, 1, 0]


def test_without_a_look_the_files_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    async def on_faults(_faults: Sequence[Misconfigured]) -> None:
        raise AssertionError

    (tmp_path / SOUL).write_text("Mine.")

    assert SoulsWatch(tmp_path, on_faults).current().default.text == "Mine."


async def test_a_command_that_runs_has_a_look_before_it(tmp_path: Path) -> None:
    order: list[str] = []

    async def on_faults(_faults: Sequence[Misconfigured]) -> None:
        order.append("look")

    async def command(_args: object) -> object:
        order.append("command")
        return "done"

    assert await SoulsWatch(tmp_path, on_faults).first(command)({}) == "done"
    assert order == ["look", "command"]
