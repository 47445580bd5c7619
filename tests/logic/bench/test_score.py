"""score: what speed, tests, size and abilities come to."""

from dataclasses import replace

import pytest

from watchdog.logic.bench.score import (
    Label,
    Marks,
    Pace,
    label,
    rate_of,
    score,
    unlocked,
)

BEST = Marks(
    passed=6,
    advanced=7,
    rate=80.0,
    size=13.0,
    tools=True,
    vision=True,
    specialised=False,
    short_context=False,
    slow_greeting=False,
)


def test_the_best_there_can_be_is_0_90() -> None:
    assert score(BEST) == 0.9


def test_a_model_that_can_nothing_has_nothing() -> None:
    nothing = replace(BEST, passed=0, advanced=0, rate=None, size=None, tools=False, vision=False)

    assert score(nothing) == 0


@pytest.mark.parametrize(
    ("change", "cost"),
    [
        ({"passed": 5}, 0.4 / 6),
        ({"rate": 20.0}, 0.075),
        ({"advanced": 0}, 0.25),
        ({"size": None}, 0.05),
        ({"tools": False}, 0.035),
        ({"vision": False}, 0.015),
        ({"specialised": True}, 0.15),
        ({"short_context": True}, 0.05),
        ({"slow_greeting": True}, 0.05),
        ({"passed": 4}, 0.8 / 6 + 0.25),  # the hard tier was never open
    ],
)
def test_every_part_has_its_weight(change: dict[str, object], cost: float) -> None:
    assert score(replace(BEST, **change)) == pytest.approx(0.9 - cost, abs=0.001)  # type: ignore[arg-type]


def test_the_hard_tier_opens_at_five_of_six() -> None:
    assert unlocked(5)
    assert not unlocked(4)


@pytest.mark.parametrize(
    ("rate", "word"),
    [
        (30.0, Label.FAST),
        (29.9, Label.GOOD),
        (15.0, Label.GOOD),
        (6.0, Label.USABLE),
        (5.9, Label.SLOW),
        (None, Label.UNKNOWN),
    ],
)
def test_a_rate_has_a_word(rate: float | None, word: Label) -> None:
    assert label(rate) is word


def test_the_rate_is_counted_from_the_first_token_to_the_last() -> None:
    assert Pace(first=1.0, last=3.0, tokens=21).rate == 10
    assert Pace(first=1.0, last=1.0, tokens=21).rate is None
    assert Pace(first=1.0, last=3.0, tokens=1).rate is None


def test_passes_that_could_not_be_measured_are_left_out_of_the_average() -> None:
    fast, slow = Pace(first=0, last=1, tokens=21), Pace(first=0, last=1, tokens=11)
    once = Pace(first=1, last=1, tokens=9)

    assert rate_of([fast, slow, once]) == 15
    assert rate_of([once]) is None
