"""The object that refuses new pods, proved by its own state, and what makes it let them in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from watchdog.domain.evidence import Proposal
from watchdog.domain.objects import corev1, metav1, networkingv1
from watchdog.domain.quantity import in_binary
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic import command
from watchdog.logic.labels import selects
from watchdog.logic.symptom import advise, listed, shorten
from watchdog.logic.workloads.refusal import (
    Blocked,
    Gate,
    limit_range,
    shortfall,
    unspecified,
    webhook,
)

_LEVEL = "pod-security.kubernetes.io/enforce"
# What even the level "baseline" forbids, by the words of the Pod Security plugin.
_BASELINE = (
    "host namespaces",
    "hostPath",
    "privileged",
    "non-default capabilities",
    "hostPort",
    "hostProcess",
    "procMount",
    "forbidden sysctls",
    "seLinuxOptions",
    "forbidden AppArmor",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gatekeeper:
    """What refuses: the object to change, the fact, the proof on the object, the cure."""

    reason: str
    subject: Ref
    headline: str
    fact: str
    proof: tuple[str, ...]
    proposal: Proposal


def gatekeeper(snapshot: Snapshot, each: Blocked) -> Gatekeeper | None:
    """Return who refuses; None when its object no longer does, or cannot be read."""
    return _GATES[each.refusal.gate](snapshot, each)


def _quota(snapshot: Snapshot, each: Blocked) -> Gatekeeper | None:
    ref = Ref("ResourceQuota", each.owner.namespace, each.refusal.name)
    quota = snapshot.of("resourcequotas", corev1.ResourceQuota).get(ref)
    if quota is None:
        return None
    short = shortfall(quota, each.refusal.detail)
    if not short:
        return _unspecified(snapshot, each, quota)
    proof = tuple(
        f"{name}: {_amount(name, used)} of {_amount(name, hard)} used, one pod asks for "
        f"{_amount(name, asked)} more"
        for name, (hard, used, asked) in sorted(short.items())
    )
    needed = {
        name: _amount(name, used + asked * each.missing)
        for name, (_, used, asked) in sorted(short.items())
    }
    wants = listed(f"{name}={amount}" for name, amount in needed.items())
    return Gatekeeper(
        reason="QuotaRejects",
        subject=ref,
        headline=f"{ref} is used up ({listed(short)})",
        fact=f"ResourceQuota {ref.name} of namespace {ref.namespace} refuses the pods: "
        f"{'; '.join(proof)}.",
        proof=proof,
        proposal=Proposal(
            f"Raise the quota to {wants}, which is what the missing pods need, or lower the limits of "
            f"{each.owner}; free what is not used in namespace {ref.namespace}.",
            (command.patch(ref, {"spec": {"hard": needed}}, kind="merge"),),
        ),
    )


def _unspecified(
    snapshot: Snapshot, each: Blocked, quota: corev1.ResourceQuota
) -> Gatekeeper | None:
    names = unspecified(quota, each.refusal.detail)
    if not names:
        return None
    workload = snapshot.workloads.get(each.owner)
    text = (
        f"Give every container of {each.owner} {listed(names)}: the quota counts it, so a pod "
        "without it is refused. A LimitRange can set defaults for the namespace."
    )
    if _resources_changed(workload):
        text = f"{text} The previous revision was admitted."
        cure = command.rollout_undo(each.owner)
    else:
        cure = _like_siblings(snapshot, each, names)
    return Gatekeeper(
        reason="QuotaRejects",
        subject=quota.ref,
        headline=f"{quota.ref} demands {listed(names)}",
        fact=f"ResourceQuota {quota.name} counts {listed(names)}, which a container of "
        f"{each.owner} does not set.",
        proof=tuple(f"hard limit for {name}: {(quota.spec.hard or {})[name]}" for name in names),
        proposal=advise(workload, text, cure),
    )


def _like_siblings(snapshot: Snapshot, each: Blocked, names: tuple[str, ...]) -> str:
    """Set what pods of the same namespace set; only read when there is no example."""
    values: dict[str, dict[str, str]] = {"limits": {}, "requests": {}}
    for pod in snapshot.pods.values():
        for container in pod.spec.containers if pod.namespace == each.owner.namespace else ():
            for name in names:
                part, _, resource = name.rpartition(".")
                part = part or "requests"
                held = (
                    container.resources.limits if part == "limits" else container.resources.requests
                )
                if part in values and resource in (held or {}):
                    values[part].setdefault(resource, str((held or {})[resource]))
    words = [
        f"--{part}=" + ",".join(f"{name}={amount}" for name, amount in sorted(held.items()))
        for part, held in values.items()
        if held
    ]
    if not words:
        return command.describe(Ref("ResourceQuota", each.owner.namespace, each.refusal.name))
    return command.kubectl(each.owner, "set resources", command.target(each.owner), *words)


def _limit_range(snapshot: Snapshot, each: Blocked) -> Gatekeeper | None:
    found = limit_range(snapshot, each.owner.namespace, each.refusal.name)
    if found is None:
        return None
    workload = snapshot.workloads.get(each.owner)
    earlier = _resources_changed(workload)
    return Gatekeeper(
        reason="LimitRangeRejects",
        subject=found.ref,
        headline=f"{found.ref} refuses the pods' resources",
        fact=f"LimitRange {found.name} of namespace {found.namespace}: "
        f"{shorten(each.refusal.detail)}.",
        proof=(each.refusal.name,),
        proposal=advise(
            workload,
            f"Bring the resources of {each.owner} inside the bounds, or widen LimitRange {found.name}."
            + (" The previous revision was admitted." if earlier else ""),
            command.rollout_undo(each.owner) if earlier else command.describe(found.ref),
        ),
    )


def _resources_changed(workload: Workload | None) -> bool:
    """Whether the newest revision changed what its containers ask for."""
    if workload is None or workload.previous is None:
        return False
    now, before = workload.template.spec, workload.previous.template.spec
    return [c.resources for c in now.containers] != [c.resources for c in before.containers]


def _pod_security(snapshot: Snapshot, each: Blocked) -> Gatekeeper | None:
    ref = Ref("Namespace", "", each.owner.namespace)
    namespace = snapshot.namespaces.get(each.owner.namespace)
    level = namespace.labels.get(_LEVEL) if namespace else None
    if level is not None and level != each.refusal.name:
        return None
    detail = each.refusal.detail
    meets = "privileged" if any(word in detail for word in _BASELINE) else "baseline"
    return Gatekeeper(
        reason="PodSecurityRejects",
        subject=ref,
        headline=f"{ref} enforces Pod Security level {each.refusal.name}",
        fact=f"Namespace {ref.name} enforces the Pod Security level {each.refusal.name}, which the "
        f"pods violate: {shorten(detail)}.",
        proof=(f"{_LEVEL}={level or each.refusal.name}",),
        proposal=advise(
            snapshot.workloads.get(each.owner),
            f"Set the level the pods meet ({meets}), or better give {each.owner} the securityContext "
            f"that {each.refusal.name} demands.",
            command.label(ref, _LEVEL, meets),
        ),
    )


def _webhook(snapshot: Snapshot, each: Blocked) -> Gatekeeper | None:
    found = webhook(snapshot, each.refusal.name)
    if found is None:
        return None
    configuration, index = found
    service = configuration.webhooks[index].client_config.service
    behind = Ref("Service", service.namespace, service.name) if service else None
    state, backend = _backend(snapshot, behind)
    whole = "no endpoints available" in each.message or "not found" in each.refusal.detail
    seen = snapshot.has("services") and snapshot.has("endpointslices")
    if whole and seen and state == "":
        return None  # its Service answers again; the controller has not retried yet
    ref = configuration.ref
    ignore = [{"op": "replace", "path": f"/webhooks/{index}/failurePolicy", "value": "Ignore"}]
    what = f"{behind or configuration.webhooks[index].client_config.url}"
    who = listed(map(str, backend)) or what
    return Gatekeeper(
        reason="WebhookUnavailable",
        subject=ref,
        headline=f"{ref} gets no valid answer from {what}",
        fact=f"Webhook {each.refusal.name} of {ref} has failurePolicy Fail, and the API server gets "
        f"no valid answer from {what}{state}: {shorten(each.refusal.detail, 200)}.",
        proof=(f"webhook {each.refusal.name}: failurePolicy Fail, backend {what}{state}",),
        proposal=Proposal(
            f"Restore the webhook's backend {who} first. Until then failurePolicy Ignore lets pods in "
            "without that webhook's check or change.",
            (command.patch(ref, ignore, kind="json"),),
        ),
    )


def _backend(snapshot: Snapshot, behind: Ref | None) -> tuple[str, tuple[Ref, ...]]:
    """What is wrong with a webhook's Service ("" when nothing is seen), and the workloads behind."""
    if behind is None or not snapshot.has("services"):
        return "", ()
    service = snapshot.of("services", corev1.Service).get(behind)
    if service is None:
        return ", which does not exist", ()
    slices = snapshot.of("endpointslices", networkingv1.EndpointSlice)
    ready = sum(
        item.ready_count
        for ref, item in slices.items()
        if ref.namespace == behind.namespace and item.service == behind.name
    )
    selector = metav1.LabelSelector(match_labels=service.spec.selector)
    pods = [
        pod
        for pod in snapshot.all_pods.values()
        if service.spec.selector
        and pod.namespace == behind.namespace
        and selects(selector, pod.labels)
    ]
    lacks = snapshot.has("endpointslices") and not ready
    return (", which has no ready endpoint" if lacks else ""), snapshot.owners_of(pods)


