"""Who controls a pod, believed only where both ends of every link say the same.

Whoever may write a pod may write its ownerReferences. A controller keeps what its selector takes and
releases the rest, so a link counts when uid, kind and name are those of an object that is there, and
that object's selector takes what claims to be its own.
"""

import re
from dataclasses import dataclass

from watchdog.domain.objects import appsv1, batchv1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic.labels import selects

Top = appsv1.Deployment | appsv1.StatefulSet | appsv1.DaemonSet
Controller = Top | appsv1.ReplicaSet

# The CronJob controller's own names: the CronJob's, and its start in minutes since 1970.
_RUN = re.compile(r"-\d{6,12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A pod, what made it, and the workload on top; the last two may be one object."""

    pod: podv1.Pod
    direct: Controller
    top: Top

    @property
    def links(self) -> tuple[metav1.Object, ...]:
        """The pod and everything above it, each once."""
        above = (self.direct,) if self.direct.ref == self.top.ref else (self.direct, self.top)
        return (self.pod, *above)


def workload_object(snapshot: Snapshot, ref: Ref) -> Top | None:
    """The Deployment, StatefulSet or DaemonSet of this Ref."""
    found = snapshot.deployments.get(ref) or snapshot.statefulsets.get(ref)
    return found or snapshot.daemonsets.get(ref)


def top_of(snapshot: Snapshot, workload: Workload) -> Top:
    """The object of a workload of this Snapshot.

    Raises:
        KeyError: it is of another Snapshot.
    """
    found = workload_object(snapshot, workload.ref)
    if found is None:
        raise KeyError(workload.ref)
    return found


def chain(snapshot: Snapshot, pod: podv1.Pod) -> Chain | None:
    """Return who controls a pod; None unless every link holds from both ends."""
    direct = _above(snapshot, pod)
    if direct is None:
        return None
    if not isinstance(direct, appsv1.ReplicaSet):
        return Chain(pod=pod, direct=direct, top=direct)
    top = _above(snapshot, direct)
    if not isinstance(top, appsv1.Deployment) or not takes(top.spec.selector, pod.labels):
        return None
    return Chain(pod=pod, direct=direct, top=top)


def members(snapshot: Snapshot, owner: Ref) -> tuple[Chain, ...]:
    """The judged pods that a workload truly controls and that have not ended, in order of name."""
    found = (chain(snapshot, pod) for pod in snapshot.pods_by_owner.get(owner, ()))
    return tuple(
        each
        for each in found
        if each is not None and each.top.ref == owner and not each.pod.finished
    )


def takes(selector: metav1.LabelSelector, labels: dict[str, str]) -> bool:
    """Whether a controller's selector takes labels; an empty one, which no API server keeps, nothing."""
    stated = bool(selector.match_labels or selector.match_expressions)
    return stated and selects(selector, labels)


def _above(snapshot: Snapshot, item: metav1.Object) -> Controller | None:
    owner = item.controller
    if owner is None:
        return None
    ref = Ref(owner.kind, item.namespace, owner.name)
    found: Controller | None = snapshot.replicasets.get(ref) or workload_object(snapshot, ref)
    if found is None or not found.uid or found.uid != owner.uid:
        return None
    return found if takes(found.spec.selector, item.labels) else None


def cronjob_of(snapshot: Snapshot, item: batchv1.Job) -> batchv1.CronJob | None:
    """The CronJob that started a Job on its schedule; a Job somebody made from it by hand has none."""
    owner = item.controller
    if owner is None or owner.kind != batchv1.CronJob.KIND:
        return None
    found = snapshot.cronjobs.get(Ref(owner.kind, item.namespace, owner.name))
    if found is None or not found.uid or found.uid != owner.uid:
        return None
    own_name = item.name.startswith(found.name) and _RUN.fullmatch(item.name[len(found.name) :])
    return found if own_name else None
