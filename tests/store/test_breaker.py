"""breaker: open until a person closes it."""

from tests.builders import HOUR, NOW
from watchdog.store import breaker
from watchdog.store.engine import Store


def test_it_is_closed_at_first(store: Store) -> None:
    assert breaker.reason(store) == ""
    assert breaker.last_closed_at(store) is None


def test_it_opens_once_and_stays_open(store: Store) -> None:
    assert breaker.trip(store, "3 attempts did not help", NOW)
    assert not breaker.trip(store, "the self-test failed", NOW + HOUR)

    assert breaker.reason(store) == "3 attempts did not help"


def test_a_person_closes_it_and_that_is_remembered(store: Store) -> None:
    breaker.trip(store, "the self-test failed", NOW)

    breaker.close(store, by="ann", now=NOW + HOUR)
    breaker.close(store, by="bob", now=NOW + 2 * HOUR)

    assert breaker.reason(store) == ""
    assert breaker.last_closed_at(store) == NOW + HOUR


def test_it_opens_again_for_what_comes_later(store: Store) -> None:
    breaker.trip(store, "first", NOW)
    breaker.close(store, by="ann", now=NOW + HOUR)

    assert breaker.trip(store, "second", NOW + 2 * HOUR)
    assert breaker.reason(store) == "second"
