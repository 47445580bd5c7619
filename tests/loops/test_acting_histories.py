"""Whatever happens, in whatever order: no call without a fresh allow or a yes, none twice, none beyond
the budgets."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.loops.repairing import Repair, stuck
from tests.remediations.shop import Shop, shop
from watchdog.domain.attempt import Answer, Attempt
from watchdog.domain.errors import Usage
from watchdog.domain.job import Mode
from watchdog.domain.objects import metav1
from watchdog.domain.policy import Policy
from watchdog.domain.snapshot import Missing
from watchdog.store import breaker, incidents
from watchdog.store.engine import open_store

HOUR = timedelta(hours=1)
MODES: tuple[Mode, ...] = ("observe", "suggest", "act")


def renewed(found: Shop) -> Shop:
    """Each of its pods was made anew."""
    pods = (
        msgspec.structs.replace(
            each, metadata=msgspec.structs.replace(each.metadata, uid=f"new-{each.name}")
        )
        for each in found.pods
    )
    return replace(found, pods=tuple(pods))


def beside(found: Shop, other: Shop) -> Shop:
    """Both, the second one under the name of web."""
    assert other.direct is not None
    more: list[metav1.Object] = [other.top, other.direct, *other.pods]
    return found.and_also(*map(called_web, more))


def called_web(item: metav1.Object) -> metav1.Object:
    text = re.sub(rb"\bapi\b", b"web", msgspec.json.encode(item))
    return msgspec.json.decode(text, type=type(item))


WELL = renewed(shop())
VIEWS = (
    beside(WELL, WELL),
    beside(stuck(), WELL),
    beside(stuck(place=1), shop()),
    beside(stuck(), stuck()),
    beside(WELL, stuck(place=1)),
)


class Killed(Exception):
    """The process ends in the middle of a call."""


@dataclass
class World:
    """One history: what was done is checked at the very moment of each call."""

    repair: Repair
    mode: Mode = "act"  # of the process
    last: Mode = "observe"  # of the last Run
    calls: list[tuple[str, datetime]] = field(default_factory=list)  # owner
    begun: set[str] = field(default_factory=set)
    kill: bool = False

    async def called(self) -> None:
        """Right after a call was made: everything that must hold then."""
        name, plan = self.repair.hands.made[-1]
        now = self.repair.stage.clock.now() - self.repair.stage.behind
        assert name not in self.begun, "twice for one Incident"
        self.begun.add(name)
        self._free(now, str(plan.owner))
        self.calls.append((str(plan.owner), now))
        [attempt] = [each for each in self.repair.attempts if each.id == name]
        self._permitted(attempt)
        assert self.repair.switch() == ""
        if self.kill:
            self.kill = False
            raise Killed

    def _free(self, now: datetime, owner: str) -> None:
        """No limit was reached, a call in what is the future now included."""
        ages = [(each, now - at) for each, at in self.calls]
        assert all(age >= timedelta(0) for _, age in ages), "by a clock that was set back"
        assert not [each for each, age in ages if each == owner and age < 6 * HOUR]
        assert len([each for each, age in ages if each == owner and age < 24 * HOUR]) < 2
        assert len([each for each, age in ages if age < HOUR]) < 5
        assert not [
            each for each in self.repair.attempts if each.in_flight and each.id not in self.begun
        ]

    def _permitted(self, attempt: Attempt) -> None:
        asks = {each.id: each for each in self.repair.asks if each.incident == attempt.incident}
        if attempt.approved_by:
            used = [each for each in asks.values() if each.answer is Answer.CARRIED_OUT]
            assert [each.plan.digest for each in used] == [attempt.plan.digest]
            assert self.mode != "observe"
        else:
            assert (self.mode, self.last) == ("act", "act")
            assert breaker.reason(self.repair.store) == ""

    # -------------------------------------------------------------------------- what may happen
    async def run(self, view: int, mode: int) -> None:
        self.last = MODES[min(mode, MODES.index(self.mode))]
        await self.repair.run(VIEWS[view % len(VIEWS)], mode=self.last)

    async def act(self, kill: int, stopped: int) -> None:
        self.kill = kill == 1
        self.repair.switch = lambda: "stopped" if stopped == 1 else ""
        try:
            await self.repair.act()
        except Killed:
            await self.restart(MODES.index(self.mode), 0)

    async def change(self, view: int, blind: int) -> None:
        """The cluster changes, or hides, without a Run."""
        self.repair.show(VIEWS[view % len(VIEWS)])
        self.repair.stage.missing = {"services": Missing("timeout", "")} if blind == 1 else {}

    async def answer(self, yes: int, _: int) -> None:
        if any(each.answer is Answer.OPEN for each in self.repair.asks):
            try:
                self.repair.say(yes=yes > 0)
            except Usage:
                return

    async def restart(self, mode: int, _: int) -> None:
        self.mode = MODES[min(mode, 2)]
        self.repair.restart(Policy(mode=self.mode))

    async def wait(self, minutes: int, hours: int) -> None:
        self.repair.clock.advance(timedelta(minutes=7 * minutes, hours=5 * hours))

    async def set_back(self, minutes: int, hours: int) -> None:
        self.repair.clock.set_back(timedelta(minutes=7 * minutes, hours=5 * hours))

    async def trip(self, opened: int, _: int) -> None:
        if opened:
            await self.repair.breaker.trip("it does not help")
        else:
            breaker.close(self.repair.store, by="ann", now=self.repair.clock.now())

    async def acknowledge(self, _: int, __: int) -> None:
        for each in self.repair.known.incidents:
            if each.standing:
                incidents.acknowledge(
                    self.repair.store, each.id, by="ann", now=self.repair.clock.now()
                )


OFTEN = ("run", "act")
WORDS = (*OFTEN * 4, "change", "answer", "answer", "restart", "wait", "wait", "set_back", "trip")
EVENT = st.tuples(st.sampled_from((*WORDS, "acknowledge")), st.integers(0, 4), st.integers(0, 2))


async def lived(history: Sequence[tuple[str, int, int]], folder: Path) -> World:
    """Live through it in a new home."""
    store = open_store("", home=folder)
    try:
        repair = Repair(store)
        world = World(repair)
        repair.hands.during = world.called
        for word, first, second in history:
            await getattr(world, word)(first, second)
        return world
    finally:
        store.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EVENT, min_size=4, max_size=24))
def test_no_history_leads_to_a_call_that_nothing_allows(
    history: Sequence[tuple[str, int, int]],
) -> None:
    with TemporaryDirectory() as folder:
        anyio.run(lived, history, Path(folder))


def test_such_histories_do_lead_to_calls(tmp_path: Path) -> None:
    """Or nothing would be shown: alone, after a crash, and after a yes."""
    over = [("run", 0, 2)] * 5
    alone = [("run", 1, 2), ("act", 0, 0), *over, ("run", 4, 2), ("act", 1, 0), ("act", 0, 0)]
    later = [*over, ("wait", 0, 2), ("run", 1, 2), ("act", 0, 0)]
    asked = [("restart", 1, 0), ("run", 1, 2), ("answer", 1, 0), ("act", 0, 0)]

    assert len(anyio.run(lived, [*alone, *later], tmp_path / "a").calls) == 3
    assert len(anyio.run(lived, asked, tmp_path / "b").calls) == 1
