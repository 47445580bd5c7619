"""delete_debris: which failed pods go, how many at a time, and which stay."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, node, running
from tests.remediations.shop import API, DAY, REVISION, Shop, incident, replica, shop, stateful
from tests.remediations.test_rollout_restart import NEVER
from watchdog.domain.objects import metav1, podv1
from watchdog.domain.plan import Call, NoPlan, Plan, Step
from watchdog.domain.policy import Budgets, Policy
from watchdog.domain.ref import Ref
from watchdog.logic.decision.preflight import objections
from watchdog.remediations.delete_debris import delete_debris


def evicted(found: Shop, number: int, *, age: timedelta | None = None, **fields: Any) -> podv1.Pod:
    """A pod that a node evicted NUMBER hours ago."""
    ended = age or number * HOUR
    given: dict[str, Any] = {
        "age": ended,
        "since": ended,
        "node": "w-1",
        "labels": found.pods[0].labels,
        **fields,
    }
    item = replica(
        found.direct or found.top,
        number,
        running(ready=False),
        phase="Failed",
        reason="Evicted",
        **given,
    )
    name = f"api-e{number:02}"
    return msgspec.structs.replace(
        item, metadata=msgspec.structs.replace(item.metadata, name=name, uid=f"uid-{name}")
    )


def littered(count: int = 12) -> Shop:
    found = shop()
    return found.and_also(*(evicted(found, number) for number in range(1, count + 1)))


def planned(found: Shop, *subjects: Ref, policy: Policy | None = None) -> Plan | NoPlan:
    wanted = incident("FailedPodClutter", *(subjects or (found.top.ref,)))
    return delete_debris.plan(wanted, found.look(), policy or Policy())


def deleted(found: Shop, policy: Policy | None = None) -> list[str]:
    answer = planned(found, policy=policy)
    assert isinstance(answer, Plan), answer
    return [step.target.name for step in answer.steps]


def refused(found: Shop) -> str:
    answer = planned(found)
    assert isinstance(answer, NoPlan)
    return "; ".join(answer.reasons)


def test_debris_is_deleted_oldest_first_and_the_newest_is_kept() -> None:
    names = deleted(littered())

    assert names == [f"api-e{number:02}" for number in range(12, 1, -1)]


def test_the_plan_says_what_it_deletes_and_passes_the_preflight() -> None:
    plan = planned(littered(2))

    assert isinstance(plan, Plan)
    assert plan.steps == (
        Step(
            call=Call.DELETE,
            target=Ref("Pod", "shop", "api-e02"),
            uid="uid-api-e02",
            what="delete failed pod api-e02",
        ),
    )
    assert plan.reason == (
        "1 pods of Deployment/shop/api ended an hour or longer ago (Evicted), and it has all its pods."
    )
    assert objections(plan, littered(2).look()) == ()


def test_no_more_are_deleted_than_the_budget_allows() -> None:
    assert len(deleted(littered(30))) == 20
    assert len(deleted(littered(30), Policy(budgets=Budgets(debris=3)))) == 3


def test_debris_of_less_than_an_hour_stays() -> None:
    found = shop()
    young = found.and_also(
        evicted(found, 5), evicted(found, 6, age=50 * MINUTE), evicted(found, 7, age=5 * MINUTE)
    )

    assert deleted(young) == ["api-e05"]


def test_one_failed_pod_alone_is_kept() -> None:
    assert planned(littered(1)) == NoPlan()


def test_the_deployment_must_have_all_its_pods() -> None:
    assert refused(littered().with_status(ready_replicas=2)) == f"{API} has not all its pods"


def test_a_rollout_is_waited_for() -> None:
    assert "is in progress" in refused(littered().with_status(updated_replicas=2))


@pytest.mark.parametrize("where", ["top", "pod"])
def test_the_annotation_never_keeps_the_debris(where: str) -> None:
    found = littered(2)
    if where == "top":
        assert "watchdog/remediate: never" in refused(found.with_metadata(annotations=NEVER))
        return
    item = evicted(found, 2)
    metadata = msgspec.structs.replace(item.metadata, annotations=NEVER)

    assert planned(found.and_also(msgspec.structs.replace(item, metadata=metadata))) == NoPlan()


def test_a_pod_with_a_finalizer_stays() -> None:
    found = littered(3)
    item = evicted(found, 2)
    metadata = msgspec.structs.replace(item.metadata, finalizers=("example.com/logs",))

    assert deleted(found.and_also(msgspec.structs.replace(item, metadata=metadata))) == ["api-e03"]


def test_debris_of_a_node_under_pressure_stays() -> None:
    pressed = node("w-1", since=9 * DAY)
    conditions = (
        *pressed.status.conditions,
        metav1.Condition(type="DiskPressure", status="True"),
    )
    pressed = msgspec.structs.replace(
        pressed, status=msgspec.structs.replace(pressed.status, conditions=conditions)
    )

    assert planned(littered().and_also(pressed)) == NoPlan()


def test_debris_of_another_kind_of_workload_stays() -> None:
    found = stateful()
    items = [evicted(found, number, labels=REVISION) for number in (1, 2, 3)]

    assert planned(found.and_also(*items)) == NoPlan()


def test_a_forged_owner_reference_makes_no_debris() -> None:
    found = shop()
    items = [evicted(found, number, labels={"app": "other"}) for number in (1, 2, 3)]

    assert planned(found.and_also(*items)) == NoPlan()


def test_of_several_deployments_the_one_with_most_debris_is_cleaned() -> None:
    other = Ref("Deployment", "shop", "web")
    answer = planned(littered(), other, API)

    assert isinstance(answer, Plan)
    assert answer.owner == API
