"""What a model may name: the kinds it may read, under the names people give them.

Secrets and ConfigMaps are not among them, and neither are their contents anywhere else.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from watchdog.domain.objects import metav1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot

_KINDS = {
    "Pod": "pods",
    "Node": "nodes",
    "Namespace": "namespaces",
    "Deployment": "deployments",
    "ReplicaSet": "replicasets",
    "StatefulSet": "statefulsets",
    "DaemonSet": "daemonsets",
    "Job": "jobs",
    "CronJob": "cronjobs",
    "Service": "services",
    "EndpointSlice": "endpointslices",
    "Ingress": "ingresses",
    "NetworkPolicy": "networkpolicies",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "PersistentVolume": "persistentvolumes",
    "StorageClass": "storageclasses",
    "ResourceQuota": "resourcequotas",
    "LimitRange": "limitranges",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "PodDisruptionBudget": "poddisruptionbudgets",
}
_SHORT = {
    "po": "Pod",
    "no": "Node",
    "ns": "Namespace",
    "deploy": "Deployment",
    "rs": "ReplicaSet",
    "sts": "StatefulSet",
    "ds": "DaemonSet",
    "cj": "CronJob",
    "svc": "Service",
    "ing": "Ingress",
    "netpol": "NetworkPolicy",
    "pvc": "PersistentVolumeClaim",
    "pv": "PersistentVolume",
    "sc": "StorageClass",
    "quota": "ResourceQuota",
    "hpa": "HorizontalPodAutoscaler",
    "pdb": "PodDisruptionBudget",
}
_KIND_OF = (
    {kind.lower(): kind for kind in _KINDS} | {need: kind for kind, need in _KINDS.items()} | _SHORT
)
_NEAR = 5  # names that are given where the wanted one is not there

NAMED = tuple(kind for kind in _KINDS if kind != "ReplicaSet")  # those that people have names for
# What one look for a question reads: the kinds, the usage, and the revisions of workloads.
NEEDS = frozenset((*_KINDS.values(), "nodemetrics", "podmetrics", "controllerrevisions"))


@dataclass(frozen=True, slots=True)
class Unread:
    """Why there is nothing to give, in words for the model."""

    text: str


def kind_of(written: str) -> str | Unread:
    """The kind that a model means by "Pod", "pods" or "po"."""
    found = _KIND_OF.get(written.strip().lower())
    return found or Unread(f"no such kind here: use one of {', '.join(_KINDS)}")


def all_of(snapshot: Snapshot, kind: str, namespace: str = "") -> list[metav1.Object] | Unread:
    """The objects of one kind by Ref, in one namespace or in all; or why they are not known."""
    need = _KINDS[kind]
    if not snapshot.has(need):
        missing = snapshot.missing.get(need)
        why = missing.reason if missing else "not read"
        return Unread(f"{need} could not be read: {why}. Whether there are any is unknown.")
    if namespace and snapshot.has("namespaces") and namespace not in snapshot.namespaces:
        return Unread(f"there is no namespace {namespace}: list Namespace gives them")
    objects = snapshot.of(need, metav1.Object)
    return [item for ref, item in objects.items() if namespace in ("", ref.namespace)]


def one_of(snapshot: Snapshot, kind: str, namespace: str, name: str) -> metav1.Object | Unread:
    """The object of this name; without a namespace the only one of that name in any."""
    around = all_of(snapshot, kind, namespace)
    if isinstance(around, Unread):
        return around
    found = [item for item in around if item.name == name]
    if len(found) == 1:
        return found[0]
    if found:
        return Unread(f"{name} is in several namespaces: {_names(item.ref for item in found)}")
    near = [item.ref for item in around if name and (name in item.name or item.name in name)]
    hint = f"; there is {_names(near)}" if near else f": list {kind} gives the names"
    return Unread(f"there is no {kind} {name}{hint}")


def _names(refs: Iterable[Ref]) -> str:
    return ", ".join([f"{ref.namespace}/{ref.name}".lstrip("/") for ref in refs][:_NEAR])
