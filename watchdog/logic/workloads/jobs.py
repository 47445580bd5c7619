"""What the pods of a Job tell of it."""

from collections.abc import Sequence
from datetime import datetime

from watchdog.domain.evidence import LogQuery
from watchdog.domain.grouping import grouped
from watchdog.domain.objects import batchv1, podv1
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.facts import telling_lines


def pods_of(snapshot: Snapshot, item: batchv1.Job) -> tuple[podv1.Pod, ...]:
    """The pods of a Job, oldest first."""
    return tuple(sorted(snapshot.once(_by_controller).get(item.uid, ()), key=_born))


def _by_controller(snapshot: Snapshot) -> dict[str, tuple[podv1.Pod, ...]]:
    """Every pod by the uid of its controller."""
    pods = snapshot.all_pods.values()
    return grouped((owner.uid, pod) for pod in pods if (owner := pod.controller) is not None)


def queries(pod: podv1.Pod) -> tuple[LogQuery, ...]:
    """The streams that may say why it ended."""
    return tuple(LogQuery(pod.ref, container.name) for container in pod.spec.containers[:2])


def last_words(snapshot: Snapshot, streams: Sequence[LogQuery]) -> tuple[str, ...]:
    """The last telling lines of what was read of these streams, newest last."""
    return telling_lines("\n".join(snapshot.log(query) for query in streams))


def end_of(pod: podv1.Pod) -> str:
    """How its first failed container ended: ", container x ended with exit code 3 (Error)", or ""."""
    name, end = _failed(pod)
    return f", container {name} ended with exit code {end.exit_code} ({end.reason})" if end else ""


def culprit(pod: podv1.Pod) -> str:
    """The name of its first failed container, else of its only one; "" where that is not known."""
    names = [container.name for container in pod.spec.containers]
    return _failed(pod)[0] or (names[0] if len(names) == 1 else "")


def _failed(pod: podv1.Pod) -> tuple[str, podv1.Terminated | None]:
    for status in pod.statuses:
        end = status.state.terminated or status.last_state.terminated
        if end is not None and (end.exit_code or end.reason == "OOMKilled"):
            return status.name, end
    return "", None


def running(item: batchv1.Job) -> bool:
    """Whether it has neither completed nor failed, and is not told to wait."""
    ended = item.condition("Complete") or item.condition("Failed")
    return ended is None and not item.spec.suspend and not item.deleting


def main_ended(pod: podv1.Pod) -> datetime | None:
    """When the work of the pod ended, though something in it runs on; None while it has not.

    The first container does the work. Where that one runs on, the others did, if they are done and
    all that runs declares a port: what serves does not end by itself. Work that has failed is over,
    too, where it is not started again.
    """
    ends = {
        status.name: end.finished_at
        for status in pod.status.container_statuses
        if (end := status.state.terminated) is not None and not end.exit_code
    }
    first = next((each.name for each in pod.spec.containers), "")
    if first in ends:
        return ends[first]
    if (failed := main_failed(pod)) is not None:
        return failed.finished_at
    left = [each for each in pod.spec.containers if each.name not in ends]
    serving = all(each.ports for each in left) and {each.name for each in left} <= {
        *left_running(pod)
    }
    return max((at for at in ends.values() if at is not None), default=None) if serving else None


def main_failed(pod: podv1.Pod) -> podv1.Terminated | None:
    """How the first container of the pod has failed for good, though its pod may still run."""
    first = next((each.name for each in pod.spec.containers), "")
    ends = (each.state.terminated for each in pod.status.container_statuses if each.name == first)
    end = next(ends, None)
    return end if end and end.exit_code and pod.spec.restart_policy == "Never" else None


def left_running(pod: podv1.Pod) -> tuple[str, ...]:
    """The plain containers that run, in the order of the spec."""
    live = {each.name for each in pod.status.container_statuses if each.state.running is not None}
    return tuple(each.name for each in pod.spec.containers if each.name in live)


def _born(pod: podv1.Pod) -> float:
    born = pod.metadata.creation_timestamp
    return born.timestamp() if born else 0.0
