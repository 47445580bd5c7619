"""The boundary alone: every kind of secret goes in every dress, and what decides stays."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.recorded import PATHS
from tests.secrets.dresses import dressed
from tests.secrets.kinds import EVERY, Kind, draw
from watchdog.logic.redact import clean, redact

CLUSTERS = sorted(PATHS.values())
AROUND = st.lists(
    st.sampled_from(
        ['FATAL: password authentication failed for user "shop"', 'secret "db" not found', "{", "",
         "E1121 10:00:00 main.go:7]", "token:", "data:", "https://x/y?z=", "é🔴", "env:", "\\", "'", '"a"', "%20", "=="]
    ),
    max_size=4,
)  # fmt: skip


def test_the_catalogue_has_more_kinds_than_anyone_asks_for() -> None:
    assert len({kind.name for kind in EVERY}) == len(EVERY) >= 150


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.name.replace(" ", "-"))
def test_every_kind_goes_in_every_dress(kind: Kind) -> None:
    canary = draw(kind, Random(kind.name))

    leaking = {
        dress: shown
        for dress, text in dressed(canary).items()
        if canary.leaks_into(shown := redact(clean(text)))
    }

    assert leaking == {}


@given(before=AROUND, kind=st.sampled_from(EVERY), seed=st.integers(0, 10**6), after=AROUND)
def test_no_kind_survives_whatever_stands_around_it(
    before: list[str], kind: Kind, seed: int, after: list[str]
) -> None:
    canary = draw(kind, Random(seed))
    dress, text = Random(seed).choice(sorted(dressed(canary).items()))

    shown = redact(clean("\n".join([*before, text, *after])))

    assert not canary.leaks_into(shown), dress


@given(kind=st.sampled_from(EVERY), seed=st.integers(0, 10**6))
def test_what_is_redacted_stays_as_it_is(kind: Kind, seed: int) -> None:
    texts = dressed(draw(kind, Random(seed))).values()
    once = redact(clean("\n".join(texts)))

    assert redact(once) == once


def test_nothing_in_recorded_clusters_looks_like_a_secret() -> None:
    masked = {
        text: redact(text) for file in CLUSTERS for text in _texts(file) if redact(text) != text
    }

    assert masked == {}


def _texts(file: Path) -> set[str]:
    """Every text of a recorded cluster: names, images, labels, messages, statuses."""
    return set(_leaves(json.loads(gzip.decompress(file.read_bytes()))))


def _leaves(value: object) -> Iterator[str]:
    match value:
        case dict():
            for each in value.values():
                yield from _leaves(each)
        case list():
            for each in value:
                yield from _leaves(each)
        case str():
            yield clean(value)
        case _:  # a number, a switch
            return
