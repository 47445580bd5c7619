"""A Plan beside the objects of a Snapshot that it is about: what every gate looks at."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from watchdog.domain.objects import metav1, podv1
from watchdog.domain.plan import Call, Plan
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.placement.replacement import successor
from watchdog.logic.workloads.chain import Top, members, workload_object

_NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One Plan and one Snapshot."""

    plan: Plan
    snapshot: Snapshot

    @property
    def call(self) -> Call:
        """What its Steps do: those of one Plan are all alike."""
        return self.plan.steps[0].call

    @cached_property
    def item(self) -> Top | None:
        """The workload on top; None for a CronJob, and for what is gone."""
        return workload_object(self.snapshot, self.plan.owner)

    @cached_property
    def wanted(self) -> int:
        """How many pods the workload is to have."""
        known = self.snapshot.workloads.get(self.plan.owner)
        return known.wanted if known else 0

    @cached_property
    def pods(self) -> tuple[podv1.Pod, ...]:
        """The pods of the workload that have not ended, also those nobody may judge."""
        snapshot, owner = self.snapshot, self.plan.owner
        return tuple(
            pod
            for ref, pod in sorted(snapshot.all_pods.items())
            if not pod.finished and snapshot.owners[ref] == owner
        )

    @cached_property
    def ending(self) -> tuple[podv1.Pod, ...]:
        """The pods that go by it: all of the workload at a restart, else those it names."""
        if self.call is Call.RESTART:
            return self.pods
        named = (self.snapshot.all_pods.get(step.target) for step in self.plan.steps)
        return tuple(pod for pod in named if pod is not None)

    @cached_property
    def staying(self) -> tuple[podv1.Pod, ...]:
        """The Ready pods of the workload as its controller made them; at a restart all of these."""
        gone = () if self.call is Call.RESTART else {pod.ref for pod in self.ending}
        found = (each.pod for each in members(self.snapshot, self.plan.owner))
        return tuple(pod for pod in found if pod.ready and pod.ref not in gone)

    @cached_property
    def new(self) -> podv1.Pod | None:
        """The pod that comes; None where nothing is known of the workload."""
        if self.item is None:
            return None
        old = next(iter(self.ending), None) or podv1.Pod(
            metadata=metav1.PlainMetadata(namespace=self.item.namespace)
        )
        daemon = self.item.KIND == "DaemonSet"
        return successor(old, self.item.spec.template, as_it_is=daemon)


def withheld(snapshot: Snapshot, *items: metav1.Object) -> Iterator[str]:
    """Say which of these objects, or of their namespaces, says that nothing may be done to it.

    Whoever may write the annotation may tighten what is done, and nobody may loosen it.
    """
    places = {item.namespace: snapshot.namespaces.get(item.namespace) for item in items}
    spaces = [space for space in places.values() if space is not None]
    for item in (*spaces, *items):
        if item.annotations.remediate.strip().lower() == _NEVER:
            yield f"{item.ref} has the annotation watchdog/remediate: never"
