"""The daily budget of the model path."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.builders import NOW
from tests.logic.triage.calls import called
from watchdog.logic.triage.budget import Limits, day_start, spent


def test_without_limits_nothing_is_ever_spent() -> None:
    assert spent([called(tokens=(10**9, 10**9), usd=10**6)], Limits()) == ""


@pytest.mark.parametrize(("limit", "is_spent"), [(300, True), (301, False)])
def test_tokens_in_and_out_count_over_the_whole_day(limit: int, is_spent: bool) -> None:
    today = [called(tokens=(100, 50)), called(tokens=(100, 50))]

    assert bool(spent(today, Limits(tokens=limit))) is is_spent


@pytest.mark.parametrize(("limit", "is_spent"), [(0.3, True), (0.31, False)])
def test_dollars_count_where_somebody_names_them(limit: float, is_spent: bool) -> None:
    today = [called(usd=0.1), called(usd=None), called(usd=0.2)]

    assert bool(spent(today, Limits(usd=limit))) is is_spent


@pytest.mark.parametrize("tokens", [None, (100, None), (None, 100)])
def test_a_question_nobody_counted_is_not_free(tokens: tuple[int, int] | None) -> None:
    today = [called(tokens=tokens, requests=2)]

    assert spent(today, Limits(tokens=10_000, assumed=5_000))
    assert not spent(today, Limits(tokens=10_001, assumed=5_000))


def test_a_question_that_was_never_sent_is_free() -> None:
    assert not spent([called(tokens=None, requests=0)], Limits(tokens=1))


def test_a_budget_of_nothing_is_always_spent() -> None:
    assert spent([], Limits(tokens=0)) == "0 of 0 tokens a day are spent"


def test_the_day_is_that_of_the_operator() -> None:
    before_midnight = NOW.replace(hour=23, minute=30)

    start = day_start(before_midnight, ZoneInfo("Europe/Berlin"))

    assert timedelta(0) < before_midnight - start < timedelta(hours=1)
