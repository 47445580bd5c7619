"""guard: a model that goes round in circles is stopped, and people are told why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchdog.domain.asking import Reading, Stop
from watchdog.logic.triage.guard import (
    PROMPT_TOKENS,
    READINGS,
    SAME,
    last_prompt,
    may_ask,
    may_read,
    words_of,
)


def reading(what: str = "get Pod/shop/web", text: str = "Running", *, ok: bool = True) -> Reading:
    return Reading(what=what, text=text, ok=ok)


def test_a_fresh_question_may_read() -> None:
    assert may_read(()) is None


def test_the_same_step_that_fails_five_times_ends_it() -> None:
    failures = [reading(text=f"no such pod ({n})", ok=False) for n in range(SAME)]

    assert may_read(failures[:-1]) is None
    assert may_read(failures) is Stop.EXACT_FAILURE


def test_the_same_result_five_times_ends_it() -> None:
    assert may_read([reading()] * (SAME - 1)) is None
    assert may_read([reading()] * SAME) is Stop.NO_PROGRESS


def test_a_result_that_changes_is_progress() -> None:
    assert may_read([reading(text=f"restarts {n}") for n in range(SAME)]) is None


def test_fifteen_readings_are_all_there_are() -> None:
    different = [reading(what=f"get Pod/shop/web-{n}") for n in range(READINGS)]

    assert may_read(different[:-1]) is None
    assert may_read(different) is Stop.CALLS


def test_prompts_beyond_the_limit_are_not_sent() -> None:
    assert may_ask(spent=PROMPT_TOKENS - 10, prompt=10, seconds_left=1) is None
    assert may_ask(spent=PROMPT_TOKENS - 10, prompt=11, seconds_left=1) is Stop.TOKENS


def test_time_that_is_over_ends_it() -> None:
    assert may_ask(spent=0, prompt=1, seconds_left=0) is Stop.TIME


def test_the_model_is_told_to_answer_before_the_last_prompt_is_spent() -> None:
    half = PROMPT_TOKENS // 2

    assert not last_prompt((), spent=0, prompt=half - 50, result=100)
    assert last_prompt((), spent=0, prompt=half - 49, result=100)


def test_the_model_is_told_to_answer_when_no_reading_is_left() -> None:
    assert last_prompt([reading()] * READINGS, spent=0, prompt=1, result=1)


@pytest.mark.parametrize("stop", Stop)
def test_every_stop_has_words(stop: Stop) -> None:
    assert words_of(stop).startswith("stopped: ")


@given(
    st.lists(
        st.builds(
            Reading,
            what=st.sampled_from(["get a", "get b", "list"]),
            text=st.sampled_from(["x", "y"]),
            ok=st.booleans(),
        )
    )
)
def test_whatever_a_model_asks_for_it_never_reads_sixteen_times(wanted: list[Reading]) -> None:
    taken: list[Reading] = []
    for each in wanted:
        if may_read(taken):
            break
        taken.append(each)

    assert len(taken) <= READINGS
    assert all(taken.count(each) <= SAME for each in taken)


@given(st.lists(st.integers(min_value=1, max_value=50_000)))
def test_whatever_prompts_cost_their_sum_stays_within_the_limit(prompts: list[int]) -> None:
    spent = 0
    for prompt in prompts:
        if may_ask(spent=spent, prompt=prompt, seconds_left=1):
            break
        spent += prompt

    assert spent <= PROMPT_TOKENS
