"""Calls that cannot arrive: a port the Service lacks, a target the pods lack, no Service at all."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Evidence, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1, metav1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.facts import Family
from watchdog.logic.network import caller_logs, local_policy, log_sources, missing, ports, serving
from watchdog.logic.network.caller_logs import Complaint
from watchdog.logic.network.calls import Call, by_service, calls

_MINUTE = timedelta(minutes=1)
_STREAMS = 6  # enough to hear some of those who may call a Service


@check(
    family="network",
    needs=("services", "endpointslices", "pods", "deployments", "statefulsets", "daemonsets"),
    optional=(
        "ingresses",
        "ingressclasses",
        "namespaces",
        "cronjobs",
        "replicasets",
        "nodes",
        "logs",
    ),
    reasons=(
        "ServiceTargetPortMismatch",
        "WrongServicePort",
        "MissingService",
        "TrafficPolicyLocal",
    ),
    params=NoParams,
)
def service_ports(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A workload's variables or arguments name a Service or port that is not there, or a Service
    leads to a port or a node where none of its pods answers.

    Contradictions within the API need no log; a port number that is merely not declared, and a
    traffic policy, need a caller that says so.
    """
    said, routes, behind = calls(snapshot), serving.routes(snapshot), snapshot.pods_by_service
    to_service = by_service(said)
    for caller, wrong in ports.wrong_ports(snapshot, said, behind).items():
        yield from _wrong_port(snapshot, caller, wrong, behind)
    for found in missing.missing_services(snapshot, said):
        yield _missing(snapshot, found, routes.get(found.service, ()))
    for ref, pods in behind.items():
        item, own = snapshot.services[ref], to_service.get(ref, ())
        for target in ports.wrong_targets(snapshot, item, pods, own, routes.get(ref, ())):
            yield from _wrong_target(snapshot, target)
        if item.spec.internal_traffic_policy == "Local":
            yield from _local(snapshot, item, pods, own)
        yield from local_policy.from_outside(snapshot, item, pods)


def _wrong_port(
    snapshot: Snapshot, caller: Ref, wrong: tuple[ports.WrongPort, ...], behind: ports.Pods
) -> Iterator[Finding]:
    words = {
        each.service.ref: _refusals(
            snapshot,
            (each.call.caller,),
            each.service,
            behind.get(each.service.ref, ()),
            (each.call.port,),
        )
        for each in wrong
    }
    # A headless name leads to the pods, which may serve more than they declare.
    sure = [each for each in wrong if not each.headless or words[each.service.ref]]
    if not sure:
        sure, severity = list(wrong), Severity.INFO
    else:
        severity = Severity.WARNING
    first = sure[0]
    ref, offered = first.service.ref, ", ".join(map(str, first.offered)) or "none"
    cures = [each.cure for each in sure if each.cure]
    yield Finding(
        reason="WrongServicePort",
        subject=caller,
        affected=(),
        severity=severity,
        message=f"{caller} calls {ref} on port {first.call.port}, which it does not have",
        why=f"{caller} calls {first.call.target} ({first.call.where}), but {ref} has only port "
        f"{offered}: these calls cannot arrive. {symptom.readiness(snapshot, caller)} {ref} and the pods behind it are as they "
        "should be, and a restart does not help.",
        since=_latest(
            serving.template_since(snapshot, caller), first.service.metadata.creation_timestamp
        ),
        hold=5 * _MINUTE,
        evidence=(
            *(
                symptom.fact("spec", caller, f"{each.call.where}: {each.call.target}")
                for each in sure[:3]
            ),
            symptom.fact("spec", ref, f"ports: {offered}"),
            *_quotes(words[ref]),
        ),
        proposal=symptom.advise(
            snapshot.workloads.get(caller),
            f"Call {first.call.host} on port {offered}: correct {first.call.where}.",
            *(cures or (command.describe(ref),)),
        ),
        logs=caller_logs.streams(snapshot, caller, {first.call.container}),
    )


def _missing(snapshot: Snapshot, found: missing.Missing, routes: serving.Routes) -> Finding:
    service, workload, own = found.service, found.workload, found.calls
    users = tuple(dict.fromkeys((*found.callers, *serving.users((), routes))))
    written = (
        f"{own[0].caller} calls {own[0].target} ({own[0].where}), and {service} does not exist"
        if own
        else f"The log of {found.callers[0]} says that {service.name} does not resolve"
    )
    unwell = (symptom.unready_since(snapshot.pods[word.pod]) for word in found.words)
    said = (serving.template_since(snapshot, call.caller) for call in own)
    return Finding(
        reason="MissingService",
        subject=service,
        affected=(*users, workload),
        severity=Severity.CRITICAL,
        message=f"{service} does not exist; it is called by {symptom.listed(map(str, users))}",
        why=f"{written}. {workload} runs and has ready pods, but no Service of that name leads to "
        "them, so the name does not resolve. The pods on both sides are not at fault: a restart does "
        "not help.",
        since=_latest(*(said if own else unwell)),
        hold=5 * _MINUTE,
        evidence=(
            *(
                symptom.fact("spec", call.caller, f"{call.where}: {call.target}")
                for call in own[:3]
            ),
            symptom.readiness_fact(snapshot, workload),
            *_quotes(found.words),
        ),
        proposal=symptom.advise(
            snapshot.workloads.get(workload),
            f"Create the Service {service.name} for the pods of {workload}.",
            found.cure,
        ),
        logs=tuple(each for call in own[:2] for each in _streams(snapshot, call)),
    )


