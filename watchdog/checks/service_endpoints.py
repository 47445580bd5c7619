"""Services whose selector takes no pods, or pods that do not serve what they are asked for."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.evidence import Evidence, LogQuery
from watchdog.domain.finding import Finding
from watchdog.domain.objects import corev1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.facts import Family
from watchdog.logic.network import caller_logs, selection, serving
from watchdog.logic.network.calls import Call, by_service, calls

_MINUTE = timedelta(minutes=1)


@check(
    family="network",
    needs=("services", "endpointslices", "pods", "deployments", "statefulsets", "daemonsets"),
    optional=("ingresses", "namespaces", "replicasets"),
    reasons=("ServiceSelectorMismatch", "ServiceSelectorTooBroad", "ServiceWithoutEndpoints"),
    params=NoParams,
)
def service_endpoints(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A Service with a selector has no endpoints, or sends to pods that do not serve its port.

    Endpoints that are not ready are their pods' incident. A workload at zero, Services of Jobs and
    those an operator made for a role nobody holds now are by design.
    """
    said, routes = by_service(calls(snapshot)), serving.routes(snapshot)
    for ref, pods in snapshot.pods_by_service.items():
        service, own = snapshot.services[ref], said.get(ref, ())
        users = serving.users(own, routes.get(ref, ()))
        if pods:
            if stranger := selection.strangers(snapshot, service, pods):
                yield _too_broad(snapshot, service, stranger, own, users)
        elif not serving.endpoints(snapshot, ref) and not _by_design(snapshot, service):
            near = selection.one_key_off(snapshot, service)
            if near is not None and not near.at_run_time and service.controller is None:
                yield _mismatch(snapshot, service, near, users)
            else:
                yield _without(snapshot, service, near, users)


def _by_design(snapshot: Snapshot, service: corev1.Service) -> bool:
    resting = selection.at_rest(snapshot, service)
    return resting or service.headless or selection.made_for_jobs(snapshot, service)


def _mismatch(
    snapshot: Snapshot, service: corev1.Service, near: selection.OneKey, users: tuple[Ref, ...]
) -> Finding:
    ref, target = service.ref, near.owner
    wrong = (service.spec.selector or {})[near.key]
    pods_have = f"have {near.key}={near.value}" if near.value else f"have no label {near.key}"
    mended = near.mended(service.spec.selector or {})
    cure = command.patch(ref, {"spec": {"selector": mended}}) if mended else command.describe(ref)
    return _finding(
        snapshot,
        service,
        "ServiceSelectorMismatch",
        users,
        severity=Severity.CRITICAL,
        hold=5 * _MINUTE,
        affected=(*users, target),
        message=f"{ref} selects no pod: {near.key}={wrong} fits none, {target} would fit without it",
        why=f"The selector of {ref} takes no pod, so every call to it is refused. Its key "
        f"{near.key}={wrong} is the only thing that keeps it from "
        f"{symptom.counted(len(near.pods), 'ready pod')} of {target}, which {pods_have}. {serving.says_of(users)}. The pods are healthy: a restart does "
        "not help.",
        evidence=(
            symptom.fact("spec", ref, f"selector {_pairs(service.spec.selector or {})}"),
            symptom.fact("status", ref, "no endpoint", serving.changed_at(snapshot, service)),
            symptom.fact("spec", target, f"pods carry {_pairs(near.labels)}"),
        ),
        text=f"Give the selector the label that the pods of {target.name} have."
        if any(mended.values())
        else f"Take the key {near.key} out of the selector: no pod has {near.key}={wrong}.",
        commands=(cure,),
    )


