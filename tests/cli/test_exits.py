"""Which error leads to which exit code, and which of several wins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchdog.cli.exits import CommandFailed, ExitCode, exit_code_of, hint_of, worst
from watchdog.domain.errors import (
    Absent,
    Forbidden,
    Misconfigured,
    Permanent,
    StoreFailed,
    Transient,
    Usage,
    WatchdogError,
)

IN_ORDER = [3, 4, 6, 5, 1, 0]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Usage("x"), 2),
        (Misconfigured("x"), 3),
        (StoreFailed("x"), 3),
        (Transient("x"), 4),
        (Permanent("x"), 4),
        (Forbidden("x"), 4),
        (Absent("x"), 4),
        (CommandFailed("x", exit_code=ExitCode.DELIVERY), 6),
    ],
)
def test_every_kind_of_error_has_its_code(error: WatchdogError, code: int) -> None:
    assert exit_code_of(error) == code


def test_an_error_keeps_its_own_hint() -> None:
    assert hint_of(Misconfigured("x", hint="do this")) == "do this"


@pytest.mark.parametrize("code", [2, 3, 4, 5, 6, 70])
def test_an_error_without_a_hint_gets_one(code: int) -> None:
    assert hint_of(CommandFailed("x", exit_code=ExitCode(code)))


@given(st.sets(st.sampled_from([ExitCode(code) for code in IN_ORDER])))
def test_the_most_severe_code_wins(codes: set[ExitCode]) -> None:
    first = next((code for code in IN_ORDER if code in codes), 0)

    assert worst(codes) == first
