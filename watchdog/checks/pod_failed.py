"""Pods that nodes evict or refuse: again and again, or once and left lying about."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Evidence
from watchdog.domain.finding import Finding
from watchdog.domain.objects import podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.pods.debris import debris, ended_at, occasions, refused, whole

_REPEATED = 3
_WITHIN = timedelta(hours=1)
_CLUTTER = 10
_OLD = timedelta(hours=24)


@check(
    family="pods",
    needs=("pods", "nodes", "deployments", "replicasets", "statefulsets", "daemonsets"),
    optional=("jobs", "cronjobs"),
    reasons=("PodEvictedRepeatedly", "FailedPodClutter"),
    params=NoParams,
)
def pod_failed(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """Nodes end or refuse pods of one workload three times in an hour, or leave many behind.

    Pods evicted at once and replaced since are no fault; ten of them that lie about for a day are
    noted.
    """
    clutter: defaultdict[str, dict[Ref, tuple[podv1.Pod, ...]]] = defaultdict(dict)
    for owner, pods in debris(snapshot).items():
        recent = refused(pods, snapshot.taken_at - _WITHIN)
        healthy = whole(snapshot, owner)
        if len(recent) >= _REPEATED and not (healthy and occasions(recent) < _REPEATED):
            yield _repeated(snapshot, owner, recent)
        elif healthy:
            clutter[owner.namespace][owner] = pods
    for namespace, owners in clutter.items():
        ends = sorted(ended_at(pod) for pods in owners.values() for pod in pods)
        if len(ends) >= _CLUTTER:
            for owner, pods in owners.items():
                yield Finding(
                    reason="FailedPodClutter",
                    subject=owner,
                    affected=tuple(pod.ref for pod in pods),
                    severity=Severity.INFO,
                    message=f"{len(pods)} failed pods of {owner} lie about",
                    why=f"{len(pods)} pods of {owner} that nodes ended ({_reasons(pods)}) are kept, "
                    f"though {owner} has all its pods. They use nothing but hide what is new.",
                    since=ends[_CLUTTER - 1],
                    hold=_OLD,
                    shared=f"failed pods in namespace {namespace}",
                    evidence=_evidence(pods[-3:]),
                    proposal=symptom.advise(
                        None,
                        "Delete the failed pods; those that run are not touched.",
                        _clean_up(snapshot, owner),
                        command.kubectl(owner, "get pods --field-selector=status.phase=Failed"),
                    ),
                )


def _repeated(snapshot: Snapshot, owner: Ref, pods: tuple[podv1.Pod, ...]) -> Finding:
    said = symptom.sentence(pods[-1].status.message or "no message", 250)
    nodes = symptom.listed(pod.node for pod in pods if pod.node)
    reasons = _reasons(pods)
    return Finding(
        reason="PodEvictedRepeatedly",
        subject=owner,
        affected=tuple(dict.fromkeys((*(pod.ref for pod in pods), *_nodes(pods)))),
        severity=snapshot.severity_for(owner),
        message=f"nodes ended or refused {len(pods)} pods of {owner} within an hour ({reasons})",
        why=f"{len(pods)} pods of {owner} were ended or refused by {nodes or 'a node'} within an hour "
        f"({reasons}): {said} Each replacement meets the same end, so deleting pods does not help.",
        since=ended_at(pods[0]),
        evidence=_evidence(pods[-4:]),
        proposal=symptom.advise(
            snapshot.workloads.get(owner),
            _advice(pods[-1]),
            command.describe(pods[-1].ref),
            command.describe(owner),
        ),
    )


def _advice(pod: podv1.Pod) -> str:
    if pod.status.reason == "Evicted":
        return (
            "Give its containers requests for what the message names (ephemeral-storage, memory) and "
            "a sizeLimit to its emptyDir volumes, or make it write less."
        )
    return (
        "The scheduler and the node disagree: look for pods that bypass the scheduler (nodeName), for "
        "node labels that changed, and for device plugins that report too much."
    )


def _reasons(pods: tuple[podv1.Pod, ...]) -> str:
    return symptom.listed(pod.status.reason for pod in pods)


def _nodes(pods: tuple[podv1.Pod, ...]) -> tuple[Ref, ...]:
    return tuple(Ref("Node", "", pod.node) for pod in pods if pod.node)


def _evidence(pods: tuple[podv1.Pod, ...]) -> tuple[Evidence, ...]:
    return tuple(
        symptom.fact(
            "status",
            pod.ref,
            f"{pod.status.reason} on {pod.node or 'no node'}: {pod.status.message}",
            ended_at(pod),
        )
        for pod in pods
    )


def _clean_up(snapshot: Snapshot, owner: Ref) -> str:
    """Delete what failed of one workload; "" where its selector cannot stand in a command."""
    item = snapshot.deployments.get(owner) or snapshot.statefulsets.get(owner)
    found = item or snapshot.daemonsets.get(owner)
    labels = (found.spec.selector.match_labels or {}) if found is not None else {}
    words = [part for key, value in labels.items() for part in (*key.split("/"), value)]
    if not labels or not all(map(command.safe_name, words)):
        return ""
    selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return command.kubectl(owner, f"delete pods --field-selector=status.phase=Failed -l {selector}")
