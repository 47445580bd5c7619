"""lease: when a watcher may take it, and what it writes."""

from watchdog.logic.decision.lease import LASTS, Lease, Seen, claimed, is_free, let_go, noted

ME, OTHER = "me", "other"
HELD = Lease(version="7", holder=OTHER, seconds=LASTS, transitions=0)


def test_the_first_sight_is_no_movement() -> None:
    assert noted(None, HELD, 5.0) == Seen(HELD, 5.0)


def test_what_is_unchanged_stays_known_since_it_was_first_seen() -> None:
    first = Seen(HELD, 5.0)

    assert noted(first, HELD, 50.0) is first


def test_a_change_starts_the_watch_anew() -> None:
    renewed = Lease(version="8", holder=OTHER, seconds=LASTS, transitions=0)

    assert noted(Seen(HELD, 5.0), renewed, 50.0) == Seen(renewed, 50.0, moved=True)


def test_what_is_mine_is_free_to_me() -> None:
    assert is_free(Seen(HELD, 5.0), OTHER, 5.0)


def test_a_holder_is_gone_once_it_was_silent_for_the_whole_lease() -> None:
    seen = Seen(HELD, 5.0)

    assert not is_free(seen, ME, 4.9 + LASTS)
    assert is_free(seen, ME, 5.0 + LASTS)


def test_a_holder_that_asks_for_longer_is_left_alone_for_longer() -> None:
    seen = Seen(Lease(version="7", holder=OTHER, seconds=300, transitions=0), 5.0)

    assert not is_free(seen, ME, 5.0 + LASTS)
    assert is_free(seen, ME, 305.0)


def test_what_was_let_go_is_free_at_once() -> None:
    assert is_free(Seen(let_go(HELD), 5.0), ME, 5.0)


def test_what_nobody_ever_held_is_watched_first() -> None:
    seen = Seen(Lease(version="7"), 5.0)

    assert not is_free(seen, ME, 5.0)
    assert is_free(seen, ME, 5.0 + LASTS)


def test_my_name_is_put_over_the_version_that_was_seen() -> None:
    assert claimed(HELD, ME) == Lease(version="7", holder=ME, seconds=LASTS, transitions=1)


def test_a_renewal_is_no_transition() -> None:
    assert claimed(HELD, OTHER) == HELD


def test_the_first_holder_is_no_transition() -> None:
    assert claimed(Lease(version="7"), ME).transitions == 0
