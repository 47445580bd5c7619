"""Jobs that change the template of somebody else's workload, which breaks it.

The Snapshot does not hold who wrote a field. What stands in for it: the run names the workload, its
account may write it, and the revision that fails was made while it ran.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.objects import batchv1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Revision, Workload
from watchdog.logic.pods.crash import changes, is_of
from watchdog.logic.symptom import settled
from watchdog.logic.workloads.rbac import Denied, allowed

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
        found = {
            snapshot.owner_of(job): job
            for job in snapshot.jobs.values()
            if _ran_at(snapshot, job, current.created_at)
            and _speaks_of(job.spec.template.spec, ref)
            and _may_write(snapshot, job, ref)
        }
        if len(found) == 1:
            [(subject, job)] = found.items()
            yield Actor(subject=subject, job=job, victim=workload, previous=previous, pods=ill)


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


def _may_write(snapshot: Snapshot, job: batchv1.Job, ref: Ref) -> bool:
    name = job.spec.template.spec.service_account_name or "default"
    account = Ref("ServiceAccount", job.namespace, name)
    return any(
        allowed(
            snapshot,
            Denied(
                account=account,
                verb=verb,
                group="apps",
                resource=_RESOURCES[ref.kind],
                where=ref.namespace,
                line="",
            ),
        )
        for verb in ("patch", "update")
    )
