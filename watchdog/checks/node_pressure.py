"""Nodes that report trouble of their own: memory, disk, processes, network, kernel."""

from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, metav1
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom

_HOLD = timedelta(minutes=10)
# Condition types that say trouble when True, with what helps. An unknown type is no fault.
_TROUBLE = {
    "MemoryPressure": "free memory: move or limit the largest pods (kubectl top pods -A)",
    "DiskPressure": "free the disk: crictl rmi --prune, old logs, emptyDir volumes",
    "PIDPressure": "look for a pod that forks without end",
    "NetworkUnavailable": "mend the node's network plugin or route",
    "KernelDeadlock": "reboot the node after draining it",
    "ReadonlyFilesystem": "check the disk (dmesg), then reboot or replace the node",
    "XfsShutdown": "check the disk (dmesg), then repair the file system",
    "CorruptDockerOverlay2": "clean the runtime's storage",
    "FrequentKubeletRestart": "read journalctl -u kubelet",
    "FrequentContainerdRestart": "read journalctl -u containerd",
    "FrequentDockerRestart": "read journalctl -u docker",
    "FrequentUnregisterNetDevice": "update the kernel",
    "CperHardwareErrorFatal": "replace the hardware",
}


@check(
    family="nodes",
    needs=("nodes", "pods"),
    reasons=("NodePressure",),
    params=NoParams,
)
def node_pressure(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A condition of a Ready node says trouble; evictions there are its consequence."""
    for node in snapshot.nodes.values():
        bad = [
            each
            for each in node.status.conditions
            if each.type in _TROUBLE and each.status == "True"
        ]
        if bad and node.ready:
            yield _finding(snapshot, node, bad)


def _finding(snapshot: Snapshot, node: corev1.Node, bad: list[metav1.Condition]) -> Finding:
    kinds = symptom.listed(each.type for each in bad)
    pods = [pod for pod in snapshot.all_pods.values() if pod.node == node.name]
    cures = "; ".join(_TROUBLE[each.type] for each in bad)
    return Finding(
        reason="NodePressure",
        subject=node.ref,
        affected=symptom.sufferers(snapshot, pods, node.ref),
        severity=Severity.WARNING,
        message=f"node {node.name} reports {kinds}",
        why=f"Node {node.name} reports {kinds}: {symptom.shorten(bad[0].message, 150)}. The kubelet "
        "evicts pods and takes no new ones while it lasts; evicted pods are its victims. Restarting "
        "them does not help.",
        since=symptom.first_of(each.last_transition_time for each in bad),
        hold=_HOLD,
        evidence=tuple(
            symptom.fact(
                "status",
                node.ref,
                f"{each.type}=True ({each.reason}): {each.message}",
                each.last_transition_time,
            )
            for each in bad[:6]
        ),
        proposal=Proposal(f"On {node.name}: {cures}.", (command.describe(node.ref),)),
    )
