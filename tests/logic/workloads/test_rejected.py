"""rejected: workloads an operator cannot write, as events about its custom resource tell."""

from datetime import timedelta

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, event, snapshot
from tests.customs import API, MAIN, WRITER, custom
from watchdog.domain.custom import Carried
from watchdog.domain.objects import corev1
from watchdog.logic.workloads.rejected import rejected

INVALID = (
    'failed to create StatefulSet: StatefulSet.apps "main-tikv" is invalid: '
    'spec.template.spec.tolerations[0].effect: Unsupported value: "EVICT": supported values: '
    '"NoSchedule"'
)


def told(text: str = INVALID, *, age: timedelta = MINUTE, api_version: str = API) -> corev1.Event:
    said = event(custom(), "FailedCreate", text, age=age)
    about = msgspec.structs.replace(
        said.involved_object, api_version=api_version, kind="Db", namespace="shop", name="main"
    )
    return msgspec.structs.replace(said, involved_object=about)


def test_a_template_that_is_invalid_names_workload_and_value() -> None:
    [one] = rejected(snapshot(told()))

    assert (one.writer, one.writer.ref, one.workload) == (WRITER, MAIN, "StatefulSet main-tikv")
    assert one.carried == (Carried(value="EVICT", key="effect"),)


def test_the_newest_event_of_a_custom_resource_counts() -> None:
    older = told(INVALID.replace("EVICT", "OLD"), age=9 * MINUTE)
    [one] = rejected(snapshot(told(), older))

    assert one.carried[0].value == "EVICT"


@pytest.mark.parametrize(
    "said",
    [
        told(age=HOUR),
        told(api_version="apps/v1"),
        told("the operator is busy"),
        told('Db.db.example.com "main" is invalid: spec.mode: Unsupported value: "x"'),
        told('StatefulSet.apps "main" is invalid: spec.selector: Required value'),
    ],
)
def test_old_words_and_words_about_other_things_are_none(said: corev1.Event) -> None:
    assert list(rejected(snapshot(said))) == []
