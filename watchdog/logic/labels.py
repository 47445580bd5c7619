"""Label selectors and node selectors. Source: the API reference, LabelSelector and NodeSelector."""

from collections.abc import Mapping

from watchdog.domain.objects import corev1, metav1, placementv1


def selects(selector: metav1.LabelSelector | None, labels: Mapping[str, str]) -> bool:
    """Whether a label selector takes an object; None takes nothing, an empty one everything."""
    if selector is None:
        return False
    wanted = selector.match_labels or {}
    exact = all(labels.get(key) == value for key, value in wanted.items())
    return exact and all(meets(each, labels) for each in selector.match_expressions or ())


def meets(requirement: metav1.LabelRequirement, labels: Mapping[str, str]) -> bool:
    """Whether labels meet one expression; an unknown operator is met by none."""
    value, values = labels.get(requirement.key), requirement.values or ()
    match requirement.operator:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt" if value is not None and values:
            return _compares(requirement.operator, value, values[0])
        case _:
            return False


def _compares(operator: str, value: str, bound: str) -> bool:
    try:
        return int(value) > int(bound) if operator == "Gt" else int(value) < int(bound)
    except ValueError:
        return False


def admits(selector: placementv1.NodeSelector | None, node: corev1.Node) -> bool:
    """Whether a node selector takes a node: terms are ORed, the expressions of a term ANDed."""
    if selector is None:
        return True
    fields = {"metadata.name": node.name}
    return any(
        all(meets(each, node.labels) for each in term.match_expressions)
        and all(meets(each, fields) for each in term.match_fields)
        for term in selector.node_selector_terms
        if term.match_expressions or term.match_fields
    )
