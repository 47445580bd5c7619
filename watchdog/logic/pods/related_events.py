"""What the cluster itself said about what a fault affects, in events: evidence, never a verdict.

An event may be forged by whoever may create events: it explains a fault that status proves.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from watchdog.domain.evidence import Evidence
from watchdog.domain.finding import Finding
from watchdog.domain.objects import autoscalingv1, corev1, metav1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.pods.related_objects import Around, around
from watchdog.logic.symptom import shorten
from watchdog.logic.workloads.autoscaling import target_of

_BEFORE = timedelta(minutes=30)
_ROLLOUT = timedelta(minutes=10)  # by default its deadline without progress
_LIMIT = 3
# Normal events that say more than that all goes its way. Source: the constants of the kubelet
# (pkg/kubelet/events), of kube-controller-manager and of the cluster autoscaler.
_TELLING = frozenset(
    {
        *("ScalingReplicaSet", "SuccessfulRescale", "SuccessfulDelete"),
        *("TaintManagerEviction", "TriggeredScaleUp", "NotTriggerScaleUp", "Starting", "Shutdown"),
        *(
            "NodeReady",
            "NodeNotReady",
            "NodeNotSchedulable",
            "NodeSchedulable",
            "NodeHasDiskPressure",
        ),
        *("NodeHasInsufficientMemory", "NodeHasInsufficientPID", "Rebooted"),
    }
)
# Warnings that repeat what every status of a waiting container says.
_ECHOES = frozenset({"BackOff"})


def _autoscalers(snapshot: Snapshot, near: Around) -> Iterator[Ref]:
    kind = autoscalingv1.HorizontalPodAutoscaler
    for item in snapshot.objects.get("horizontalpodautoscalers", ()):
        if isinstance(item, kind) and target_of(item) in near.named:
            yield item.ref


def events_around(snapshot: Snapshot, finding: Finding) -> tuple[Evidence, ...]:
    """Return what events say of the subject, the affected and what they run on.

    Newest first, one of each kind of object and reason, at most three, from half an hour before the
    onset. What the Finding says itself is not repeated.
    """
    first = (finding.since or snapshot.taken_at) - _BEFORE
    newest: dict[tuple[str, str], corev1.Event] = {}
    for event in _events(snapshot, finding):
        if event.last_at is None or event.last_at < first or _repeats(event, finding):
            continue
        if _of_a_rollout(event, snapshot, finding):
            continue
        key = (event.involved_object.kind, event.reason)
        if key not in newest or _at(newest[key]) < _at(event):
            newest[key] = event
    kept = sorted(newest.values(), key=_at, reverse=True)[:_LIMIT]
    return tuple(_evidence(event) for event in kept)


def _events(snapshot: Snapshot, finding: Finding) -> Iterator[corev1.Event]:
    near = around(snapshot, finding)
    refs = {*near.named, *(pod.ref for pod in near.pods), *_autoscalers(snapshot, near)}
    items = {ref: item for ref in sorted(refs) if (item := _item(snapshot, ref)) is not None}
    for item in items.values():
        yield from (each for each in snapshot.events_of(item) if each.reason not in _ECHOES)
    for event in snapshot.of("happenings", corev1.Happening).values():
        if event.reason in _TELLING:
            item = items.get(event.involved_object.ref)
            # The kubelet gives a node's name for its uid.
            if item is not None and event.involved_object.uid in (item.uid, item.name):
                yield event


def _item(snapshot: Snapshot, ref: Ref) -> metav1.Object | None:
    known: Mapping[str, Callable[[], Mapping[Ref, metav1.Object]]] = {
        "Pod": lambda: snapshot.all_pods,
        "PersistentVolumeClaim": lambda: snapshot.claims,
        "Deployment": lambda: snapshot.deployments,
        "StatefulSet": lambda: snapshot.statefulsets,
        "DaemonSet": lambda: snapshot.daemonsets,
        "HorizontalPodAutoscaler": lambda: snapshot.of(
            "horizontalpodautoscalers", autoscalingv1.HorizontalPodAutoscaler
        ),
    }
    if ref.kind == "Node":
        return snapshot.nodes.get(ref.name)
    return known[ref.kind]().get(ref) if ref.kind in known else None


def _repeats(event: corev1.Event, finding: Finding) -> bool:
    """Whether the Finding says it already: how it begins or ends, or what it wraps."""
    message = event.message.removeprefix("Error: ")
    wrapped = message.partition(": ")[2] or message
    said = {message[:60], message[-60:], wrapped[:60]}
    return any(part in each.text for each in finding.evidence for part in said)


def _of_a_rollout(event: corev1.Event, snapshot: Snapshot, finding: Finding) -> bool:
    """Whether it is one step of a rollout, or a scaling that the Finding tells itself."""
    if event.reason != "ScalingReplicaSet" or event.last_at is None:
        return False
    ref, at = event.involved_object.ref, event.last_at
    workload = snapshot.workloads.get(ref)
    born = workload.current.created_at if workload and workload.current else None
    rolling = born is not None and abs(at - born) <= _ROLLOUT
    return rolling or any(each.kind == "change" and each.at == at for each in finding.evidence)


def _at(event: corev1.Event) -> datetime:
    return event.last_at or datetime.min.replace(tzinfo=UTC)


def _evidence(event: corev1.Event) -> Evidence:
    count = event.series.count if event.series else event.count or 1
    times = f" ({count} times)" if count > 1 else ""
    return Evidence(
        kind="event",
        ref=event.involved_object.ref,
        at=event.last_at,
        text=f"{event.reason}: {shorten(event.message)}{times}",
    )
