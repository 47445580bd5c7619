"""stalled: which custom resources do not get on, and whose work they are."""

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, ago, container, deployment, replicaset, snapshot, template
from tests.customs import custom, definition, said
from tests.logic.roles import bind_all, cluster_role, rule, subject
from watchdog.domain.objects import customv1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.logic.workloads.stalled import (
    Sign,
    controller_of,
    lost_variables,
    plural_of,
    sign,
)

OPERATOR = Ref("Deployment", "ops", "db-operator")
SEEN = snapshot()


def of(item: customv1.CustomResource, *, childless: bool = False) -> Sign | None:
    return sign(SEEN, item, childless=childless)


def text(item: customv1.CustomResource, *, childless: bool = False) -> str:
    found = of(item, childless=childless)
    assert found is not None
    return found.text


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (said("Ready", "False", reason="NoDisk"), "Ready is False (NoDisk)"),
        (said("Available", "False"), "Available is False"),
        (said("Stalled", "True"), "Stalled is True"),
    ],
)
def test_a_condition_says_that_it_fails(condition: metav1.Condition, expected: str) -> None:
    found = of(custom(conditions=(condition,)))

    assert found is not None
    assert (found.text, found.since, found.idle) == (expected, ago(HOUR), False)


def test_a_condition_without_a_time_is_as_old_as_the_object() -> None:
    found = of(custom(age=3 * HOUR, conditions=(metav1.Condition(type="Ready", status="False"),)))

    assert found is not None
    assert found.since == ago(3 * HOUR)


@pytest.mark.parametrize(
    "conditions",
    [
        (said("Ready", "True"),),
        (said("Ready", "Unknown"),),
        (said("Stalled", "False"),),
        (said("Ready", "False"), said("Reconciling", "True", age=MINUTE)),
        (said("Ready", "False"), said("Progressing", "True", age=MINUTE)),
        (said("Paused", "False"),),
    ],
)
def test_what_is_ready_on_its_way_or_not_known_is_no_fault(
    conditions: tuple[metav1.Condition, ...],
) -> None:
    assert of(custom(conditions=conditions)) is None


@pytest.mark.parametrize(
    "moving",
    [
        said("Reconciling", "True", age=HOUR),
        said("Reconciling", "False", age=MINUTE),
        metav1.Condition(type="Progressing", status="True"),
    ],
)
def test_progress_without_end_or_without_a_time_is_none(moving: metav1.Condition) -> None:
    assert text(custom(conditions=(said("Ready", "False"), moving))) == "Ready is False"


@pytest.mark.parametrize(
    "spec",
    [
        customv1.CustomSpec(paused=True),
        customv1.CustomSpec(suspend="true"),
        customv1.CustomSpec(replicas=0),
    ],
)
def test_what_is_told_to_rest_is_no_fault(spec: customv1.CustomSpec) -> None:
    assert of(custom(spec=spec, conditions=(said("Ready", "False"),))) is None


def test_what_is_being_deleted_is_left_to_others() -> None:
    assert of(custom(deleting=True, conditions=(said("Ready", "False"),))) is None


def test_a_change_that_nobody_has_seen_counts_from_the_change() -> None:
    found = of(custom(generation=4, observed_generation=3, changed=2 * HOUR))

    assert found is not None
    assert (found.since, found.idle) == (ago(2 * HOUR), True)
    assert "generation 3, not the change to 4" in found.text


def test_a_generation_that_was_seen_or_is_never_told_is_no_fault() -> None:
    assert of(custom(generation=4, observed_generation=4)) is None
    assert of(custom(generation=4)) is None


def test_nothing_made_and_nothing_said_is_a_fault_since_the_last_change() -> None:
    found = of(custom(age=2 * HOUR), childless=True)
    later = of(custom(age=9 * HOUR, changed=2 * HOUR), childless=True)

    assert found is not None
    assert later is not None
    assert found.since == later.since == ago(2 * HOUR)


def test_nothing_made_but_something_said_is_no_fault() -> None:
    assert of(custom(phase="Ready"), childless=True) is None
    assert of(custom(), childless=False) is None


def test_a_definition_of_the_group_gives_the_plural() -> None:
    seen = snapshot(
        definition(), definition("policies.db.example.com"), definition("dbs.other.org")
    )

    assert plural_of(seen, "db.example.com", "Db") == "dbs"
    assert plural_of(seen, "db.example.com", "Policy") == "policies"
    assert plural_of(seen, "db.example.com", "Mouse") == ""


def operator(name: str = "db-operator", account: str = "op") -> list[metav1.Object]:
    owner = deployment(
        Ref("Deployment", "ops", name), pod_template=template(service_account_name=account)
    )
    return [owner, bind_all("db-writer", subject(account, "ops"))]


WRITER = cluster_role("db-writer", rule("get update", "dbs/status", group="db.example.com"))


def test_the_controller_is_the_one_workload_that_may_write_the_kind() -> None:
    seen = snapshot(definition(), WRITER, *operator())
    found = controller_of(seen, "db.example.com", "Db")

    assert found is not None
    assert found.ref == OPERATOR


def test_two_that_may_write_it_or_an_unknown_kind_name_nobody() -> None:
    other = deployment(
        Ref("Deployment", "ops", "other"), pod_template=template(service_account_name="op")
    )

    assert (
        controller_of(snapshot(definition(), WRITER, other, *operator()), "db.example.com", "Db")
        is None
    )
    assert controller_of(snapshot(WRITER, *operator()), "db.example.com", "Db") is None


@pytest.mark.parametrize(
    "role",
    [
        cluster_role("db-writer", rule("get list", "dbs", group="db.example.com")),
        cluster_role("db-writer", rule("update", "backups", group="db.example.com")),
        cluster_role("db-writer", rule("*", "*", group="*")),
        cluster_role("db-writer"),
        cluster_role("other"),
    ],
)
def test_a_right_that_is_not_about_writing_the_kind_makes_no_controller(
    role: metav1.Object,
) -> None:
    seen = snapshot(definition(), role, *operator())

    assert controller_of(seen, "db.example.com", "Db") is None


def test_a_workload_without_an_account_has_the_default_one() -> None:
    owner = deployment(OPERATOR)
    seen = snapshot(definition(), WRITER, owner, bind_all("db-writer", subject("default", "ops")))
    found = controller_of(seen, "db.example.com", "Db")

    assert found is not None


def revisions(*names: str) -> podv1.PodTemplate:
    return template(container(env=tuple(podv1.EnvVar(name=name) for name in names)))


def test_variables_that_the_newest_revision_does_not_set_are_lost() -> None:
    owner = deployment(OPERATOR, pod_template=revisions("A"))
    before = replicaset(owner, 1, pod_template=revisions("A", "ENDPOINT"))
    seen = snapshot(owner, replicaset(owner, 2), before)

    assert lost_variables(seen.workloads[OPERATOR]) == ("ENDPOINT",)
    assert lost_variables(snapshot(owner).workloads[OPERATOR]) == ()


def test_a_status_is_blank_until_somebody_writes_one() -> None:
    assert customv1.CustomStatus().blank
    assert not msgspec.structs.replace(customv1.CustomStatus(), ready="1/1").blank
