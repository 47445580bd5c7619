"""Jobs that change the template of somebody else's workload, which breaks it.

The account of a run may write the workload, the revision that fails was made while it ran, and the
run names the workload. Where no run names it, one of a CronJob stands for that whose right is to
this kind of object, if the newest edit of the workload is what made the revision.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.objects import batchv1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Revision, Workload
from watchdog.logic.pods.crash import changes, is_of
from watchdog.logic.symptom import settled
from watchdog.logic.workloads.rbac import rules_of

_AROUND = timedelta(minutes=1)  # between the command and the new revision, and of the clocks
_RESOURCES = {"Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A run that wrote a workload's newest template, and the pods that fail by it."""

    subject: Ref  # the CronJob of the run, else the Job
    job: batchv1.Job
    victim: Workload
    previous: Revision
    pods: tuple[podv1.Pod, ...]

    @property
    def named(self) -> bool:
        """Whether the run names the workload; else its right and the moment speak against it."""
        return _speaks_of(self.job.spec.template.spec, self.victim.ref)

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
            [(subject, job)] = found.items()
            yield Actor(subject=subject, job=job, victim=workload, previous=previous, pods=ill)


def _writers(snapshot: Snapshot, workload: Workload, made: datetime) -> Mapping[Ref, batchv1.Job]:
    """Who ran at the change and may write the workload: those that name it, else the likely ones.

    An earlier template that comes back has its old revision: the newest edit tells when.
    """
    ref, edited = workload.ref, _edited_at(snapshot, workload.ref)
    able = [job for job in snapshot.jobs.values() if _may_write(snapshot, job, ref)]
    moments = {made} if edited is None else {made, edited}
    named = {
        snapshot.owner_of(job): job
        for job in able
        if any(_ran_at(snapshot, job, moment) for moment in moments)
        and _speaks_of(job.spec.template.spec, ref)
    }
    if named or workload.gitops or edited is None:
        return named
    return {
        owner: job
        for job in able
        if (owner := snapshot.owner_of(job)).kind == "CronJob"
        and _ran_at(snapshot, job, edited)
        and _may_write(snapshot, job, ref, expressly=True)
    }


def _edited_at(snapshot: Snapshot, ref: Ref) -> datetime | None:
    """When the workload was last changed in more than its number of pods; None when not known."""
    items = (snapshot.deployments, snapshot.statefulsets, snapshot.daemonsets)
    edit = next(found[ref] for found in items if ref in found).metadata.edit
    return None if edit is None or edit.subresource else edit.time


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


def _may_write(snapshot: Snapshot, job: batchv1.Job, ref: Ref, *, expressly: bool = False) -> bool:
    """Whether the account of a run may change a workload, by a rule that names its kind if asked."""
    name = job.spec.template.spec.service_account_name or "default"
    account = Ref("ServiceAccount", job.namespace, name)
    kinds = {_RESOURCES[ref.kind]} | (set() if expressly else {"*"})
    return any(
        not kinds.isdisjoint(rule.resources or ())
        and not {"apps", "*"}.isdisjoint(rule.api_groups or ())
        and ref.name in (rule.resource_names or (ref.name,))
        and not {"patch", "update", "*"}.isdisjoint(rule.verbs)
        for rule in rules_of(snapshot, account, ref.namespace)
    )