def _wrong_target(snapshot: Snapshot, wrong: ports.WrongTarget) -> Iterator[Finding]:
    service, ref, target = wrong.service, wrong.service.ref, wrong.target
    told = log_sources.declared(snapshot, wrong.calls, wrong.routes)
    who = told or (() if wrong.proven else log_sources.neighbours(snapshot, ref))
    streams = log_sources.streams(snapshot, who, wrong.calls)
    words = _refusals(snapshot, who, service, wrong.pods, (wrong.port.port, _number(target)))
    users = wrong.users or tuple(dict.fromkeys(snapshot.owners[word.pod] for word in words))
    unread = any(query not in snapshot.log_texts for query in streams)
    if not wrong.proven and not words and not (told or unread):
        return  # nobody is known who says that it is refused
    sure = (wrong.proven and wrong.needed) or (not wrong.proven and bool(words))
    declared = symptom.listed(wrong.declared) or "none"
    right = wrong.right
    index = service.spec.ports.index(wrong.port)
    body = [{"op": "replace", "path": f"/spec/ports/{index}/targetPort", "value": right}]
    # Only a targetPort that is set can be replaced; the API server always sets it.
    cure = command.patch(ref, body, kind="json") if right is not None else command.describe(ref)
    yield Finding(
        reason="ServiceTargetPortMismatch",
        subject=ref,
        affected=(*users, *snapshot.owners_of(wrong.pods)),
        severity=Severity.CRITICAL if sure else Severity.INFO,
        message=f"{ref} sends port {wrong.port.port} to {target}, which its pods do not have",
        why=f"targetPort {target} of {ref} is no port of its {symptom.counted(len(wrong.pods), 'pod')}, "
        f"which can be reached on: {declared}. {'Calls are refused' if sure else 'Nobody is seen to be refused'}. "
        f"{serving.says_of(users)}. The pods are healthy: a restart does not help.",
        since=_latest(
            serving.changed_at(snapshot, service),
            *(pod.metadata.creation_timestamp for pod in wrong.pods[:1]),
        ),
        hold=5 * _MINUTE,
        evidence=(
            symptom.fact("spec", ref, f"port {wrong.port.port}, targetPort {target}"),
            symptom.fact("spec", wrong.pods[0].ref, f"declared ports: {declared}"),
            *(symptom.fact("spec", user, f"needs {ref.name}") for user in users[:2]),
            *_quotes(words),
        ),
        proposal=symptom.advise_on(
            service,
            f"Set targetPort of {ref.name} to {right}, which the pods declare."
            if right is not None
            else f"Set targetPort of {ref.name} to a port the pods serve: {declared}.",
            cure,
        ),
        logs=streams[:_STREAMS],
    )


def _local(
    snapshot: Snapshot, service: corev1.Service, pods: tuple[podv1.Pod, ...], own: tuple[Call, ...]
) -> Iterator[Finding]:
    ref = service.ref
    served = {pod.node for pod in pods if pod.ready}
    stranded = tuple(
        pod
        for caller in dict.fromkeys(call.caller for call in own)
        for pod in snapshot.pods_by_owner.get(caller, ())
        if pod.node and not pod.finished and pod.node not in served
    )
    if not served or not stranded:
        return
    numbers = tuple(port.port for port in service.spec.ports)
    away = snapshot.owners_of(stranded)
    lost = {pod.ref for pod in stranded}
    words = tuple(
        word
        for word in _refusals(
            snapshot, away, service, pods, numbers, families=(Family.REFUSED, Family.TIMEOUT)
        )
        if word.pod in lost
    )
    nodes = symptom.listed(sorted({pod.node for pod in stranded}))
    yield Finding(
        reason="TrafficPolicyLocal",
        subject=ref,
        affected=symptom.affected(snapshot, stranded, ref),
        severity=Severity.WARNING if words else Severity.INFO,
        message=f"{ref} answers only on nodes with one of its pods, and callers on {nodes} have none",
        why=f"internalTrafficPolicy of {ref} is Local: a call from a node without a ready pod of the "
        f"Service is dropped. Its pods are on {symptom.listed(sorted(served))}, callers on {nodes}. "
        "The pods on both sides are healthy, and a restart helps only by the chance of another node.",
        since=_latest(
            serving.changed_at(snapshot, service),
            *(pod.metadata.creation_timestamp for pod in stranded[:1]),
        ),
        hold=10 * _MINUTE,
        evidence=(
            symptom.fact("spec", ref, "internalTrafficPolicy Local"),
            *(symptom.fact("status", pod.ref, f"runs on {pod.node}") for pod in stranded[:2]),
            *_quotes(words),
        ),
        proposal=symptom.advise_on(
            service,
            "Let the Service answer from every node, or run one of its pods on each node.",
            command.patch(ref, {"spec": {"internalTrafficPolicy": "Cluster"}}),
        ),
        logs=tuple(
            LogQuery(pod.ref, each.name) for pod in stranded[:2] for each in pod.spec.containers[:1]
        ),
    )


def _refusals(
    snapshot: Snapshot,
    callers: Iterable[Ref],
    service: corev1.Service,
    pods: tuple[podv1.Pod, ...],
    numbers: tuple[int, ...],
    families: tuple[Family, ...] = (Family.REFUSED,),
) -> tuple[Complaint, ...]:
    return tuple(
        word
        for caller in callers
        for word in caller_logs.about_service(
            snapshot, caller_logs.complaints(snapshot, caller), service, pods, numbers
        )
        if word.fact.family in families
    )


def _quotes(words: tuple[Complaint, ...]) -> Iterator[Evidence]:
    lines = {word.fact.line: word for word in words}
    return (symptom.fact("log", word.pod, word.fact.line) for word in list(lines.values())[:2])


def _streams(snapshot: Snapshot, call: Call) -> tuple[LogQuery, ...]:
    return caller_logs.streams(snapshot, call.caller, {call.container})


def _number(target: metav1.IntOrString) -> int:
    return int(target) if str(target).isdigit() else 0


def _latest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)
