"""Autoscalers that cannot act, lack what they measure against, or have reached their end."""

from collections.abc import Iterator
from datetime import timedelta

from watchdog.domain.check import NoParams, check
from watchdog.domain.finding import Finding
from watchdog.domain.objects import apiregistrationv1, autoscalingv1, metav1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command, symptom
from watchdog.logic.network.unanswered import unanswered
from watchdog.logic.workloads import autoscaling
from watchdog.logic.workloads.autoscaling import Lack

_HOLD = timedelta(minutes=10)
_MAXED = timedelta(minutes=15)
_YOUNG = timedelta(minutes=5)  # no metrics of a pod before it has run for a while
_OF_PODS = ("FailedGetResourceMetric", "FailedGetContainerResourceMetric")


@check(
    family="autoscaling",
    needs=("horizontalpodautoscalers",),
    # Usage is taken where another check reads it: a metrics API that is down may not blind this one.
    optional=("apiservices", "scaledobjects", "services", "ingresses"),
    reasons=("HPAMissingRequest", "HPACannotScale", "HPAMaxedOut"),
    params=NoParams,
)
def hpa(snapshot: Snapshot, _params: NoParams) -> Iterator[Finding]:
    """A HorizontalPodAutoscaler or KEDA ScaledObject cannot scale, or wants more than its maximum.

    Scaling that is off because the target is at zero is by design, and so are gaps while pods
    start. An autoscaler that KEDA writes is judged as its ScaledObject.
    """
    scaled = snapshot.of("scaledobjects", autoscalingv1.ScaledObject)
    refused = {ref: each for ref, each in scaled.items() if _not_ready(each)}
    for each in refused.values():
        yield _keda_not_ready(snapshot, each)
    for item in snapshot.of(
        "horizontalpodautoscalers", autoscalingv1.HorizontalPodAutoscaler
    ).values():
        if item.deleting or autoscaling.keda_owner(item) in refused:
            continue
        broken = _broken(item)
        if broken is not None:
            yield from _cannot(snapshot, item, broken)
        else:
            yield from _maxed(item)


def _not_ready(item: autoscalingv1.ScaledObject) -> bool:
    ready, paused = item.condition("Ready"), item.condition("Paused")
    resting = item.annotations.keda_paused == "true" or (
        paused is not None and paused.status == "True"
    )
    return not (item.deleting or resting) and ready is not None and ready.status == "False"


def _keda_not_ready(snapshot: Snapshot, item: autoscalingv1.ScaledObject) -> Finding:
    ready, target = item.condition("Ready") or metav1.Condition(), autoscaling.target_of(item)
    since = ready.last_transition_time
    return Finding(
        reason="HPACannotScale",
        subject=item.ref,
        severity=Severity.WARNING,
        message=f"{item.ref} cannot scale {target}: {ready.reason or 'not ready'}",
        why=f"KEDA says: {symptom.sentence(ready.message)} {target} keeps the replicas it has.",
        since=since,
        hold=_HOLD,
        sightings=2,
        blames=unanswered(snapshot, ready.message, item.namespace),
        evidence=symptom.conditions(item.ref, item.status.conditions, ready),
        proposal=symptom.advise(
            None,
            f"Correct the trigger, its credentials (TriggerAuthentication) or the target of {item.ref}.",
            command.describe(item.ref),
        ),
    )


def _broken(item: autoscalingv1.HorizontalPodAutoscaler) -> metav1.Condition | None:
    """The condition that says it cannot act; at zero replicas scaling is off by design."""
    for kind in ("AbleToScale", "ScalingActive"):
        condition = item.condition(kind)
        if condition is None or condition.status != "False":
            continue
        if condition.reason.startswith(("Failed", "Invalid", "Ambiguous")):
            return condition
    return None


def _cannot(
    snapshot: Snapshot, item: autoscalingv1.HorizontalPodAutoscaler, broken: metav1.Condition
) -> Iterator[Finding]:
    target = autoscaling.target_of(item)
    if broken.reason in _OF_PODS:
        if "missing request" in broken.message and (lacking := autoscaling.lacks(snapshot, item)):
            yield _missing_request(snapshot, item, broken, lacking)
            return
        if _all_young(snapshot, target):
            return
    subject = autoscaling.keda_owner(item) or item.ref
    lost = _lost(snapshot, target)
    metrics = symptom.listed(autoscaling.metrics_of(item))
    # Who cannot be scaled at all needs no metric yet.
    groups = autoscaling.apis_of(item) if broken.type == "ScalingActive" else frozenset()
    apis = tuple(
        ref
        for ref, each in snapshot.of("apiservices", apiregistrationv1.APIService).items()
        if each.spec.group in groups
    )
    # Pods without metrics are mostly pods that do not run: their own fault then explains this.
    pods = (target,) if broken.reason in _OF_PODS else ()
    yield Finding(
        reason="HPACannotScale",
        subject=subject,
        affected=tuple(each for each in (item.ref, *pods, *apis) if each != subject),
        severity=Severity.WARNING,
        message=f"{item.ref} cannot scale {target}: {broken.reason}",
        why=(
            f"{item.ref} scales {target}, which does not exist: nothing is scaled, and no pod is at "
            "fault. "
            if lost
            else f"{target} keeps the replicas it has, whatever the load; it is not at fault itself. "
        )
        + f"The autoscaler says: {symptom.sentence(broken.message, 400)}",
        since=broken.last_transition_time or item.metadata.creation_timestamp,
        hold=_HOLD,
        shared=_common(snapshot, broken, target, groups, served=bool(apis)),
        blames=unanswered(snapshot, broken.message, item.namespace),
        evidence=(
            *symptom.conditions(item.ref, item.status.conditions, broken),
            symptom.fact("spec", item.ref, f"scales {target} by {metrics or 'no metric'}"),
        ),
        proposal=symptom.advise(
            None,
            _cure(broken, target, metrics, groups, lost=lost),
            *(_retarget(snapshot, item) if lost else ()),
            command.describe(item.ref),
        ),
    )


