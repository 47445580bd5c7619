"""Log lines: JSON away from a terminal, context in every line, no secret in any."""

import io
import json
import logging
import warnings
from collections.abc import Iterator

import pytest
import structlog

from watchdog import log

OWN = "correct-horse-battery"
LIBRARY = logging.root.getChild("some.library")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.root
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def stream() -> io.StringIO:
    stream = io.StringIO()
    log.configure(json=False, level="info", secrets=(OWN,), stream=stream)
    return stream


def test_a_line_is_json_where_there_is_no_terminal(stream: io.StringIO) -> None:
    structlog.get_logger().info("incident opened", check="oom", count=2)

    [line] = lines(stream)
    assert line.pop("timestamp")
    assert line == {"event": "incident opened", "level": "info", "check": "oom", "count": 2}


def test_a_line_is_text_on_a_terminal_and_json_when_asked() -> None:
    for asked, first in ((False, "2"), (True, "{")):
        terminal = Terminal()
        log.configure(json=asked, level="info", colors=False, stream=terminal)
        structlog.get_logger().info("tick")

        assert terminal.getvalue().startswith(first)
        assert "\x1b" not in terminal.getvalue()


def test_colour_is_for_terminals() -> None:
    terminal = Terminal()
    log.configure(json=False, level="info", stream=terminal)
    structlog.get_logger().info("tick")

    assert "\x1b[" in terminal.getvalue()


def test_what_is_bound_once_is_in_every_line(stream: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(run_id="r1", job="j", incident="1a2b3c4d-1"):
        structlog.get_logger().info("tick")

    [line] = lines(stream)
    assert (line["run_id"], line["job"], line["incident"]) == ("r1", "j", "1a2b3c4d-1")


def test_lines_below_the_level_are_left_out(stream: io.StringIO) -> None:
    structlog.get_logger().debug("quiet")

    assert lines(stream) == []


@pytest.mark.parametrize(
    "value",
    [
        OWN,
        f"GET https://me:{OWN}@host/ failed",
        {"deep": [f"token={OWN}"]},
        ValueError(f"refused {OWN}"),
        (f"password: {OWN}",),
    ],
)
def test_no_secret_is_in_any_value(value: object, stream: io.StringIO) -> None:
    structlog.get_logger().info(f"tried {OWN}", value=value)

    assert OWN not in stream.getvalue()
    assert len(lines(stream)) == 1


def test_a_value_under_a_telling_key_is_a_secret(stream: io.StringIO) -> None:
    structlog.get_logger().info("signed in", token="swordfish", check="oom")

    [line] = lines(stream)
    assert "swordfish" not in stream.getvalue()
    assert line["check"] == "oom"


def fail() -> None:
    raise RuntimeError(f"https://me:{OWN}@host/ did not answer")


def test_a_traceback_is_logged_without_its_secret(stream: io.StringIO) -> None:
    try:
        fail()
    except RuntimeError:
        structlog.get_logger().exception("loop failed")

    [line] = lines(stream)
    assert "RuntimeError" in str(line["exception"])
    assert OWN not in stream.getvalue()


def test_libraries_come_out_the_same_way_from_warnings_on(stream: io.StringIO) -> None:
    LIBRARY.info("chatter")
    LIBRARY.warning("failed with %s", OWN)

    [line] = lines(stream)
    assert (line["logger"], line["level"]) == ("some.library", "warning")
    assert OWN not in stream.getvalue()


def test_a_librarys_traceback_is_logged_without_its_secret(stream: io.StringIO) -> None:
    try:
        fail()
    except RuntimeError:
        LIBRARY.exception("broke")

    [line] = lines(stream)
    assert "RuntimeError" in str(line["exception"])
    assert OWN not in stream.getvalue()


def test_pythons_warnings_are_lines_too(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", stacklevel=1)

    [line] = lines(stream)
    assert line["logger"] == "py.warnings"
