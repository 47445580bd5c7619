"""Selectors as the API reference defines them."""

import pytest

from tests.builders import node
from watchdog.domain.objects import metav1, placementv1
from watchdog.logic.labels import admits, meets, selects


@pytest.mark.parametrize(
    ("operator", "values", "met"),
    [
        ("In", ("a", "b"), True),
        ("In", ("c",), False),
        ("NotIn", ("c",), True),
        ("NotIn", ("a",), False),
        ("Exists", None, True),
        ("DoesNotExist", None, False),
        ("Gt", ("1",), False),
        ("Unheard", ("a",), False),
    ],
)
def test_an_expression_is_met_by_its_operator(
    operator: str, values: tuple[str, ...] | None, met: bool
) -> None:
    wanted = metav1.LabelRequirement(key="k", operator=operator, values=values)

    assert meets(wanted, {"k": "a"}) is met


def test_numbers_are_compared_as_numbers() -> None:
    more = metav1.LabelRequirement(key="k", operator="Gt", values=("9",))
    less = metav1.LabelRequirement(key="k", operator="Lt", values=("9",))

    assert meets(more, {"k": "10"})
    assert not meets(less, {"k": "10"})
    assert not meets(more, {})


def test_no_selector_takes_nothing_and_an_empty_one_everything() -> None:
    assert not selects(None, {"a": "b"})
    assert selects(metav1.LabelSelector(), {"a": "b"})


def test_labels_and_expressions_of_a_selector_are_anded() -> None:
    exists = metav1.LabelRequirement(key="b", operator="Exists")
    both = metav1.LabelSelector(match_labels={"a": "1"}, match_expressions=(exists,))

    assert selects(both, {"a": "1", "b": ""})
    assert not selects(both, {"a": "1"})
    assert not selects(both, {"b": ""})


def test_the_terms_of_a_node_selector_are_ored_and_an_empty_term_takes_nothing() -> None:
    named = metav1.LabelRequirement(key="metadata.name", operator="In", values=("w-1",))
    by_name = placementv1.NodeSelectorTerm(match_fields=(named,))
    other = placementv1.NodeSelectorTerm(
        match_expressions=(metav1.LabelRequirement(key="none", operator="Exists"),)
    )

    assert admits(placementv1.NodeSelector(node_selector_terms=(other, by_name)), node("w-1"))
    assert not admits(placementv1.NodeSelector(node_selector_terms=(other,)), node("w-1"))
    assert not admits(
        placementv1.NodeSelector(node_selector_terms=(placementv1.NodeSelectorTerm(),)), node("w-1")
    )
    assert admits(None, node("w-1"))
