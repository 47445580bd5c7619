"""Rollouts that do not end, take everything down, or are blocked by a pod of a broken revision."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.pods.crash import changes
from watchdog.logic.pods.pull import nodes_without_room
from watchdog.logic.workloads import rollout as progress
from watchdog.logic.workloads.steadiness import blocking

_QUIET = timedelta(minutes=15)


@check(
    family="workloads",
    needs=("deployments", "replicasets", "statefulsets", "daemonsets", "pods", "nodes"),
    optional=("controllerrevisions",),
    reasons=("RolloutStuck", "RolloutStrategyUnsafe", "StatefulSetStuckRevision"),
    params=NoParams,
)
def rollout(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A rollout made no progress until its deadline, or for a quarter of an hour.

    A strategy that lets a rollout take every pod is noted before it does. Paused Deployments, OnDelete and partitions are somebody's choice. The pods' own Findings, if
    there are any, say why; this one says that nothing moves.
    """
    for item in snapshot.deployments.values():
        since = progress.deadline_passed(item)
        if since is not None and item.spec.replicas:
            yield _stuck(snapshot, item.ref, since, hold=timedelta(0))
        if _emptied(snapshot, item):
            yield _unsafe(snapshot, item)
        elif _may_empty(item) and item.spec.replicas > 1:
            yield _latent(snapshot, item)
    for stateful in snapshot.statefulsets.values():
        blocked = blocking(snapshot, stateful)
        if blocked:
            yield _stuck_revision(snapshot, stateful, blocked)
        elif _behind(stateful):
            yield _stuck(snapshot, stateful.ref, progress.last_progress(snapshot, stateful.ref))
    for daemon in snapshot.daemonsets.values():
        status = daemon.status
        rolling = daemon.spec.update_strategy.type != "OnDelete" and not _partly_lost(
            snapshot, daemon.ref
        )
        if rolling and status.updated_number_scheduled < status.desired_number_scheduled:
            yield _stuck(snapshot, daemon.ref, progress.last_progress(snapshot, daemon.ref))


def _behind(item: appsv1.StatefulSet) -> bool:
    strategy = item.spec.update_strategy
    held = strategy.rolling_update is not None and strategy.rolling_update.partition > 0
    status = item.status
    return (
        strategy.type != "OnDelete"
        and not held
        and bool(status.update_revision)
        and status.update_revision != status.current_revision
        and status.updated_replicas < item.spec.replicas
    )


def _partly_lost(snapshot: Snapshot, ref: Ref) -> bool:
    """Whether a pod of the workload sits on a lost node, where no update can go on."""
    return any(
        snapshot.owners[pod.ref] == ref
        for node in snapshot.lost_nodes
        for pod in snapshot.all_pods_by_node.get(node, ())
    )


def _stuck(
    snapshot: Snapshot, ref: Ref, since: datetime | None, *, hold: timedelta = _QUIET
) -> Finding:
    workload = snapshot.workloads[ref]
    pods = tuple(pod for pod in snapshot.pods_by_owner.get(ref, ()) if not pod.ready)
    earlier = workload.previous
    differs = changes(earlier.template.spec, workload.template.spec) if earlier else ()
    what = f" What the newest revision changed: {'; '.join(differs)}." if differs else ""
    return Finding(
        reason="RolloutStuck",
        subject=ref,
        affected=symptom.affected(snapshot, pods, ref),
        severity=snapshot.severity_for(ref),
        message=f"{ref}: the rollout does not go on, {workload.updated} of {workload.wanted} updated",
        why=f"The rollout of {ref} makes no progress. {symptom.readiness(snapshot, ref)}{what} A restart "
        "starts the same rollout again.",
        since=since,
        hold=hold,
        sightings=2,
        blames=nodes_without_room(snapshot, pods),
        evidence=(
            symptom.fact(
                "status",
                ref,
                f"{workload.updated} updated, {workload.ready} ready, {workload.wanted} wanted",
                since,
            ),
            *(symptom.fact("change", ref, text) for text in differs[:3]),
        ),
        proposal=symptom.advise(
            workload,
            "Return to the previous revision, then look at the pods that do not become ready."
            if earlier
            else "Look at the pods that do not become ready; there is no revision to return to.",
            command.rollout_undo(ref) if earlier else command.describe(ref),
        ),
    )


def _may_empty(item: appsv1.Deployment) -> bool:
    """Whether the strategy allows a rollout to take every pod."""
    strategy, replicas = item.spec.strategy, item.spec.replicas
    limits = strategy.rolling_update
    most = progress.resolved(limits.max_unavailable if limits else None, replicas, default="25%")
    return strategy.type == "RollingUpdate" and 0 < replicas <= most


