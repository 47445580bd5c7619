"""symptom: what every Finding says in the same way."""

from tests.logic.incident.test_reconcile import CART
from watchdog.domain.objects import metav1
from watchdog.logic.symptom import conditions


def test_the_condition_that_decided_comes_first() -> None:
    fine = metav1.Condition(type="AbleToScale", status="True", reason="Succeeded")
    broken = metav1.Condition(type="ScalingActive", status="False", reason="NoMetrics")

    told = conditions(CART, (fine, broken), broken)

    assert [each.text for each in told] == [
        "ScalingActive=False (NoMetrics):",
        "AbleToScale=True (Succeeded):",
    ]


def test_an_object_without_conditions_tells_nothing() -> None:
    assert conditions(CART, None, None) == ()
