"""Which webhook gave the pods of a workload other resources than their template says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from watchdog.domain.grouping import grouped
from watchdog.domain.objects import metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.pods.drift import (
    Difference,
    Drifted,
    Field,
    Mutator,
    drifted,
    mutators,
    template_of,
)

_RESOURCES = (Field.LIMIT, Field.REQUEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Squeezed:
    """A workload whose new pods all differ alike, and the one webhook that can have done it."""

    owner: Ref
    pods: tuple[podv1.Pod, ...]
    differences: tuple[Difference, ...]
    mutator: Mutator


def squeezed(snapshot: Snapshot) -> Iterator[Squeezed]:
    """Yield the workloads a webhook breaks by the resources it writes into their pods."""
    groups = grouped((each.owner, each) for each in drifted(snapshot))
    for owner, group in groups.items():
        victims = [each for each in group if _resources(each.harmful)]
        alike = {_resources(each.differences) for each in group}
        if not victims or len(alike) != 1:
            continue
        found = _mutator(snapshot, owner, group)
        if found is not None:
            yield Squeezed(
                owner=owner,
                pods=tuple(each.pod for each in victims),
                differences=_resources(victims[0].harmful),
                mutator=found,
            )


def _resources(differences: tuple[Difference, ...]) -> tuple[Difference, ...]:
    return tuple(each for each in differences if each.field in _RESOURCES)


def _mutator(snapshot: Snapshot, owner: Ref, group: Sequence[Drifted]) -> Mutator | None:
    """The one webhook that was asked about all of these pods and can tell them from the others.

    When several were, it is the one that came after pods of the same template which are as the
    template says; without such pods nothing tells them apart.
    """
    changed = {each.pod.ref for each in group}
    first = min((at for each in group if (at := _born(each.pod))), default=None)
    untouched = [
        pod
        for pod in snapshot.pods_by_owner[owner]
        if pod.ref not in changed and template_of(snapshot, pod) is not None
    ]
    if first is None or any((at := _born(pod)) is not None and at > first for pod in untouched):
        return None
    asked = [_asked(snapshot, each.pod) for each in group]
    common = {key: each for key, each in asked[0].items() if all(key in rest for rest in asked)}
    if len(common) > 1:
        spared = {key for pod in untouched for key in _asked(snapshot, pod)}
        common = {key: each for key, each in common.items() if key not in spared}
    return next(iter(common.values())) if len(common) == 1 else None


def _asked(snapshot: Snapshot, pod: podv1.Pod) -> dict[tuple[Ref, int], Mutator]:
    return {(each.configuration.ref, each.index): each for each in mutators(snapshot, pod)}


def _born(item: metav1.Object) -> datetime | None:
    return item.metadata.creation_timestamp
