"""Whether the quotas of a namespace leave room for one more pod.

Source: the quota evaluator for pods and the LimitRanger of kube-apiserver.
"""

from collections.abc import Callable, Iterator, Mapping

from watchdog.domain.objects import corev1, podv1
from watchdog.domain.objects.metav1 import Quantities
from watchdog.domain.quantity import quantity
from watchdog.domain.snapshot import Snapshot

Amounts = Mapping[str, float]

# What every container has to state once a quota counts it.
_DEMANDED = frozenset({"cpu", "memory"})


def objections(
    snapshot: Snapshot, namespace: str, spec: podv1.PodSpec, *, more: int
) -> Iterator[str]:
    """Say which quota refuses `more` pods of this spec, or one for what it does not state.

    Scopes are not looked at: a quota that might not count the pod is taken for one that does.
    """
    whole = _with_defaults(snapshot, namespace, spec)
    for ref, quota in snapshot.of("resourcequotas", corev1.ResourceQuota).items():
        if ref.namespace == namespace:
            yield from _unstated(quota, whole)
            yield from _short(quota, whole, more)


def _unstated(quota: corev1.ResourceQuota, spec: podv1.PodSpec) -> Iterator[str]:
    for name in sorted(_hard(quota)):
        part, resource = _part(name)
        if part is None or resource not in _DEMANDED:
            continue
        for container in (*spec.init_containers, *spec.containers):
            if resource not in part(container):
                yield f"{quota.ref} demands {name}, which container {container.name} does not state"
                break


def _short(quota: corev1.ResourceQuota, spec: podv1.PodSpec, more: int) -> Iterator[str]:
    used = quota.status.used or {}
    for name, hard in sorted(_hard(quota).items()):
        wanted = more * _asked(name, spec)
        taken = quantity(used.get(name, 0))
        if wanted > 0 and taken + wanted > quantity(hard) + 1e-9:
            yield f"{quota.ref} leaves no room: {used.get(name, 0)} of {hard} {name} are used"


def _hard(quota: corev1.ResourceQuota) -> Quantities:
    """What is enforced, which is the status; a quota that nobody has counted yet is taken as written."""
    return quota.status.hard or quota.spec.hard or {}


def _part(name: str) -> tuple[Callable[[podv1.Container], Amounts] | None, str]:
    """Which part of a container's resources a quota's word counts, and of which resource."""
    if name.startswith("limits."):
        return _limits, name.removeprefix("limits.")
    if name.startswith("requests."):
        return _requests, name.removeprefix("requests.")
    return (_requests, name) if name in (*_DEMANDED, "ephemeral-storage") else (None, name)


def _asked(name: str, spec: podv1.PodSpec) -> float:
    """What one pod of a spec takes of a quota's word; init containers run before the others."""
    if name in ("pods", "count/pods"):
        return 1.0
    part, resource = _part(name)
    if part is None:
        return 0.0
    beside = [*spec.containers, *(c for c in spec.init_containers if c.restart_policy == "Always")]
    before = [part(c).get(resource, 0.0) for c in spec.init_containers]
    return max(sum(part(c).get(resource, 0.0) for c in beside), *before, 0.0)


def _requests(container: podv1.Container) -> Amounts:
    return _amounts(container.resources.requests)


def _limits(container: podv1.Container) -> Amounts:
    return _amounts(container.resources.limits)


def _amounts(given: Quantities | None) -> Amounts:
    return {name: quantity(amount) for name, amount in (given or {}).items()}


def _with_defaults(snapshot: Snapshot, namespace: str, spec: podv1.PodSpec) -> podv1.PodSpec:
    """The spec as the API server completes it: requests follow limits, LimitRanges fill the gaps."""
    limits: Quantities = {}
    asks: Quantities = {}
    for ref, item in snapshot.of("limitranges", corev1.LimitRange).items():
        for each in item.spec.limits or () if ref.namespace == namespace else ():
            if each.type == "Container":
                limits.update(each.default or {})
                asks.update(each.default_request or each.default or {})
    return podv1.PodSpec(
        containers=tuple(_completed(each, limits, asks) for each in spec.containers),
        init_containers=tuple(_completed(each, limits, asks) for each in spec.init_containers),
    )


def _completed(
    container: podv1.Container,
    limits: Quantities,
    asks: Quantities,
) -> podv1.Container:
    own = container.resources
    return podv1.Container(
        name=container.name,
        restart_policy=container.restart_policy,
        resources=podv1.Resources(
            requests={**asks, **(own.limits or {}), **(own.requests or {})},
            limits={**limits, **(own.limits or {})},
        ),
    )
