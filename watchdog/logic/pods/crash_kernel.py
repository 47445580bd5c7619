"""Kernel limits that crashing containers run into: their own, or those of the node they share."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta

from watchdog.domain.evidence import Evidence, Proposal
from watchdog.domain.ref import Ref
from watchdog.logic import command
from watchdog.logic.facts import Family
from watchdog.logic.pods.cause import Case, Cause, looks
from watchdog.logic.pods.crash import Crash
from watchdog.logic.symptom import sentence

_HOLD = timedelta(minutes=10)


def starved_nodes(
    crashes: Mapping[Ref, tuple[Crash, ...]],
) -> dict[str, dict[Ref, tuple[Crash, ...]]]:
    """Nodes on which two or more workloads say that the kernel gives them no more files."""
    nodes: defaultdict[str, defaultdict[Ref, list[Crash]]] = defaultdict(lambda: defaultdict(list))
    for owner, group in crashes.items():
        for crash in group:
            if crash.fact(Family.TOO_MANY_FILES) and crash.pod.node:
                nodes[crash.pod.node][owner].append(crash)
    return {
        node: {owner: tuple(group) for owner, group in owners.items()}
        for node, owners in sorted(nodes.items())
        if len(owners) >= 2
    }


def kernel_limit(case: Case, crash: Crash) -> Cause | None:
    """The only workload of its node that says so has used up a limit of its own."""
    fact = crash.fact(Family.TOO_MANY_FILES)
    if fact is None:
        return None
    return Cause(
        reason="KernelLimitReached",
        hold=_HOLD,
        headline=f"{case.owner} has used up a kernel limit",
        why=f"Container {crash.status.name} says: {sentence(fact.line, 200)} Only this workload says "
        "so, hence its own limit (ulimit, connection leak) rather than the node's. A restart "
        "buys time only.",
        proposal=Proposal(
            "Look for a leak of files or connections; raise the limit in the pod's spec or "
            "with a sysctl on the node.",
            looks(case.owner, crash),
        ),
    )


def kernel_limit_of_node(node: str, owners: Mapping[Ref, tuple[Crash, ...]]) -> Cause:
    """Return the cause when several workloads of one node run out of the same kernel limit."""
    lines = [
        Evidence(kind="log", ref=crash.pod.ref, text=f"{crash.status.name}: {fact.line}")
        for group in owners.values()
        for crash in group[:1]
        if (fact := crash.fact(Family.TOO_MANY_FILES))
    ]
    inotify = any("inotify" in each.text.lower() for each in lines)
    what = "inotify instances" if inotify else "open files"
    setting = (
        "fs.inotify.max_user_instances=8192 and fs.inotify.max_user_watches=524288"
        if inotify
        else "fs.file-max, net.ipv4.ip_local_port_range or the container runtime's LimitNOFILE"
    )
    names = ", ".join(str(owner) for owner in owners)
    return Cause(
        reason="KernelLimitReached",
        hold=_HOLD,
        headline=f"node {node} has run out of {what}",
        why=f"{len(owners)} unrelated workloads fail on {node} with the same limit: {names}. They "
        "share nothing but the node's kernel, so none of them is at fault, and restarting them does "
        "not help.",
        proposal=Proposal(
            f"On {node}, raise {setting} (sysctl -w, then keep it in /etc/sysctl.d/), "
            "after which the pods recover by themselves.",
            (command.describe(Ref("Node", "", node)),),
        ),
        logs=tuple(lines[:5]),
    )
