"""How durations and addresses are written."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchdog.config.binds import Bind, parse_bind
from watchdog.config.values import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("24h", timedelta(hours=24)),
        ("1d12h", timedelta(hours=36)),
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
    ],
)
def test_a_duration_has_units(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span


@pytest.mark.parametrize("text", [24, "24", "h", "", "1w", "-1h", "1.5h", None, "9" * 30 + "d"])
def test_anything_else_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="expected a"):
        parse_duration(text)


@given(st.integers(0, 10**9))
def test_a_duration_is_read_as_it_was_written(seconds: int) -> None:
    span = timedelta(seconds=seconds)

    assert parse_duration(format_duration(span)) == span


@pytest.mark.parametrize(
    ("text", "bind", "loopback"),
    [
        ("127.0.0.1:8642", Bind("127.0.0.1", 8642), True),
        ("127.1.2.3:1", Bind("127.1.2.3", 1), True),
        ("localhost:0", Bind("localhost", 0), True),
        ("[::1]:9119", Bind("::1", 9119), True),
        ("0.0.0.0:9119", Bind("0.0.0.0", 9119), False),
        ("[::]:9119", Bind("::", 9119), False),
        ("localhost.evil.example:80", Bind("localhost.evil.example", 80), False),
    ],
)
def test_an_address_knows_whether_others_reach_it(text: str, bind: Bind, loopback: bool) -> None:
    parsed = parse_bind(text)

    assert (parsed, parsed.loopback, str(parsed)) == (bind, loopback, text)


@pytest.mark.parametrize(
    "text", [":9119", "127.0.0.1", "127.0.0.1:", "a:b", "h:65536", "http://h:1", "::1:80", 8642]
)
def test_anything_else_is_no_address(text: object) -> None:
    with pytest.raises(ValueError, match="expected an address and a port"):
        parse_bind(text)
