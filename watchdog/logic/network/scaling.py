"""Workloads at zero: how many pods they had, and whether zero is meant."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.objects import appsv1, autoscalingv1, corev1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic.network import hosts, serving
from watchdog.logic.network.calls import Call

_REMOVED = re.compile(r"[Dd]elete Pod \S+-(\d+) in StatefulSet \S+ successful")
# Pods go one after the other, each after its grace period.
_TOGETHER = timedelta(minutes=10)

RoutesOf = Mapping[Ref, serving.Routes]
Users = tuple[tuple[Ref, ...], tuple[Ref, ...]]  # the Services, and who needs them

_TO_ZERO = re.compile(r"[Ss]caled down replica set \S+ (?:from (\d+) )?to 0\b")


@dataclass(frozen=True, slots=True)
class Earlier:
    """How many pods a workload had; `at` is when it was scaled down, None when nobody says."""

    replicas: int
    at: datetime | None
    source: str


def earlier(snapshot: Snapshot, workload: Workload) -> Earlier | None:
    """The number of pods before zero, by the events of the scaling, else by what it left behind."""
    said = [
        (event.last_at, int(match[1]))
        for event in snapshot.of("happenings", corev1.Happening).values()
        if event.reason == "ScalingReplicaSet"
        and event.involved_object.uid == workload.uid
        and (match := _TO_ZERO.match(event.message))
        and match[1]
    ]
    # A rollout scales old revisions to zero, too: the last one is what emptied the workload.
    known = [(at, replicas) for at, replicas in said if at is not None]
    if known:
        at, replicas = max(known)
        return Earlier(replicas, at, "the event of its scaling")
    if (gone := _removed(snapshot, workload)) is not None:
        return gone
    ordinals = [
        int(match[1])
        for ref in snapshot.claims
        if workload.ref.kind == "StatefulSet"
        and ref.namespace == workload.ref.namespace
        and (match := re.search(rf"-{re.escape(workload.ref.name)}-(\d+)\Z", ref.name))
    ]
    if ordinals:
        return Earlier(max(ordinals) + 1, None, "the claims its pods left")
    for replicaset in _replicasets(snapshot, workload):
        wanted = replicaset.annotations.desired_replicas
        if wanted.isdigit() and int(wanted):
            return Earlier(int(wanted), None, f"revision {replicaset.revision}")
    return None


def _removed(snapshot: Snapshot, workload: Workload) -> Earlier | None:
    """The pods that a StatefulSet deleted when it went down, by the events of that moment."""
    said = [
        (event.last_at, int(match[1]))
        for event in snapshot.of("happenings", corev1.Happening).values()
        if event.reason == "SuccessfulDelete"
        and event.involved_object.uid == workload.uid
        and event.last_at is not None
        and (match := _REMOVED.match(event.message))
    ]
    if not said:
        return None
    last = max(at for at, _ in said)
    most = max(ordinal for at, ordinal in said if last - at <= _TOGETHER)
    return Earlier(most + 1, last, "the events of its pods' deletion")


def _replicasets(snapshot: Snapshot, workload: Workload) -> list[appsv1.ReplicaSet]:
    own = [
        item
        for item in snapshot.replicasets.values()
        if (owner := item.controller) is not None and owner.uid == workload.uid
    ]
    return sorted(own, key=lambda item: -item.revision)


def by_design(snapshot: Snapshot, workload: Workload) -> bool:
    """Whether an autoscaler or a schedule decides how many pods a workload has."""
    autoscalers = snapshot.of("horizontalpodautoscalers", autoscalingv1.HorizontalPodAutoscaler)
    targets = [(item.namespace, item.spec.scale_target_ref) for item in autoscalers.values()]
    scaled = snapshot.of("scaledobjects", autoscalingv1.ScaledObject)
    targets += [(item.namespace, item.spec.scale_target_ref) for item in scaled.values()]
    ref = workload.ref
    return bool(workload.annotations.downscaled) or any(
        (namespace, target.kind or "Deployment", target.name) == (ref.namespace, ref.kind, ref.name)
        for namespace, target in targets
    )


def users(snapshot: Snapshot, workload: Workload, said: Iterable[Call], routes: RoutesOf) -> Users:
    """The Services that select a workload's pods, and who calls them or leads to them."""
    labels = workload.template.metadata.labels or {}
    services = tuple(
        ref
        for ref in snapshot.pods_by_service
        if ref.namespace == workload.ref.namespace
        and hosts.takes(snapshot.services[ref].spec.selector, labels)
    )
    own = tuple(call for call in said if call.service in services)
    leading = tuple(route for ref in services for route in routes.get(ref, ()))
    return services, serving.users(own, leading)
