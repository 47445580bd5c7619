"""What stands behind a Service: pods, workloads, ports, and who leads people or programs to it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from watchdog.domain.grouping import grouped
from watchdog.domain.labelled import Labelled
from watchdog.domain.objects import corev1, metav1, networkingv1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic import symptom
from watchdog.logic.network.calls import Call

Routes = tuple[
    tuple[networkingv1.Ingress, networkingv1.IngressService], ...
]  # Ingresses and the backends they name

# Labels that the control plane gives to pods: no selector is written with them.
CONTROL_PLANE_LABELS = frozenset(
    {
        "pod-template-hash",
        "controller-revision-hash",
        "pod-template-generation",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-name",
        "controller-uid",
        "job-name",
    }
)


def workloads_behind(snapshot: Snapshot, service: corev1.Service) -> tuple[Workload, ...]:
    """The workloads whose pods the selector takes, also those that have none now."""
    known = snapshot.once(_workloads_by_label)
    return known.taken(service.namespace, service.spec.selector or {})


def _workloads_by_label(snapshot: Snapshot) -> Labelled[Workload]:
    return Labelled(
        (ref.namespace, workload.template.metadata.labels or {}, workload)
        for ref, workload in sorted(snapshot.workloads.items())
    )


def declared(spec: podv1.PodSpec) -> frozenset[int]:
    """The port numbers a pod's containers declare; they share one network."""
    return frozenset(port.container_port for each in _containers(spec) for port in each.ports)


def port_of(spec: podv1.PodSpec, target: metav1.IntOrString) -> int | None:
    """The number a target port means in a pod; None for a name that no container declares."""
    if isinstance(target, int) or target.isdigit():
        return int(target)
    for each in _containers(spec):
        for port in each.ports:
            if port.name == target:
                return port.container_port
    return None


def target_of(port: corev1.ServicePort) -> metav1.IntOrString:
    """Where a Service's port leads: the same number unless it says otherwise."""
    return port.target_port or port.port


def _containers(spec: podv1.PodSpec) -> tuple[podv1.Container, ...]:
    return spec.containers + spec.init_containers  # a sidecar is an init container that stays


def endpoints(snapshot: Snapshot, service: Ref) -> tuple[networkingv1.SliceEndpoint, ...]:
    """All endpoints of a Service, ready or not."""
    slices = snapshot.slices.get(service, ())
    return tuple(each for item in slices for each in item.endpoints or () if each.addresses)


def changed_at(snapshot: Snapshot, service: corev1.Service) -> datetime | None:
    """When the endpoints of a Service last changed, as far as the API says."""
    moments = [service.metadata.creation_timestamp]
    for item in snapshot.slices.get(service.ref, ()):
        moments += [item.metadata.creation_timestamp, _moment(item.annotations.endpoints_changed)]
    return max((moment for moment in moments if moment is not None), default=None)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def routes(snapshot: Snapshot) -> Mapping[Ref, Routes]:
    """The Ingresses that lead to each Service, with the backend they name."""
    return grouped(
        (Ref("Service", item.namespace, backend.name), (item, backend))
        for item in snapshot.of("ingresses", networkingv1.Ingress).values()
        for backend in item.backends
    )


def names_port(backend: networkingv1.IngressService, port: corev1.ServicePort) -> bool:
    """Whether a backend means this port of its Service."""
    return backend.port.number == port.port or (
        backend.port.name != "" and backend.port.name == port.name
    )


def users(calls: Iterable[Call], routes: Routes) -> tuple[Ref, ...]:
    """The workloads and Ingresses that need a Service, each once."""
    return tuple(
        dict.fromkeys((*(each.caller for each in calls), *(route.ref for route, _ in routes)))
    )


def telling_label(
    good: Iterable[podv1.Pod], others: Iterable[podv1.Pod], but: Iterable[str]
) -> tuple[str, str] | None:
    """A label that all good pods carry and none of the others, to select by."""
    groups = [pod.labels for pod in good]
    strangers = [pod.labels for pod in others]
    unfit = CONTROL_PLANE_LABELS | frozenset(but)
    for key, value in sorted(groups[0].items()):
        everywhere = all(labels.get(key) == value for labels in groups)
        if key not in unfit and everywhere and all(each.get(key) != value for each in strangers):
            return key, value
    return None


def says_of(users_: tuple[Ref, ...]) -> str:
    """Say who needs it: "Deployment/shop/web calls it", for a sentence."""
    if not users_:
        return "No workload's variables and no Ingress name it"
    return f"It is needed by {symptom.listed(map(str, users_))}"


def template_since(snapshot: Snapshot, owner: Ref) -> datetime | None:
    """Since when a workload has been what it is now."""
    workload, cronjob = snapshot.workloads.get(owner), snapshot.cronjobs.get(owner)
    if workload is not None:
        current = workload.current.created_at if workload.current else None
        return current or workload.created_at
    return cronjob.metadata.creation_timestamp if cronjob else None
