"""The pre-flight: who is meant by a Plan, and what could be read at all."""

from dataclasses import replace

import msgspec
import pytest

from tests.builders import MINUTE, ago, meta, snapshot
from tests.logic.decision.preflighting import (
    FIRST,
    evict,
    labelled,
    one,
    plan,
    restart,
)
from tests.remediations.shop import (
    API,
    Shop,
    daemon,
    replica,
    shop,
    stateful,
)
from watchdog.domain.objects import (
    corev1,
    metav1,
)
from watchdog.domain.plan import Call
from watchdog.domain.ref import Ref
from watchdog.logic.decision.preflight import objections


@pytest.mark.parametrize("found", [shop(), stateful(), daemon()], ids=lambda each: each.top.KIND)
def test_nothing_speaks_against_a_healthy_workload(found: Shop) -> None:
    assert restart(found) == ()
    assert evict(found) == ()


def test_a_plan_with_steps_of_two_kinds_is_refused() -> None:
    found = shop()
    first, second = plan(Call.RESTART, found), plan(Call.EVICT, found, FIRST)
    mixed = replace(first, steps=(*first.steps, *second.steps))

    assert one(objections(mixed, found.look()), "not all of one kind")


def test_a_plan_without_steps_is_refused() -> None:
    found = shop()

    assert one(
        objections(replace(plan(Call.RESTART, found), steps=()), found.look()), "of one kind"
    )


@pytest.mark.parametrize("need", ["pods", "events", "resourcequotas", "persistentvolumeclaims"])
def test_what_could_not_be_read_is_an_objection(need: str) -> None:
    assert one(restart(shop(), missing=(need,)), f"{need} could not be read completely")


def test_budgets_have_to_be_read_for_an_eviction_only() -> None:
    found = shop()

    assert restart(found, missing=("poddisruptionbudgets",)) == ()
    assert one(evict(found, missing=("poddisruptionbudgets",)), "poddisruptionbudgets could not")


def test_a_workload_that_is_gone_is_not_restarted() -> None:
    found = shop()
    gone = snapshot(*found.others)

    assert f"{API} is gone" in objections(plan(Call.RESTART, found), gone)


def test_a_workload_that_is_being_deleted_is_left_alone() -> None:
    found = shop().with_metadata(deletion_timestamp=ago(MINUTE))

    assert f"{API} is being deleted" in restart(found)


def test_a_workload_that_changed_since_is_left_alone() -> None:
    found = shop().with_metadata(generation=2).with_status(observed_generation=2)

    assert one(restart(found), "was changed since this was planned")


def test_a_new_object_of_the_same_name_is_another_one() -> None:
    found = shop()
    wanted = plan(Call.RESTART, found)
    other = replace(wanted, steps=(replace(wanted.steps[0], uid="made-anew"),))
    nameless = replace(wanted, steps=(replace(wanted.steps[0], uid=""),))

    assert one(objections(other, found.look()), "another object")
    assert one(objections(nameless, found.look()), "another object")


def test_a_pod_that_is_gone_is_not_evicted() -> None:
    found = shop()
    wanted = plan(Call.EVICT, found, Ref("Pod", "shop", "api-9"))

    assert one(objections(wanted, found.look()), "api-9 is gone")


def test_a_pod_that_is_going_is_not_evicted() -> None:
    found = shop()
    leaving = replica(found.pods[0], 1, deleting=True)
    leaving = msgspec.structs.replace(
        leaving,
        metadata=labelled(leaving, owner_references=found.pods[0].metadata.owner_references),
    )

    assert f"{FIRST} is being deleted" in evict(found.with_pod(0, leaving))


def test_a_pod_whose_owner_does_not_know_it_is_not_evicted() -> None:
    found = shop()
    strange = found.changed(0, metadata=labelled(found.pods[0], labels={"app": "other"}))

    assert one(evict(strange), "not controlled by Deployment/shop/api from both ends")


def test_a_pod_of_another_workload_is_not_evicted_for_this_one() -> None:
    found = shop()
    other = replace(plan(Call.EVICT, found, FIRST), owner=Ref("Deployment", "shop", "web"))

    assert f"{FIRST} is not controlled by Deployment/shop/web" in " ".join(
        objections(other, found.look())
    )


def test_a_restart_names_the_owner_itself() -> None:
    found = shop()
    wanted = plan(Call.RESTART, found)
    other = msgspec.structs.replace(
        found.top, metadata=meta(Ref("Deployment", "shop", "web"), uid="w")
    )
    step = replace(wanted.steps[0], target=other.ref, uid="w")

    said = objections(replace(wanted, steps=(step,)), found.and_also(other).look())

    assert one(said, "Deployment/shop/web is not controlled by Deployment/shop/api")


@pytest.mark.parametrize("phase", ["Terminating", ""])
def test_nothing_is_done_in_a_namespace_that_goes_or_is_not_known(phase: str) -> None:
    space = Ref("Namespace", "", "shop")
    going = corev1.Namespace(metadata=meta(space), status=corev1.NamespaceStatus(phase=phase))
    found = shop().and_also(going) if phase else shop().without(space)

    assert any("namespace shop is being deleted or not known" in each for each in restart(found))


NEVER = metav1.Annotations(remediate=" Never ")


def test_the_annotation_never_holds_on_every_link_and_the_namespace() -> None:
    found = shop()
    assert found.direct is not None
    on_top = found.with_metadata(annotations=NEVER)
    on_direct = replace(
        found,
        direct=msgspec.structs.replace(
            found.direct, metadata=labelled(found.direct, annotations=NEVER)
        ),
    )
    on_pod = found.changed(0, metadata=labelled(found.pods[0], annotations=NEVER))
    on_space = found.and_also(
        corev1.Namespace(
            metadata=meta(Ref("Namespace", "", "shop"), annotations=NEVER),
            status=corev1.NamespaceStatus(phase="Active"),
        )
    )

    for each in (on_top, on_direct, on_pod, on_space):
        assert one(evict(each), "has the annotation watchdog/remediate: never")


def test_a_restart_spares_a_pod_that_says_never() -> None:
    found = shop()
    assert found.direct is not None
    marked = msgspec.structs.replace(
        found.direct, metadata=labelled(found.direct, annotations=NEVER)
    )

    for each in (
        found.changed(2, metadata=labelled(found.pods[2], annotations=NEVER)),
        replace(found, direct=marked),
    ):
        assert one(restart(each), "has the annotation watchdog/remediate: never")


def test_another_word_in_the_annotation_allows_and_forbids_nothing() -> None:
    assert evict(shop().with_metadata(annotations=metav1.Annotations(remediate="always"))) == ()
