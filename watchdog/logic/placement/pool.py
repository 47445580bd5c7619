"""Pools: nodes that are meant to be alike, and in what one of them differs from the others."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from watchdog.domain.grouping import grouped
from watchdog.domain.objects import corev1
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.platform.server import version

_ROLE = "node-role.kubernetes.io/"
# What people and clouds call a pool; nodes that differ in one of these are not meant to be alike.
_POOLS = (
    "node.kubernetes.io/instance-type",
    "eks.amazonaws.com/nodegroup",
    "cloud.google.com/gke-nodepool",
    "kubernetes.azure.com/agentpool",
    "karpenter.sh/nodepool",
    "kops.k8s.io/instancegroup",
    "doks.digitalocean.com/node-pool",
)
_SMALLEST = 3  # with two nodes nobody can say which one is right
_MINOR = re.compile(r"v?(\d+)\.(\d+)")
_SUPPORTED = 3  # minor versions that a kubelet may trail the API server


@dataclass(frozen=True, slots=True)
class Drift:
    """One node and how it differs: (what, its value, the value of most others)."""

    node: corev1.Node
    differences: tuple[tuple[str, str, str], ...]
    settled_at: datetime | None  # the last time a node of the pool came up: an upgrade may go on


def drifts(snapshot: Snapshot) -> tuple[Drift, ...]:
    """The Ready nodes that differ from most of their pool, in order of name."""
    pools = grouped((_pool(node), node) for node in snapshot.nodes.values())
    found = [drift for pool in pools.values() for drift in _of_pool(pool)]
    return tuple(sorted(found, key=lambda each: each.node.name))


@dataclass(frozen=True, slots=True)
class Skew:
    """A kubelet that the control plane does not support: too old, or newer than the API server."""

    node: corev1.Node
    newer: bool
    against: str  # the version it is measured against
    server: bool  # whether that is the API server's; else the newest kubelet's


def unsupported(snapshot: Snapshot) -> dict[str, Skew]:
    """The nodes whose kubelet trails the API server too far or is newer than it, by name.

    Where nobody may ask the API server, it is at least as new as every kubelet: the newest of them
    is proof enough. A newer kubelet that a node of the control plane has as well shows an upgrade
    under way, of which another API server is the first. Source: the version skew policy,
    https://kubernetes.io/releases/version-skew-policy/
    """
    minors = {
        name: minor
        for name, node in snapshot.nodes.items()
        if (minor := _minor(node.status.node_info.kubelet_version)) is not None
    }
    if not minors:
        return {}
    said = version(snapshot)
    served = _minor(said)
    first = max(minors, key=lambda name: minors[name])
    against = said if served else snapshot.nodes[first].status.node_info.kubelet_version
    top = served or minors[first]
    leading = max((minors[name] for name in minors if _leads(snapshot.nodes[name])), default=top)
    return {
        name: Skew(snapshot.nodes[name], each > top, against, server=served is not None)
        for name, each in minors.items()
        if (each[0] == top[0] and top[1] - each[1] > _SUPPORTED) or each > max(top, leading)
    }


def _minor(text: str) -> tuple[int, int] | None:
    match = _MINOR.match(text)
    return (int(match[1]), int(match[2])) if match else None


def _leads(node: corev1.Node) -> bool:
    """Whether it is a node of the control plane."""
    return any(f"{_ROLE}{role}" in node.labels for role in ("control-plane", "master"))


def _pool(node: corev1.Node) -> tuple[str, ...]:
    info = node.status.node_info
    roles = sorted(key for key in node.labels if key.startswith(_ROLE))
    pools = (f"{key}={node.labels[key]}" for key in _POOLS if key in node.labels)
    return (info.operating_system, info.architecture, *roles, *pools)


def _of_pool(pool: Sequence[corev1.Node]) -> list[Drift]:
    if len(pool) < _SMALLEST:
        return []
    traits = {node.name: _traits(node) for node in pool}
    usual = {
        what: value
        for what in next(iter(traits.values()))
        for value, count in Counter(each[what] for each in traits.values()).most_common(1)
        if 2 * count > len(pool)
    }
    settled = max((at for node in pool for at in _came_up(node)), default=None)
    return [
        Drift(node, different, settled)
        for node in pool
        if node.ready
        and (
            different := tuple(
                (what, own, usual[what])
                for what, own in traits[node.name].items()
                if what in usual and own != usual[what]
            )
        )
    ]


def _traits(node: corev1.Node) -> dict[str, str]:
    info = node.status.node_info
    taints = sorted(
        f"{taint.key}={taint.value}:{taint.effect}"
        for taint in node.spec.taints
        # Kubernetes' own tell of a state, not of how the node was set up.
        if not taint.key.startswith("node.kubernetes.io/")
    )
    return {
        "kubelet": info.kubelet_version,
        "operating system": info.os_image,
        "kernel": info.kernel_version,
        "container runtime": info.container_runtime_version,
        "taints": ", ".join(taints) or "none",
    }


def _came_up(node: corev1.Node) -> tuple[datetime, ...]:
    ready = node.condition("Ready")
    moments = (node.metadata.creation_timestamp, ready.last_transition_time if ready else None)
    return tuple(moment for moment in moments if moment is not None)
