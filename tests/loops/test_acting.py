"""The last gates: what is carried out, once, and everything that keeps it from being."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.builders import NOW
from tests.loops.repairing import APPLIED, Repair, remedy, sick, stuck
from tests.remediations.shop import shop
from tests.store.builders import incident, save
from watchdog.domain.attempt import Answer, Attempt, Result, Verified
from watchdog.domain.errors import StoreFailed
from watchdog.domain.incident import Incident
from watchdog.domain.job import Mode
from watchdog.domain.plan import NoPlan, Plan
from watchdog.domain.policy import Outcome, Policy
from watchdog.domain.ports import Done
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Missing, Snapshot
from watchdog.logic.decision.preflight import EVICTING
from watchdog.loops.considering import Considering
from watchdog.loops.second_look import CHANGED
from watchdog.store import attempts, breaker, journal
from watchdog.store.engine import Store, open_store

ASKING = Policy(mode="suggest")
REPAIR_FAILED = "RemediationFailed"


@pytest.fixture
def repair(tmp_path: Path) -> Iterator[Repair]:
    store = open_store("", home=tmp_path)
    yield Repair(store)
    store.close()


@pytest.fixture
async def allowed(repair: Repair) -> Repair:
    """One Plan was allowed in the last Run."""
    await repair.run(stuck())
    assert repair.outcome is Outcome.ALLOW, repair.reasons
    return repair


@pytest.fixture
async def approved(repair: Repair) -> Repair:
    """A person has said yes to one Plan."""
    repair.restart(ASKING)
    await repair.run(stuck())
    repair.say(yes=True)
    return repair


# ------------------------------------------------------------------------------------ it is done
async def test_what_is_allowed_is_carried_out_once(allowed: Repair) -> None:
    await allowed.act()
    await allowed.act()

    [attempt] = allowed.attempts
    assert [name for name, _ in allowed.hands.made] == [attempt.id]
    assert attempt.result is Result.APPLIED


async def test_it_is_not_done_again_in_later_runs(allowed: Repair) -> None:
    await allowed.act()
    for _ in range(3):
        await allowed.run()
        await allowed.act()

    assert len(allowed.hands.made) == 1


async def test_a_yes_is_carried_out_once(approved: Repair) -> None:
    await approved.act()
    await approved.act()

    assert len(approved.hands.made) == 1
    assert [each.answer for each in approved.asks] == [Answer.CARRIED_OUT]
    [attempt] = approved.attempts
    assert attempt.approved_by == "ann"


# ------------------------------------------------------------------------------ what is not done
async def test_what_a_run_of_a_lower_mode_saw_is_not_done(repair: Repair) -> None:
    await repair.run(stuck(), mode="suggest")

    assert not await repair.act()
    assert repair.hands.asked == 0


async def test_a_planner_that_breaks_plans_nothing_and_the_watch_goes_on(repair: Repair) -> None:
    def breaks(_incident: Incident, _snapshot: Snapshot, _policy: Policy) -> Plan | NoPlan:
        raise RecursionError

    repair.restart(Policy(mode="act"), remedy(breaks))
    await repair.run(stuck())

    assert not await repair.act()
    assert repair.outcome is Outcome.DENY
    assert "cannot be planned: RecursionError" in repair.reasons


async def test_a_gate_that_breaks_denies(repair: Repair) -> None:
    broken = Policy(mode="act", protected=(None,))  # type: ignore[arg-type]
    repair.restart(broken)
    await repair.run(stuck())

    assert not await repair.act()
    assert repair.outcome is Outcome.DENY
    assert "the policy could not be applied" in repair.reasons


async def test_what_is_not_seen_any_more_is_not_treated(allowed: Repair) -> None:
    allowed.show(shop())

    await allowed.act()

    assert allowed.hands.made == []
    assert "it was not seen when it was looked at again" in allowed.reasons


async def test_what_cannot_be_read_any_more_is_not_treated(allowed: Repair) -> None:
    allowed.stage.missing = {"services": Missing("timeout", "no answer")}

    await allowed.act()

    assert allowed.hands.made == []
    assert allowed.hands.asked == 0


async def test_a_cluster_that_does_not_answer_is_not_written_to(allowed: Repair) -> None:
    allowed.stage.missing = dict.fromkeys(
        ("pods", "deployments"), Missing("unreachable", "no answer")
    )

    await allowed.act()

    assert allowed.hands.asked == 0


async def test_another_plan_than_the_one_said_yes_to_is_not_carried_out(approved: Repair) -> None:
    approved.show(stuck(place=1))

    await approved.act()

    assert approved.hands.made == []
    assert [each.answer for each in approved.asks] == [Answer.CHANGED]
    assert approved.reasons == CHANGED


async def test_a_yes_is_not_called_carried_out_when_another_process_came_first(
    approved: Repair,
) -> None:
    other = replace(flying(approved), incident="other", id="other-a")

    async def came_first() -> None:
        attempts.begin(approved.store, other)

    approved.hands.rehearsed = came_first

    await approved.act()

    assert approved.hands.made == []
    assert [each.answer for each in approved.asks] == [Answer.WITHDRAWN]
    assert approved.reasons == "attempt other-a is not verified yet"


async def test_an_objection_of_the_last_gate_voids_a_yes(approved: Repair) -> None:
    approved.hands.against = ("its PodDisruptionBudget allows no disruption now",)

    await approved.act()
    await approved.act()

    assert approved.hands.made == []
    assert approved.hands.asked == 1
    assert [each.answer for each in approved.asks] == [Answer.WITHDRAWN]
    assert approved.attempts == ()


async def test_an_objection_is_told_and_the_same_is_not_tried_at_once(allowed: Repair) -> None:
    allowed.hands.against = ("a new pod would not be admitted",)
    await allowed.act()
    for _ in range(3):
        await allowed.run()
        await allowed.act()

    assert allowed.hands.asked == 1
    assert allowed.reasons == "a new pod would not be admitted"
    assert allowed.attempts == ()


def flying(repair: Repair) -> Attempt:
    """An Attempt on another workload that is not verified."""
    incident, plan = repair.incident(), repair.considered.plan
    assert plan is not None
    return Attempt(
        id="other-a",
        incident="other",
        cluster=incident.cluster,
        plan=replace(plan, owner=Ref("Deployment", "shop", "other")),
        begun_at=repair.clock.now(),
        before=None,
        deadline=NOW + timedelta(hours=1),
    )


async def test_what_is_in_flight_blocks_every_other_one(allowed: Repair) -> None:
    other = flying(allowed)
    attempts.begin(allowed.store, other)
    attempts.finish(allowed.store, other, APPLIED, allowed.clock.now())

    await allowed.act()

    assert allowed.hands.made == []
    assert "another attempt is not known yet" in allowed.reasons


async def test_every_time_something_was_tidied_up_counts_for_the_budget_of_its_owner(
    allowed: Repair,
) -> None:
    owner = allowed.incident().subjects[0]
    for number, hours in enumerate((20, 8)):
        before = flying(allowed)
        tidied = replace(
            before,
            id=f"tidied-{number}",
            plan=replace(before.plan, remediation="DeleteDebris", cause="debris", owner=owner),
            begun_at=NOW - timedelta(hours=hours),
        )
        attempts.begin(allowed.store, tidied)
        end = NOW - timedelta(hours=hours - 1)
        attempts.looked(
            allowed.store, replace(tidied, verified=Verified.RECOVERED, verified_at=end)
        )

    await allowed.run()

    assert "within 24 hours: 2 at most" in allowed.reasons


class Objecting(Considering):
    """A model objects to everything."""

    def vetoes(self, found: Sequence[Incident]) -> dict[str, str]:
        return {each.id: "the node is about to be replaced" for each in found}


async def test_a_veto_asks(repair: Repair) -> None:
    repair.considering.__class__ = Objecting
    await repair.run(stuck())
    await repair.act()

    assert repair.outcome is Outcome.ASK
    assert repair.hands.asked == 0
    assert "a model objects: the node is about to be replaced" in repair.reasons


async def test_a_veto_that_comes_after_the_run_keeps_it_from_being_done(allowed: Repair) -> None:
    allowed.considering.__class__ = Objecting

    await allowed.act()

    assert allowed.hands.asked == 0


def test_what_a_remediation_looks_at_where_it_can_is_asked_for(repair: Repair) -> None:
    assert {*EVICTING, "configmaps"} <= repair.considering.needs((sick,))


async def test_a_clock_behind_the_journal_denies_also_where_nothing_was_tried(
    repair: Repair,
) -> None:
    await repair.run(stuck(), mode="observe")
    repair.clock.set_back(timedelta(minutes=10))

    await repair.run()
    await repair.act()

    assert repair.hands.asked == 0
    assert repair.outcome is Outcome.DENY
    assert "the clock is behind the journal" in repair.reasons


async def test_clocks_that_differ_by_seconds_deny_nothing(repair: Repair) -> None:
    repair.restart(ASKING)
    await repair.run(stuck())
    repair.say(yes=True)  # by our own clock
    repair.stage.behind = timedelta(seconds=20)

    await repair.act()

    assert len(repair.hands.made) == 1


async def test_a_clock_that_leaps_ahead_and_returns_gives_no_fresh_budget(allowed: Repair) -> None:
    allowed.clock.advance(timedelta(days=3))
    await allowed.run()
    await allowed.act()
    allowed.clock.set_back(timedelta(days=3))
    await allowed.run(shop())
    await allowed.run()
    for _ in range(3):
        await allowed.run(stuck(place=1))
        await allowed.act()

    assert len(allowed.hands.made) == 1


# ----------------------------------------------------------------------------------- stop switches
async def test_a_stop_between_the_last_gate_and_the_call_stops_it(allowed: Repair) -> None:
    async def pulled() -> None:
        allowed.switch = lambda: "stopped: the file STOP is in the home"

    allowed.hands.before = pulled

    await allowed.act()

    assert allowed.hands.made == []
    assert allowed.hands.stops == ["stopped: the file STOP is in the home"]
    [attempt] = allowed.attempts
    assert attempt.result is Result.REFUSED


async def test_what_stops_every_write_is_heard_before_anything_is_looked_at(
    allowed: Repair,
) -> None:
    allowed.hands.stop = "another watchdog acts here"
    looks = allowed.stage.looks

    await allowed.act()

    assert allowed.reasons == "another watchdog acts here"
    assert (allowed.hands.asked, allowed.stage.looks) == (0, looks)
    assert allowed.attempts == ()


async def test_what_was_stopped_is_done_after_the_next_run_when_nothing_stops_it_any_more(
    allowed: Repair,
) -> None:
    allowed.hands.stop = "another watchdog acts here"
    await allowed.act()
    allowed.hands.stop = ""

    await allowed.run()
    await allowed.act()

    [attempt] = allowed.attempts
    assert attempt.result is Result.APPLIED


async def test_that_it_is_stopped_stands_in_the_journal_once(allowed: Repair) -> None:
    allowed.hands.stop = "another watchdog acts here"
    for _ in range(3):
        await allowed.act()
        await allowed.run()

    told = [each.text for each in journal.entries(allowed.store, allowed.incident().id)]
    assert told.count("another watchdog acts here") == 1


async def test_a_stop_that_cannot_be_read_stops(allowed: Repair) -> None:
    def breaks() -> str:
        raise PermissionError

    allowed.switch = breaks

    await allowed.act()

    assert allowed.hands.asked == 0
    assert "the stop switch cannot be read: PermissionError" in allowed.reasons


# -------------------------------------------------------------------------------------- self-test
async def test_a_self_test_that_fails_disarms_and_is_told_in_an_incident(allowed: Repair) -> None:
    allowed.hands.tested = True
    allowed.hands.found = ("watchdog-nothing-else is gone",)

    await allowed.act()

    assert allowed.hands.made == []
    assert allowed.hands.asked == 0
    assert "watchdog-nothing-else is gone" in breaker.reason(allowed.store)
    assert "watchdog-nothing-else is gone" in str(allowed.incident(REPAIR_FAILED).explanation)
    await allowed.run()
    assert allowed.outcome is Outcome.ASK


async def test_a_self_test_is_repeated_after_five_minutes(allowed: Repair) -> None:
    allowed.hands.tested = True
    await allowed.act()
    allowed.hands.found = ("the fence is gone",)
    allowed.clock.advance(timedelta(minutes=6))
    assert await allowed.fences.objections(allowed.hands.made[0][1])

    assert allowed.hands.tests == 2


async def test_a_clock_that_was_set_back_does_not_keep_a_self_test_fresh(allowed: Repair) -> None:
    allowed.hands.tested = True
    await allowed.act()
    allowed.hands.found = ("the fence is gone",)
    allowed.clock.set_back(timedelta(hours=5))
    allowed.clock.advance(timedelta(minutes=6))

    assert await allowed.fences.objections(allowed.hands.made[0][1])


async def test_a_last_gate_that_breaks_is_a_no_and_holds_nobody_up(allowed: Repair) -> None:
    async def breaks() -> None:
        raise RecursionError

    allowed.hands.rehearsed = breaks

    await allowed.act()
    await allowed.act()

    assert allowed.hands.made == []
    assert allowed.hands.asked == 1
    assert "the last gate broke: RecursionError" in allowed.reasons


async def test_a_self_test_that_breaks_is_a_failed_one(allowed: Repair) -> None:
    async def breaks() -> None:
        raise ZeroDivisionError

    allowed.hands.tested, allowed.hands.testing = True, breaks

    await allowed.act()

    assert allowed.hands.asked == 0
    assert "ZeroDivisionError" in breaker.reason(allowed.store)


# ----------------------------------------------------------------------------------- the breaker
async def test_three_attempts_in_vain_end_what_is_done_alone_until_a_person_says_so(
    allowed: Repair,
) -> None:
    for number in (1, 2, 3):
        other = replace(flying(allowed), id=f"{number}-a", incident=f"{number}")
        attempts.begin(allowed.store, other)
        attempts.finish(allowed.store, other, APPLIED, other.begun_at)
        end = replace(other, verified=Verified.NOT_RECOVERED, verified_at=other.begun_at)
        attempts.looked(allowed.store, end)

    await allowed.act()
    await allowed.run()
    assert (allowed.outcome, allowed.hands.made) == (Outcome.ASK, [])
    assert "3 attempts within 24 hours did not help" in allowed.reasons
    assert allowed.incident(REPAIR_FAILED).standing

    breaker.close(allowed.store, by="ann", now=allowed.clock.now())
    await allowed.act()
    assert [each for each in allowed.known.incidents if each.reason == REPAIR_FAILED] == []
    assert breaker.reason(allowed.store) == ""


async def test_a_flood_of_new_incidents_stops_everything(allowed: Repair) -> None:
    at = allowed.clock.now()
    new = [incident(f"n-{number}", opened_at=at) for number in range(11)]
    save(allowed.store, *(replace(each, cluster=allowed.incident().cluster) for each in new))

    await allowed.act()

    assert allowed.hands.asked == 0
    assert "new incidents in 5 minutes: something larger is going on" in allowed.reasons


async def test_what_should_be_allowed_and_is_refused_disarms(allowed: Repair) -> None:
    refused = "refused by watchdog-pods"
    allowed.hands.done = Done(result=Result.REFUSED, text=refused, disarm=True)

    await allowed.act()

    assert refused in breaker.reason(allowed.store)
    assert allowed.incident(REPAIR_FAILED).standing


async def test_a_breaker_that_was_opened_right_before_a_crash_is_told(repair: Repair) -> None:
    await repair.run(shop())
    breaker.trip(repair.store, "the self-test failed", repair.clock.now())

    await repair.act()

    assert repair.incident(REPAIR_FAILED).standing


async def test_the_end_of_the_breaker_ends_its_incident(repair: Repair) -> None:
    await repair.run(shop())
    await repair.breaker.trip("the self-test failed")
    breaker.close(repair.store, by="ann", now=repair.clock.now())

    await repair.act()

    assert [each for each in repair.known.incidents if each.reason == REPAIR_FAILED] == []


# --------------------------------------------------------------------------------- being cut short
async def test_a_cancelled_turn_still_gets_its_result_row(allowed: Repair) -> None:
    called, goes_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        called.set()
        await goes_on.wait()

    allowed.hands.during = wait
    turn = asyncio.create_task(allowed.act())  # noqa: TID251 - a turn that is cancelled
    await called.wait()
    turn.cancel()
    await asyncio.sleep(0)  # noqa: TID251 - let it hear of that
    goes_on.set()
    with pytest.raises(asyncio.CancelledError):
        await turn

    [attempt] = allowed.attempts
    assert attempt.result is Result.APPLIED
    assert allowed.notes.results == [Result.APPLIED]


async def test_a_call_that_breaks_is_verified_and_never_repeated(allowed: Repair) -> None:
    allowed.hands.error = ZeroDivisionError()

    with pytest.raises(ZeroDivisionError):
        await allowed.act()
    await allowed.act()
    await allowed.run()
    await allowed.act()

    assert len(allowed.hands.made) == 1
    [attempt] = allowed.attempts
    assert attempt.result is Result.UNKNOWN
    assert "interrupted" in attempt.text


# -------------------------------------------------------------------------------- records that fail
@dataclass(frozen=True)
class Failing(Store):
    """A Store whose database fails from a transaction on; `left` is how many still go well."""

    left: list[int] = field(default_factory=list)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        self._count()
        with super().write() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self._count()
        with super().read() as connection:
            yield connection

    def _count(self) -> None:
        if self.left:
            self.left[0] -= 1
            if self.left[0] < 0:
                raise StoreFailed("the disk is full")


@pytest.mark.parametrize("mode", ["act", "suggest"])
async def test_no_call_is_made_whichever_record_before_it_fails(tmp_path: Path, mode: Mode) -> None:
    """The database fails at the first transaction of a turn, at the second, ... until a call is made."""
    made, good = 0, 0
    while not made:
        own = open_store("", home=tmp_path / f"{good}")
        store = Failing(own.url, own.writer, own.reader)
        repair = Repair(store, Policy(mode=mode))
        await repair.run(stuck())
        if mode == "suggest":
            repair.say(yes=True)
        store.left.append(good)
        with pytest.raises(StoreFailed):
            await repair.act()
        made = len(repair.hands.made)
        store.left.clear()
        if made:  # it was the result that could not be kept: the intent stands, and is looked after
            await repair.act()
            await repair.run()
            await repair.act()
            assert [each.result for each in repair.attempts] == [Result.UNKNOWN]
            assert len(repair.hands.made) == 1
        else:
            assert repair.attempts == ()
            assert [each.answer for each in repair.asks if each.answer is not Answer.APPROVED] == []
        store.close()
        good += 1
    assert good > 8
