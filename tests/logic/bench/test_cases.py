"""cases: what was found in a recorded cluster, held against what is true of it."""

from dataclasses import replace

import pytest

from tests.logic.incidents import API, BROKEN
from watchdog.domain.case import Case, Cause
from watchdog.domain.evidence import Explanation
from watchdog.domain.incident import Status
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.logic.bench.cases import has_fact, judge

TOLD = replace(
    BROKEN,
    status=Status.OPEN,
    title="Deployment/shop/api does not start",
    explanation=Explanation("The image shop/api:2.0 is gone."),
)
OTHER = replace(TOLD, fingerprint="f" * 64, subjects=(Ref("Node", "", "w-9"),), reason="NodeDown")
CAUSE = Cause(
    kind=API.kind, namespace=API.namespace, name="ap.", reasons=(TOLD.reason,), fact=r"api:2\.0"
)
CASE = Case(name="x", title="", causes=(CAUSE,))


def test_a_cause_that_is_named_and_explained_passes() -> None:
    found = judge(CASE, [TOLD])

    assert (found.recall, found.precision, found.told, found.passed) == (1, 1, True, True)
    assert found.named == ((CAUSE, TOLD),)


@pytest.mark.parametrize(
    "cause",
    [
        replace(CAUSE, kind="Secret"),
        replace(CAUSE, namespace="other"),
        replace(CAUSE, name="ap"),
        replace(CAUSE, reasons=("Else",)),
    ],
)
def test_another_kind_place_name_or_reason_is_another_cause(cause: Cause) -> None:
    found = judge(replace(CASE, causes=(cause,)), [TOLD])

    assert (found.recall, found.precision, found.told, found.passed) == (0, 0, False, False)


def test_what_nobody_would_be_told_was_not_found() -> None:
    info, past = replace(TOLD, severity=Severity.INFO), replace(TOLD, status=Status.RESOLVED)

    assert judge(CASE, [info, past]).recall == 0


def test_what_is_said_besides_costs_precision_unless_it_is_allowed() -> None:
    allowed = Cause(kind="Node", name="w-.*", reasons=("NodeDown",), fact="")

    assert judge(CASE, [TOLD, OTHER]).precision == 0.5
    assert not judge(CASE, [TOLD, OTHER]).passed
    assert judge(replace(CASE, also_ok=(allowed,)), [TOLD, OTHER]).precision == 1


def test_silence_is_right_where_nothing_is_wrong() -> None:
    quiet = Case(name="quiet", title="")

    assert judge(quiet, []).passed
    assert (judge(quiet, [OTHER]).recall, judge(quiet, [OTHER]).precision) == (1, 0)


def test_a_cause_without_the_fact_that_decides_is_not_explained() -> None:
    vague = replace(TOLD, explanation=Explanation("Something is broken."))

    found = judge(CASE, [vague])

    assert (found.recall, found.told, found.passed) == (1, False, False)


def test_the_words_of_a_model_are_not_those_of_the_rules() -> None:
    lucky = replace(TOLD, explanation=Explanation("api:2.0", "llm", 0.9, rules="Broken."))

    assert not judge(CASE, [lucky]).told
    assert has_fact(lucky.explanation.text, CAUSE)
