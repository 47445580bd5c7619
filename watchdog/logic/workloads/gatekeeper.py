"""The object that refuses new pods, proved by its own state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from watchdog.domain.objects import corev1, metav1, networkingv1
from watchdog.domain.quantity import in_binary
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.labels import selects
from watchdog.logic.symptom import sentence, shorten
from watchdog.logic.workloads.limit_range import bound
from watchdog.logic.workloads.refusal import Blocked, Gate, shortfall, unspecified, webhook

LEVEL = "pod-security.kubernetes.io/enforce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gatekeeper:
    """What refuses: the object to change, the fact, and the proof on the object."""

    reason: str
    subject: Ref
    headline: str
    fact: str
    proof: tuple[str, ...]


def gatekeeper(snapshot: Snapshot, each: Blocked) -> Gatekeeper | None:
    """Return who refuses; None when its object no longer does, or cannot be read."""
    return _GATES[each.refusal.gate](snapshot, each)


def amount(name: str, size: float) -> str:
    """Write a quantity of a resource as manifests do."""
    if "memory" not in name and "storage" not in name:
        return f"{size:g}"
    text = in_binary(size)
    return f"{-(-size // 2**20):.0f}Mi" if "." in text else text  # never less than it is


def _quota(snapshot: Snapshot, each: Blocked) -> Gatekeeper | None:
    ref = Ref("ResourceQuota", each.owner.namespace, each.refusal.name)
    quota = snapshot.of("resourcequotas", corev1.ResourceQuota).get(ref)
    if quota is None:
        return None
    short = shortfall(quota, each.refusal.detail)
    if not short:
        return _unspecified(each, quota)
    asking = {"CronJob": "one Job", "Deployment": "one ReplicaSet"}.get(
        each.creator.kind, "one pod"
    )
    proof = tuple(
        f"{name}: {amount(name, used)} of {amount(name, hard)} used, {asking} asks for "
        f"{amount(name, asked)} more"
        for name, (hard, used, asked) in sorted(short.items())
    )
    return Gatekeeper(
        reason="QuotaRejects",
        subject=ref,
        headline=f"{ref} is used up ({', '.join(sorted(short))})",
        fact=f"ResourceQuota {ref.name} of namespace {ref.namespace} allows no more: "
        f"{'; '.join(proof)}.",
        proof=proof,
    )


def _unspecified(each: Blocked, quota: corev1.ResourceQuota) -> Gatekeeper | None:
    names = unspecified(quota, each.refusal.detail)
    if not names:
        return None
    return Gatekeeper(
        reason="QuotaRejects",
        subject=quota.ref,
        headline=f"{quota.ref} demands {', '.join(names)}",
        fact=f"ResourceQuota {quota.name} counts {', '.join(names)}, which a container of "
        f"{each.owner} does not set.",
        proof=tuple(f"hard limit for {name}: {(quota.spec.hard or {})[name]}" for name in names),
    )


def _limit_range(snapshot: Snapshot, each: Blocked) -> Gatekeeper | None:
    found = bound(snapshot, each.owner.namespace, each.refusal.name)
    if found is None:
        return None
    return Gatekeeper(
        reason="LimitRangeRejects",
        subject=found.item.ref,
        headline=f"{found.item.ref} refuses the pods' resources",
        fact=f"LimitRange {found.item.name} of namespace {found.item.namespace}: "
        f"{sentence(each.refusal.detail)}",
        proof=(each.refusal.name,),
    )


def _pod_security(snapshot: Snapshot, each: Blocked) -> Gatekeeper | None:
    ref = Ref("Namespace", "", each.owner.namespace)
    namespace = snapshot.namespaces.get(each.owner.namespace)
    level = namespace.labels.get(LEVEL) if namespace else None
    if level is not None and level != each.refusal.name:
        return None
    return Gatekeeper(
        reason="PodSecurityRejects",
        subject=ref,
        headline=f"{ref} enforces Pod Security level {each.refusal.name}",
        fact=f"Namespace {ref.name} enforces the Pod Security level {each.refusal.name}, which the "
        f"pods violate: {sentence(each.refusal.detail)}",
        proof=(f"{LEVEL}={level or each.refusal.name}",),
    )


def _webhook(snapshot: Snapshot, each: Blocked) -> Gatekeeper | None:
    found = webhook(snapshot, each.refusal)
    if found is None:
        return None
    configuration, index = found
    behind = service_of(snapshot, each)
    state, _ = backend(snapshot, behind)
    whole = "no endpoints available" in each.message or "not found" in each.refusal.detail
    seen = snapshot.has("services") and snapshot.has("endpointslices")
    if whole and seen and state == "":
        return None  # its Service answers again; the controller has not retried yet
    ref, state = configuration.ref, state or _said(each.refusal.detail)
    what = f"{behind or configuration.webhooks[index].client_config.url}"
    return Gatekeeper(
        reason="WebhookUnavailable",
        subject=ref,
        headline=f"{ref} gets no valid answer from {what}",
        fact=f"Webhook {each.refusal.name} of {ref} has failurePolicy Fail, and the API server gets "
        f"no valid answer from {what}{state}: {sentence(each.refusal.detail, 200)}",
        proof=(f"webhook {each.refusal.name}: failurePolicy Fail, backend {what}{state}",),
    )


def distrusted(detail: str) -> bool:
    """Whether the API server was answered, by a certificate that it does not accept."""
    return "x509:" in detail or "tls: failed to verify" in detail


def _said(detail: str) -> str:
    if distrusted(detail):
        return ", whose certificate is not accepted"
    late = "deadline exceeded" in detail or "Client.Timeout" in detail
    return ", which does not answer in time" if late else ""


def service_of(snapshot: Snapshot, each: Blocked) -> Ref | None:
    """The Service that a failing webhook calls; None for one outside the cluster."""
    found = webhook(snapshot, each.refusal)
    service = found[0].webhooks[found[1]].client_config.service if found else None
    return Ref("Service", service.namespace, service.name) if service else None


def backend(snapshot: Snapshot, behind: Ref | None) -> tuple[str, tuple[Ref, ...]]:
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


def _spec(_snapshot: Snapshot, each: Blocked) -> Gatekeeper | None:
    denied = each.refusal.gate is Gate.DENIED
    who = f"admission policy {each.refusal.name}" if denied else "the API server's validation"
    return Gatekeeper(
        reason="PodSpecInvalid",
        subject=each.owner,
        headline=f"{each.owner}: its pods are refused by {who}",
        fact=f"The pod template of {each.owner} is refused by {who}: "
        f"{sentence(each.refusal.detail)}",
        proof=(shorten(each.refusal.detail),),
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
    )


_GATES: Mapping[Gate, Callable[[Snapshot, Blocked], Gatekeeper | None]] = {
    Gate.QUOTA: _quota,
    Gate.LIMIT_RANGE: _limit_range,
    Gate.POD_SECURITY: _pod_security,
    Gate.WEBHOOK: _webhook,
    Gate.DENIED: _spec,
    Gate.INVALID: _spec,
    Gate.ACCOUNT: _account,
}
