"""Service selectors against the pods that are there: what one wrong key, or too few keys, do."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from watchdog.domain.objects import corev1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.domain.workload import Workload
from watchdog.logic.network import hosts, serving


@dataclass(frozen=True, slots=True, kw_only=True)
class OneKey:
    """The selector would take this workload's ready pods but for one key.

    `value` is what the pods have there, "" if they lack the key. `at_run_time`: somebody sets this
    label on running pods, so that nobody holding it now may be by design (a leader, a replica).
    """

    key: str
    value: str
    workload: Workload
    pods: tuple[podv1.Pod, ...]
    at_run_time: bool


def one_key_off(snapshot: Snapshot, service: corev1.Service) -> OneKey | None:
    """The one workload that a selector without pods misses by one key; None if none or several."""
    found = {(each.key, each.workload.ref): each for each in _near_misses(snapshot, service)}
    return next(iter(found.values())) if len(found) == 1 else None


def _near_misses(snapshot: Snapshot, service: corev1.Service) -> Iterator[OneKey]:
    selector = service.spec.selector or {}
    pods = [pod for ref, pod in snapshot.pods.items() if ref.namespace == service.namespace]
    for key in sorted(selector):
        others = {each: value for each, value in selector.items() if each != key}
        groups: defaultdict[Ref, list[podv1.Pod]] = defaultdict(list)
        for pod in pods:
            # A lone key selects by nothing else: then the name has to say whose Service it is.
            named = snapshot.owners[pod.ref].name == service.name
            if pod.ready and (hosts.takes(others, pod.labels) if others else named):
                groups[snapshot.owners[pod.ref]].append(pod)
        for owner, group in groups.items():
            workload = snapshot.workloads.get(owner)
            if workload is not None and _serves(service, group[0]):
                given = group[0].labels.get(key, "")
                in_template = (workload.template.metadata.labels or {}).get(key, "")
                yield OneKey(
                    key=key,
                    value=given,
                    workload=workload,
                    pods=tuple(group),
                    at_run_time=given != in_template,
                )


def _serves(service: corev1.Service, pod: podv1.Pod) -> bool:
    """Whether a pod has a port this Service leads to, or declares none to tell by."""
    targets = [serving.port_of(pod.spec, serving.target_of(port)) for port in service.spec.ports]
    ports = serving.declared(pod.spec)
    return not ports or any(each in ports for each in targets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strangers:
    """Pods that a selector takes besides those that serve its port.

    `proven`: the strangers declare ports, and this is not among them.
    """

    port: int
    good: tuple[podv1.Pod, ...]
    pods: tuple[podv1.Pod, ...]
    proven: bool


def strangers(
    snapshot: Snapshot, service: corev1.Service, pods: tuple[podv1.Pod, ...]
) -> Strangers | None:
    """Whose pods get traffic they do not serve; None when all of one port serve it.

    A port that is named leads only to pods that have the name, and a headless Service to no port.
    """
    if service.headless:
        return None
    receiving = [pod for pod in pods if pod.ready]
    for port in service.spec.ports:
        number = serving.target_of(port)
        if isinstance(number, str) and not number.isdigit():
            continue
        declares = [pod for pod in receiving if int(number) in serving.declared(pod.spec)]
        good = {snapshot.owners[pod.ref] for pod in declares}
        odd = tuple(pod for pod in receiving if snapshot.owners[pod.ref] not in good)
        if good and odd:
            proven = all(serving.declared(pod.spec) for pod in odd)
            return Strangers(port=int(number), good=tuple(declares), pods=odd, proven=proven)
    return None


def made_for_jobs(snapshot: Snapshot, service: corev1.Service) -> bool:
    """Whether the selector takes pods of a Job: those come and go by design."""
    templates = [
        *(
            item.spec.template
            for item in snapshot.jobs.values()
            if item.namespace == service.namespace
        ),
        *(
            item.spec.job_template.spec.template
            for item in snapshot.cronjobs.values()
            if item.namespace == service.namespace
        ),
    ]
    return any(hosts.takes(service.spec.selector, _labels(template)) for template in templates)


def _labels(template: podv1.PodTemplate) -> Mapping[str, str]:
    return template.metadata.labels or {}
