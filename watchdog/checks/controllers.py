"""Controllers and schedulers that no longer work off their objects."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Evidence
from watchdog.domain.finding import Finding
from watchdog.domain.objects import appsv1, argov1, policyv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.workloads.refusal import replicaset_refused

_HOLD = timedelta(minutes=15)
_SYSTEM = "kube-system"
_SCHEDULER = "default-scheduler"
# Argo CD looks at each application every three minutes. Half an hour is no late round any more where
# work waits or nobody is there to do it; by itself the time only proves it after much longer.
_ROUND_WITH_WORK = timedelta(minutes=30)
_ROUND = timedelta(minutes=90)
_WITH_LOGS = ("Deployment", "StatefulSet", "DaemonSet")
_ARGO_PART = "application-controller"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """One object its controller has not looked at; `since` is None where it carries no time."""

    ref: Ref
    what: str
    since: datetime | None


@check(
    family="workloads",
    needs=("pods", "nodes", "deployments", "replicasets", "statefulsets", "daemonsets"),
    optional=("leases", "applications"),
    reasons=("ControllerStalled",),
    params=NoParams,
)
def controllers(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A pod that no scheduler has looked at, or a workload whose change nobody has taken note of.

    A scheduler writes the condition PodScheduled, even if only to say that nothing fits; a
    controller repeats the generation it has seen, Argo CD the time of its last round. The subject is
    the workload that does this work, else the Lease it holds.
    """
    groups: defaultdict[Ref, list[_Waiting]] = defaultdict(list)
    for pod in snapshot.pods.values():
        seen = pod.condition("PodScheduled") is not None or pod.node
        if pod.status.phase == "Pending" and not seen and not pod.spec.scheduling_gates:
            name = pod.spec.scheduler_name or _SCHEDULER
            subject = _scheduler(snapshot, name) or snapshot.owners[pod.ref]
            text = f"no scheduler has looked at it (schedulerName {name})"
            groups[subject].append(
                _Waiting(ref=pod.ref, what=text, since=pod.metadata.creation_timestamp)
            )
    for item in _behind(snapshot):
        subject = _named(snapshot, "kube-controller-manager") or _lease("kube-controller-manager")
        status = item.status.observed_generation
        text = f"generation {item.metadata.generation}, observed {status or 'none'}"
        since = None if status else item.metadata.creation_timestamp
        groups[subject].append(_Waiting(ref=item.ref, what=text, since=since))
    for subject, applications in _rounds(snapshot):
        groups[subject] += applications
    for subject, group in sorted(groups.items()):
        yield _finding(snapshot, subject, group)


def _behind(
    snapshot: Snapshot,
) -> Iterator[appsv1.Deployment | appsv1.StatefulSet | appsv1.DaemonSet]:
    kinds = (snapshot.deployments, snapshot.statefulsets, snapshot.daemonsets)
    for found in kinds:
        for item in found.values():
            seen = item.status.observed_generation >= item.metadata.generation
            tried = isinstance(item, appsv1.Deployment) and replicaset_refused(item)
            if not (item.deleting or seen or tried):
                yield item


def _lease(name: str) -> Ref:
    return Ref("Lease", _SYSTEM, name)


def _named(snapshot: Snapshot, name: str) -> Ref | None:
    """The one workload of this name, in whatever namespace."""
    found = [ref for ref in snapshot.workloads if ref.name == name]
    return found[0] if len(found) == 1 else None


def _scheduler(snapshot: Snapshot, name: str) -> Ref | None:
    """Who schedules for this name: a workload called so or told so, or the holder of its Lease."""
    own = "kube-scheduler" if name == _SCHEDULER else name
    told = [
        ref
        for ref, workload in sorted(snapshot.workloads.items())
        if any(
            name in word.replace("=", " ").split()
            for container in workload.template.spec.containers
            for word in (*container.command, *container.args)
        )
    ]
    if (found := _named(snapshot, own)) is not None:
        return found
    if len(told) == 1:
        return told[0]
    lease = _lease(own)
    known = name == _SCHEDULER or lease in snapshot.of("leases", policyv1.Lease)
    return lease if known else None


