"""grouped: values by a key."""

from watchdog.domain.grouping import grouped


def test_keys_and_values_keep_the_order_they_came_in() -> None:
    groups = grouped([("web", 3), ("db", 1), ("web", 2)])

    assert list(groups.items()) == [("web", (3, 2)), ("db", (1,))]


def test_nothing_has_no_groups() -> None:
    assert grouped([]) == {}