def _without(
    snapshot: Snapshot,
    service: corev1.Service,
    near: selection.OneKey | None,
    users: tuple[Ref, ...],
) -> Finding:
    ref = service.ref
    behind = tuple(each.ref for each in serving.workloads_behind(snapshot, service))
    role = near is not None and near.at_run_time
    made = service.controller
    unclear = (
        f" The key {near.key} is set on running pods, so that nobody may hold it now by design."
        if near is not None and role
        else f" It was made by {made.kind} {made.name}, which may not need it now."
        if made is not None
        else ""
    )
    return _finding(
        snapshot,
        service,
        "ServiceWithoutEndpoints",
        users,
        severity=Severity.INFO if unclear else Severity.WARNING,
        hold=15 * _MINUTE,
        affected=(*users, *behind),
        message=f"{ref} has no endpoints: no pod has the labels it selects",
        why=f"No pod of namespace {ref.namespace} has the labels {_pairs(service.spec.selector or {})}, "
        f"so every call to {ref} is refused. {serving.says_of(users)}.{unclear}",
        evidence=(
            symptom.fact("spec", ref, f"selector {_pairs(service.spec.selector or {})}"),
            symptom.fact("status", ref, "no endpoint", serving.changed_at(snapshot, service)),
        ),
        text="Bring back the workload this Service stands for, correct the selector, or delete the "
        "Service if nothing uses it any more.",
        commands=(command.describe(ref), command.listed(ref, "pods --show-labels")),
    )


def _too_broad(
    snapshot: Snapshot,
    service: corev1.Service,
    found: selection.Strangers,
    own: tuple[Call, ...],
    users: tuple[Ref, ...],
) -> Finding:
    ref, strangers = service.ref, snapshot.owners_of(found.pods)
    words = tuple(
        word
        for caller in dict.fromkeys(each.caller for each in own)
        for word in caller_logs.about_service(
            snapshot,
            caller_logs.complaints(snapshot, caller),
            service,
            found.pods,
            (*(port.port for port in service.spec.ports), found.port),
        )
        if word.fact.family is Family.REFUSED
    )
    label = serving.telling_label(found.good, found.pods, service.spec.selector or {})
    fits = label is not None and command.safe_name(label[1])
    names, good = symptom.listed(map(str, strangers)), snapshot.owners_of(found.good)
    share = f"{len(found.pods)} of {len(found.pods) + len(found.good)}"
    proof = (
        "declare other ports" if found.proven else "declare no port at all, so that this is unsure"
    )
    return _finding(
        snapshot,
        service,
        "ServiceSelectorTooBroad",
        users,
        severity=Severity.WARNING if found.proven or words else Severity.INFO,
        hold=5 * _MINUTE,
        affected=(*users, *strangers),
        message=f"{ref} also sends to {names}, which does not serve port {found.port}",
        why=f"The selector of {ref} takes pods of {names} besides those of "
        f"{symptom.listed(map(str, good))}. They {proof}: about {share} calls fail. "
        f"{serving.says_of(users)}. The pods are healthy: a restart does not help.",
        evidence=(
            symptom.fact("spec", ref, f"selector {_pairs(service.spec.selector or {})}"),
            *(
                symptom.fact(
                    "spec", pod.ref, f"ports {sorted(serving.declared(pod.spec)) or 'none'}"
                )
                for pod in (*found.pods[:2], *found.good[:1])
            ),
            *(symptom.fact("log", word.pod, word.fact.line) for word in words[:2]),
        ),
        text=f"Select by {label[0]}={label[1]} as well, which only the right pods have."
        if label is not None and fits
        else "Give the right pods a label of their own and add it to the selector.",
        commands=(command.patch(ref, {"spec": {"selector": {label[0]: label[1]}}}),)
        if label is not None and fits
        else (command.describe(ref), command.listed(ref, "pods --show-labels")),
        logs=tuple(each for call in own[:2] for each in caller_logs.streams(snapshot, call.caller)),
    )


def _finding(
    snapshot: Snapshot,
    service: corev1.Service,
    reason: str,
    users: tuple[Ref, ...],
    *,
    severity: Severity,
    hold: timedelta,
    affected: tuple[Ref, ...],
    message: str,
    why: str,
    evidence: tuple[Evidence, ...],
    text: str,
    commands: tuple[str, ...],
    logs: tuple[LogQuery, ...] = (),
) -> Finding:
    calling = (symptom.fact("spec", user, f"names {service.ref.name}") for user in users[:2])
    return Finding(
        reason=reason,
        subject=service.ref,
        affected=tuple(dict.fromkeys(affected)),
        severity=severity,
        message=message,
        why=why,
        since=serving.changed_at(snapshot, service),
        hold=hold,
        evidence=(*evidence, *calling),
        proposal=symptom.advise_on(service, text, *commands),
        logs=logs,
    )


def _pairs(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items())) or "nothing"
