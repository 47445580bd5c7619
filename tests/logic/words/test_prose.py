"""Text of the cluster made harmless; durations as people say them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from watchdog.logic.words.prose import cut, prose, span, stamp


def test_text_of_the_cluster_is_one_line_that_cannot_ping_link_or_end_a_code_block() -> None:
    hostile = "@everyone <@123> <#4>\n```sh [click](https://evil.example/x)\x1b[31m\u202e"

    assert prose(hostile) == (
        "@\u200beveryone <\u200b@123> <\u200b#4> '''sh [click] (evil.example/x)"
    )


def test_an_image_digest_and_a_registry_stay_readable() -> None:
    text = 'Get "https://registry.example.com/v2/": pull api@sha256:0123456789abcdef'

    assert prose(text) == 'Get "registry.example.com/v2/": pull api@sha256:0123456789abcdef'


def test_a_secret_that_came_this_far_is_masked() -> None:
    assert prose("password=hunter22") == "password=<redacted:value#1>"


@given(st.text(alphabet=st.sampled_from("`@<#[](:/ehvrynoxt\n @everyone"), max_size=60))
def test_nothing_harmful_survives(text: str) -> None:
    line = prose(text)

    assert not any(each in line for each in ("`", "](", "://", "@everyone", "@here", "<@", "\n"))


@given(st.text(max_size=40), st.integers(min_value=1, max_value=50))
def test_a_cut_is_never_longer_than_its_limit(text: str, limit: int) -> None:
    assert len(cut(text, limit)) <= limit


def test_a_cut_ends_with_a_whole_word_but_not_for_an_endless_one() -> None:
    assert cut("the registry refuses", 10) == "the…"
    assert cut("the registry refuses", 13) == "the registry…"
    assert cut("the registry refuses", 20) == "the registry refuses"
    assert cut(f"digest {'0' * 60}", 50) == f"digest {'0' * 42}…"
    assert cut("registry", 5) == "regi…"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (42, "42 s"),
        (60, "1 min"),
        (2130, "35 min"),
        (7200, "2 h"),
        (7500, "2 h 5 min"),
        (86400, "1 d"),
        (273600, "3 d 4 h"),
    ],
)
def test_a_span_has_its_two_largest_units(seconds: int, words: str) -> None:
    assert span(timedelta(seconds=seconds)) == words


def test_a_stamp_names_its_zone() -> None:
    assert stamp(NOW) == "2026-11-20 12:00 UTC"
