"""Pods that are scheduled but do not start: a volume cannot be mounted, a sandbox not be made."""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Evidence, Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.pods.reference import absent
from watchdog.logic.pods.starting import (
    NO_DRIVER,
    Stuck,
    claim_named,
    network_plugin,
    storage_behind,
    stuck,
)

_HOLD = timedelta(minutes=10)
# The command line of a mount, and the layers that a runtime's error has come through.
_AROUND = re.compile(
    r"Mounting command:.*?Output:\s*|^Failed to create pod sandbox: (?:rpc error: code = \w+ desc = )?",
    re.DOTALL,
)
_VOLUME = re.compile(r"^MountVolume\.\w+ failed for volume \"([^\"]+)\" ?: ?")
# What a mount's failure means, by the words of mount(8), the kernel and the kubelet.
_MEANINGS = (
    (NO_DRIVER, "its CSI driver does not run on the node: look at the driver's DaemonSet"),
    (
        re.compile(r"type check failed|no such file|is not a (?:directory|file)", re.IGNORECASE),
        "the path is missing on that node, or of another kind: make it there, or keep the pod off the "
        "node",
    ),
    (
        re.compile(r"timed out|no route|refused|unreachable|not responding|resolve", re.IGNORECASE),
        "the storage does not answer: look at its server and the path from the node to it",
    ),
    (
        re.compile(
            r"wrong fs type|superblock|fsck|structure needs cleaning|input/output", re.IGNORECASE
        ),
        "the file system is damaged or of another type: back it up before any repair",
    ),
    (
        re.compile(r"permission denied|access denied|not permitted", re.IGNORECASE),
        "the storage refuses this node: look at its export list and rights",
    ),
)


