"""Workloads that fail because the API server refuses them a request they need."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.finding import Finding
from watchdog.domain.objects import podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.workloads import rbac
from watchdog.logic.workloads.binding import rebinding

_HOLD = timedelta(minutes=10)
_LAST = 20  # lines of a log: what a program ends on stands at its end


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused:
    """One broken pod and the request it is refused."""

    owner: Ref
    pod: podv1.Pod
    request: rbac.Denied


@check(
    family="admission",
    needs=("pods", *rbac.NEEDS),
    optional=("deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "logs"),
    reasons=("RBACForbidden",),
    params=NoParams,
)
def rbac_denied(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A pod is not ready, or its Job has failed, and its log ends on a 403 of the API server.

    It asks for no logs of its own but judges those that were read of suspects. The line must be
    about the pod's own ServiceAccount, and roles and bindings as they are now must refuse the same.
    """
    groups: defaultdict[Ref, list[_Refused]] = defaultdict(list)
    for query, log in sorted(snapshot.log_texts.items()):
        pod = snapshot.pods.get(query.pod)
        if pod is None or not _broken(snapshot, pod):
            continue
        account = Ref("ServiceAccount", pod.namespace, pod.spec.service_account_name or "default")
        for request in rbac.denied("\n".join(log.text.splitlines()[-_LAST:])):
            if request.account == account and not rbac.allowed(snapshot, request):
                subject = rbac.culprit(snapshot, request)
                each = _Refused(owner=snapshot.owners[pod.ref], pod=pod, request=request)
                groups[subject].append(each)
    for subject, group in sorted(groups.items()):
        yield _finding(snapshot, subject, group)


def _broken(snapshot: Snapshot, pod: podv1.Pod) -> bool:
    """Whether the pod does not work now; a dead pod counts while its Job has not succeeded."""
    if not pod.finished:
        return not pod.ready
    owner = pod.controller
    job = snapshot.jobs.get(Ref("Job", pod.namespace, owner.name)) if owner else None
    return pod.status.phase == "Failed" and job is not None and job.condition("Complete") is None


def _finding(snapshot: Snapshot, subject: Ref, group: list[_Refused]) -> Finding:
    first = group[0]
    owners = tuple(dict.fromkeys(each.owner for each in group))
    requests = tuple(
        {str(each.request): each.request for each in group}.values()  # two logs, one refusal
    )
    names, lacks = symptom.listed(map(str, owners)), symptom.listed(map(str, requests))
    account = first.request.account
    nothing = subject == account
    grant = rbac.granting(snapshot, subject, requests)
    if nothing:
        grant = rebinding(snapshot, account, requests)
    return Finding(
        reason="RBACForbidden",
        subject=subject,
        affected=symptom.affected(snapshot, (each.pod for each in group), subject),
        severity=snapshot.severity_for(*owners),
        message=f"{names} may not {lacks}"
        + (f": nothing that allows it is bound to {account}" if nothing else ""),
        why=f"{names} {symptom.verb(len(owners), 'fail')} because the API server answers 403: as "
        f"{account} it may not {lacks}, and no role bound to it allows that. {symptom.readiness(snapshot, first.owner)} The program is not "
        "at fault, and a restart does not help.",
        since=symptom.first_of(symptom.unready_since(each.pod) for each in group),
        hold=_HOLD,
        evidence=(
            *(symptom.fact("log", first.pod.ref, each.line) for each in requests[:3]),
            symptom.fact(
                "spec",
                subject,
                f"no role that is bound to it allows it to {requests[0]}"
                if nothing
                else f"does not allow {account} to {requests[0]}",
            ),
            symptom.fact("spec", first.owner, f"runs as {account}"),
        ),
        proposal=symptom.advise(
            snapshot.workloads.get(first.owner),
            f"Bind a role that may {lacks} to {account}; the one it had may have been unbound"
            + (": one that allows it is bound to nobody." if grant else ".")
            if nothing
            else f"Allow exactly this in {subject}: {lacks}. It holds for all that are bound to it.",
            grant or command.describe(subject),
        ),
    )
