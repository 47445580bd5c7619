"""Parts of the week: days, midnight, zones and clock changes."""

from datetime import UTC, datetime, time

import pytest

from watchdog.domain.policy import Window
from watchdog.logic.decision.windows import inside

NIGHT = Window(days=(0, 1, 2, 3, 4), start=time(22), end=time(6))
BERLIN = "Europe/Berlin"


def at(day: int, hour: int, minute: int = 0, *, month: int = 11) -> datetime:
    """2026-11-16 is a Monday."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_no_moment_is_inside_of_no_window() -> None:
    assert not inside((), at(16, 12))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(16, 8, 59), False),
        (at(16, 9), True),
        (at(16, 16, 59), True),
        (at(16, 17), False),
        (at(21, 12), False),
    ],
)
def test_a_window_has_its_start_and_not_its_end(moment: datetime, expected: bool) -> None:
    assert inside((Window(days=(0,), start=time(9), end=time(17)),), moment) is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(16, 5), False),  # Sunday's night is none
        (at(16, 21, 59), False),
        (at(16, 22), True),
        (at(17, 5, 59), True),
        (at(17, 6), False),
        (at(21, 5), True),  # Friday's night ends on Saturday
        (at(21, 23), False),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(moment: datetime, expected: bool) -> None:
    assert inside((NIGHT,), moment) is expected


def test_a_window_without_hours_is_the_whole_day() -> None:
    saturday = Window(days=(5,))

    assert inside((saturday,), at(21, 0))
    assert inside((saturday,), at(21, 23, 59))
    assert not inside((saturday,), at(20, 23, 59))
    assert not inside((saturday,), at(22, 0))


def test_one_of_several_windows_is_enough() -> None:
    assert inside((NIGHT, Window(days=(6,))), at(22, 12))


def test_the_hours_are_those_of_the_zone() -> None:
    morning = Window(start=time(9), end=time(10), zone=BERLIN)

    assert inside((morning,), at(16, 8, 30))
    assert inside((morning,), at(16, 7, 30, month=7))
    assert not inside((morning,), at(16, 9, 30))


def test_the_day_is_that_of_the_zone() -> None:
    monday = Window(days=(0,), zone="Asia/Tokyo")

    assert inside((monday,), at(15, 20))
    assert not inside((monday,), at(16, 20))


def test_an_hour_that_the_clock_repeats_is_inside_twice() -> None:
    early = Window(start=time(2), end=time(3), zone=BERLIN)

    hours = [inside((early,), at(25, hour, 30, month=10)) for hour in range(4)]

    assert hours == [True, True, False, False]


def test_an_hour_that_the_clock_leaves_out_is_never_inside() -> None:
    early = Window(start=time(2), end=time(3), zone=BERLIN)

    assert not any(inside((early,), at(29, hour, 30, month=3)) for hour in range(4))
    assert inside((Window(start=time(2), end=time(4), zone=BERLIN),), at(29, 1, 30, month=3))
