"""Everything that was read of the cluster at one time, what could not be read, and its indexes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar, cast

from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.grouping import grouped
from watchdog.domain.labelled import Labelled
from watchdog.domain.objects import appsv1, batchv1, corev1, metav1, networkingv1, podv1, storagev1
from watchdog.domain.owners import OWNING_NEEDS, topmost_owner
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.workload import Revision, Workload, revisions_by_owner

# What every Run reads; checks declare only what they need beyond it.
BASE_NEEDS = (
    "pods",
    "nodes",
    "namespaces",
    "events",
    "deployments",
    "replicasets",
    "statefulsets",
    "daemonsets",
    "jobs",
    "cronjobs",
)

ObjectT = TypeVar("ObjectT", bound=metav1.Object)
ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a kind could not be read: `forbidden`, `timeout`, `absent`, `expired`, `malformed`, ..."""

    reason: str
    text: str  # names verb and resource, and what the API server said


@dataclass(frozen=True, repr=False)
class Snapshot:
    """One complete look. `objects` has a key for each need that was read, even when it is empty.

    `taken_at` is the API server's clock, so ages do not depend on ours.
    """

    cluster: str  # uid of namespace kube-system
    taken_at: datetime
    objects: Mapping[str, tuple[metav1.Object, ...]] = field(default_factory=dict)
    missing: Mapping[str, Missing] = field(default_factory=dict)
    log_texts: Mapping[LogQuery, Log] = field(default_factory=dict)
    _worked_out: dict[object, object] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __repr__(self) -> str:
        """A few words: asyncio words the results of tasks, and a whole cluster takes seconds."""
        return f"Snapshot({self.cluster}, {self.taken_at}, {len(self.objects)} kinds)"

    # ------------------------------------------------------------------------------- the basics
    def has(self, need: str) -> bool:
        """Whether this kind was read completely."""
        return need in self.objects

    def once(self, work: Callable[["Snapshot"], ResultT]) -> ResultT:
        """What this function makes of the Snapshot, worked out once for all checks that ask.

        The result is shared, so it has to be a value nobody changes.
        """
        if work not in self._worked_out:
            self._worked_out[work] = work(self)
        return cast("ResultT", self._worked_out[work])

    def with_logs(self, logs: Mapping[LogQuery, Log]) -> "Snapshot":
        """Return the same Snapshot, richer by these logs. Its indexes stay: no log is in them."""
        richer = replace(self, log_texts={**self.log_texts, **logs})
        indexes = {name: each for name, each in vars(self).items() if name not in vars(richer)}
        vars(richer).update(indexes)
        return richer

    def log(self, query: LogQuery) -> str:
        """The tail of a log that was read; "" when it was not."""
        log = self.log_texts.get(query)
        return log.text if log else ""

    def of(self, need: str, kind: type[ObjectT]) -> dict[Ref, ObjectT]:
        """All objects of one kind by Ref, in Ref order; empty when the kind is missing.

        The result is shared like that of `once`: nobody may change it.
        """
        if (need, kind) not in self._by_ref:
            items = {
                item.ref: item for item in self.objects.get(need, ()) if isinstance(item, kind)
            }
            self._by_ref[need, kind] = {ref: items[ref] for ref in sorted(items)}
        return cast("dict[Ref, ObjectT]", self._by_ref[need, kind])

    def age(self, moment: datetime) -> timedelta:
        """How long ago `moment` was when this Snapshot was taken."""
        return self.taken_at - moment

    @cached_property
    def _by_ref(self) -> dict[tuple[str, type], Mapping[Ref, metav1.Object]]:
        """What `of` has worked out."""
        return {}

    def _by_name(self, need: str, kind: type[ObjectT]) -> dict[str, ObjectT]:
        """The same by name, for kinds without a namespace."""
        return {ref.name: item for ref, item in self.of(need, kind).items()}

    # -------------------------------------------------------------------------------- all kinds
    @cached_property
    def all_pods(self) -> dict[Ref, podv1.Pod]:
        """Every pod, also those no check may judge; most checks want `pods`."""
        return self.of("pods", podv1.Pod)

    @cached_property
    def all_pods_by_node(self) -> dict[str, tuple[podv1.Pod, ...]]:
        """Every pod by the name of its node, in Ref order; under "" those that have none."""
        return grouped((pod.node, pod) for pod in self.all_pods.values())

    @cached_property
    def nodes(self) -> dict[str, corev1.Node]:
        """Nodes by name."""
        return self._by_name("nodes", corev1.Node)

    @cached_property
    def namespaces(self) -> dict[str, corev1.Namespace]:
        """Namespaces by name."""
        return self._by_name("namespaces", corev1.Namespace)

    @cached_property
    def deployments(self) -> dict[Ref, appsv1.Deployment]:
        return self.of("deployments", appsv1.Deployment)

    @cached_property
    def replicasets(self) -> dict[Ref, appsv1.ReplicaSet]:
        return self.of("replicasets", appsv1.ReplicaSet)

    @cached_property
    def statefulsets(self) -> dict[Ref, appsv1.StatefulSet]:
        return self.of("statefulsets", appsv1.StatefulSet)

    @cached_property
    def daemonsets(self) -> dict[Ref, appsv1.DaemonSet]:
        return self.of("daemonsets", appsv1.DaemonSet)

    @cached_property
    def jobs(self) -> dict[Ref, batchv1.Job]:
        return self.of("jobs", batchv1.Job)

    @cached_property
    def cronjobs(self) -> dict[Ref, batchv1.CronJob]:
        return self.of("cronjobs", batchv1.CronJob)

    @cached_property
    def claims(self) -> dict[Ref, storagev1.PersistentVolumeClaim]:
        return self.of("persistentvolumeclaims", storagev1.PersistentVolumeClaim)

    @cached_property
    def volumes(self) -> dict[str, storagev1.PersistentVolume]:
        """PersistentVolumes by name."""
        return self._by_name("persistentvolumes", storagev1.PersistentVolume)

    @cached_property
    def storage_classes(self) -> dict[str, storagev1.StorageClass]:
        """StorageClasses by name."""
        return self._by_name("storageclasses", storagev1.StorageClass)

    @cached_property
    def services(self) -> dict[Ref, corev1.Service]:
        return self.of("services", corev1.Service)

    @cached_property
    def service_addresses(self) -> dict[str, Ref]:
        """Services by their address inside the cluster."""
        found = {item.spec.cluster_ip: ref for ref, item in self.services.items()}
        return {address: ref for address, ref in found.items() if address not in ("", "None")}

    @cached_property
    def slices(self) -> dict[Ref, tuple[networkingv1.EndpointSlice, ...]]:
        """EndpointSlices by the Service they belong to."""
        slices = self.of("endpointslices", networkingv1.EndpointSlice).values()
        return grouped((Ref("Service", item.namespace, item.service), item) for item in slices)

    # ----------------------------------------------------------------------------- who is judged
    @cached_property
    def lost_nodes(self) -> frozenset[str]:
        """Nodes whose Ready condition is not True: what they run cannot be judged."""
        return frozenset(name for name, node in self.nodes.items() if not node.ready)

    @cached_property
    def pods(self) -> dict[Ref, podv1.Pod]:
        """Pods that may be judged: not deleting, namespace not Terminating, node not lost."""
        return {ref: pod for ref, pod in self.all_pods.items() if ref not in self.unjudged_pods}

    @cached_property
    def unjudged_pods(self) -> frozenset[Ref]:
        """The pods left out of `pods`."""
        ending = {n.name for n in self.namespaces.values() if n.status.phase == "Terminating"}
        return frozenset(
            ref
            for ref, pod in self.all_pods.items()
            if pod.deleting or ref.namespace in ending or pod.node in self.lost_nodes
        )

    # ------------------------------------------------------------------------------- owner walk
    @cached_property
    def _by_uid(self) -> dict[str, metav1.Object]:
        return {item.uid: item for need in OWNING_NEEDS for item in self.objects.get(need, ())}

    def owner_of(self, item: metav1.Object) -> Ref:
        """The workload of an object: its topmost controller among the built-in kinds, or itself."""
        return topmost_owner(item, self._by_uid)

    @cached_property
    def owners(self) -> dict[Ref, Ref]:
        """The workload of every pod, judged or not."""
        return {ref: self.owner_of(pod) for ref, pod in self.all_pods.items()}

    @cached_property
    def pods_by_owner(self) -> dict[Ref, tuple[podv1.Pod, ...]]:
        """The judged pods of each workload, in order of workload and name."""
        groups = grouped((self.owners[ref], pod) for ref, pod in self.pods.items())
        return {owner: groups[owner] for owner in sorted(groups)}

    @cached_property
    def workloads(self) -> dict[Ref, Workload]:
        """Every Deployment, StatefulSet and DaemonSet under one shape, by Ref."""
        return {
            item.ref: Workload.of(item, self._revisions.get(item.uid, ()))
            for kind in (self.deployments, self.statefulsets, self.daemonsets)
            for item in kind.values()
        }

    @cached_property
    def workloads_by_namespace(self) -> dict[str, tuple[Workload, ...]]:
        """The same by namespace, in Ref order."""
        return grouped((ref.namespace, self.workloads[ref]) for ref in sorted(self.workloads))

    @cached_property
    def pods_by_service(self) -> dict[Ref, tuple[podv1.Pod, ...]]:
        """The judged pods that a Service's selector takes and that still run, or will.

        Services without a selector, and those that are a name for another host, are left out.
        """
        running = (pod for pod in self.pods.values() if not pod.finished)
        pods = Labelled((pod.namespace, pod.labels, pod) for pod in running)
        return {
            ref: pods.taken(ref.namespace, item.spec.selector)
            for ref, item in self.services.items()
            if item.spec.selector and item.spec.type != "ExternalName" and not item.deleting
        }

    @cached_property
    def _revisions(self) -> dict[str, tuple[Revision, ...]]:
        """Revisions by the uid of their owner, newest first."""
        others = self.of("controllerrevisions", appsv1.ControllerRevision)
        return revisions_by_owner(self.replicasets.values(), others.values())

    # ----------------------------------------------------------------------------------- events
    @cached_property
    def _events(self) -> dict[str, tuple[corev1.Event, ...]]:
        events = self.of("events", corev1.Event).values()
        return grouped((event.involved_object.uid, event) for event in events)

    def events_of(self, item: metav1.Object) -> tuple[corev1.Event, ...]:
        """Warning events about exactly this object (by uid), newest first."""
        events = self._events.get(item.uid, ()) if item.uid else ()
        return tuple(sorted(events, key=_seen_at, reverse=True))

    # ---------------------------------------------------------------------------------- severity
    def severity_for(self, *workloads: Ref) -> Severity:
        """`warn+` of the catalogue: critical when a workload named has no ready pod at all.

        A workload that wants no pod, or of which nothing is known, is a warning.
        """
        for ref in workloads:
            known = self.workloads.get(ref)
            wanted = known.wanted if known else 1
            pods = self.pods_by_owner.get(ref, ())
            if not known and not pods:
                continue
            ready = known.ready if known else sum(pod.ready for pod in pods)
            if wanted and not ready and ref.kind not in ("Job", "CronJob"):
                return Severity.CRITICAL
        return Severity.WARNING

    def owners_of(self, pods: Iterable[podv1.Pod]) -> tuple[Ref, ...]:
        """The workloads of these pods, each once, in Ref order."""
        return tuple(sorted({self.owners.get(pod.ref, pod.ref) for pod in pods}))


def _seen_at(event: corev1.Event) -> float:
    return event.last_at.timestamp() if event.last_at else 0.0
