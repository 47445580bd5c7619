"""eviction: a threshold that is wrong, told from a disk that is full."""

import pytest
from msgspec.structs import replace

from tests.builders import HOUR, MINUTE, ago, meta, node, pod, snapshot
from watchdog.domain.objects import corev1, metav1, podv1, statsv1
from watchdog.domain.ref import Ref
from watchdog.logic.pods.eviction import misjudged

GI = 1 << 30


def pressed(*, status: str = "True", size: str = "100Gi") -> corev1.Node:
    item = node("w-1")
    told = metav1.Condition(type="DiskPressure", status=status, last_transition_time=ago(HOUR))
    room: metav1.Quantities = {"ephemeral-storage": size} if size else {}
    return replace(
        item,
        status=replace(item.status, capacity=room, conditions=(*item.status.conditions, told)),
    )


def measured(
    *, free: int | None = 71, inodes: float = 0.9, images: int | None = None
) -> statsv1.NodeStats:
    def system(gib: int | None, size: int = 100) -> statsv1.Filesystem:
        return statsv1.Filesystem(
            capacity_bytes=None if gib is None else size * GI,
            available_bytes=None if gib is None else gib * GI,
            inodes=None if gib is None else 1000,
            inodes_free=None if gib is None else int(1000 * inodes),
        )

    runtime = None if images is None else statsv1.RuntimeStats(image_fs=system(images, 50))
    return statsv1.NodeStats(
        metadata=meta(Ref("NodeStats", "", "w-1")),
        node=statsv1.NodeSummary(fs=system(free), runtime=runtime),
    )


def evicted(
    words: str = " Threshold quantity: 80Gi, available: 71Gi.", *, on: str = "w-1", age: int = 20
) -> podv1.Pod:
    return pod(
        Ref("Pod", "shop", f"web-{age}"),
        node=on,
        phase="Failed",
        ready=False,
        reason="Evicted",
        message=f"The node was low on resource: ephemeral-storage.{words}",
        since=age * MINUTE,
        age=2 * HOUR,
    )


def test_pressure_with_plenty_free_is_the_thresholds() -> None:
    item = pressed()

    found = misjudged(snapshot(item, measured(images=40)), item)

    assert found is not None
    assert (found.since, found.free, found.threshold) == (ago(HOUR), "71Gi of 100Gi", "")


def test_evicted_pods_name_the_threshold() -> None:
    item, old, new = pressed(), evicted(age=30), evicted()

    found = misjudged(snapshot(item, measured(), new, old), item)

    assert found is not None
    assert (found.threshold, found.pods) == ("80Gi", (old, new))


def test_a_real_shortage_of_half_an_hour_ago_is_over() -> None:
    item, old = pressed(), evicted(" Threshold quantity: 10Gi, available: 8Gi.", age=30)

    found = misjudged(snapshot(item, measured(), old), item)

    assert found is not None
    assert found.threshold == ""


def test_without_statistics_the_words_of_evicted_pods_prove_it() -> None:
    item = pressed(status="False")

    found = misjudged(snapshot(item, evicted(age=30), evicted(), missing=("stats",)), item)

    assert found is not None
    assert (found.since, found.free) == (ago(30 * MINUTE), "71Gi of 100Gi")


@pytest.mark.parametrize(
    "items",
    [
        (pressed(), measured(free=20)),
        (pressed(), measured(images=5)),
        (pressed(), measured(inodes=0.05)),
        (pressed(), measured(free=None)),
        (pressed(),),
        (pressed(status="False"), measured()),
        (pressed(), measured(), evicted(" Threshold quantity: 10Gi, available: 8Gi.", age=9)),
        (pressed(status="False"), evicted(" Threshold quantity: 10Gi, available: 8Gi.")),
        (pressed(status="False"), measured(), evicted("")),
        (pressed(status="False"), evicted(on="w-2")),
        (pressed(status="False"), evicted(age=90)),
        (pressed(status="False", size=""), evicted()),
        (node("w-1"), measured()),
    ],
    ids=[
        "little free",
        "few free for images",
        "few inodes",
        "not measured",
        "no statistics",
        "no pressure",
        "it was full just now",
        "it was full then",
        "no numbers",
        "another node",
        "long ago",
        "a disk of no known size",
        "no such condition",
    ],
)
def test_else_the_disk_may_be_full(items: tuple[metav1.Object, ...]) -> None:
    look = snapshot(*items)

    assert misjudged(look, look.nodes["w-1"]) is None