@check(
    family="pods",
    needs=("pods", "nodes", "deployments", "replicasets", "statefulsets", "daemonsets"),
    optional=("events", "configmaps", "persistentvolumeclaims", "services", "namespaces"),
    reasons=("MountFailed", "SandboxFailed"),
    params=NoParams,
)
def pod_start(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A pod stays in ContainerCreating on its node, and a fresh event says what fails.

    Volumes of ConfigMaps and Secrets that are not there belong to pod_config, a failing attach to
    volume_attach; a driver's DaemonSet or a file server of the cluster that is down has Findings of its
    own. Sandboxes are a matter of the node, on several nodes of the network plugin.
    """
    volumes: defaultdict[Ref, list[Stuck]] = defaultdict(list)
    nodes: defaultdict[str, list[Stuck]] = defaultdict(list)
    for each in stuck(snapshot):
        if each.event.reason != "FailedMount":
            nodes[each.pod.node].append(each)
        elif not absent(snapshot, each.pod):
            claim = claim_named(snapshot, each.pod, each.event.message)
            volumes[claim or each.owner].append(each)
    for subject, group in sorted(volumes.items()):
        yield _mount(snapshot, subject, group)
    yield from _sandboxes(snapshot, nodes)


def _mount(snapshot: Snapshot, subject: Ref, group: list[Stuck]) -> Finding:
    said, node = _said(group[0]).rstrip("."), group[0].pod.node
    named = _VOLUME.match(said)
    said = _VOLUME.sub("", said)
    waiting = {str(each.owner) for each in group}
    names = symptom.listed(sorted(waiting))
    driver = NO_DRIVER.search(group[0].event.message)
    unknown = f"mend on {node}, or in the spec, what it fails on: {said}"
    meaning = next((text for pattern, text in _MEANINGS if pattern.search(said)), unknown)
    volume = f"volume {named[1]} of {subject}" if named else f"a volume of {subject}"
    if subject.kind == "PersistentVolumeClaim":
        volume = str(subject)
    return _finding(
        snapshot,
        "MountFailed",
        subject,
        group,
        shared=f"CSI driver {driver[1]} on {node}" if driver else "",
        blames=storage_behind(snapshot, group[0]),
        message=f"{volume} cannot be mounted on {node}: {said}",
        why=f"{names} {symptom.verb(len(waiting), 'wait')} in ContainerCreating because {volume} cannot be mounted on node "
        f"{node}: {said}. {symptom.readiness(snapshot, group[0].owner)} The image has not "
        "been touched yet, and a restart tries the same mount again.",
        proposal=Proposal(
            f"Make the volume mountable: {meaning}. The kubelet tries again by itself.",
            (command.describe(group[0].pod.ref), command.describe(subject)),
        ),
    )


def _said(each: Stuck) -> str:
    """The event's deciding words, without what the kubelet prints around them."""
    return symptom.shorten(_AROUND.sub("", each.event.message), 200)


def _sandboxes(snapshot: Snapshot, nodes: dict[str, list[Stuck]]) -> Iterator[Finding]:
    everyone = [each for _, group in sorted(nodes.items()) for each in group]
    network = bool(everyone) and all(each.of_the_network for each in everyone)
    plugin = network_plugin(snapshot) if network else None
    if len(nodes) > 1 and plugin is not None:
        yield _no_network(snapshot, plugin, everyone, symptom.listed(sorted(nodes)))
        return
    for name, group in sorted(nodes.items()):
        yield _no_sandbox(
            snapshot, name, group, plugin, shared="pod sandboxes" if len(nodes) > 1 else ""
        )


def _no_network(snapshot: Snapshot, plugin: Ref, group: list[Stuck], nodes: str) -> Finding:
    said, failing = _said(group[0]).rstrip("."), {each.pod.node for each in group}
    pods = snapshot.pods_by_owner.get(plugin, ())
    beside = next((pod.ref for pod in pods if pod.node in failing), plugin)
    return _finding(
        snapshot,
        "SandboxFailed",
        plugin,
        group,
        message=f"{plugin}: no network for new pods on {nodes}: {said}",
        why=f"New pods on {nodes} get no sandbox because the pod network that {plugin} installs "
        f"fails: {said}. {symptom.readiness(snapshot, plugin)} Pods that run go on; the pods that wait "
        "and their images are not at fault.",
        proposal=symptom.advise(
            snapshot.workloads.get(plugin),
            f"Read the log of {plugin} on one of these nodes; look for a used up address range and for "
            "what changed in its configuration.",
            command.logs(beside),
            command.describe(plugin),
        ),
    )


def _no_sandbox(
    snapshot: Snapshot, node: str, group: list[Stuck], plugin: Ref | None, *, shared: str
) -> Finding:
    subject = Ref("Node", "", node)
    said = _said(group[0])
    names = symptom.listed(f"pod {each.pod.name} of {each.owner}" for each in group)
    alone = [each for each in group if _starts_elsewhere(snapshot, each)]
    return _finding(
        snapshot,
        "SandboxFailed",
        subject,
        group,
        shared=shared,
        blames=(plugin,) if plugin else (),
        message=f"node {node} cannot make a sandbox for {names}: {said}",
        why=f"The runtime of node {node} cannot make a pod sandbox for {names}: {said}. "
        f"{symptom.readiness(snapshot, group[0].owner)} Image and workload are not at fault: nothing of "
        "the pod has been started.",
        proposal=Proposal(
            f"Delete the pod: its replacement gets a new sandbox. If that fails on {node} as well, "
            "restart the container runtime there."
            if alone
            else f"On {node}, look at the container runtime, the network plugin and the addresses it "
            "has left (crictl pods, journalctl -u containerd), and restart the one that fails.",
            tuple(command.delete(each.pod.ref) for each in alone[:3])
            or (command.describe(subject), command.describe(group[0].pod.ref)),
        ),
    )


def _starts_elsewhere(snapshot: Snapshot, each: Stuck) -> bool:
    """Whether the same template runs, so that a new pod is as good as this one."""
    siblings = snapshot.pods_by_owner[each.owner]
    return each.pod.controller is not None and any(
        pod.ready and pod.controller == each.pod.controller for pod in siblings
    )


def _finding(
    snapshot: Snapshot,
    reason: str,
    subject: Ref,
    group: list[Stuck],
    *,
    message: str,
    why: str,
    proposal: Proposal,
    shared: str = "",
    blames: tuple[Ref, ...] = (),
) -> Finding:
    return Finding(
        reason=reason,
        subject=subject,
        affected=symptom.affected(snapshot, (each.pod for each in group), subject),
        severity=snapshot.severity_for(*(each.owner for each in group)),
        message=message,
        why=why,
        since=symptom.first_of(each.since for each in group),
        hold=_HOLD,
        shared=shared,
        blames=blames,
        evidence=tuple(_evidence(group)),
        proposal=proposal,
    )


def _evidence(group: list[Stuck]) -> Iterator[Evidence]:
    for each in group[:3]:
        event, text = each.event, f"ContainerCreating on node {each.pod.node}"
        yield symptom.fact("event", each.pod.ref, f"{event.reason}: {_said(each)}", event.last_at)
        yield symptom.fact("status", each.pod.ref, text, each.since)
