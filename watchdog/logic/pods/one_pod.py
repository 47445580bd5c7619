"""Faults of one pod alone: its template is right, its siblings are well, a new pod would be, too."""

from collections.abc import Iterator
from dataclasses import dataclass

from watchdog.domain.incident import Incident
from watchdog.domain.objects import podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.pods.drift import drifted
from watchdog.logic.pods.restart_cause import Ground, hung, stale
from watchdog.logic.pods.starting import Stuck, stuck
from watchdog.logic.pods.wedged import ready_siblings
from watchdog.logic.symptom import listed, shorten
from watchdog.logic.workloads.chain import workload_object
from watchdog.logic.workloads.rollout import revision_of
from watchdog.logic.workloads.steadiness import blocking


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """One pod that a new one would cure; `cause` is the word in the Plan, `fact` one sentence."""

    pod: podv1.Pod
    cause: str
    fact: str


def without_sandbox(snapshot: Snapshot, incident: Incident) -> Iterator[Suspect]:
    """Pods whose sandbox fails on a node that the Incident is about, while siblings run elsewhere."""
    nodes = {ref.name for ref in incident.subjects if ref.kind == "Node"}
    for each in stuck(snapshot):
        if each.pod.node in nodes and each.event.reason != "FailedMount":
            yield from _stuck(snapshot, each, "no sandbox is made for it")


def without_volume(snapshot: Snapshot, incident: Incident) -> Iterator[Suspect]:
    """Pods that cannot mount, on their node, what a Ready sibling has mounted on another."""
    for each in stuck(snapshot):
        if each.pod.ref in incident.affected and each.event.reason == "FailedMount":
            yield from _stuck(snapshot, each, "a volume cannot be mounted there")


def _stuck(snapshot: Snapshot, each: Stuck, what: str) -> Iterator[Suspect]:
    pod = each.pod
    beside = [
        other
        for other in ready_siblings(snapshot, pod)
        if other.node != pod.node and {*pod.claims} <= {*other.claims}
    ]
    if beside:
        yield Suspect(
            pod=pod,
            cause="stuck",
            fact=f"{pod.name} has not started on node {pod.node}: {what} "
            f"({shorten(each.event.message, 120)}); {beside[0].name} of the same template is ready "
            f"on {beside[0].node}.",
        )


def changed_by_hand(snapshot: Snapshot, incident: Incident) -> Iterator[Suspect]:
    """The pod of the Incident that differs from its template and fails on just that."""
    for each in drifted(snapshot):
        if each.pod.ref in incident.subjects and each.harmful:
            yield Suspect(
                pod=each.pod,
                cause="drift",
                fact=f"{each.pod.name} is not what the template of {each.owner} says "
                f"({listed(map(str, each.harmful))}).",
            )


def left_behind(snapshot: Snapshot, incident: Incident) -> Iterator[Suspect]:
    """Pods of a broken revision for which a StatefulSet waits, though its template is mended."""
    for ref in incident.subjects:
        item = snapshot.statefulsets.get(ref)
        for pod in blocking(snapshot, item) if item is not None else ():
            wanted = item.status.update_revision if item is not None else ""
            yield Suspect(
                pod=pod,
                cause="stuck_revision",
                fact=f"{pod.name} is of revision {revision_of(pod)} and not ready, the template of "
                f"{ref} is at {wanted}.",
            )


def hanging(snapshot: Snapshot, incident: Incident) -> Iterator[Suspect]:
    """Pods that hang while a sibling of the same template is Ready."""
    for ref in incident.subjects:
        yield from _beside_ready(snapshot, hung(snapshot, ref))


def holding_old(snapshot: Snapshot, incident: Incident) -> Iterator[Suspect]:
    """Pods with a value that was replaced, of workloads that somebody else writes.

    Git or an operator may take back a restart, which is written into the template; an eviction is not.
    """
    for ref in incident.subjects:
        if kept_elsewhere(snapshot, ref):
            yield from _beside_ready(snapshot, stale(snapshot, ref))


def _beside_ready(snapshot: Snapshot, ground: Ground | None) -> Iterator[Suspect]:
    for pod in ground.pods if ground is not None else ():
        if ground is not None and ready_siblings(snapshot, pod):
            yield Suspect(pod=pod, cause=ground.name, fact=ground.fact)


def kept_elsewhere(snapshot: Snapshot, ref: Ref) -> str:
    """Who writes a workload's template besides people: "Argo CD", a custom resource; "" if nobody."""
    workload, item = snapshot.workloads.get(ref), workload_object(snapshot, ref)
    above = item.controller if item is not None else None
    by = workload.gitops if workload is not None and workload.gitops == "Argo CD" else ""
    return by or (f"{above.kind}/{above.name}" if above is not None else "")
