"""Objects whose deletion does not end, what holds them, and who should let them go."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.evidence import LogQuery
from watchdog.domain.objects import metav1, podv1, storagev1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.workloads.rbac import Denied, allowed, denied, rules_of

# What holds deletions for a reason that ends by itself or by somebody's choice.
_IN_USE = "kubernetes.io/pvc-protection"
_BOUND = "kubernetes.io/pv-protection"
_CHILDREN = ("foregroundDeletion", "orphan")
_SOON = timedelta(minutes=5)
_LATER = timedelta(minutes=10)
_SUSPECTS = 4  # controllers whose log is read for one finalizer
# Parts of finalizers that say nothing about whose they are.
_COMMON = frozenset(
    {
        "kubernetes",
        "finalizer",
        "finalizers",
        "cleanup",
        "protection",
        "cluster",
        "controller",
        "operator",
        "resource",
        "resources",
        "delete",
        "deletion",
        "manager",
    }
)
_WORKS = re.compile(r"controller|operator|manager|provisioner|driver|\bcsi\b")
_WATCHING = frozenset({"list", "watch"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One object that was asked to go and is still there; `need` is its plural resource name."""

    item: metav1.Object
    need: str
    finalizers: tuple[str, ...]

    @property
    def since(self) -> datetime | None:
        """When it should have been gone; of a pod its grace period is in it."""
        return self.item.metadata.deletion_timestamp

    @property
    def hold(self) -> timedelta:
        return _SOON if self.need in ("pods", "namespaces") else _LATER


def held(snapshot: Snapshot, needs: tuple[str, ...]) -> Iterator[Held]:
    """Yield the objects of these kinds that are being deleted and are not meant to wait."""
    leaving = (
        (need, item) for need in needs for item in snapshot.objects.get(need, ()) if item.deleting
    )
    for need, item in leaving:
        every = item.metadata.finalizers
        finalizers = tuple(name for name in every if not _waits(snapshot, item, name))
        if finalizers or not every:
            yield Held(item=item, need=need, finalizers=finalizers)


def _waits(snapshot: Snapshot, item: metav1.Object, finalizer: str) -> bool:
    """Whether a finalizer of the control plane holds the object with good reason."""
    if finalizer == _IN_USE:
        return any(
            pod.namespace == item.namespace and not pod.finished and item.ref in pod.claims
            for pod in snapshot.all_pods.values()
        )
    if finalizer == _BOUND:
        return isinstance(item, storagev1.PersistentVolume) and item.status.phase == "Bound"
    return finalizer in _CHILDREN and any(
        owner.uid == item.uid
        for group in snapshot.objects.values()
        for child in group
        for owner in child.metadata.owner_references
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A running controller that may be the one a finalizer waits for."""

    owner: Ref
    pod: podv1.Pod

    @property
    def account(self) -> Ref:
        name = self.pod.spec.service_account_name or "default"
        return Ref("ServiceAccount", self.pod.namespace, name)

    @property
    def queries(self) -> tuple[LogQuery, ...]:
        return tuple(LogQuery(self.pod.ref, each.name) for each in self.pod.spec.containers[:2])


def suspects(snapshot: Snapshot, each: Held) -> tuple[Suspect, ...]:
    """The workloads that may own the finalizer, the likeliest first.

    They watch this resource by a rule that names it, or are called like a part of the finalizer.
    That is reason enough to read their log, and for nothing else.
    """
    words = _words(each.finalizers)
    watchers: dict[Ref, bool] = {}
    found: list[tuple[int, Ref, Suspect]] = []
    for owner, pods in snapshot.pods_by_owner.items() if each.finalizers else ():
        running = [pod for pod in pods if pod.status.phase == "Running"]
        if running:
            suspect = Suspect(owner=owner, pod=running[0])
            named = sum(word in f"{owner.namespace} {owner.name}" for word in words)
            account = suspect.account
            if account not in watchers:
                watchers[account] = _watches(snapshot, account, each)
            if named or watchers[account]:
                found.append((-2 * named - watchers[account], owner, suspect))
    return tuple(suspect for _, _, suspect in sorted(found, key=lambda row: row[:2])[:_SUSPECTS])


def controllers(snapshot: Snapshot, each: Held) -> tuple[Ref, ...]:
    """The workloads that are called as the finalizer is, and as what works off objects."""
    words = _words(each.finalizers)
    return tuple(
        ref
        for ref in sorted(snapshot.workloads)
        if _WORKS.search(ref.name) and any(word in ref.name for word in words)
    )


def absent_controller(snapshot: Snapshot, each: Held) -> Ref | None:
    """The one controller that the finalizer can wait for, when no pod of it is ready; else None."""
    found = controllers(snapshot, each)
    return found[0] if len(found) == 1 and not snapshot.workloads[found[0]].ready else None


def _watches(snapshot: Snapshot, account: Ref, each: Held) -> bool:
    return any(
        each.need in (rule.resources or ()) and not _WATCHING.isdisjoint(rule.verbs)
        for rule in rules_of(snapshot, account, each.item.namespace)
    )


def _words(finalizers: tuple[str, ...]) -> frozenset[str]:
    parts = {part for name in finalizers for part in re.split(r"[^a-z0-9]+", name.lower())}
    return frozenset(part for part in parts if len(part) > 3) - _COMMON


def refusals(snapshot: Snapshot, each: Held, suspect: Suspect) -> tuple[Denied, ...]:
    """What the suspect says it may not do to this object, and by roles and bindings may not."""
    found = [
        request
        for query in suspect.queries
        for request in denied(snapshot.log(query))
        if request.account == suspect.account
        and _concerns(request, each)
        and not allowed(snapshot, request)
    ]
    return tuple(dict.fromkeys(found))


def _concerns(request: Denied, each: Held) -> bool:
    """Whether a refused request is about the object: its kind and namespace, or its very name."""
    same_kind = request.resource.partition("/")[0] == each.need
    in_reach = request.where in ("", each.item.namespace)
    named = re.search(rf"(?<![\w.-]){re.escape(each.item.name)}(?![\w.-])", request.line)
    return in_reach and (same_kind or named is not None)
