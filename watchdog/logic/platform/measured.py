"""What a Prometheus measures of nodes and volumes, put where a Snapshot lacks it or knows it worse.

Its word on volumes comes first: it asks every kubelet, also those that nobody can reach from here.
Node figures fill what the kubelets and the metrics API do not give. Sources of the names: kubelet
(`pkg/kubelet/metrics`, `pkg/kubelet/metrics/collectors/volume_stats.go`), node_exporter.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from math import isfinite
from typing import TypeVar

from msgspec import structs

from watchdog.domain.measure import Answers, Sample
from watchdog.domain.objects import corev1, measuredv1, metav1, statsv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Missing, Snapshot
from watchdog.logic.symptom import listed

STATS, USAGE, CERTIFICATES = "stats", "nodemetrics", measuredv1.NEED
NEEDS = frozenset((STATS, USAGE, CERTIFICATES))

# Where a node's name may stand, in this order: the first of them that is there decides.
_WHERE = ("node", "kubernetes_io_hostname", "nodename", "instance")
_BY = ", ".join(("__name__", *_WHERE))
_ON = ", ".join(_WHERE)
_DISK = (
    "mountpoint=~'/|/var|/var/lib|/var/lib/kubelet',fstype!~'tmpfs|ramfs|overlay|squashfs|rootfs'"
)
_TTL = "kubelet_certificate_manager_client_ttl_seconds"

# A handful per look, however large the cluster is: each is answered for all nodes at once.
QUERIES = {
    "volumes": f"max by ({_BY}, namespace, persistentvolumeclaim) "
    "({__name__=~'kubelet_volume_stats_(available_bytes|capacity_bytes|used_bytes|inodes|inodes_free)'})",
    "kubelets": f"max by ({_BY}) ({{__name__=~'kubelet_node_name|{_TTL}'}})",
    "lifetimes": f"max by ({_ON}) (max_over_time({_TTL}[30d:1h]))",
    "disks": f"max by ({_BY}, mountpoint) "
    f"({{__name__=~'node_filesystem_(avail_bytes|size_bytes|files|files_free)',{_DISK}}})",
    "cpu": f"sum by ({_ON}) (rate(node_cpu_seconds_total{{mode!~'idle|iowait|steal'}}[5m]))",
    "memory": f"max by ({_ON}) (node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes)",
}
_VOLUME = {
    "kubelet_volume_stats_capacity_bytes": "capacity_bytes",
    "kubelet_volume_stats_available_bytes": "available_bytes",
    "kubelet_volume_stats_used_bytes": "used_bytes",
    "kubelet_volume_stats_inodes": "inodes",
    "kubelet_volume_stats_inodes_free": "inodes_free",
}
_FILESYSTEM = {
    "node_filesystem_size_bytes": "capacity_bytes",
    "node_filesystem_avail_bytes": "available_bytes",
    "node_filesystem_files": "inodes",
    "node_filesystem_files_free": "inodes_free",
}

Coverage = Mapping[str, frozenset[str]]
KeyT = TypeVar("KeyT")


def coverage(snapshot: Snapshot, answers: Answers) -> Coverage:
    """The nodes that Prometheus measures, by need."""
    of = _Nodes(snapshot)
    return {
        STATS: frozenset((*of.named(answers["kubelets"]), *of.named(answers["volumes"]))),
        USAGE: frozenset(of.named(answers["cpu"])) & frozenset(of.named(answers["memory"])),
    }


def with_measures(
    snapshot: Snapshot, needs: Collection[str], answers: Answers | Missing, before: Coverage
) -> Snapshot:
    """The same Snapshot with what was measured of the `needs`; `before` is what once was covered.

    Without an answer the Snapshot's own figures stand. Where it has none, the need is missing for
    the reason that Prometheus gave: what was set up to be measured is not merely absent.
    """
    found: dict[str, tuple[metav1.Object, ...] | Missing] = {}
    for need, measure in ((STATS, _stats), (USAGE, _usage)):
        if need not in needs:
            continue
        if isinstance(answers, Missing):
            found[need] = _alone(snapshot, need, answers)
        elif lost := _lost(snapshot, need, before, coverage(snapshot, answers)):
            found[need] = Missing("unavailable", f"Prometheus has no figures any more of {lost}")
        else:
            found[need] = measure(snapshot, answers)
    if CERTIFICATES in needs:
        found[CERTIFICATES] = (
            answers if isinstance(answers, Missing) else tuple(_certificates(snapshot, answers))
        )
    return _changed(snapshot, found)


def _changed(
    snapshot: Snapshot, found: Mapping[str, tuple[metav1.Object, ...] | Missing]
) -> Snapshot:
    others = {need: each for need, each in snapshot.objects.items() if need not in found}
    unread = {need: each for need, each in snapshot.missing.items() if need not in found}
    objects = {need: each for need, each in found.items() if not isinstance(each, Missing)}
    missing = {need: each for need, each in found.items() if isinstance(each, Missing)}
    return replace(snapshot, objects={**others, **objects}, missing={**unread, **missing})


def _alone(snapshot: Snapshot, need: str, why: Missing) -> tuple[metav1.Object, ...] | Missing:
    """What is known without Prometheus."""
    missing = snapshot.missing.get(need)
    if missing is None:
        return snapshot.objects.get(need, ())
    return Missing(why.reason, f"{why.text}; {missing.text}")


def _lost(snapshot: Snapshot, need: str, before: Coverage, now: Coverage) -> str:
    """Ready nodes of which Prometheus knew and now nobody does."""
    own = {item.name for item in snapshot.objects.get(need, ())}
    gone = before.get(need, frozenset()) - now[need] - own - snapshot.lost_nodes
    return listed(sorted(gone & snapshot.nodes.keys()))


class _Nodes:
    """Finds the node that a sample is about. Those of another cluster are about none."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._names = {
            address: name
            for name, node in snapshot.nodes.items()
            for address in (name, *_addresses(node))
        }

    def of(self, sample: Sample) -> str:
        """The name of the node, "" when it is none of these."""
        said = next((sample.labels[key] for key in _WHERE if sample.labels.get(key)), "")
        host = said.rpartition(":")[0].strip("[]")
        return self._names.get(said) or self._names.get(host, "")

    def named(self, samples: Iterable[Sample]) -> Iterator[str]:
        """The nodes that these are about."""
        return (name for sample in samples if (name := self.of(sample)))


