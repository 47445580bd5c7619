"""Which PriorityClass pushed a workload out: by rank, or by becoming everyone's default.

Source: kube-scheduler's DefaultPreemption, and the Priority admission plugin, which gives pods
without a class the default one when they are created.
"""

from collections.abc import Mapping
from datetime import timedelta

from watchdog.domain.objects import podv1, policyv1
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic.placement.filters import requests
from watchdog.logic.placement.scheduling import Scheduling

_REPLACED = timedelta(minutes=2)  # how soon after a preemptor its victim's replacement is made


def pushing_class(
    snapshot: Snapshot, scheduling: Scheduling, pod: podv1.Pod, nodes: tuple[str, ...]
) -> policyv1.PriorityClass | None:
    """Return the class of higher-ranking pods that hold the room, if it is new or a default."""
    classes = {
        ref.name: item
        for ref, item in snapshot.of("priorityclasses", policyv1.PriorityClass).items()
    }
    workload = snapshot.workloads.get(snapshot.owners[pod.ref])
    default = _ranked_by_default(classes, pod, workload)
    for node in nodes:
        placed = scheduling.placed.get(node, ())
        higher = [each for each in placed if _outranks(each, pod)]
        held = classes.get(higher[0].spec.priority_class_name) if higher else None
        ranked = held is not None and (held.global_default or _younger(held, workload))
        if ranked and _would_fit(snapshot, scheduling, pod, node, higher):
            return held
        pushed = [each for each in placed if default and _replaced_by(snapshot, each, pod)]
        if pushed and _would_fit(snapshot, scheduling, pod, node, pushed):
            return default
    return None


def _outranks(each: podv1.Pod, pod: podv1.Pod) -> bool:
    system = each.spec.priority_class_name.startswith("system-")
    return each.spec.priority > pod.spec.priority and not system


def _ranked_by_default(
    classes: Mapping[str, policyv1.PriorityClass], pod: podv1.Pod, workload: Workload | None
) -> policyv1.PriorityClass | None:
    """The default class that ranks the pod, if it is younger than the workload.

    What it pushed out is made anew under it, and ranks as high as what took its room.
    """
    held = classes.get(pod.spec.priority_class_name)
    asked = workload is None or bool(workload.template.spec.priority_class_name)
    if held is None or asked or not held.global_default or not _younger(held, workload):
        return None
    return held


def _replaced_by(snapshot: Snapshot, each: podv1.Pod, pod: podv1.Pod) -> bool:
    """Whether a placed pod of the same class looks like the preemptor of the pod's predecessor.

    The scheduler deletes the victim when the preemptor comes, and its owner replaces it at once.
    """
    came, made = each.metadata.creation_timestamp, pod.metadata.creation_timestamp
    return (
        each.spec.priority_class_name == pod.spec.priority_class_name
        and snapshot.owners[each.ref] != snapshot.owners[pod.ref]
        and came is not None
        and made is not None
        and timedelta(0) <= made - came <= _REPLACED
    )


def _would_fit(
    snapshot: Snapshot, scheduling: Scheduling, pod: podv1.Pod, node: str, gone: list[podv1.Pod]
) -> bool:
    free = scheduling.free(snapshot.nodes[node])
    for each in gone:
        for name, amount in requests(each.spec).items():
            free[name] = free.get(name, 0.0) + amount
    return all(
        amount <= free.get(name, 0.0) for name, amount in requests(pod.spec).items() if amount
    )


def _younger(held: policyv1.PriorityClass, workload: Workload | None) -> bool:
    born = held.metadata.creation_timestamp
    since = workload.created_at if workload else None
    return born is not None and since is not None and born > since
