"""symptom: what every Finding says in the same way."""

from tests.logic.incident.test_reconcile import CART
from watchdog.domain.objects import metav1
from watchdog.logic.symptom import conditions, quoted, shorten, still_serve


def test_the_condition_that_decided_comes_first() -> None:
    fine = metav1.Condition(type="AbleToScale", status="True", reason="Succeeded")
    broken = metav1.Condition(type="ScalingActive", status="False", reason="NoMetrics")

    told = conditions(CART, (fine, broken), broken)

    assert [each.text for each in told] == [
        "ScalingActive=False (NoMetrics)",
        "AbleToScale=True (Succeeded)",
    ]


def test_an_object_without_conditions_tells_nothing() -> None:
    assert conditions(CART, None, None) == ()


def test_one_is_told_in_the_singular() -> None:
    assert still_serve(1) == "1 pod of an earlier revision still serves."
    assert still_serve(2) == "2 pods of an earlier revision still serve."


def test_the_last_line_of_a_log_is_quoted_as_a_sentence() -> None:
    assert quoted("It says", ("first", "panic: x")) == "It says: panic: x. "
    assert quoted("It says", ()) == ""


def test_foreign_text_is_cut_between_two_words() -> None:
    assert shorten("one two three", 9) == "one two…"
    assert shorten("one\ntwo", 7) == "one two"


def test_one_endless_word_is_cut_all_the_same() -> None:
    assert shorten("x" * 20, 9) == "x" * 8 + "…"
