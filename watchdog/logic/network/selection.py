"""Service selectors against the pods that are there: what one wrong key, or too few keys, do."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from watchdog.domain.objects import corev1, podv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic import command
from watchdog.logic.network import hosts, serving

_REVISION = "pod-template-hash"  # set by the Deployment controller, never a role
_OF_A_ROLLOUT = "rollouts-pod-template-hash"  # the same, set by Argo Rollouts
_ALIKE = 0.8  # of 1: two words of eight letters may differ in one, of ten in two


@dataclass(frozen=True, slots=True, kw_only=True)
class OneKey:
    """The selector would take this owner's ready pods but for one key.

    `value` is what the pods have there, "" if they lack the key; `labels` are those of their
    template. `at_run_time`: somebody sets this label on running pods, so that nobody holding it now
    may be by design (a leader, a replica).
    """

    key: str
    value: str
    owner: Ref
    labels: Mapping[str, str]
    pods: tuple[podv1.Pod, ...]
    at_run_time: bool

    def mended(self, selector: Mapping[str, str]) -> dict[str, str | None]:
        """What to change in the selector, {} when that cannot be said.

        It never becomes empty, which would take nothing.
        """
        if self.key == _REVISION and len(selector) > 1:
            return {self.key: None}  # the next rollout would lead it astray again
        if command.safe_name(self.value):
            return {self.key: self.value}
        if len(selector) > 1:
            return {self.key: None}
        fit = {
            key: value
            for key, value in self.labels.items()
            if key not in serving.CONTROL_PLANE_LABELS | {_OF_A_ROLLOUT, self.key}
            and command.safe_name(value)
        }
        return {self.key: None, **fit} if fit else {}


def one_key_off(snapshot: Snapshot, service: corev1.Service) -> OneKey | None:
    """The one owner that a selector without pods misses by one key; None if none or several.

    Bare pods count only where nothing else comes near: they are often somebody's copies.
    """
    found = {(each.key, each.owner): each for each in _near_misses(snapshot, service)}
    lasting = {key: each for key, each in found.items() if each.owner.kind != "Pod"}
    near = lasting or found
    return next(iter(near.values())) if len(near) == 1 else None


def _near_misses(snapshot: Snapshot, service: corev1.Service) -> Iterator[OneKey]:
    selector = service.spec.selector or {}
    pods = [
        pod
        for ref, pod in snapshot.pods.items()
        if ref.namespace == service.namespace and pod.ready and not pod.finished
    ]
    for key in sorted(selector):
        others = {each: value for each, value in selector.items() if each != key}
        groups: defaultdict[Ref, list[podv1.Pod]] = defaultdict(list)
        for pod in pods:
            fits = hosts.takes(others, pod.labels) if others else _meant(snapshot, service, pod)
            if fits:
                groups[snapshot.owners[pod.ref]].append(pod)
        for owner, group in groups.items():
            if _serves(service, group[0]):
                labels = _made_with(snapshot, owner, group[0])
                given = group[0].labels.get(key, "")
                yield OneKey(
                    key=key,
                    value=given,
                    owner=owner,
                    labels=labels,
                    pods=tuple(group),
                    at_run_time=key != _REVISION and given != labels.get(key, ""),
                )


def _made_with(snapshot: Snapshot, owner: Ref, pod: podv1.Pod) -> Mapping[str, str]:
    """The labels a pod was made with, as far as that can be known.

    A pod that an operator makes without a template has labels that it sets and moves: none is sure.
    """
    if owner in snapshot.workloads:
        return _labels(snapshot.workloads[owner].template)
    if pod.controller is None:
        return pod.labels
    revision = snapshot.replicasets.get(Ref("ReplicaSet", pod.namespace, pod.controller.name))
    return _labels(revision.spec.template) if revision else {}


def _meant(snapshot: Snapshot, service: corev1.Service, pod: podv1.Pod) -> bool:
    """Whether a Service that selects by one wrong pair alone stands for this pod.

    Nothing else of the selector is left to tell by: its name says so, or the wrong pair is nearly
    one of the pod, which declares the port and which no other Service takes.
    """
    [(key, wrong)] = (service.spec.selector or {}).items()
    if service.name in (snapshot.owners[pod.ref].name, pod.labels.get(key)):
        return True
    nearly = _alike(wrong, pod.labels.get(key, "")) or wrong in pod.labels.values()
    return (
        nearly
        and bool(serving.declared(pod.spec))
        and not any(pod in taken for taken in snapshot.pods_by_service.values())
    )


def _alike(one: str, other: str) -> bool:
    """Whether one is the other with a letter or two wrong, or with a part added."""
    longer, shorter = max(one, other, key=len), min(one, other, key=len)
    added = bool(shorter) and longer.startswith(f"{shorter}-")
    return added or SequenceMatcher(None, one, other).ratio() >= _ALIKE


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


def at_rest(snapshot: Snapshot, service: corev1.Service) -> bool:
    """Whether all that the selector stands for wants no pods.

    ReplicaSets of a Deployment do not count: its old revisions want none, and it goes on. Those of
    others, such as a Rollout, stand for themselves: a preview rests between two releases.
    """
    behind = serving.workloads_behind(snapshot, service)
    wanted = [each.wanted for each in behind] or [
        item.spec.replicas
        for item in snapshot.replicasets.values()
        if item.namespace == service.namespace
        and (item.controller is None or item.controller.kind != "Deployment")
        and hosts.takes(service.spec.selector, _labels(item.spec.template))
    ]
    return bool(wanted) and not any(wanted)


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
