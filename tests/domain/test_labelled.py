"""Labelled: what a selector takes, without a look at everything."""

from watchdog.domain.labelled import Labelled

FOUND = Labelled(
    [
        ("shop", {"app": "web", "tier": "front"}, "second"),
        ("shop", {"app": "web"}, "first"),
        ("shop", {"app": "db"}, "other"),
        ("test", {"app": "web"}, "elsewhere"),
        ("test", {}, "bare"),
    ]
)


def test_a_selector_takes_what_has_its_labels_in_the_order_given() -> None:
    assert FOUND.taken("shop", {"app": "web"}) == ("second", "first")


def test_every_label_of_a_selector_counts() -> None:
    assert FOUND.taken("shop", {"app": "web", "tier": "front"}) == ("second",)
    assert FOUND.taken("shop", {"app": "db", "tier": "front"}) == ()


def test_a_label_nobody_has_takes_nothing() -> None:
    assert FOUND.taken("shop", {"app": "web", "team": "blue"}) == ()


def test_an_empty_selector_takes_nothing() -> None:
    assert FOUND.taken("test", {}) == ()
