"""What an autoscaler scales, by which metrics, and which containers lack the request it needs."""

from dataclasses import dataclass
from math import ceil

from watchdog.domain.objects import autoscalingv1, podv1, statsv1
from watchdog.domain.quantity import quantity
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload

_APIS = {
    "Resource": "metrics.k8s.io",
    "ContainerResource": "metrics.k8s.io",
    "Pods": "custom.metrics.k8s.io",
    "Object": "custom.metrics.k8s.io",
    "External": "external.metrics.k8s.io",
}
_RESOURCES = ("Resource", "ContainerResource")
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Lack:
    """A container without the request a utilisation is measured against.

    `peer` is one it had before, else the one with which what it uses now is the wanted share.
    """

    container: str
    resource: str
    peer: str  # "" when unknown


def target_of(item: autoscalingv1.HorizontalPodAutoscaler | autoscalingv1.ScaledObject) -> Ref:
    """The object it scales; KEDA's default is a Deployment."""
    ref = item.spec.scale_target_ref
    return Ref(ref.kind or "Deployment", item.namespace, ref.name)


def keda_owner(item: autoscalingv1.HorizontalPodAutoscaler) -> Ref | None:
    """The ScaledObject that writes this autoscaler."""
    for owner in item.metadata.owner_references:
        if owner.kind == "ScaledObject":
            return Ref("ScaledObject", item.namespace, owner.name)
    return None


def metrics_of(item: autoscalingv1.HorizontalPodAutoscaler) -> tuple[str, ...]:
    """Its metrics by type and name: "External queue_messages_ready"."""
    return tuple(
        f"{metric.type} {_name(metric.source) if metric.source else ''}".strip()
        for metric in item.spec.metrics or ()
    )


def apis_of(item: autoscalingv1.HorizontalPodAutoscaler) -> frozenset[str]:
    """The API groups its metrics come from."""
    return frozenset(_APIS[each.type] for each in item.spec.metrics or () if each.type in _APIS)


def lacks(snapshot: Snapshot, item: autoscalingv1.HorizontalPodAutoscaler) -> tuple[Lack, ...]:
    """Containers of its target without the request its utilisation metrics need.

    Judged on the pods where there are any: LimitRanges and webhooks add requests to those.
    """
    target = target_of(item)
    workload, pods = snapshot.workloads.get(target), snapshot.pods_by_owner.get(target, ())
    if workload is None:
        return ()
    specs = [pod.spec for pod in pods if not pod.finished] or [workload.template.spec]
    found = (
        Lack(
            container.name,
            source.name,
            _peer(workload, container.name, source.name)
            or _by_usage(snapshot, pods, container.name, source),
        )
        for source in _utilisations(item)
        for spec in specs
        for container in (*spec.containers, *_sidecars(spec))
        if source.container in ("", container.name) and not _asks(container, source.name)
    )
    return tuple(dict.fromkeys(found))


def _utilisations(
    item: autoscalingv1.HorizontalPodAutoscaler,
) -> tuple[autoscalingv1.MetricSource, ...]:
    sources = [each.source for each in item.spec.metrics or () if each.type in _RESOURCES]
    return tuple(each for each in sources if each and each.target.type == "Utilization")


def _name(source: autoscalingv1.MetricSource) -> str:
    return source.metric.name if source.metric else source.name


def _sidecars(spec: podv1.PodSpec) -> tuple[podv1.Container, ...]:
    return tuple(each for each in spec.init_containers if each.restart_policy == "Always")


def _asks(container: podv1.Container, resource: str) -> bool:
    """A limit alone counts: the API server makes it the request."""
    resources = container.resources
    return resource in (resources.requests or {}) or resource in (resources.limits or {})


def _peer(workload: Workload, container: str, resource: str) -> str:
    """The request this container had in the newest earlier revision that had one."""
    for revision in workload.revisions[1:]:
        for each in revision.template.spec.containers:
            value = (each.resources.requests or {}).get(resource)
            if each.name == container and value is not None:
                return str(value)
    return ""


def _by_usage(
    snapshot: Snapshot,
    pods: tuple[podv1.Pod, ...],
    container: str,
    source: autoscalingv1.MetricSource,
) -> str:
    """The request of which the busiest pod's usage is the wanted share; "" when nothing is measured."""
    samples = snapshot.of("podmetrics", statsv1.PodMetrics)
    share = (source.target.average_utilization or 100) / 100
    used = [
        quantity((each.usage or {}).get(source.name, "0"))
        for pod in pods
        for sample in (samples.get(Ref("PodMetrics", pod.namespace, pod.name)),)
        for each in (sample.containers if sample else None) or ()
        if each.name == container
    ]
    wanted = max(used, default=0.0) / share
    if not wanted:
        return ""
    if source.name == "memory":
        return f"{ceil(round(wanted / _MIB, 3))}Mi"
    return f"{ceil(round(wanted * 1000, 3))}m"
