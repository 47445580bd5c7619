"""Nodes that come and go: how often Ready changed, by the events that say so."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.objects import corev1
from watchdog.domain.snapshot import Snapshot

WINDOW = timedelta(minutes=15)
_CAME, _WENT = "NodeReady", "NodeNotReady"
_CONTROLLER = "node-controller"
# A kubelet says it once as it shuts down and once as it comes up: one reboot is two for it.
_REBOOT = 2


@dataclass(frozen=True, slots=True)
class Flapping:
    """A node that is Ready now and was lost and back twice or more within the window."""

    node: corev1.Node
    times: int  # how often it was lost, or came back, whichever is known better
    first: datetime
    last: datetime


def flapping(snapshot: Snapshot) -> tuple[Flapping, ...]:
    """The Ready nodes whose Ready changed three times or more within the window, by name.

    Twice back means lost in between, and so does twice lost; a reboot is lost once and back once.
    """
    told: defaultdict[str, list[corev1.Happening]] = defaultdict(list)
    for event in snapshot.of("happenings", corev1.Happening).values():
        if event.reason in (_CAME, _WENT) and event.involved_object.kind == "Node":
            told[event.involved_object.name].append(event)
    found = (
        _of(snapshot, node, told[name])
        for name, node in snapshot.nodes.items()
        if node.ready and name in told
    )
    return tuple(each for each in found if each is not None)


def _of(
    snapshot: Snapshot, node: corev1.Node, events: Iterable[corev1.Happening]
) -> Flapping | None:
    """Who says it is told apart: the kubelet and the node controller both see one change."""
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    moments: list[datetime] = []
    for event in events:
        first, last = event.first_at, event.last_at
        if first is None or last is None or snapshot.age(last) > WINDOW:
            continue
        counts[event.reason, event.source.component] += _within(snapshot, event, first, last)
        moments += [max(first, snapshot.taken_at - WINDOW), last]
    times = max((_times(*key, count) for key, count in counts.items()), default=0)
    return Flapping(node, times, min(moments), max(moments)) if times >= _REBOOT else None


def _times(reason: str, component: str, count: int) -> int:
    """How often it went and came, at least."""
    if reason == _CAME or component == _CONTROLLER:
        return count
    return count - (_REBOOT - 1)


def _within(snapshot: Snapshot, event: corev1.Happening, first: datetime, last: datetime) -> int:
    """How many of the repetitions of an event fall into the window; a share where only the sum is known."""
    count = max(event.count or 1, event.series.count if event.series else 1)
    if count == 1 or snapshot.age(first) <= WINDOW:
        return count
    return max(1, int(count * WINDOW / max(last - first, WINDOW)))
