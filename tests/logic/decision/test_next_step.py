"""The order of things for one Incident, state by state."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import HOUR, MINUTE, NOW, ago
from tests.logic.decision.planned import ask, attempt, considered, debris, evict, restart
from tests.logic.incidents import BROKEN
from watchdog.domain.attempt import Answer, Approval, Attempt, Considered, Verified
from watchdog.domain.incident import Incident, Status
from watchdog.domain.policy import Outcome
from watchdog.logic.decision import next_step as steps
from watchdog.logic.decision.next_step import Move, next_step

MANY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
PLAN = restart()
ALLOWED = considered(Outcome.ALLOW, plan=PLAN)
ASKED = considered(Outcome.ASK, "mode suggest: a person is asked", plan=PLAN)
DENIED = considered(Outcome.DENY, "namespace shop is protected", plan=PLAN)
UNPLANNED = considered(Outcome.DENY, "its cause stands")
IN_VAIN = steps.Wait(("it was tried once, and people hear what came of it",))
OVER = replace(BROKEN, status=Status.RESOLVED)


def moved(
    said: Considered,
    *approvals: Approval,
    incident: Incident = BROKEN,
    tried: tuple[Attempt, ...] = (),
    late: timedelta = timedelta(0),
) -> Move:
    return next_step(incident, said, attempts=tried, approvals=approvals, now=NOW + late)


# ------------------------------------------------------------------------ nothing happened before
def test_what_is_allowed_is_done() -> None:
    assert moved(ALLOWED) == steps.Attempt(PLAN)


def test_what_needs_a_yes_is_asked() -> None:
    assert moved(ASKED) == steps.Ask(PLAN)


@pytest.mark.parametrize("said", [DENIED, UNPLANNED, replace(ALLOWED, plan=None)])
def test_what_is_denied_or_not_planned_waits_with_its_reasons(said: Considered) -> None:
    assert moved(said) == steps.Wait(said.decision.reasons)


@pytest.mark.parametrize("said", [ALLOWED, ASKED])
def test_nothing_is_done_about_what_is_over(said: Considered) -> None:
    assert moved(said, incident=OVER) == steps.Wait(("it is over",))


def test_asks_and_attempts_of_other_incidents_change_nothing() -> None:
    others = ask(incident="x-1", answer=Answer.DENIED)

    assert moved(ALLOWED, others, tried=(attempt(incident="x-1"),)) == steps.Attempt(PLAN)


# --------------------------------------------------------------------------------- after an Attempt
@pytest.mark.parametrize("said", [ALLOWED, ASKED, DENIED])
def test_an_attempt_under_way_is_looked_at(said: Considered) -> None:
    tried = attempt()

    assert moved(said, tried=(tried,)) == steps.Verify(tried)
    assert moved(said, tried=(tried,), incident=OVER) == steps.Verify(tried)


def test_an_attempt_in_vain_is_never_repeated() -> None:
    tried = attempt(verified=Verified.NOT_RECOVERED)

    assert moved(ALLOWED, tried=(tried,)) == IN_VAIN


def test_an_attempt_that_helped_but_left_the_cause_is_not_repeated() -> None:
    tried = attempt(verified=Verified.RECOVERED, reasons=("the cause remains",))

    assert moved(ALLOWED, tried=(tried,)) == IN_VAIN


def test_what_was_tidied_up_in_part_may_go_on() -> None:
    tried = attempt(debris(), verified=Verified.RECOVERED, reasons=("the cause remains",))

    assert moved(ALLOWED, tried=(tried,)) == steps.Attempt(PLAN)


def test_an_attempt_that_helped_is_the_end_of_it() -> None:
    tried = attempt(verified=Verified.RECOVERED)

    assert moved(ALLOWED, tried=(tried,)) == steps.Wait(("it was done, and helped",))


# ----------------------------------------------------------------------------------- while we ask
@pytest.mark.parametrize("said", [ALLOWED, ASKED, DENIED, UNPLANNED])
def test_who_was_asked_is_waited_for(said: Considered) -> None:
    waiting = moved(said, ask(PLAN), late=HOUR - timedelta(seconds=1))

    assert waiting == steps.Wait(("a person was asked and has not answered",))


def test_an_ask_expires_after_its_hour() -> None:
    assert moved(ASKED, ask(PLAN), late=HOUR) == steps.Expire(ask(PLAN))


@pytest.mark.parametrize("answer", [Answer.OPEN, Answer.APPROVED])
def test_the_end_of_a_fault_withdraws_its_ask(answer: Answer) -> None:
    asked = ask(PLAN, answer=answer)

    assert moved(ASKED, asked, incident=OVER, late=9 * HOUR) == steps.Withdraw(asked)


def approved(plan: object = PLAN, **fields: object) -> Approval:
    end = {"answer": Answer.APPROVED, "answered_at": NOW + 50 * MINUTE}
    return ask(plan, **(end | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize("said", [ALLOWED, ASKED])
def test_a_yes_to_the_plan_of_today_is_carried_out(said: Considered) -> None:
    assert moved(said, approved(), late=51 * MINUTE) == steps.Attempt(PLAN, approved())


def test_a_yes_does_not_override_a_denial() -> None:
    assert moved(DENIED, approved()) == steps.Wait(DENIED.decision.reasons)


@pytest.mark.parametrize(
    "said", [UNPLANNED, replace(ASKED, plan=restart(generation=2)), replace(ASKED, plan=evict())]
)
def test_a_yes_to_another_plan_is_void(said: Considered) -> None:
    assert moved(said, approved()) == steps.Change(approved())


def test_a_yes_counts_for_as_long_as_an_ask() -> None:
    in_time, late = 110 * MINUTE - timedelta(seconds=1), 110 * MINUTE

    assert moved(ASKED, approved(), late=in_time) == steps.Attempt(PLAN, approved())
    assert moved(ASKED, approved(), late=late) == steps.Expire(approved())


def test_a_yes_without_its_time_counts_from_the_ask() -> None:
    timeless = approved(answered_at=None)

    assert moved(ASKED, timeless, late=HOUR) == steps.Expire(timeless)


# ----------------------------------------------------------------------------------- after an ask
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer.DENIED, "the answer was no"),
        (Answer.EXPIRED, "nobody said yes in time"),
        (Answer.CARRIED_OUT, "it was carried out"),
    ],
)
@pytest.mark.parametrize("said", [ALLOWED, ASKED])
def test_who_was_asked_is_not_passed_by(said: Considered, answer: Answer, reason: str) -> None:
    assert moved(said, ask(PLAN, answer=answer)) == steps.Wait((reason,))


def test_a_changed_plan_is_asked_once_more_and_not_twice() -> None:
    changed = ask(evict(), answer=Answer.CHANGED)

    assert moved(ASKED, changed) == steps.Ask(PLAN)
    assert moved(ASKED, changed, changed) == steps.Wait(
        ("it has changed twice since people were asked",)
    )


@pytest.mark.parametrize("answer", [Answer.CHANGED, Answer.WITHDRAWN])
def test_what_is_allowed_by_now_is_done_after_an_ask_without_an_answer(answer: Answer) -> None:
    assert moved(ALLOWED, ask(PLAN, answer=answer)) == steps.Attempt(PLAN)


# --------------------------------------------------------------------------------------- always
@MANY
@given(
    st.sampled_from([ALLOWED, ASKED, DENIED, UNPLANNED]),
    st.lists(st.sampled_from(Answer), max_size=3),
    st.sampled_from([None, *Verified]),
    st.sampled_from([BROKEN, OVER]),
    st.integers(0, 200),
)
def test_no_way_leads_to_a_second_attempt_or_past_a_denial(
    said: Considered,
    answers: list[Answer],
    verified: Verified | None,
    incident: Incident,
    minutes: int,
) -> None:
    tried = (attempt(verified=verified),) if verified else ()
    asks = [ask(PLAN, at=ago(HOUR), answer=each) for each in answers]

    move = moved(said, *asks, tried=tried, incident=incident, late=minutes * MINUTE)

    if isinstance(move, steps.Attempt):
        assert not tried
        assert incident.standing
        assert said.decision.outcome is not Outcome.DENY
        assert said.decision.outcome is Outcome.ALLOW or move.approval is not None
        assert answers[-1:] != [Answer.DENIED]
