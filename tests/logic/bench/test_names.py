"""names: what the name of a model tells, and which of many are tried."""

import pytest

from watchdog.logic.bench.names import (
    Bucket,
    bucket,
    candidates,
    mute,
    offers,
    sees,
    size_bonus,
    size_of,
    specialised,
)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("qwen-3.6:27b", 27),
        ("phi3.5:3.8b-mini", 3.8),
        ("Qwen2.5-7B-Instruct", 7),
        ("mixtral-8x7b", 56),
        ("qwen3-30b-a3b", 30),
        ("gemma-3n-e4b", 4),
        ("smollm2:360m", 0.36),
        ("gpt-oss-120b", 120),
        ("qwen-turbo-1m", None),
        ("claude-4.5-haiku", None),
        ("llama-3.1-128k", None),
        ("a3b-preview", None),
    ],
)
def test_the_size_stands_in_the_name_or_is_unknown(name: str, size: float | None) -> None:
    assert size_of(name) == size


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        (None, Bucket.UNKNOWN),
        (4.9, Bucket.SMALL),
        (5, Bucket.MIDDLE),
        (13, Bucket.MIDDLE),
        (14, Bucket.LARGE),
    ],
)
def test_every_size_has_a_bucket(size: float | None, wanted: Bucket) -> None:
    assert bucket(size) is wanted


def test_the_bonus_for_size_is_highest_at_13_billion_and_never_a_penalty() -> None:
    assert size_bonus(13) == pytest.approx(0.05)
    assert size_bonus(26) == pytest.approx(size_bonus(6.5))
    assert size_bonus(7) > size_bonus(3) > 0
    assert (size_bonus(1), size_bonus(400), size_bonus(None)) == (0, 0, 0)


@pytest.mark.parametrize("name", ["nomic-embed-text", "bge-m3", "whisper-1", "tts-1", "dall-e-3"])
def test_what_gives_no_words_is_mute_and_specialised(name: str) -> None:
    assert mute(name)
    assert specialised(name)


@pytest.mark.parametrize("name", ["qwen2.5-coder:7b", "llama-guard-3", "deepseek-math-7b"])
def test_what_was_made_for_something_else_is_specialised(name: str) -> None:
    assert specialised(name)
    assert not mute(name)


@pytest.mark.parametrize("name", ["qwen3:8b", "gemini-3-flash", "medium-1", "claude-4.5-haiku"])
def test_what_converses_is_neither(name: str) -> None:
    assert not specialised(name)


def test_a_name_may_say_that_the_model_sees() -> None:
    assert sees("qwen2.5-vl:7b")
    assert not sees("vllm-qwen:7b")


def test_of_each_bucket_one_is_tried() -> None:
    offered = ["a:3b", "b:4b", "c:8b", "d:12b", "e:70b", "f:27b", "g", "h", "embed:1b", "x/*"]

    assert candidates(offered, ()) == ("b:4b", "d:12b", "f:27b", "g")


def test_empty_buckets_leave_room_for_the_best_of_the_rest() -> None:
    assert candidates(["e:70b", "f:27b", "g:14b"], ()) == ("g:14b", "f:27b", "e:70b")


def test_those_of_the_settings_come_first_in_their_bucket() -> None:
    assert candidates(["c:8b", "d:12b", "e:70b"], ("c:8b",))[0] == "c:8b"


def test_a_specialised_one_is_tried_only_where_there_is_no_other() -> None:
    assert candidates(["coder:12b", "c:7b"], ())[0] == "c:7b"


def test_a_proxy_offers_what_it_names_and_what_a_star_stands_for() -> None:
    assert offers(["small"], "small")
    assert offers(["openai/*"], "openai/gpt-5")
    assert not offers(["openai/*", "sm[a]ll"], "small")
