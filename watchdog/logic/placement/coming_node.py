"""Whether the cluster autoscaler has just promised a pod a node."""

from datetime import timedelta

from watchdog.domain.objects import corev1, podv1
from watchdog.domain.snapshot import Snapshot

_PROMISED = timedelta(minutes=10)


def node_is_coming(snapshot: Snapshot, pod: podv1.Pod) -> bool:
    """Whether a scale-up for this pod was first triggered less than ten minutes ago.

    The autoscaler says so only of a pod that fits a node of the group it enlarges. The first event
    counts: one that is repeated, because the nodes never come, does not keep the pod silent.
    """
    said = [
        event.first_at
        for event in snapshot.of("scaleups", corev1.ScaleUp).values()
        if event.involved_object.uid == pod.uid and event.first_at is not None
    ]
    return bool(said) and snapshot.age(min(said)) < _PROMISED
