"""Durations, authors and cells of the commands for people."""

from contextlib import suppress
from datetime import timedelta

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchdog.cli.people import Duration, author, cell, when

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30m", 30 * MINUTE),
        ("2h", 120 * MINUTE),
        ("3d", timedelta(days=3)),
        ("1d12h", timedelta(hours=36)),
        ("90s", timedelta(seconds=90)),
        (" 1W ", timedelta(weeks=1)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, span: timedelta) -> None:
    assert Duration().convert(text, None, None) == span


@pytest.mark.parametrize("text", ["", "2", "h", "2 hours", "-2h", "0m", "1.5h", "2h3", "2y"])
def test_all_else_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Duration().convert(text, None, None)


@given(st.text() | st.from_regex(r"([0-9]{1,6}[smhdw])+", fullmatch=True))
def test_no_text_makes_a_duration_of_nothing_or_a_crash(text: str) -> None:
    with suppress(click.BadParameter):
        assert Duration().convert(text, None, None) > timedelta(0)


def test_the_author_has_a_name() -> None:
    assert author()


def test_a_cell_keeps_brackets_and_drops_escapes() -> None:
    assert cell("[red]x\x1b[31m").plain == "[red]x"


def test_a_time_is_shown_to_the_second() -> None:
    assert when("2026-11-20T12:00:05.123456Z") == "2026-11-20 12:00:05 UTC"
