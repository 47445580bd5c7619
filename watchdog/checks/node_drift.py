"""Nodes that were left in another state than the rest: cordoned, on another clock or version."""

from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, podv1, policyv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.placement.clock import complaint, late
from watchdog.logic.placement.cordon import cordoned_at, kept_waiting
from watchdog.logic.placement.pool import Drift, Skew, drifts, unsupported
from watchdog.logic.words.prose import stamp

_HOLD = timedelta(minutes=10)
_FORGOTTEN = timedelta(hours=24)
_AHEAD = timedelta(seconds=5)
_HEARTBEATS = "kube-node-lease"


@check(
    family="nodes",
    needs=("nodes", "pods"),
    optional=("leases", "persistentvolumeclaims", "persistentvolumes", "apiserver", "logs"),
    reasons=("NodeCordoned", "NodeClockSkew", "NodeDrift"),
    params=NoParams,
)
def node_drift(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A Ready node is cordoned while pods wait for it, its clock is wrong, or it differs from its pool.

    A clock is ahead by its heartbeats, or late by what pods on this node alone say of certificates.

    A cordon that nobody waits for is only noted, and only after a day. A node is compared with the
    majority of the nodes of its role, pool and architecture, once none of them came up for a day. A
    kubelet may trail the API server by three minor versions and is never newer.
    """
    yield from _cordons(snapshot)
    yield from _clocks(snapshot)
    for name, pods in late(snapshot).items():
        yield _late(snapshot, name, pods)
    outdated = unsupported(snapshot)
    for drift in drifts(snapshot):
        if drift.node.name not in outdated:
            yield _differs(drift)
    for skew in outdated.values():
        if skew.node.ready:
            yield _skewed(skew)


def _cordons(snapshot: Snapshot) -> Iterator[Finding]:
    waiting = kept_waiting(snapshot)
    for name, node in snapshot.nodes.items():
        if not (node.spec.unschedulable and node.ready):
            continue
        at = cordoned_at(node)
        if pods := waiting.get(name):
            yield _needed(snapshot, node, pods)
        elif at is not None:
            yield Finding(
                reason="NodeCordoned",
                subject=node.ref,
                severity=Severity.INFO,
                message=f"node {name} has been cordoned since {stamp(at)}",
                why=f"Node {name} takes no new pods. Nothing waits for it, so this may be meant.",
                since=at,
                hold=_FORGOTTEN,
                evidence=(symptom.fact("spec", node.ref, "spec.unschedulable is true", at),),
                proposal=_uncordon(node),
            )


def _needed(snapshot: Snapshot, node: corev1.Node, pods: tuple[podv1.Pod, ...]) -> Finding:
    owners = snapshot.owners_of(pods)
    at = cordoned_at(node)
    waits = symptom.first_of(
        condition.last_transition_time or pod.metadata.creation_timestamp
        for pod in pods
        if (condition := pod.condition("PodScheduled")) is not None
    )
    since = max((moment for moment in (at, waits) if moment is not None), default=None)
    names = symptom.listed(map(str, owners))
    return Finding(
        reason="NodeCordoned",
        subject=node.ref,
        affected=symptom.affected(snapshot, pods, node.ref),
        severity=Severity.WARNING,
        message=f"node {node.name} is cordoned and keeps {symptom.counted(len(pods), 'pod')} of {names} pending",
        why=f"{names} fit on no other node; {node.name} has room for them and is Ready, but takes no "
        "pods because it is cordoned. Neither the pods nor their requests are at fault.",
        since=since,
        hold=_HOLD,
        sightings=2,
        evidence=(
            symptom.fact("spec", node.ref, "spec.unschedulable is true", at),
            *(symptom.fact("status", pod.ref, "Unschedulable", waits) for pod in pods[:4]),
        ),
        proposal=_uncordon(node),
    )


def _uncordon(node: corev1.Node) -> Proposal:
    return Proposal(
        f"Ask whoever cordoned {node.name}; when the work on it is done, let it take pods again.",
        (command.kubectl(node.ref, "uncordon", node.name), command.describe(node.ref)),
    )


def _clocks(snapshot: Snapshot) -> Iterator[Finding]:
    """A heartbeat from the future. If most are, it is the API server that is late."""
    ahead = {
        ref.name: lease.spec.renew_time - snapshot.taken_at
        for ref, lease in snapshot.of("leases", policyv1.Lease).items()
        if ref.namespace == _HEARTBEATS and ref.name in snapshot.nodes
        if lease.spec.renew_time is not None and lease.spec.renew_time - snapshot.taken_at > _AHEAD
    }
    if 2 * len(ahead) >= len(snapshot.nodes):
        return
    for name, gap in ahead.items():
        ref = Ref("Node", "", name)
        seconds = int(gap.total_seconds())
        yield Finding(
            reason="NodeClockSkew",
            subject=ref,
            severity=Severity.WARNING,
            message=f"the clock of node {name} is {seconds} s ahead of the API server's",
            why=f"The heartbeat of {name} is dated {seconds} s after the API server's own time; other "
            "nodes agree with the API server. Certificates and tokens look expired or not yet valid "
            "there, and times in its logs are wrong.",
            since=None,
            sightings=2,
            evidence=(
                symptom.fact("status", ref, f"Lease renewTime is {seconds} s in the future"),
            ),
            proposal=_set_clock(name),
        )


def _late(snapshot: Snapshot, name: str, pods: tuple[podv1.Pod, ...]) -> Finding:
    ref = Ref("Node", "", name)
    owners = symptom.listed(map(str, snapshot.owners_of(pods)))
    return Finding(
        reason="NodeClockSkew",
        subject=ref,
        affected=symptom.affected(snapshot, pods, ref),
        severity=Severity.WARNING,
        message=f"the clock of node {name} is late: certificates look not yet valid there",
        why=f"{owners} refuse certificates as not yet valid, on node {name} only; pods of other nodes "
        "do not. The certificates are right and that node's clock is late: renewing them, or "
        "restarting the pods, does not help.",
        since=symptom.first_of(symptom.unready_since(pod) for pod in pods),
        hold=_HOLD,
        evidence=tuple(symptom.fact("log", pod.ref, complaint(snapshot, pod)) for pod in pods[:4]),
        proposal=_set_clock(name),
    )


def _set_clock(name: str) -> Proposal:
    return Proposal(
        f"On {name}: timedatectl status, then mend its time service (chrony, systemd-timesyncd).",
        (command.describe(Ref("Node", "", name)),),
    )


def _differs(drift: Drift) -> Finding:
    node = drift.node
    lines = [f"{what} {own} (most others: {usual})" for what, own, usual in drift.differences]
    return Finding(
        reason="NodeDrift",
        subject=node.ref,
        severity=Severity.INFO,
        message=f"node {node.name} differs from its pool: {symptom.listed(lines)}",
        why=f"Most nodes like {node.name} have something else: {symptom.listed(lines)}. Nothing fails "
        "because of it; it explains why something fails on this node only.",
        since=drift.settled_at,
        hold=_FORGOTTEN,
        evidence=tuple(symptom.fact("status", node.ref, line) for line in lines),
        proposal=Proposal(
            f"Bring {node.name} to the state of its pool with what sets up the nodes.",
            ("kubectl get nodes -o wide",),
        ),
    )


def _skewed(skew: Skew) -> Finding:
    node, against = skew.node, skew.against
    own = node.status.node_info.kubelet_version
    ready = node.condition("Ready")
    server = f"the API server {against}"
    beside = (
        server if skew.server else f"another node {against}, and the API server is at least as new"
    )
    wrong = "newer than the API server" if skew.newer else "too old for this cluster"
    cure = (
        f"Upgrade the control plane first, or return {node.name} to its version."
        if skew.newer
        else f"Drain and upgrade {node.name}, one minor version at a time."
    )
    return Finding(
        reason="NodeDrift",
        subject=node.ref,
        severity=Severity.WARNING,
        message=f"the kubelet of node {node.name} is {wrong}: {own}",
        why=f"Node {node.name} runs kubelet {own}, {beside}. A kubelet may trail the API server by "
        "three minor versions and may not be newer; beyond that nothing is promised, and fields of "
        "pods may be lost or misread.",
        since=ready.last_transition_time if ready else None,
        hold=_FORGOTTEN,
        shared=f"kubelets {'newer than' if skew.newer else 'too old beside'} {against}",
        evidence=(
            symptom.fact(
                "status",
                node.ref,
                f"kubeletVersion {own}, {'API server' if skew.server else 'newest'} {against}",
            ),
        ),
        proposal=Proposal(cure, ("kubectl get nodes -o wide",)),
    )