def _spec(snapshot: Snapshot, each: Blocked) -> Gatekeeper | None:
    workload = snapshot.workloads.get(each.owner)
    denied = each.refusal.gate is Gate.DENIED
    who = f"admission policy {each.refusal.name}" if denied else "the API server's validation"
    earlier = workload is not None and workload.previous is not None
    return Gatekeeper(
        reason="PodSpecInvalid",
        subject=each.owner,
        headline=f"{each.owner}: its pods are refused by {who}",
        fact=f"The pod template of {each.owner} is refused by {who}: "
        f"{shorten(each.refusal.detail)}.",
        proof=(shorten(each.refusal.detail),),
        proposal=advise(
            workload,
            "Correct the named field of the pod template"
            + (", or return to the previous revision, which was admitted." if earlier else "."),
            command.rollout_undo(each.owner) if earlier else command.describe(each.creator),
        ),
    )


def _account(snapshot: Snapshot, each: Blocked) -> Gatekeeper | None:
    ref = Ref("ServiceAccount", each.owner.namespace, each.refusal.name)
    if ref in snapshot.of("serviceaccounts", corev1.ServiceAccount):
        return None
    return Gatekeeper(
        reason="MissingServiceAccount",
        subject=ref,
        headline=f"{ref} does not exist",
        fact=f"The pods of {each.owner} run as ServiceAccount {ref.name}, which does not exist in "
        f"namespace {ref.namespace}.",
        proof=(f"serviceAccountName: {ref.name}",),
        proposal=Proposal(
            f"Restore ServiceAccount {ref.name} with its role bindings from Git or a backup; created "
            "empty it lets the pods start, without rights.",
            (command.kubectl(ref, "create serviceaccount", ref.name),),
        ),
    )


def _amount(name: str, size: float) -> str:
    counted = "memory" in name or "storage" in name
    return in_binary(size) if counted else f"{size:g}"


_GATES: Mapping[Gate, Callable[[Snapshot, Blocked], Gatekeeper | None]] = {
    Gate.QUOTA: _quota,
    Gate.LIMIT_RANGE: _limit_range,
    Gate.POD_SECURITY: _pod_security,
    Gate.WEBHOOK: _webhook,
    Gate.DENIED: _spec,
    Gate.INVALID: _spec,
    Gate.ACCOUNT: _account,
}
