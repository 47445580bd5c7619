"""patterns: which of Go's patterns are evaluated."""

import pytest

from watchdog.logic.network.patterns import compiled


@pytest.mark.parametrize(
    "pattern",
    [
        r"^(.*\.)?shop\.svc\.cluster\.local\.$",
        r"^([a-z0-9-]+\.)+internal\.$",
        r"^(?P<name>[^.]+)\.(dev|test)\.svc\.$",
        r"(ab)+\.org",
    ],
)
def test_a_plain_pattern_is_evaluated(pattern: str) -> None:
    assert compiled(pattern) is not None


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$",
        r"(a|aa)+$",
        r"((a)b*)*c",
        r"(a*){2,}",
        r".*.*.*.*.*x",
        "a" * 300,
        r"[[:alpha:]]+",
        r"\pL+",
        r"(?U)a+",
        r"(unclosed",
        r"x{99999999999}",
    ],
)
def test_what_is_costly_or_means_something_else_is_not(pattern: str) -> None:
    assert compiled(pattern) is None
