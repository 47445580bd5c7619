"""wrong_values: what a refusal complains about, in the API server's words."""

import pytest

from watchdog.domain.custom import Carried
from watchdog.logic.workloads.wrong_value import wrong_values

TOLERATION = (
    'StatefulSet.apps "main-tidb" is invalid: spec.template.spec.tolerations[0].effect: Unsupported '
    'value: "EVICT": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"'
)
USER = (
    "spec.template.spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and "
    "2147483647, inclusive"
)


@pytest.mark.parametrize(
    ("message", "value", "key"),
    [
        (TOLERATION, "EVICT", "effect"),
        (USER, "-1", "runAsUser"),
        ("spec.hostNetwork: Invalid value: true: no", "true", "hostNetwork"),
        ("spec.tolerations[0]: Invalid value: 3: no", "3", "tolerations"),
        ("no PriorityClass with name gold was found", "gold", "priorityClassName"),
        ('pods "x" is forbidden: RuntimeClass "gvisor" not found', "gvisor", "runtimeClassName"),
    ],
)
def test_the_value_and_its_field_are_named(message: str, value: str, key: str) -> None:
    assert wrong_values(message) == (Carried(value=value, key=key),)


def test_each_value_is_named_once() -> None:
    assert len(wrong_values(f"[{TOLERATION}, {TOLERATION}, {USER}]")) == 2


def test_free_text_names_no_value() -> None:
    assert wrong_values("every container needs a memory limit") == ()


def test_an_object_as_value_names_none() -> None:
    assert (
        wrong_values('spec.selector: Invalid value: {"matchLabels":{}}: field is immutable') == ()
    )
