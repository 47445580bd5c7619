"""What is remembered of the last look, and the Cluster that reports to it."""

from collections.abc import Collection, Mapping, Sequence

import pytest

from tests.builders import NOW, node, snapshot
from tests.clock import FakeClock
from tests.web.conftest import CHECKS
from watchdog.domain.custom import CustomKind, Spec, Writer
from watchdog.domain.errors import Transient
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.objects import corev1, metav1
from watchdog.domain.ports import Right
from watchdog.domain.ref import Ref
from watchdog.domain.run import RunResult, Unknown, VerdictState
from watchdog.domain.snapshot import Missing, Snapshot
from watchdog.web.board import Board, WatchedCluster
from watchdog.web.health import Health


class CannedCluster:
    """Shows one Snapshot; without one it does not answer."""

    name = "canned"
    closed = False

    def __init__(self, shown: Snapshot | None) -> None:
        self.shown = shown

    async def snapshot(self, needs: Collection[str]) -> Snapshot:
        if self.shown is None:
            raise Transient("no answer")
        return self.shown

    async def logs(self, queries: Sequence[LogQuery]) -> Mapping[LogQuery, Log]:
        return {query: Log("text") for query in queries}

    async def events(self, refs: Sequence[Ref]) -> Mapping[Ref, tuple[corev1.Event, ...]]:
        return dict.fromkeys(refs, ())

    async def customs(
        self, kinds: Sequence[CustomKind]
    ) -> Mapping[CustomKind, tuple[metav1.Object, ...] | Missing]:
        return dict.fromkeys(kinds, ())

    async def specs(self, writers: Sequence[Writer]) -> Mapping[Writer, Spec | Missing]:
        return dict.fromkeys(writers, Spec())

    async def rights(self, needs: Collection[str]) -> Sequence[Right]:
        return [Right("", need, "list", allowed=True) for need in needs]

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def board() -> Board:
    return Board(CHECKS)


@pytest.fixture
def health() -> Health:
    return Health()


async def test_a_look_that_worked_is_on_board_and_health(board: Board, health: Health) -> None:
    cluster = CannedCluster(snapshot(node("w-1")))
    watched = WatchedCluster(cluster, board=board, health=health, clock=FakeClock())

    shown = await watched.snapshot(("pods",))

    assert shown is cluster.shown
    assert ([line.name for line in board.nodes], board.looked_at) == (["w-1"], NOW)
    assert health.tallies["kubernetes"].last_success_at == NOW


async def test_a_look_that_failed_is_raised_and_remembered(board: Board, health: Health) -> None:
    watched = WatchedCluster(CannedCluster(None), board=board, health=health, clock=FakeClock())

    with pytest.raises(Transient):
        await watched.snapshot(("pods",))

    assert (board.trouble, health.tallies["kubernetes"].errors) == ("no answer", 1)


async def test_all_else_is_passed_on(board: Board, health: Health) -> None:
    cluster = CannedCluster(None)
    watched = WatchedCluster(cluster, board=board, health=health, clock=FakeClock())

    assert watched.name == "canned"
    assert await watched.logs(()) == {}
    assert len(await watched.rights(("pods",))) == 1
    await watched.close()
    assert cluster.closed


def test_sight_that_returns_ends_the_trouble(board: Board) -> None:
    board.saw(snapshot(missing=("pods",)))
    assert set(board.unreadable) == {"pods"}

    board.failed("no answer")
    board.saw(snapshot())

    assert (board.trouble, dict(board.unreadable)) == ("", {})


def test_a_kind_nobody_asked_for_this_time_stays_unreadable(board: Board) -> None:
    board.saw(snapshot(missing=("persistentvolumeclaims",)))
    board.saw(snapshot(also=()))

    assert set(board.unreadable) == {"persistentvolumeclaims"}


def test_a_run_marks_its_checks_as_looked_at(board: Board) -> None:
    blind = Unknown(check="claims", need="persistentvolumeclaims", reason="timeout", text="slow")
    result = RunResult(
        run_id="r1",
        job="health",
        started_at=NOW,
        finished_at=NOW,
        cluster="test",
        verdict=VerdictState.UNKNOWN,
        unknown=(blind,),
        incidents=(),
        told=(),
    )

    board.ran(("claims", "crash_loop"), result)

    assert {line.id: (line.looked_at, line.unknown) for line in board.checks()} == {
        "claims": (NOW, "persistentvolumeclaims: timeout"),
        "crash_loop": (NOW, ""),
        "replicas": (None, ""),
    }
