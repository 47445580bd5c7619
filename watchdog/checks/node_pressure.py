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
from watchdog.logic.pods.eviction import Misjudged, misjudged

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
    optional=("stats",),
    reasons=("NodePressure", "EvictionThresholdMisconfigured"),
    params=NoParams,
)
def node_pressure(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A condition of a Ready node says trouble; evictions there are its consequence.

    A node that evicts for want of disk while a quarter of every file system is free, by its own
    statistics or by what it says of the pods it evicted, has a wrong threshold and not a full disk.
    """
    for node in snapshot.nodes.values():
        if not node.ready:
            continue
        found = misjudged(snapshot, node)
        bad = [
            each
            for each in node.status.conditions
            if each.type in _TROUBLE and each.status == "True"
            if found is None or each.type != "DiskPressure"
        ]
        if bad:
            yield _finding(snapshot, node, bad)
        if found is not None:
            yield _threshold(snapshot, node, found)


def _threshold(snapshot: Snapshot, node: corev1.Node, found: Misjudged) -> Finding:
    pods = snapshot.all_pods_by_node.get(node.name, ())
    at = f" below {found.threshold}" if found.threshold else ""
    config = command.kubectl(node.ref, f"get --raw /api/v1/nodes/{node.name}/proxy/configz")
    return Finding(
        reason="EvictionThresholdMisconfigured",
        subject=node.ref,
        affected=symptom.affected(snapshot, pods, node.ref),
        severity=Severity.WARNING,
        message=f"node {node.name} evicts pods for want of disk{at}, with {found.free} free",
        why=f"Node {node.name} takes its disk for full{at}, but {found.free} is free: the eviction "
        "threshold of its kubelet is wrong, not the disk. Deleting images or pods there does not help, "
        "nor do the evicted pods need anything.",
        since=found.since,
        hold=_HOLD,
        evidence=(
            *(
                symptom.said(node.ref, each)
                for each in node.status.conditions
                if (each.type, each.status) == ("DiskPressure", "True")
            ),
            symptom.fact("metric", node.ref, f"{found.free} free on its fullest file system"),
            *(symptom.fact("status", pod.ref, pod.status.message) for pod in found.pods[-2:]),
        ),
        proposal=Proposal(
            f"Correct evictionHard and evictionSoft (nodefs.available, imagefs.available) in the kubelet "
            f"configuration of {node.name}, on k3s the kubelet-arg eviction-hard, then restart it; 5 to "
            "15 % are usual. The second command shows what is in force.",
            (command.describe(node.ref), config),
        ),
    )


def _finding(snapshot: Snapshot, node: corev1.Node, bad: list[metav1.Condition]) -> Finding:
    kinds = symptom.listed(each.type for each in bad)
    pods = snapshot.all_pods_by_node.get(node.name, ())
    cures = "; ".join(_TROUBLE[each.type] for each in bad)
    return Finding(
        reason="NodePressure",
        subject=node.ref,
        affected=symptom.affected(snapshot, pods, node.ref),
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
