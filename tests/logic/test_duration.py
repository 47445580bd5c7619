"""duration: what Go writes, and what it does not."""

from datetime import timedelta

import pytest

from watchdog.logic.duration import duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1h30m", 5400), ("90s", 90), ("1h0m0s", 3600), ("1.5h", 5400), ("0", 0), ("0s", 0)],
)
def test_a_duration_is_read(text: str, seconds: int) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "soon", "1d", "5", "1h x"])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert duration(text) is None
