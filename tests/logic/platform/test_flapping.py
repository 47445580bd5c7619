"""flapping: nodes that were lost and came back again and again, told from one reboot."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.builders import HOUR, MINUTE, ago, meta, node, snapshot
from watchdog.domain.objects import corev1, metav1
from watchdog.domain.ref import Ref
from watchdog.logic.platform.flapping import flapping

W1 = node("w-1")


def told(
    reason: str,
    *,
    count: int | None = 1,
    first: timedelta = 12 * MINUTE,
    last: timedelta = 2 * MINUTE,
    by: str = "kubelet",
    name: str = "w-1",
) -> corev1.Happening:
    return corev1.Happening(
        metadata=meta(Ref("Event", "default", f"{name}.{reason}.{by}.{first}.{last}")),
        involved_object=corev1.ObjectReference(kind="Node", name=name, uid=name),
        type="Normal",
        reason=reason,
        count=count,
        first_timestamp=ago(first),
        last_timestamp=ago(last),
        source=corev1.EventSource(component=by),
    )


def times(*items: metav1.Object) -> list[int]:
    return [each.times for each in flapping(snapshot(W1, node("w-2"), *items))]


def test_twice_back_is_flapping_since_the_first_of_them() -> None:
    [found] = flapping(snapshot(W1, told("NodeReady", count=2)))

    assert (found.node.name, found.times) == ("w-1", 2)
    assert (found.first, found.last) == (ago(12 * MINUTE), ago(2 * MINUTE))


def test_twice_lost_by_the_word_of_the_node_controller_is_flapping() -> None:
    assert times(told("NodeNotReady", count=2, by="node-controller")) == [2]


def test_separate_events_are_added_up() -> None:
    again = told("NodeReady", first=5 * MINUTE, last=5 * MINUTE)

    assert times(told("NodeReady", first=9 * MINUTE, last=9 * MINUTE), again) == [2]


def test_of_events_in_series_the_series_counts() -> None:
    series = corev1.EventSeries(count=3, last_observed_time=ago(MINUTE))
    event = told("NodeReady", count=None)

    assert times(replace(event, series=series)) == [3]


def test_of_a_long_story_the_share_of_the_window_counts() -> None:
    assert times(told("NodeReady", count=20, first=HOUR, last=MINUTE)) == [5]


@pytest.mark.parametrize(
    "events",
    [
        (told("NodeReady"),),
        (
            told("NodeNotReady", by="node-controller"),
            told("NodeNotReady", count=2),
            told("NodeReady"),
        ),
        (told("NodeReady", count=9, first=HOUR, last=20 * MINUTE),),
        (told("NodeReady", count=3, first=HOUR, last=MINUTE),),
        (told("NodeHasSufficientMemory", count=9),),
        (told("NodeReady", count=3, name="w-9"),),
    ],
    ids=["came up", "one reboot", "over", "seldom", "another event", "a node that is gone"],
)
def test_other_stories_are_not(events: tuple[metav1.Object, ...]) -> None:
    assert times(*events) == []


def test_an_event_without_a_time_counts_for_nothing() -> None:
    event = corev1.Happening(
        metadata=metav1.Metadata(name="x"),
        involved_object=corev1.ObjectReference(kind="Node", name="w-1"),
        reason="NodeReady",
        count=5,
    )

    assert times(event) == []


def test_a_node_that_is_lost_now_is_told_as_lost() -> None:
    lost = node("w-1", ready="Unknown")

    assert flapping(snapshot(lost, told("NodeReady", count=3))) == ()
