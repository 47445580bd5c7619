"""wedged: whether a pod, and a revision, has ever been well."""

import msgspec
import pytest

from tests.builders import HOUR, MINUTE, ago, meta, running, snapshot, terminated, waiting
from tests.remediations.shop import DAY, Shop, daemon, hanging, replica, shop, stateful
from watchdog.domain.objects import metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.logic.pods.wedged import has_been_healthy, ready_siblings, was_ready

SHOP = shop()
OWNER = SHOP.direct or SHOP.top


@pytest.mark.parametrize(
    ("pod", "ready"),
    [
        (replica(OWNER, 1), True),
        (replica(OWNER, 1, running(ready=False), since=HOUR), True),
        (replica(OWNER, 1, running(ready=False), since=2 * DAY), False),
        (replica(OWNER, 1, waiting("ContainerCreating"), since=HOUR), False),
        (replica(OWNER, 1, waiting("CrashLoopBackOff", restarts=2), since=HOUR), True),
        (
            replica(OWNER, 1, waiting("CrashLoopBackOff", last_state=terminated(1)), since=HOUR),
            True,
        ),
        (podv1.Pod(metadata=meta(Ref("Pod", "shop", "x"))), False),
        (
            podv1.Pod(
                metadata=metav1.Metadata(name="x"),
                status=podv1.PodStatus(
                    conditions=(
                        metav1.Condition(
                            type="Ready", status="False", last_transition_time=ago(MINUTE)
                        ),
                    )
                ),
            ),
            False,
        ),
    ],
    ids=[
        "is ready",
        "was ready",
        "never was",
        "never ran",
        "ran",
        "ran once",
        "says nothing",
        "without times",
    ],
)
def test_a_pod_was_ready_when_its_condition_changed_after_its_start(
    pod: podv1.Pod, *, ready: bool
) -> None:
    assert was_ready(pod) is ready


def healthy(found: Shop) -> bool:
    seen = found.look()
    return has_been_healthy(seen, seen.workloads[found.top.ref])


def never(found: Shop) -> Shop:
    for place, each in enumerate(found.pods):
        owner = found.direct or found.top
        status = running(ready=False, age=2 * DAY)
        found = found.with_pod(place, replica(owner, place + 1, status, labels=each.labels))
    return found


def test_a_rollout_that_came_to_its_end_was_healthy() -> None:
    assert healthy(never(shop()))
    assert not healthy(never(shop(conditions=())))


@pytest.mark.parametrize("found", [stateful(), daemon()], ids=lambda each: each.top.KIND)
def test_a_revision_of_which_a_pod_was_ready_was_healthy(found: Shop) -> None:
    assert healthy(found)
    assert not healthy(never(found))


def test_pods_of_an_older_revision_prove_nothing() -> None:
    found = shop(conditions=())
    assert found.direct is not None
    spec = msgspec.structs.replace(found.direct.spec, replicas=0)
    newer = msgspec.structs.replace(
        found.direct,
        metadata=msgspec.structs.replace(
            found.direct.metadata,
            name="api-2",
            uid="api-2",
            annotations=metav1.Annotations(revision="2"),
        ),
        spec=spec,
    )

    assert healthy(found)
    assert not healthy(found.and_also(newer))


def test_siblings_are_ready_pods_of_the_very_same_template() -> None:
    found = shop().with_pod(1, hanging(OWNER, 2))

    assert ready_siblings(found.look(), found.pods[0]) == (found.pods[2],)
    bare = podv1.Pod(metadata=meta(Ref("Pod", "shop", "bare")))
    assert ready_siblings(snapshot(bare), bare) == ()


def test_pods_of_another_revision_of_a_stateful_set_are_no_siblings() -> None:
    found = stateful()
    labels = {**found.pods[1].labels, "controller-revision-hash": "api-0"}
    older = found.with_pod(1, replica(found.top, 2, labels=labels))

    assert ready_siblings(older.look(), older.pods[0]) == (older.pods[2],)


def test_pods_of_another_revision_of_a_deployment_are_no_siblings() -> None:
    found = shop()
    assert found.direct is not None
    name = msgspec.structs.replace(found.direct.metadata, name="api-0", uid="api-0")
    older = msgspec.structs.replace(found.direct, metadata=name)
    mixed = found.and_also(older).with_pod(1, replica(older, 2))

    assert ready_siblings(mixed.look(), mixed.pods[0]) == (mixed.pods[2],)