def _rounds(snapshot: Snapshot) -> Iterator[tuple[Ref, list[_Waiting]]]:
    """The controller of Argo CD and all applications, when none was looked at for long."""
    applications = [
        item
        for item in snapshot.of("applications", argov1.Application).values()
        if not item.deleting and item.status.reconciled_at and not item.annotations.skip_reconcile
    ]
    moments = [at for item in applications if (at := item.status.reconciled_at)]
    parts = [
        ref
        for ref, workload in snapshot.workloads.items()
        if ref.name.endswith(_ARGO_PART)
        or workload.labels.get("app.kubernetes.io/component") == _ARGO_PART
    ]
    if len(parts) != 1 or not moments:
        return
    work = any(item.operation for item in applications)
    limit = _ROUND_WITH_WORK if work or not snapshot.workloads[parts[0]].ready else _ROUND
    if snapshot.age(max(moments)) > limit:
        yield (
            parts[0],
            [
                _Waiting(ref=item.ref, what="last looked at", since=max(moments))
                for item in applications
            ],
        )


def _finding(snapshot: Snapshot, subject: Ref, group: list[_Waiting]) -> Finding:
    waiting = symptom.listed(str(each.ref) for each in group)
    owners = [snapshot.owners.get(each.ref, each.ref) for each in group]
    workload = snapshot.workloads.get(subject)
    lease = snapshot.of("leases", policyv1.Lease).get(subject)
    alone = subject in owners
    state = symptom.readiness(snapshot, subject) if workload else ""
    return Finding(
        reason="ControllerStalled",
        subject=subject,
        affected=_others(subject, [*owners, *(each.ref for each in group)]),
        severity=Severity.CRITICAL,
        message=f"{waiting}: {group[0].what}"
        if alone
        else f"{subject} does not work off its objects; {waiting}: {group[0].what}",
        why=(
            f"{group[0].ref}: {group[0].what}, and no scheduler of that name is known in the cluster."
            if alone
            else f"{subject} should have looked at {waiting} and has not: {group[0].what}. {state} What "
            "waits is not at fault, and changing it again adds to the queue."
        ),
        since=symptom.first_of(each.since for each in group),
        hold=_HOLD,
        sightings=2,
        blames=() if alone else (subject,),
        evidence=tuple(_evidence(group, lease)),
        proposal=symptom.advise(
            workload,
            "Correct schedulerName in the template, or install the scheduler it names."
            if alone
            else f"Read the log of {subject} and see what it hangs on; then let it start anew."
            if workload
            else "Look at the control plane's process that holds this Lease: its log, its "
            "certificates, its way to the API server.",
            *_commands(subject, there=lease is not None, alone=alone),
        ),
    )


def _others(subject: Ref, refs: Iterable[Ref]) -> tuple[Ref, ...]:
    return tuple(ref for ref in dict.fromkeys(refs) if ref != subject)


def _commands(subject: Ref, *, there: bool, alone: bool) -> tuple[str, ...]:
    if subject.kind == "Lease":
        read = command.describe(subject) if there else "kubectl -n kube-system get lease"
        return (read, "kubectl get --raw /readyz?verbose")
    if alone:  # without a name of its own a pod goes to the default scheduler
        return (
            command.patch_pod_spec(subject, {"schedulerName": None}),
            command.describe(subject),
        )
    log = command.logs(subject) if subject.kind in _WITH_LOGS else ""
    return (log, command.describe(subject))


def _evidence(group: list[_Waiting], lease: policyv1.Lease | None) -> Iterator[Evidence]:
    for each in group[:4]:
        yield symptom.fact("status", each.ref, each.what, each.since)
    if lease is not None:
        holder = lease.spec.holder_identity or "nobody"
        yield symptom.fact("status", lease.ref, f"held by {holder}", lease.spec.renew_time)