def _addresses(node: corev1.Node) -> Iterator[str]:
    for address in node.status.addresses:
        if address.type in ("InternalIP", "Hostname"):
            yield address.address


# ------------------------------------------------------------------------------- disks and volumes
def _stats(snapshot: Snapshot, answers: Answers) -> tuple[metav1.Object, ...] | Missing:
    """The kubelets' own statistics with the volumes as Prometheus has them."""
    covered, missing = coverage(snapshot, answers)[STATS], snapshot.missing.get(STATS)
    ready = snapshot.nodes.keys() - snapshot.lost_nodes
    half = missing is not None and missing.reason != "absent" and ready - covered
    if missing is not None and (half or not covered):
        return Missing(missing.reason, f"{missing.text}; Prometheus does not have all kubelets")
    own = {item.name: item for item in snapshot.of(STATS, statsv1.NodeStats).values()}
    volumes, disks = _volumes(snapshot, answers), _disks(snapshot, answers)
    measured = {name for each in volumes.values() for name in each}
    return tuple(
        _merged(
            own.get(name) or statsv1.NodeStats(metadata=metav1.Metadata(name=name)),
            measured,
            volumes.get(name, {}),
            disks.get(name),
        )
        for name in sorted(own.keys() | covered)
    )


def _merged(
    own: statsv1.NodeStats,
    measured: Collection[Ref],
    volumes: Mapping[Ref, statsv1.ClaimVolume],
    disk: statsv1.Filesystem | None,
) -> statsv1.NodeStats:
    pods = tuple(
        structs.replace(
            pod, volumes=tuple(each for each in pod.volumes or () if _claim(each) not in measured)
        )
        for pod in own.pods or ()
    )
    return structs.replace(
        own,
        node=structs.replace(own.node, fs=own.node.fs or disk),
        pods=(*pods, statsv1.PodStats(volumes=tuple(volumes.values()))),
    )


