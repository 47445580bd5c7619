"""How much a text takes, and what is left of one that takes too much."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchdog.logic.triage.tokens import collapse, cut_short, estimate, trim


@pytest.mark.parametrize(
    ("text", "counted"),  # by cl100k and by Qwen2.5, the larger of the two
    [
        ("The quick brown fox jumps over the lazy dog.", 10),
        ("2026-11-20T12:00:00Z", 20),
        ("3f2b8c1e-9d4a-4f6b-8e2d-1a2b3c4d5e6f", 30),
        ('dial tcp 10.96.0.10:53: connect: connection refused "x"', 25),
        ("CrashLoopBackOff", 5),
        ("ü", 1),
        ("日本", 2),
        ("\n\n\t", 2),
        ("", 0),
    ],
)
def test_an_estimate_is_not_below_what_tokenizers_count(text: str, counted: int) -> None:
    assert counted <= estimate(text) <= counted * 2 + 6


@settings(deadline=None)
@given(st.text())
def test_no_text_needs_more_tokens_than_bytes(text: str) -> None:
    assert len(text) / 25 <= estimate(text) <= len(text.encode(errors="surrogatepass"))


@settings(deadline=None)
@given(st.text(), st.integers(0, 40), st.booleans())
def test_a_trimmed_text_never_takes_more_than_its_room(text: str, room: int, end: bool) -> None:
    assert estimate(trim(text, room, end=end)) <= room


def test_a_status_keeps_its_start() -> None:
    assert trim("first words and then some more of them", 8) == "first words and…"


def test_a_log_keeps_its_end() -> None:
    assert trim("some words long before the last ones", 8, end=True) == "… the last ones"


def test_a_text_that_fits_stays_as_it_is() -> None:
    assert trim("short", 8) == "short"


@pytest.mark.parametrize("end", [True, False])
def test_no_room_leaves_nothing(end: bool) -> None:
    assert trim("a word", 1, end=end) == ""


def test_lines_that_differ_in_numbers_alone_are_said_once_and_counted() -> None:
    log = "start\n" + "\n".join(f"retry {n} of 50" for n in range(1, 50)) + "\nend"

    assert collapse(log) == "start\nretry 1 of 50 … 49 times\nend"


def test_empty_lines_are_not_counted() -> None:
    assert collapse("a\n\n\nb") == "a\n\nb"


@pytest.mark.parametrize(
    ("sent", "counted"),
    [
        (6500, 4096),  # the whole window, as an older Ollama cuts
        (7000, 2050),  # half of a window of 4096, and the first tokens that are kept
        (7000, 4098),
        (3600, 1100),
    ],
)
def test_a_window_that_is_full_or_far_too_few_tokens_are_a_prompt_cut_short(
    sent: int, counted: int
) -> None:
    assert cut_short(sent, counted)


@pytest.mark.parametrize(
    ("sent", "counted"),
    [
        (7000, None),  # nobody counted
        (7000, 100),  # no window is as small: the rest was read before, or is not counted
        (7000, 3300),  # English takes half of what is estimated
        (4000, 4096),
        (4096, 4096),
    ],
)
def test_a_count_that_a_whole_prompt_may_have_is_no_cut(sent: int, counted: int | None) -> None:
    assert not cut_short(sent, counted)
