"""What a sentence names, and whether its brief names it too."""

from dataclasses import replace

import pytest

from tests.logic.triage.told import BRIEF
from watchdog.logic.triage.vocabulary import Vocabulary

HOSTED = replace(BRIEF, headline="image ghcr.io/example/api:1.4 does not exist, pod web is down")


@pytest.mark.parametrize(
    "sentence",
    [
        "The image ghcr.io/example/api:1.4 does not exist.",
        "It wants image ghcr.io/example/api:1.4.",
        "The host postgres.db.svc does not answer.",
        "The pod web, which is down, waits.",
    ],
)
def test_a_name_after_its_kind_is_read_to_its_end(sentence: str) -> None:
    assert Vocabulary(HOSTED).unknown(sentence) == ""


@pytest.mark.parametrize(
    ("sentence", "stranger"),
    [
        ("The pod billing is down.", "billing"),
        ("It is the pod billing.", "billing"),
        ("It is the pod billing; it waits.", "billing"),
        ("The image ghcr.io/example/other does not exist.", "ghcr.io/example/other"),
    ],
)
def test_a_name_that_was_not_told_is_found_after_its_kind(sentence: str, stranger: str) -> None:
    assert Vocabulary(HOSTED).unknown(sentence) == stranger
