"""doctor: what is said of custom resources; the rest is tested through the command."""

from tests.customs import DBS, custom
from watchdog.app.doctor import State, custom_lines
from watchdog.domain.snapshot import Missing


def test_a_kind_that_may_not_be_listed_is_a_note_with_a_hint() -> None:
    [line] = custom_lines({DBS: Missing("forbidden", "cannot list it")})

    assert line.state is State.NOTE
    assert line.text == f"custom resources {DBS} are not judged: forbidden"
    assert "grant get and list" in line.hint


def test_a_kind_that_was_listed_needs_no_line() -> None:
    assert list(custom_lines({DBS: (custom(),)})) == []
