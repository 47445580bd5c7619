"""When what is done does not help, nothing is done alone any more."""

from datetime import timedelta

import pytest

from tests.builders import HOUR, NOW, ago
from tests.logic.decision.planned import attempt, failed
from watchdog.domain.attempt import Result, Verified
from watchdog.domain.policy import Budgets, Policy
from watchdog.logic.decision.breaker import opens

POLICY = Policy()
TWO = [failed(ago(HOUR)), failed(ago(2 * HOUR))]


def test_three_attempts_that_did_not_help_in_a_day_open_it() -> None:
    assert opens(TWO, NOW, POLICY) == ""
    assert opens([*TWO, failed(ago(3 * HOUR))], NOW, POLICY) == (
        "3 attempts within 24 hours did not help"
    )


def test_one_that_failed_a_day_ago_does_not_count() -> None:
    late = failed(ago(24 * HOUR) + timedelta(seconds=1))

    assert opens([*TWO, failed(ago(24 * HOUR))], NOW, POLICY) == ""
    assert opens([*TWO, late], NOW, POLICY)


@pytest.mark.parametrize("result", [Result.REFUSED, Result.FAILED])
def test_one_that_surely_had_no_effect_does_not_count(result: Result) -> None:
    assert opens([*TWO, failed(ago(HOUR), result=result)], NOW, POLICY) == ""


@pytest.mark.parametrize("result", [Result.APPLIED, Result.UNKNOWN, Result.INTENDED])
def test_one_that_may_have_had_an_effect_counts(result: Result) -> None:
    assert opens([*TWO, failed(ago(HOUR), result=result)], NOW, POLICY)


@pytest.mark.parametrize("verified", [Verified.PENDING, Verified.RECOVERED])
def test_one_that_helped_or_is_looked_at_does_not_count(verified: Verified) -> None:
    assert opens([*TWO, attempt(at=ago(HOUR), verified=verified)], NOW, POLICY) == ""


def test_one_without_a_time_of_its_end_counts_by_its_beginning() -> None:
    assert opens([*TWO, failed(ago(HOUR), verified_at=None)], NOW, POLICY)


def test_what_failed_before_a_person_closed_it_does_not_count_again() -> None:
    three = [*TWO, failed(ago(3 * HOUR))]

    assert opens(three, NOW, POLICY, closed_at=ago(3 * HOUR)) == ""
    assert opens(three, NOW, POLICY, closed_at=ago(4 * HOUR))


def test_a_lower_number_opens_it_earlier() -> None:
    assert opens(TWO, NOW, Policy(budgets=Budgets(failures=2)))