def _emptied(snapshot: Snapshot, item: appsv1.Deployment) -> bool:
    """Whether it may, and the newest rollout has: one that ended well took nothing."""
    workload, condition = snapshot.workloads[item.ref], item.condition("Progressing")
    ended = condition is not None and condition.reason == "NewReplicaSetAvailable"
    current, previous = workload.current, workload.previous
    return (
        _may_empty(item)
        and not ended
        and not item.status.ready_replicas
        and current is not None
        and previous is not None
        and current.replicas > 0
        and previous.template.spec != current.template.spec
    )


def _unsafe(snapshot: Snapshot, item: appsv1.Deployment) -> Finding:
    ref, replicas = item.ref, item.spec.replicas
    workload = snapshot.workloads[ref]
    limits = item.spec.strategy.rolling_update
    given = limits.max_unavailable if limits else None
    current = workload.current
    body = {"spec": {"strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}}}
    return Finding(
        reason="RolloutStrategyUnsafe",
        subject=ref,
        affected=symptom.affected(snapshot, snapshot.pods_by_owner.get(ref, ()), ref),
        severity=Severity.CRITICAL,
        message=f"{ref}: maxUnavailable {given} let the rollout take all {replicas} pods",
        why=f"The strategy of {ref} allows {given} of {replicas} pods to be missing, so the rollout "
        "removed every ready pod before a new one was ready, and none is. Going back brings the pods "
        "back but not a safer strategy: both have to change.",
        since=current.created_at if current else None,
        hold=timedelta(minutes=5),
        evidence=(
            symptom.fact("spec", ref, f"maxUnavailable {given}, replicas {replicas}"),
            symptom.fact("status", ref, "0 ready", current.created_at if current else None),
        ),
        proposal=symptom.advise(
            workload,
            "Return to the previous revision, and let a rollout keep the old pods until new ones are "
            "ready (maxUnavailable 0, maxSurge 1).",
            command.rollout_undo(
                ref, to_revision=workload.previous.number if workload.previous else 0
            ),
            command.patch(ref, body),
        ),
    )


def _latent(snapshot: Snapshot, item: appsv1.Deployment) -> Finding:
    ref, replicas = item.ref, item.spec.replicas
    workload = snapshot.workloads[ref]
    limits = item.spec.strategy.rolling_update
    given = limits.max_unavailable if limits else None
    body = {"spec": {"strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}}}
    return Finding(
        reason="RolloutStrategyUnsafe",
        subject=ref,
        severity=Severity.INFO,
        message=f"{ref}: maxUnavailable {given} lets a rollout take all {replicas} pods",
        why=f"The strategy of {ref} allows {given} of {replicas} pods to be missing: the next rollout "
        "may end every pod before a new one is ready. Nothing is wrong now.",
        since=workload.created_at,
        evidence=(symptom.fact("spec", ref, f"maxUnavailable {given}, replicas {replicas}"),),
        proposal=symptom.advise(
            workload,
            "Let a rollout keep the old pods until new ones are ready (maxUnavailable 0, maxSurge 1).",
            command.patch(ref, body),
        ),
    )


def _stuck_revision(
    snapshot: Snapshot, item: appsv1.StatefulSet, blocked: tuple[podv1.Pod, ...]
) -> Finding:
    ref, first = item.ref, blocked[0]
    workload = snapshot.workloads[ref]
    old, new = progress.revision_of(first), item.status.update_revision
    current = workload.current
    unready = symptom.first_of(symptom.unready_since(pod) for pod in blocked)
    moments = [m for m in (unready, current.created_at if current else None) if m]
    return Finding(
        reason="StatefulSetStuckRevision",
        subject=ref,
        affected=symptom.affected(snapshot, blocked, ref),
        severity=snapshot.severity_for(ref),
        message=f"{ref}: pod {first.name} of the old revision {old} blocks the update to {new}",
        why=f"The template of {ref} has changed to revision {new}, but pod {first.name} still is of "
        f"revision {old} and never becomes ready. A StatefulSet waits for such a pod instead of "
        f"replacing it. {symptom.readiness(snapshot, ref)} The template needs no further change.",
        since=max(moments, default=None),
        hold=timedelta(minutes=10),
        evidence=(
            symptom.fact("status", ref, f"updateRevision {new}"),
            symptom.fact(
                "status", first.ref, f"controller-revision-hash {old}, not ready", unready
            ),
        ),
        proposal=symptom.advise(
            None,
            f"Delete pod {first.name} once: it is made anew from the mended template, its volume "
            "stays.",
            *(command.delete(pod.ref) for pod in blocked),
        ),
    )
