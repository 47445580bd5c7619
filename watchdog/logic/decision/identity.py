"""Gates about who is meant: the very objects of the Plan, unchanged, and under their own owner."""

from collections.abc import Iterator

from watchdog.domain.objects import batchv1, metav1, podv1
from watchdog.domain.plan import Call, Step
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.decision.case import Case, withheld
from watchdog.logic.pods.debris import kept_by
from watchdog.logic.workloads import leftovers
from watchdog.logic.workloads.chain import chain, cronjob_of


def owner_stands(case: Case) -> Iterator[str]:
    """The topmost controller is there, is not being deleted, and is as it was when it was planned."""
    item = _owner(case)
    if item is None:
        yield f"{case.plan.owner} is gone"
        return
    if item.deleting:
        yield f"{item.ref} is being deleted"
    if item.metadata.generation != case.plan.generation:
        yield f"{item.ref} was changed since this was planned"
    yield from withheld(case.snapshot, item)
    namespace = case.snapshot.namespaces.get(item.namespace)
    if namespace is None or namespace.status.phase == "Terminating" or namespace.deleting:
        yield f"namespace {item.namespace} is being deleted or not known"


def targets_stand(case: Case) -> Iterator[str]:
    """Each Step names, by uid, an object that is there and that this owner truly controls."""
    for step in case.plan.steps:
        item = _target(case.snapshot, step)
        if item is None:
            yield f"{step.target} is gone"
        elif not step.uid or item.uid != step.uid:
            yield f"{step.target} is another object than the one that was looked at"
        elif item.deleting:
            yield f"{step.target} is being deleted"
        else:
            yield from _under_owner(case, item)


def spares(case: Case) -> Iterator[str]:
    """A restart ends every pod of its workload: none of them, and nothing above it, says never."""
    for pod in case.ending:
        held = chain(case.snapshot, pod)
        yield from withheld(case.snapshot, *(held.links if held is not None else (pod,)))


def _under_owner(case: Case, item: metav1.Object) -> Iterator[str]:
    owner = case.plan.owner
    match item:
        case podv1.Pod():
            held = chain(case.snapshot, item)
            links = held.links if held is not None and held.top.ref == owner else ()
        case batchv1.Job():
            started = cronjob_of(case.snapshot, item)
            links = (item, started) if started is not None and started.ref == owner else ()
        case _:
            links = (item,) if item.ref == owner else ()
    if not links:
        yield f"{item.ref} is not controlled by {owner} from both ends of its owner references"
    yield from withheld(case.snapshot, *links)


def only_debris(case: Case) -> Iterator[str]:
    """What is deleted has ended, holds nothing, and lies on no node that is short of something."""
    for step in case.plan.steps:
        pod = case.snapshot.all_pods.get(step.target)
        if pod is not None:
            yield from kept_by(case.snapshot, pod)


def only_leftovers(case: Case) -> Iterator[str]:
    """The Job that is deleted has failed, is no hook, and nobody else removes it."""
    for step in case.plan.steps:
        job = case.snapshot.jobs.get(step.target)
        if job is not None:
            yield from leftovers.kept_by(job)


def _owner(case: Case) -> metav1.Object | None:
    return case.item or case.snapshot.cronjobs.get(case.plan.owner)


def _target(snapshot: Snapshot, step: Step) -> metav1.Object | None:
    ref = step.target
    if step.call in (Call.RESTART, Call.SCALE):
        found = snapshot.deployments.get(ref) or snapshot.statefulsets.get(ref)
        return found or snapshot.daemonsets.get(ref)
    return snapshot.all_pods.get(ref) or snapshot.jobs.get(ref)
