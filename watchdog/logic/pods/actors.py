"""Jobs and other programs that change the template of somebody else's workload, which breaks it.

The account of a run may write the workload, the revision that fails was made while it ran, and the
run names the workload. Where no run names it, one of a CronJob stands for that whose right is to
this kind of object, if the newest edit of the workload is what made the revision. What runs all
the time has to name the workload and to be the program that the newest edit is signed with.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.objects import batchv1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Revision, Workload
from watchdog.logic.pods.crash import changes, is_of
from watchdog.logic.symptom import settled
from watchdog.logic.workloads.rbac import rules_of

_AROUND = timedelta(minutes=1)  # between the command and the new revision, and of the clocks
_RESOURCES = {"Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who may have written: what has to be stopped, what ran, and since when."""

    subject: Ref  # the CronJob of a run, else the Job or Deployment itself
    ran: Ref
    namespace: str
    spec: podv1.PodSpec
    began: datetime | None = None

    @property
    def account(self) -> Ref:
        name = self.spec.service_account_name or "default"
        return Ref("ServiceAccount", self.namespace, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who wrote a workload's newest template, and the pods that fail by it."""

    writer: Writer
    victim: Workload
    previous: Revision
    pods: tuple[podv1.Pod, ...]

    @property
    def named(self) -> bool:
        """Whether the writer names the workload; else its right and the moment speak against it."""
        return _speaks_of(self.writer.spec, self.victim.ref)

    @property
    def changes(self) -> tuple[str, ...]:
        return changes(self.previous.template.spec, self.victim.template.spec)


def actors(snapshot: Snapshot) -> Iterator[Actor]:
    """Yield the runs that have broken a workload; of several that fit nobody is named."""
    for ref, workload in sorted(snapshot.workloads.items()):
        current, previous = workload.current, workload.previous
        if current is None or previous is None or current.created_at is None:
            continue
        newest = [pod for pod in snapshot.pods_by_owner.get(ref, ()) if is_of(pod, current)]
        ill = tuple(pod for pod in newest if not pod.ready and not pod.finished)
        well = any(settled(snapshot, pod) for pod in newest)
        before, after = previous.template.spec, current.template.spec
        # A run that brings another image is a delivery: the revision is what is bad.
        if not ill or well or before == after or _images(before) != _images(after):
            continue
        found = _writers(snapshot, workload, current.created_at)
        if len(found) == 1:
            [writer] = found.values()
            yield Actor(writer=writer, victim=workload, previous=previous, pods=ill)


def _writers(snapshot: Snapshot, workload: Workload, made: datetime) -> Mapping[Ref, Writer]:
    """Who ran at the change and may write the workload: those that name it, else the likely ones.

    An earlier template that comes back has its old revision: the newest edit tells when.
    """
    ref, edit = workload.ref, _edit(snapshot, workload.ref)
    edited = edit.time if edit else None
    moments = [moment for moment in (made, edited) if moment is not None]
    runs = [
        (_of_run(snapshot, job), job)
        for job in snapshot.jobs.values()
        if any(_ran_at(snapshot, job, moment) for moment in moments)
    ]
    able = [(each, job) for each, job in runs if _may_write(snapshot, each, ref)]
    named = {each.subject: each for each, _ in able if _speaks_of(each.spec, ref)}
    if named or workload.gitops or edit is None or edited is None:
        return named
    if standing := _standing(snapshot, ref, edit.manager):
        return standing
    return {
        each.subject: each
        for each, job in able
        if each.subject.kind == "CronJob"
        and _ran_at(snapshot, job, edited)
        and _may_write(snapshot, each, ref, expressly=True)
    }


def _of_run(snapshot: Snapshot, job: batchv1.Job) -> Writer:
    return Writer(
        subject=snapshot.owner_of(job),
        ran=job.ref,
        namespace=job.namespace,
        spec=job.spec.template.spec,
        began=job.status.start_time,
    )


def _standing(snapshot: Snapshot, victim: Ref, manager: str) -> Mapping[Ref, Writer]:
    """The workloads that run all the time, name this one, may write it, and sign as its last edit."""
    found = {
        ref: Writer(subject=ref, ran=ref, namespace=ref.namespace, spec=workload.template.spec)
        for ref, workload in snapshot.workloads.items()
        if ref != victim and workload.ready and _signs(ref, workload.template.spec, manager)
    }
    return {
        ref: each
        for ref, each in found.items()
        if _speaks_of(each.spec, victim) and _may_write(snapshot, each, victim)
    }


def _signs(ref: Ref, spec: podv1.PodSpec, manager: str) -> bool:
    """Whether the name in managedFields is that of the workload or of a program it calls.

    A client signs with the name of its program, kubectl with its subcommand behind.
    """
    program = "kubectl" if manager.startswith("kubectl-") else manager
    words = {
        word.rpartition("/")[2]
        for container in spec.containers
        for text in (*container.command, *container.args)
        for word in text.split()
    }
    return bool(program) and program in words | {ref.name} | {each.name for each in spec.containers}


def _edit(snapshot: Snapshot, ref: Ref) -> metav1.Edit | None:
    """The newest change of a workload, unless only its number of pods was set; None if not known."""
    items = (snapshot.deployments, snapshot.statefulsets, snapshot.daemonsets)
    edit = next(found[ref] for found in items if ref in found).metadata.edit
    return None if edit is None or edit.subresource else edit


def _images(spec: podv1.PodSpec) -> list[str]:
    return [container.image for container in spec.init_containers + spec.containers]


def _ran_at(snapshot: Snapshot, job: batchv1.Job, moment: datetime) -> bool:
    began = job.status.start_time
    failed = job.condition("Failed")
    ended = job.status.completion_time or (failed.last_transition_time if failed else None)
    return began is not None and (
        began - _AROUND <= moment <= (ended or snapshot.taken_at) + _AROUND
    )


def _speaks_of(spec: podv1.PodSpec, ref: Ref) -> bool:
    """Whether commands, arguments or variables hold the workload's name as a word of its own."""
    words = " ".join(
        word
        for container in spec.init_containers + spec.containers
        for word in (
            *container.command,
            *container.args,
            *(variable.value for variable in container.env),
        )
    )
    return re.search(rf"(?<![\w.-]){re.escape(ref.name)}(?![\w.-])", words) is not None


def _may_write(snapshot: Snapshot, each: Writer, ref: Ref, *, expressly: bool = False) -> bool:
    """Whether the writer's account may change a workload, by a rule that names its kind if asked."""
    kinds = {_RESOURCES[ref.kind]} | (set() if expressly else {"*"})
    return any(
        not kinds.isdisjoint(rule.resources or ())
        and not {"apps", "*"}.isdisjoint(rule.api_groups or ())
        and ref.name in (rule.resource_names or (ref.name,))
        and not {"patch", "update", "*"}.isdisjoint(rule.verbs)
        for rule in rules_of(snapshot, each.account, ref.namespace)
    )
