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

_REBOOT = timedelta(minutes=10)
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
    optional=("deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "cronjobs"),
    reasons=("NodeNotReady",),
    params=NoParams,
)
def node_ready(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """The Ready condition of a node is False or Unknown.

    It counts at once; a cordoned node or one in its reboot window gets ten minutes. Nodes that are
    being removed are left out; when more than a third are away it is one Incident.
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


def _finding(snapshot: Snapshot, node: corev1.Node, *, shared: str) -> Finding:
    ready = node.condition("Ready") or metav1.Condition()
    silent = ready.status == "Unknown"
    said = symptom.shorten(ready.message or ready.reason)
    pods = [pod for pod in snapshot.all_pods.values() if pod.node == node.name and not pod.finished]
    owners = snapshot.owners_of(pods)
    planned = node.spec.unschedulable or node.annotations.reboot
    what = (
        "its kubelet no longer reports: power, network, a frozen system or a dead kubelet"
        if silent
        else f"its kubelet itself says that it is not ready: {said}"
    )
    return Finding(
        reason="NodeNotReady",
        subject=node.ref,
        affected=symptom.sufferers(snapshot, pods, node.ref),
        severity=Severity.CRITICAL,
        message=f"node {node.name} is not ready ({said or ready.status}); "
        f"{len(pods)} pods of {len(owners)} workloads are on it",
        why=f"Node {node.name} is not ready: {what}. {len(pods)} pods run or ran there, of "
        f"{symptom.listed(map(str, owners), 8) or 'no workload'}; they are not at fault. Do not force "
        "their deletion: a pod may still run on a node that only lost its network.",
        since=ready.last_transition_time,
        hold=_REBOOT if planned else timedelta(0),
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
                f"last heartbeat {ready.last_heartbeat_time:%H:%M:%S}Z"
                if ready.last_heartbeat_time
                else "no heartbeat is known",
                ready.last_heartbeat_time,
            ),
        ),
        proposal=Proposal(
            f"Check power and network of {node.name}, then on it: systemctl status kubelet (or k3s), "
            "journalctl -u kubelet. Draining it is its owner's decision.",
            (command.describe(node.ref),),
        ),
    )
