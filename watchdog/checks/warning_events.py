"""Warning events that keep coming and that nothing else explains."""

from collections import defaultdict
from collections.abc import Iterator

from pydantic import Field

from watchdog.domain.check import Params, check
from watchdog.domain.evidence import Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, batchv1, corev1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom

# Said so often of healthy clusters that they tell nothing, or told better by a check of their own.
_NOISE = (
    "BackOff",
    "ClusterIPOutOfSync",
    "DNSConfigForming",
    "FailedComputeMetricsReplicas",
    "FailedGetResourceMetric",
    "FailedKillPod",
    "FailedPreStopHook",
    "FailedScheduling",
    "FailedToUpdateEndpoint",
    "FailedToUpdateEndpointSlices",
    "InvalidDiskCapacity",
    "MissingClusterDNS",
    "NodeNotReady",
    "PossibleMemoryBackedVolumesOnDisk",
    "ProbeWarning",
    "Rebooted",
    "RecreatingFailedPod",
    "Unhealthy",
    "UnexpectedJob",
)


class WarningEventsParams(Params):
    """`checks.warning_events` in the config file."""

    noise: tuple[str, ...] = Field(
        default=_NOISE, description="reasons of events that tell nothing"
    )
    alert: tuple[str, ...] = Field(
        default=(), description="reasons of events that are a warning and not only noted"
    )


@check(
    family="control",
    needs=("events", "pods", "nodes"),
    optional=("deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "cronjobs"),
    reasons=("WarningEventsPersist",),
    params=WarningEventsParams,
)
def warning_events(snapshot: Snapshot, params: WarningEventsParams) -> Iterator[Finding]:
    """An object that exists and is not well draws Warning events of one reason, run after run.

    Events only explain: an object that is ready, or was replaced, is silent whatever was said of it.
    What a check of its own explains is hidden behind that.
    """
    groups: defaultdict[tuple[Ref, str], list[corev1.Event]] = defaultdict(list)
    known = {item.uid: item for items in snapshot.objects.values() for item in items if item.uid}
    for event in snapshot.of("events", corev1.Event).values():
        told = event.involved_object
        # Of its own node a kubelet gives the name for the uid.
        about = known.get(told.uid) or (
            snapshot.nodes.get(told.name) if told.kind == "Node" else None
        )
        fresh = event.last_at is not None and snapshot.age(event.last_at) <= symptom.FRESH
        if about is None or not fresh or event.reason in params.noise or _well(snapshot, about):
            continue
        groups[_subject(snapshot, about), event.reason].append(event)
    for subject in sorted({subject for subject, _ in groups}):
        yield _finding(
            subject,
            {reason: found for (ref, reason), found in sorted(groups.items()) if ref == subject},
            params,
        )


def _well(snapshot: Snapshot, item: metav1.Object) -> bool:
    """Whether the object's own state says that the event is history."""
    if isinstance(item, podv1.Pod):
        return item.ready or item.finished or item.ref not in snapshot.pods
    workload = snapshot.workloads.get(snapshot.owner_of(item))
    return item.deleting or (workload is not None and workload.ready >= workload.wanted)


def _subject(snapshot: Snapshot, item: metav1.Object) -> Ref:
    replaced = isinstance(item, podv1.Pod | appsv1.ReplicaSet | batchv1.Job)
    return snapshot.owner_of(item) if replaced else item.ref


def _finding(
    subject: Ref, reasons: dict[str, list[corev1.Event]], params: WarningEventsParams
) -> Finding:
    newest = [
        max(found, key=lambda each: each.last_at.timestamp() if each.last_at else 0.0)
        for found in reasons.values()
    ]
    objects = dict.fromkeys(
        event.involved_object.ref for found in reasons.values() for event in found
    )
    loud = any(reason in params.alert for reason in reasons)
    said = symptom.shorten(newest[0].message, 150)
    return Finding(
        reason="WarningEventsPersist",
        subject=subject,
        affected=tuple(ref for ref in objects if ref != subject),
        severity=Severity.WARNING if loud else Severity.INFO,
        message=f"{subject}: {symptom.listed(reasons)}: {said}",
        why=f"Warning events ({symptom.listed(reasons)}) keep coming about {subject}, which is not as it "
        "should be, and no other finding explains them.",
        since=None,
        sightings=2,
        evidence=tuple(
            symptom.fact(
                "event",
                event.involved_object.ref,
                f"{event.reason}: {event.message}",
                event.last_at,
            )
            for event in newest[:5]
        ),
        proposal=Proposal(
            "Read the events; a reason that never means anything here belongs on the noise list "
            "(checks.warning_events.noise).",
            (command.describe(subject),),
        ),
    )