def _common(
    snapshot: Snapshot,
    broken: metav1.Condition,
    target: Ref,
    groups: frozenset[str],
    *,
    served: bool,
) -> str:
    """What it has in common with others: pods that several want, or an API nobody has installed."""
    if broken.reason == "AmbiguousSelector":
        return f"pods of {target}"
    if groups and not served and snapshot.has("apiservices"):
        return f"API {' and '.join(sorted(groups))}"
    return ""


def _cure(
    broken: metav1.Condition, target: Ref, metrics: str, groups: frozenset[str], *, lost: bool
) -> str:
    if lost:
        return f"{target} does not exist: correct scaleTargetRef, or remove the autoscaler with it."
    if broken.type == "AbleToScale":
        return f"Correct scaleTargetRef: {target} has to exist and to have a scale subresource."
    if "Selector" in broken.reason:
        return (
            f"Give {target} a selector of its own: autoscalers need one, and no two may take the same "
            "pods."
        )
    return (
        f"Make the metric available ({metrics}): an adapter has to serve {' and '.join(sorted(groups))} "
        "with it (prometheus-adapter, KEDA, metrics-server), and the metric has to have data; or "
        "scale by a metric that is served."
    )


def _retarget(snapshot: Snapshot, item: autoscalingv1.HorizontalPodAutoscaler) -> tuple[str, ...]:
    """The patch to the workload of the autoscaler's own name, if there is one that nobody scales."""
    named = Ref(autoscaling.target_of(item).kind, item.namespace, item.name)
    scaled = {
        autoscaling.target_of(each)
        for each in snapshot.of(
            "horizontalpodautoscalers", autoscalingv1.HorizontalPodAutoscaler
        ).values()
    }
    if named not in snapshot.workloads or named in scaled:
        return ()
    return (
        command.patch(item.ref, {"spec": {"scaleTargetRef": {"name": item.name}}}, kind="merge"),
    )


def _lost(snapshot: Snapshot, target: Ref) -> bool:
    known = target.kind in ("Deployment", "StatefulSet")
    return known and target not in snapshot.workloads


def _all_young(snapshot: Snapshot, target: Ref) -> bool:
    pods = snapshot.pods_by_owner.get(target, ())
    born = [pod.metadata.creation_timestamp for pod in pods]
    return bool(born) and all(at is not None and snapshot.age(at) < _YOUNG for at in born)


def _missing_request(
    snapshot: Snapshot,
    item: autoscalingv1.HorizontalPodAutoscaler,
    broken: metav1.Condition,
    lacking: tuple[Lack, ...],
) -> Finding:
    target = autoscaling.target_of(item)
    names = symptom.listed(f"{each.resource} of container {each.container}" for each in lacking)
    commands = [
        command.set_request(target, each.container, each.resource, each.peer)
        for each in lacking
        if each.peer
    ]
    return Finding(
        reason="HPAMissingRequest",
        subject=target,
        affected=(item.ref,),
        severity=Severity.WARNING,
        message=f"{item.ref} cannot scale {target}: no request for {names}",
        why=f"{item.ref} scales by a share of the request, and there is none for {names}. {target} "
        "keeps the replicas it has, whatever the load. metrics-server is not at fault.",
        since=broken.last_transition_time or item.metadata.creation_timestamp,
        hold=_HOLD,
        evidence=(
            symptom.said(item.ref, broken),
            *(
                symptom.fact(
                    "spec", target, f"container {each.container} requests no {each.resource}"
                )
                for each in lacking
            ),
        ),
        proposal=symptom.advise(
            snapshot.workloads.get(target),
            f"Set a request for {names}, of what it uses in normal times (kubectl -n "
            f"{target.namespace} top pod --containers).",
            *(commands or [command.describe(target)]),
        ),
    )


def _maxed(item: autoscalingv1.HorizontalPodAutoscaler) -> Iterator[Finding]:
    limited, most = item.condition("ScalingLimited"), item.spec.max_replicas
    counts = (item.status.current_replicas, item.status.desired_replicas)
    least = item.spec.min_replicas or 1
    if limited is None or limited.status != "True" or limited.reason != "TooManyReplicas":
        return
    if counts != (most, most) or least >= most:
        return
    yield Finding(
        reason="HPAMaxedOut",
        subject=item.ref,
        severity=Severity.INFO,
        message=f"{item.ref} has reached its maximum of {most} replicas and wants more",
        why=f"{autoscaling.target_of(item)} runs with all {most} replicas it may have, and its metric is "
        "still above the target.",
        since=limited.last_transition_time,
        hold=_MAXED,
        sightings=2,
        evidence=(symptom.said(item.ref, limited),),
        proposal=symptom.advise(
            None,
            "Raise maxReplicas if the nodes have room, or find why each replica does so little.",
            command.describe(item.ref),
        ),
    )
