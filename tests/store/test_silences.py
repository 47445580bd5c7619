"""Silences: in force from their start to their end."""

import pytest

from tests.builders import HOUR, NOW
from watchdog.domain.errors import Usage
from watchdog.domain.silence import Silence
from watchdog.store import silences
from watchdog.store.engine import Store


def add(store: Store, reason: str = "upgrade") -> Silence:
    return silences.add(store, reason=reason, author="ada", now=NOW, ends_at=NOW + HOUR)


def test_a_silence_comes_back_as_it_was_added(store: Store) -> None:
    matchers = {"incident": "a-1", "check": "c", "fault": "F", "namespace": "ns", "name": "n"}

    added = silences.add(
        store, reason="upgrade", author="ada", now=NOW, ends_at=NOW + HOUR, **matchers
    )

    assert added == Silence(
        id=added.id, reason="upgrade", author="ada", created_at=NOW, ends_at=NOW + HOUR, **matchers
    )
    assert silences.active(store, NOW) == (added,)


def test_a_silence_is_over_at_its_end(store: Store) -> None:
    added = add(store)

    assert silences.active(store, NOW + HOUR) == ()
    assert silences.select(store) == (added,)


def test_the_newest_silence_is_listed_first(store: Store) -> None:
    old, young = add(store), add(store, "again")

    assert silences.select(store) == (young, old)


def test_a_silence_can_be_ended_early(store: Store) -> None:
    added = add(store)

    ended = silences.end(store, added.id, NOW + HOUR / 2)

    assert ended.ends_at == NOW + HOUR / 2
    assert silences.active(store, NOW + HOUR / 2) == ()


def test_ending_a_silence_that_is_over_changes_nothing(store: Store) -> None:
    added = add(store)

    assert silences.end(store, added.id, NOW + 2 * HOUR) == added


def test_an_unknown_silence_cannot_be_ended(store: Store) -> None:
    with pytest.raises(Usage, match="there is no silence 7") as refused:
        silences.end(store, 7, NOW)

    assert "watchdog silence list" in refused.value.hint
