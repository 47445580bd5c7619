"""Deletes failed pods that nodes ended and that a healthy workload has replaced long ago."""

from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.incident import Incident
from watchdog.domain.objects import podv1
from watchdog.domain.plan import Call, Grant, NoPlan, Plan, Step
from watchdog.domain.policy import Policy
from watchdog.domain.ref import Ref
from watchdog.domain.remediation import remediation
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic.decision.case import withheld
from watchdog.logic.decision.planning import held_back, plan
from watchdog.logic.pods.debris import debris, ended_at, kept_by, whole
from watchdog.logic.workloads.chain import chain, top_of
from watchdog.logic.workloads.steadiness import under_way

_OLD = timedelta(hours=1)


@remediation(
    name="DeleteDebris",
    fixes=("FailedPodClutter",),
    grants=(Grant("delete", "pods"),),
)
def delete_debris(incident: Incident, snapshot: Snapshot, policy: Policy) -> Plan | NoPlan:
    """Delete failed pods of a Deployment, oldest first, that are an hour old or older.

    The Deployment has all its pods, its newest failed pod is kept to look at, and so is every one
    with a finalizer or of a node that is short of something. Of several Deployments the one with most.
    """
    candidates = {ref: _candidates(snapshot, ref) for ref in incident.subjects}
    owner = max(incident.subjects, key=lambda ref: len(candidates[ref]))
    pods = candidates[owner][: policy.budgets.debris]
    if not pods:
        return NoPlan()
    workload = snapshot.workloads[owner]
    if against := tuple(_against(snapshot, workload)):
        return NoPlan(against)
    return plan(
        workload,
        tuple(_step(pod) for pod in pods),
        name="DeleteDebris",
        cause="debris",
        reason=f"{len(pods)} pods of {owner} ended an hour or longer ago ({pods[0].status.reason}), and "
        "it has all its pods.",
        risk="What these pods have left, their status and their logs, is gone; the newest one is kept.",
    )


def _candidates(snapshot: Snapshot, owner: Ref) -> tuple[podv1.Pod, ...]:
    """The debris of one workload that may go, oldest first; the newest of all stays."""
    return tuple(
        pod
        for pod in debris(snapshot).get(owner, ())[:-1]
        if snapshot.age(ended_at(pod)) >= _OLD
        and _owned(snapshot, pod, owner)
        and not any(kept_by(snapshot, pod))
        and not any(withheld(snapshot, pod))
    )


def _owned(snapshot: Snapshot, pod: podv1.Pod, owner: Ref) -> bool:
    held = chain(snapshot, pod)
    return held is not None and held.top.ref == owner


def _against(snapshot: Snapshot, workload: Workload) -> Iterator[str]:
    item = top_of(snapshot, workload)
    yield from held_back(snapshot, item)
    if not whole(snapshot, workload.ref):
        yield f"{workload.ref} has not all its pods"
    yield from under_way(item)


def _step(pod: podv1.Pod) -> Step:
    return Step(call=Call.DELETE, target=pod.ref, uid=pod.uid, what=f"delete failed pod {pod.name}")
