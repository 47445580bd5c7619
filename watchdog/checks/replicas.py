"""Workloads with fewer ready pods than they want: the last word when nothing explains it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import Field

from watchdog.domain.check import Params, check
from watchdog.domain.finding import Finding
from watchdog.domain.objects import podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic import command, symptom
from watchdog.logic.network import scaling, serving
from watchdog.logic.network.calls import calls
from watchdog.logic.placement.binding import waits_for_binding
from watchdog.logic.pods.pull import nodes_without_room
from watchdog.logic.workloads import rollout


class ReplicasParams(Params):
    """`checks.replicas` in the config file."""

    critical: tuple[str, ...] = Field(
        default=(), description="namespace/name of workloads that may not be without a ready pod"
    )


@check(
    family="workloads",
    needs=("deployments", "replicasets", "statefulsets", "daemonsets", "pods", "nodes"),
    optional=(
        "services",
        "ingresses",
        "cronjobs",
        "namespaces",
        "persistentvolumeclaims",
        "persistentvolumes",
        "happenings",
        "horizontalpodautoscalers",
        "scaledobjects",
    ),
    reasons=("ReplicasUnavailable", "ScaledToZero"),
    params=ReplicasParams,
)
def replicas(snapshot: Snapshot, params: ReplicasParams) -> Iterator[Finding]:
    """Fewer pods are ready than wanted, and no rollout is running; or none are wanted any more
    though somebody calls them.

    Pods on a lost node, inside their startup budget, behind a scheduling gate, or whose volume is
    being bound, and paused Deployments do not count. Every
    more specific Finding about the workload or its pods hides this one. Zero that an autoscaler set,
    or that has always been, is by design.
    """
    yield from _scaled_to_zero(snapshot)
    for ref, workload in sorted(snapshot.workloads.items()):
        missing = workload.wanted - workload.ready
        if missing <= 0 or workload.paused:
            continue
        item = snapshot.deployments.get(ref)
        if item is not None and workload.ready and rollout.moving(snapshot, item):
            continue
        lost = _on_lost_nodes(snapshot, ref)
        unready = _unready(snapshot, ref)
        waiting = tuple(
            pod
            for pod in unready
            if not pod.spec.scheduling_gates and not waits_for_binding(snapshot, pod)
        )
        starting = sum(rollout.within_startup(snapshot, pod) for pod in waiting)
        starting += len(unready) - len(waiting)
        if missing > len(lost) + starting:
            yield _finding(snapshot, workload, waiting, lost, params)


def _scaled_to_zero(snapshot: Snapshot) -> Iterator[Finding]:
    said, routes = calls(snapshot), serving.routes(snapshot)
    for ref, workload in sorted(snapshot.workloads.items()):
        scalable = ref.kind in ("Deployment", "StatefulSet")
        if workload.wanted or workload.paused or not scalable:
            continue
        before = scaling.earlier(snapshot, workload)
        if before is not None and not scaling.by_design(snapshot, workload):
            services, users = scaling.users(snapshot, workload, said, routes)
            yield _zero(workload, before, services, users)


def _zero(
    workload: Workload, before: scaling.Earlier, services: tuple[Ref, ...], users: tuple[Ref, ...]
) -> Finding:
    ref = workload.ref
    return Finding(
        reason="ScaledToZero",
        subject=ref,
        affected=(*services, *users),
        severity=Severity.CRITICAL if users else Severity.INFO,
        message=f"{ref} is scaled to 0, it had {before.replicas}"
        + (f"; needed by {symptom.listed(map(str, users))}" if users else ""),
        why=f"{ref} wants no pods; it had {before.replicas} (by {before.source}). No autoscaler does "
        f"this. {serving.says_of(users)}. Its Service without endpoints and the errors of its callers "
        "are consequences; restarting those does not help.",
        since=before.at,
        hold=timedelta(minutes=5),
        sightings=2,
        evidence=(
            symptom.fact("spec", ref, "replicas: 0"),
            symptom.fact(
                "change", ref, f"{before.replicas} replicas before, by {before.source}", before.at
            ),
            *(symptom.fact("spec", user, f"needs {ref.name}") for user in users[:3]),
        ),
        proposal=symptom.advise(
            workload,
            f"Scale {ref.name} to {before.replicas} again, or remove what calls it.",
            command.scale(ref, before.replicas),
        ),
    )


def _unready(snapshot: Snapshot, ref: Ref) -> tuple[podv1.Pod, ...]:
    pods = snapshot.pods_by_owner.get(ref, ())
    return tuple(pod for pod in pods if not pod.ready and not pod.finished)


def _on_lost_nodes(snapshot: Snapshot, ref: Ref) -> tuple[podv1.Pod, ...]:
    lost = [
        pod
        for node in snapshot.lost_nodes
        for pod in snapshot.all_pods_by_node.get(node, ())
        if snapshot.owners[pod.ref] == ref
    ]
    return tuple(sorted(lost, key=lambda each: each.ref))


def _finding(
    snapshot: Snapshot,
    workload: Workload,
    waiting: tuple[podv1.Pod, ...],
    lost: tuple[podv1.Pod, ...],
    params: ReplicasParams,
) -> Finding:
    ref = workload.ref
    listed = f"{ref.namespace}/{ref.name}" in params.critical and not workload.ready
    since = _since(snapshot, ref, waiting)
    states = symptom.listed(f"{pod.name}: {_state(pod)}" for pod in waiting)
    return Finding(
        reason="ReplicasUnavailable",
        subject=ref,
        affected=symptom.affected(snapshot, waiting, ref),
        severity=Severity.CRITICAL if listed else snapshot.severity_for(ref),
        message=f"{ref}: {workload.ready} of {workload.wanted} pods are ready",
        why=f"{symptom.readiness(snapshot, ref)} "
        f"{f'{states}.' if states else 'No pod is on its way that could become ready.'} No more specific "
        "cause was found in its pods, its template or its namespace.",
        since=since,
        hold=timedelta(minutes=5 if listed else 15),
        sightings=2,
        blames=(
            *dict.fromkeys(Ref("Node", "", pod.node) for pod in lost),
            *nodes_without_room(snapshot, waiting),
        ),
        evidence=(
            symptom.fact("status", ref, f"{workload.ready} ready, {workload.wanted} wanted", since),
            *(
                symptom.fact("status", pod.ref, _state(pod), symptom.unready_since(pod))
                for pod in waiting[:4]
            ),
        ),
        proposal=symptom.advise(
            workload,
            "Read the events and the log of the pods that are not ready."
            if waiting
            else "Read its events: they say why its controller does not make the pods.",
            command.describe(waiting[0].ref if waiting else ref),
            *(command.logs(pod.ref) for pod in waiting[:1] if pod.node),
        ),
    )


def _since(snapshot: Snapshot, ref: Ref, waiting: tuple[podv1.Pod, ...]) -> datetime | None:
    item = snapshot.deployments.get(ref)
    available = item.condition("Available") if item else None
    if available is not None and available.status == "False":
        return available.last_transition_time
    return symptom.first_of(symptom.unready_since(pod) for pod in waiting)


def _state(pod: podv1.Pod) -> str:
    for status in pod.statuses:
        if status.state.waiting and status.state.waiting.reason:
            return f"{status.name} waits: {status.state.waiting.reason}"
    return "scheduled, not ready" if pod.node else "not scheduled"
