"""Two contenders for one Lease: whatever their clocks and the network do, never both hold it."""

import heapq
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from random import Random
from types import coroutine
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import NOW
from watchdog.domain.errors import Permanent, Transient
from watchdog.kube.lease import LeaseFence
from watchdog.logic.decision.lease import Lease

TIMEOUT = 4.0  # of one request, by the contender's clock
END = 900.0  # seconds that are played
WAY = (0.01, 0.01, 0.01, 0.01, 0.1, 0.5, 3.0, 60.0)  # seconds that a message is on its way
HOLDING = (0.0, 15.0, 90.0)  # until the next turn; the last: it is not scheduled
WATCHING = (1.0, 5.0)
RATES = st.floats(0.9, 1.1) | st.sampled_from([0.9, 1.1])

Asked = Lease | None  # what to write; None is to read


class World:
    """True time, the record of the API server, and what happens next."""

    def __init__(self) -> None:
        self.now = 0.0
        self.record = Lease(version="1")
        self._versions = count(2)
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + seconds, next(self._order), what))

    def serve(self, asked: Asked) -> Lease | None:
        """What the API server does at this moment; None when somebody wrote before."""
        if asked is None:
            return self.record
        if asked.version != self.record.version:
            return None
        return self.put(asked)

    def put(self, lease: Lease) -> Lease:
        self.record = replace(lease, version=str(next(self._versions)))
        return self.record

    def play(self, watch: Callable[[], None]) -> None:
        while self._due and self._due[0][0] < END:
            self.now, _, what = heapq.heappop(self._due)
            watch()
            what()
            watch()


@dataclass
class Wire:
    """Implements `Leases`, and the network: how long each way takes, and what is lost."""

    name: str = "own/watchdog"

    async def read(self) -> Lease:
        return await _ask(None)

    async def write(self, lease: Lease) -> Lease:
        return await _ask(lease)


@coroutine
def _ask(asked: Asked) -> Generator[Asked, Lease, Lease]:
    return (yield asked)


@dataclass
class Contender:
    """One watchdog, driven by hand: no event loop, no time but the world's."""

    world: World
    dice: Random
    rate: float
    start: float
    fence: LeaseFence = field(init=False)
    under_way: int = 0
    alive: bool = True

    def __post_init__(self) -> None:
        self.fence = LeaseFence(Wire(), self, me=f"at {self.start}")

    # its clock
    def monotonic(self) -> float:
        return 5000 + self.start + self.world.now * self.rate

    def now(self) -> datetime:
        return NOW

    async def sleep_until(self, moment: datetime) -> None:
        raise AssertionError("turns are taken by hand")

    # its life
    def begin(self) -> None:
        """A renewal, a check before a write, or the end."""
        if not self.alive:
            return
        if self.dice.random() < 0.01:
            self.alive = False
            self._go(self.fence.close())
        else:
            self._go(self.fence.turn())

    def _go(self, work: Coroutine[Asked, Lease, object]) -> None:
        self._step(work, lambda: work.send(cast(Lease, None)))

    def _step(self, work: Coroutine[Asked, Lease, object], go: Callable[[], Asked]) -> None:
        try:
            asked = go()
        except StopIteration:
            pauses = HOLDING if self.fence.left else WATCHING
            self.world.later(self.dice.choice(pauses), self.begin)
            return
        self._send(work, asked)

    def _send(self, work: Coroutine[Asked, Lease, object], asked: Asked) -> None:
        """Let it arrive after a while, or never, and the answer come in time, or not."""
        self.under_way += 1
        mine, patience = self.under_way, TIMEOUT / self.rate

        def fail() -> None:
            if mine == self.under_way:
                self.under_way += 1
                self._step(work, lambda: work.throw(Transient("no answer")))

        def answered(said: Lease | None) -> None:
            if mine != self.under_way:
                return
            self.under_way += 1
            if said is None:
                self._step(work, lambda: work.throw(Permanent("HTTP 409")))
            else:
                self._step(work, lambda: work.send(said))

        def arrived() -> None:
            said = self.world.serve(asked)
            if self.dice.random() < 0.95:
                self.world.later(self.dice.choice(WAY), lambda: answered(said))

        if self.dice.random() < 0.95:
            self.world.later(self.dice.choice(WAY), arrived)
        self.world.later(patience, fail)


def played(seed: int, slow: float, fast: float, made_anew: int) -> list[str]:
    """One history of two contenders; who held it, in turn."""
    world, dice = World(), Random(seed)
    both = [Contender(world, dice, rate, start) for rate, start in ((slow, 0.0), (fast, 7.0))]
    for each in both:
        world.later(dice.uniform(0, 90), each.begin)
    for _ in range(made_anew):  # somebody deletes it and makes it again
        world.later(dice.uniform(0, END), lambda: void(world))
    turns: list[str] = []

    def watch() -> None:
        holders = [f"at {each.start}" for each in both if each.fence.left]
        assert len(holders) < 2, f"both at {world.now}"
        if holders and turns[-1:] != holders:
            turns.append(holders[0])

    world.play(watch)
    return turns


def void(world: World) -> None:
    world.put(Lease(version=""))


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0), slow=RATES, fast=RATES, made_anew=st.integers(0, 2))
def test_never_two_hold_it_at_once(seed: int, slow: float, fast: float, made_anew: int) -> None:
    played(seed, slow, fast, made_anew)


def test_the_histories_are_such_that_it_changes_hands() -> None:
    found = [played(seed, 0.9, 1.1, 0) for seed in range(100)]

    assert sum(len(turns) > 1 for turns in found) > 30
