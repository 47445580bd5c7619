"""What stands around a fault: the objects whose change may break what is affected.

Near means that the API lets one act upon the other: a quota on its namespace, a policy on the pods it
selects, a webhook on the pods it admits. Being near is no guilt.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from watchdog.domain.finding import Finding
from watchdog.domain.objects import admissionv1, autoscalingv1, corev1, metav1, podv1, policyv1
from watchdog.domain.objects.networkingv1 import NetworkPolicy
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.labels import selects
from watchdog.logic.pods.reference import named_by
from watchdog.logic.workloads.autoscaling import target_of

_AFFECTED = 20  # of a fault that hits hundreds, the first are enough to find what they share
_PODS = frozenset({"pods", "*", "*/*", "pods/*"})

AnyWebhooks = admissionv1.MutatingWebhookConfiguration | admissionv1.ValidatingWebhookConfiguration


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What one Finding affects, and what the specs of these objects name."""

    named: frozenset[Ref]  # subject, affected, their workloads; what their pods take and run as
    pods: tuple[podv1.Pod, ...]
    namespaces: tuple[corev1.Namespace, ...]
    classes: frozenset[str]  # of priority
    born: datetime | None  # when the oldest of them was created

    def near(self, item: metav1.Object) -> bool:
        """Whether a change of `item` may matter to what is affected."""
        return item.ref in self.named or self._on_namespaces(item) or self._on_pods(item)

    def _on_namespaces(self, item: metav1.Object) -> bool:
        match item:
            case corev1.ResourceQuota() | corev1.LimitRange():
                return any(item.namespace == each.name for each in self.namespaces)
            case (
                admissionv1.MutatingWebhookConfiguration()
                | admissionv1.ValidatingWebhookConfiguration()
            ):
                return any(_admits(item, each) for each in self.namespaces)
            case _:
                return False

    def _on_pods(self, item: metav1.Object) -> bool:
        match item:
            case NetworkPolicy():
                return self._takes(item.namespace, item.spec.pod_selector)
            case corev1.Service():
                return bool(item.spec.selector) and self._takes(
                    item.namespace, metav1.LabelSelector(match_labels=item.spec.selector)
                )
            case policyv1.PriorityClass():
                return bool(self.pods) and (item.global_default or item.name in self.classes)
            case autoscalingv1.HorizontalPodAutoscaler():
                return target_of(item) in self.named
            case _:
                return False

    def _takes(self, namespace: str, selector: metav1.LabelSelector | None) -> bool:
        return any(
            pod.namespace == namespace and selects(selector, pod.labels) for pod in self.pods
        )


def around(snapshot: Snapshot, finding: Finding) -> Around:
    """Gather what a Finding affects; of a node only itself, because it carries half the cluster."""
    if finding.subject.kind == "Node":
        node = snapshot.nodes.get(finding.subject.name)
        born = node.metadata.creation_timestamp if node else None
        return Around(
            named=frozenset((finding.subject,)),
            pods=(),
            namespaces=(),
            classes=frozenset(),
            born=born,
        )
    told = (finding.subject, *finding.affected)[:_AFFECTED]
    refs = tuple(dict.fromkeys((*told, *(snapshot.owners.get(ref, ref) for ref in told))))
    pods = tuple(_pods(snapshot, refs))
    names = dict.fromkeys(ref.namespace for ref in refs if ref.namespace in snapshot.namespaces)
    return Around(
        named=frozenset(refs) | frozenset(_named(snapshot, refs, pods)),
        pods=pods,
        namespaces=tuple(snapshot.namespaces[name] for name in names),
        classes=frozenset(pod.spec.priority_class_name for pod in pods),
        born=_born(snapshot, refs, pods),
    )


def _pods(snapshot: Snapshot, refs: Iterable[Ref]) -> Iterator[podv1.Pod]:
    found = {
        pod.ref: pod
        for ref in refs
        for pod in (
            *((snapshot.all_pods[ref],) if ref in snapshot.all_pods else ()),
            *snapshot.pods_by_owner.get(ref, ())[:_AFFECTED],
        )
    }
    yield from found.values()


def _named(snapshot: Snapshot, refs: Iterable[Ref], pods: Iterable[podv1.Pod]) -> Iterator[Ref]:
    templates = ((ref, snapshot.workloads[ref]) for ref in refs if ref in snapshot.workloads)
    specs = [(ref.namespace, workload.template.spec) for ref, workload in templates]
    for namespace, spec in (*specs, *((pod.namespace, pod.spec) for pod in pods)):
        yield Ref("Namespace", "", namespace)
        yield Ref("ServiceAccount", namespace, spec.service_account_name or "default")
        yield Ref("Node", "", spec.node_name)
        yield from (each.ref for each in named_by(spec, namespace))


def _born(snapshot: Snapshot, refs: Iterable[Ref], pods: Iterable[podv1.Pod]) -> datetime | None:
    """When the oldest affected object was created: a workload, or a pod without one that is known."""
    workloads = [snapshot.workloads[ref].created_at for ref in refs if ref in snapshot.workloads]
    births = workloads or [pod.metadata.creation_timestamp for pod in pods]
    return min((each for each in births if each is not None), default=None)


def _admits(item: AnyWebhooks, namespace: corev1.Namespace) -> bool:
    """Whether one of its webhooks is asked about new pods of a namespace."""
    return any(
        (each.namespace_selector is None or selects(each.namespace_selector, namespace.labels))
        and any(_PODS & {*(rule.resources or ())} for rule in each.rules or ())
        for each in item.webhooks
    )
