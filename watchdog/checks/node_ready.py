"""Nodes that do not report Ready: one Finding instead of one for every pod on them."""

from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, metav1
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.platform.flapping import WINDOW, Flapping, flapping
from watchdog.logic.words.prose import stamp

_REBOOT = timedelta(minutes=10)
_REGISTERS = timedelta(minutes=1)  # between a node's creation and its kubelet's first status
# A node with one of these taints is about to be removed on purpose.
_LEAVING = (
    "ToBeDeletedByClusterAutoscaler",
    "cloud.google.com/impending-node-termination",
    "aws-node-termination-handler/spot-itn",
    "karpenter.sh/disrupted",
)


@check(
    family="nodes",
    needs=("nodes", "pods"),
    optional=(
        *("deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "cronjobs"),
        "happenings",
    ),
    reasons=("NodeNotReady",),
    params=NoParams,
)
def node_ready(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """The Ready condition of a node is False or Unknown, or has changed thrice in a quarter of an hour.

    It counts at once; a node that is cordoned, in its reboot window or just joining gets ten
    minutes. Nodes that are being removed are left out; when more than a third are away it is one
    Incident. One reboot is no more than two changes.
    """
    away = {
        name: node
        for name in sorted(snapshot.lost_nodes)
        if (node := snapshot.nodes[name]).condition("Ready") is not None
        and not any(taint.key in _LEAVING for taint in node.spec.taints)
    }
    many = len(away) > 1 and 3 * len(away) > len(snapshot.nodes)
    for node in away.values():
        yield _finding(snapshot, node, shared="more than a third of the nodes" if many else "")
    for each in flapping(snapshot):
        if not _planned(each.node) and not any(t.key in _LEAVING for t in each.node.spec.taints):
            yield _unsteady(snapshot, each)


def _planned(node: corev1.Node) -> bool:
    return bool(node.spec.unschedulable or node.annotations.reboot)


def _joining(snapshot: Snapshot, node: corev1.Node) -> bool:
    """Whether the kubelet has said since it registered the node that it is not ready yet.

    It does so until the network plugin, which comes as a pod on the host's network, has been
    started there; a pod that had an address of its own before proves that this is past.
    """
    ready, born = node.condition("Ready"), node.metadata.creation_timestamp
    if ready is None or ready.status != "False" or not (ready.last_transition_time and born):
        return False
    if any(
        pod.status.pod_ip
        and not pod.spec.host_network
        and pod.status.start_time
        and pod.status.start_time < ready.last_transition_time
        for pod in snapshot.all_pods_by_node.get(node.name, ())
    ):
        return False
    return timedelta(0) <= ready.last_transition_time - born <= _REGISTERS


def _unsteady(snapshot: Snapshot, found: Flapping) -> Finding:
    node, minutes = found.node, int(WINDOW.total_seconds() / 60)
    pods = [pod for pod in snapshot.all_pods_by_node.get(node.name, ()) if not pod.finished]
    return Finding(
        reason="NodeNotReady",
        subject=node.ref,
        affected=symptom.affected(snapshot, pods, node.ref),
        severity=Severity.CRITICAL,
        message=f"node {node.name} comes and goes: lost {found.times} times within {minutes} minutes",
        why=f"Node {node.name} is Ready at the moment, but was lost and came back {found.times} times "
        f"within {minutes} minutes: its network, power or kubelet is unsteady. Each time its pods "
        f"stop serving; the {symptom.counted(len(pods), 'pod')} there did nothing wrong, and restarting does "
        "not help.",
        since=found.first,
        evidence=(
            symptom.fact(
                "event",
                node.ref,
                f"NodeReady and NodeNotReady took turns, {found.times} times",
                found.last,
            ),
        ),
        proposal=Proposal(
            f"On {node.name}: journalctl -u kubelet (or k3s), dmesg, load and free memory, and the link "
            "to the API server. Keep new pods off it until it is steady.",
            (command.describe(node.ref),),
        ),
    )


def _finding(snapshot: Snapshot, node: corev1.Node, *, shared: str) -> Finding:
    ready = node.condition("Ready") or metav1.Condition()
    silent = ready.status == "Unknown"
    said = symptom.shorten(ready.message or ready.reason).rstrip(".")
    pods = [pod for pod in snapshot.all_pods_by_node.get(node.name, ()) if not pod.finished]
    owners = snapshot.owners_of(pods)
    what = (
        "its kubelet no longer reports: power, network, a frozen system or a dead kubelet"
        if silent
        else f"its kubelet itself says that it is not ready: {said}"
    )
    first = (
        f"Check power and network of {node.name}, then on it:"
        if silent
        else f"On {node.name}, mend what its kubelet names; it says more there:"
    )
    return Finding(
        reason="NodeNotReady",
        subject=node.ref,
        affected=symptom.affected(snapshot, pods, node.ref),
        severity=Severity.CRITICAL,
        message=f"node {node.name} is not ready ({said or ready.status}); "
        f"on it: {symptom.counted(len(pods), 'pod')} of {symptom.counted(len(owners), 'workload')}",
        why=f"Node {node.name} is not ready: {what}. On it: {symptom.counted(len(pods), 'pod')} of "
        f"{symptom.listed(map(str, owners), 8) or 'no workload'}; they are not at fault. Do not force "
        "their deletion: a pod may still run on a node that only lost its network.",
        since=ready.last_transition_time,
        hold=_REBOOT if _planned(node) or _joining(snapshot, node) else timedelta(0),
        shared=shared,
        evidence=(
            symptom.fact(
                "status",
                node.ref,
                f"Ready={ready.status} ({ready.reason}): {ready.message}",
                ready.last_transition_time,
            ),
            symptom.fact(
                "status",
                node.ref,
                f"last heartbeat {stamp(ready.last_heartbeat_time)}"
                if ready.last_heartbeat_time
                else "no heartbeat is known",
                ready.last_heartbeat_time,
            ),
        ),
        proposal=Proposal(
            f"{first} systemctl status kubelet (or k3s), journalctl -u kubelet. Draining it is its "
            "owner's decision.",
            (command.describe(node.ref),),
        ),
    )