def _claim(volume: statsv1.ClaimVolume) -> Ref:
    name = volume.pvc_ref or corev1.ObjectReference()
    return Ref("PersistentVolumeClaim", name.namespace, name.name)


def _volumes(snapshot: Snapshot, answers: Answers) -> dict[str, dict[Ref, statsv1.ClaimVolume]]:
    """The volumes of claims by node."""
    of = _Nodes(snapshot)
    numbers = _numbers(
        ((of.of(each), _labelled(each)), _VOLUME[each.name], each)
        for each in answers["volumes"]
        if each.name in _VOLUME
    )
    found: defaultdict[str, dict[Ref, statsv1.ClaimVolume]] = defaultdict(dict)
    for (node, claim), fields in numbers.items():
        if node:
            name = corev1.ObjectReference(namespace=claim.namespace, name=claim.name)
            found[node][claim] = statsv1.ClaimVolume(name=claim.name, pvc_ref=name, **fields)
    return found


def _labelled(sample: Sample) -> Ref:
    labels = sample.labels
    name, namespace = labels.get("persistentvolumeclaim", ""), labels.get("namespace", "")
    return Ref("PersistentVolumeClaim", namespace, name)


def _disks(snapshot: Snapshot, answers: Answers) -> dict[str, statsv1.Filesystem]:
    """The file system of each node that the kubelet's folder lies on: the longest mount point."""
    of = _Nodes(snapshot)
    numbers = _numbers(
        ((each.labels.get("mountpoint", ""), of.of(each)), _FILESYSTEM[each.name], each)
        for each in answers["disks"]
        if each.name in _FILESYSTEM
    )
    return {name: statsv1.Filesystem(**numbers[mount, name]) for mount, name in sorted(numbers)}


def _numbers(
    rows: Iterable[tuple[KeyT, str, Sample]],
) -> dict[KeyT, dict[str, int]]:
    """The numbers of each thing by the field they belong to; NaN and infinity are none."""
    found: defaultdict[KeyT, dict[str, int]] = defaultdict(dict)
    for key, field, sample in rows:
        if isfinite(sample.value):
            found[key][field] = int(sample.value)
    return found


# ------------------------------------------------------------------------------- CPU and memory
def _usage(snapshot: Snapshot, answers: Answers) -> tuple[metav1.Object, ...] | Missing:
    """What the metrics API says; where it says nothing, what the nodes' own exporters measure."""
    missing = snapshot.missing.get(USAGE)
    if missing is None:
        return snapshot.objects.get(USAGE, ())
    of = _Nodes(snapshot)
    cores = {of.of(each): each.value for each in answers["cpu"]}
    used = {of.of(each): each.value for each in answers["memory"]}
    both = sorted(name for name in cores.keys() & used.keys() if name)
    if not both:
        return missing
    return tuple(
        statsv1.NodeMetrics(
            metadata=metav1.Metadata(name=name),
            timestamp=snapshot.taken_at,
            usage={"cpu": cores[name], "memory": used[name]},
        )
        for name in both
    )


# ------------------------------------------------------------------------------- certificates
def _certificates(snapshot: Snapshot, answers: Answers) -> Iterator[measuredv1.KubeletCertificate]:
    """What is left of each kubelet's client certificate; infinity means that it has none."""
    of = _Nodes(snapshot)
    longest = {of.of(each): each.value for each in answers["lifetimes"]}
    for sample in answers["kubelets"]:
        name = of.of(sample)
        if sample.name == _TTL and name and isfinite(sample.value):
            most = longest.get(name, 0.0)
            yield measuredv1.KubeletCertificate(
                metadata=metav1.Metadata(name=name),
                ends_at=snapshot.taken_at + timedelta(seconds=sample.value),
                longest_seconds=most if isfinite(most) else 0.0,
            )
