"""Gates about the pod that comes: admitted as its template says, on some node, with all it names."""

from collections.abc import Iterator
from datetime import datetime

from watchdog.domain.objects import appsv1, corev1, podv1, policyv1
from watchdog.domain.plan import Call
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.decision.case import Case
from watchdog.logic.placement import headroom
from watchdog.logic.placement.replacement import homeless
from watchdog.logic.pods.drift import drifted
from watchdog.logic.pods.reference import absent, named_by
from watchdog.logic.symptom import FRESH, shorten
from watchdog.logic.workloads.gatekeeper import LEVEL
from watchdog.logic.workloads.refusal import blocked
from watchdog.logic.workloads.steadiness import surge, surges
from watchdog.logic.workloads.webhooks import asked, dead_ends

_ACCOUNT = "default"


def finds_a_node(case: Case) -> Iterator[str]:
    """One Ready, schedulable node takes the new pod, beside the old one where that stays first."""
    if case.item is None or case.new is None:
        return
    beside = case.call is Call.RESTART and surges(case.item, case.wanted)
    gone = () if beside else tuple(pod.ref for pod in case.ending[:1])
    if why := homeless(case.snapshot, case.new, without=gone):
        yield f"no node takes its replacement: {why}"


def finds_its_objects(case: Case) -> Iterator[str]:
    """What the template names is there, as far as it may be read and as the kubelets say.

    The content of Secrets and the metadata of most ConfigMaps are nobody's to read here: for those
    the kubelets speak, which look for what they mount again and again.
    """
    if case.new is None:
        return
    named = {
        each.ref
        for each in named_by(case.new.spec, case.new.namespace)
        if not each.optional and each.ref.kind != "PersistentVolumeClaim"
    }
    yield from _not_there(case, named)
    for pod in case.snapshot.all_pods.values():
        if pod.namespace == case.plan.owner.namespace:
            yield from _not_found(case.snapshot, pod, named)
    ending = {pod.ref for pod in case.ending} if case.call is Call.EVICT else set()
    for pod in case.pods:
        if pod.ref not in ending and (said := _cannot_start(case.snapshot, pod)):
            yield f"{pod.ref} of the same workload cannot start: {said}"


def _not_there(case: Case, named: set[Ref]) -> Iterator[str]:
    snapshot, spec = case.snapshot, case.new.spec if case.new else podv1.PodSpec()
    for ref in sorted(named):
        known = snapshot.of("configmaps", corev1.ConfigMap)
        if ref.kind == "ConfigMap" and snapshot.has("configmaps") and ref not in known:
            yield f"{ref}, which its template names, does not exist"
    account = Ref(
        "ServiceAccount", case.plan.owner.namespace, spec.service_account_name or _ACCOUNT
    )
    accounts = snapshot.of("serviceaccounts", corev1.ServiceAccount)
    if snapshot.has("serviceaccounts") and account not in accounts:
        yield f"{account}, as which its pods run, does not exist"


def _not_found(snapshot: Snapshot, pod: podv1.Pod, named: set[Ref]) -> Iterator[str]:
    missed = {item.named.ref for item in absent(snapshot, pod)}
    for event in snapshot.events_of(pod):
        fresh = event.last_at is not None and snapshot.age(event.last_at) <= FRESH
        if event.reason == "FailedMount" and fresh:
            missed |= {ref for ref in named if f'"{ref.name}" not found' in event.message}
    for ref in sorted(missed & named):
        yield f"the kubelet does not find {ref}, which its template names ({pod.name})"


def _cannot_start(snapshot: Snapshot, pod: podv1.Pod) -> str:
    for status in pod.statuses:
        waits = status.state.waiting
        if waits is not None and waits.reason == "CreateContainerConfigError":
            return shorten(waits.message, 150)
    for event in snapshot.events_of(pod):
        fresh = event.last_at is not None and snapshot.age(event.last_at) <= FRESH
        if event.reason == "FailedMount" and fresh:
            return shorten(event.message, 150)
    return ""


def is_not_refused(case: Case) -> Iterator[str]:
    """No controller of the namespace fails to make pods, whatever for."""
    snapshot, namespace = case.snapshot, case.plan.owner.namespace
    said = {each.creator: each.message for each in blocked(snapshot)}
    for ref, item in snapshot.replicasets.items():
        for condition in item.status.conditions:
            if condition.type == "ReplicaFailure" and condition.status == "True":
                said.setdefault(ref, condition.message)
    for event in snapshot.of("events", corev1.Event).values():
        at = event.last_at
        if event.reason == "FailedCreate" and at is not None and snapshot.age(at) <= FRESH:
            said.setdefault(event.involved_object.ref, event.message)
    for ref, message in sorted(said.items()):
        if ref.namespace == namespace:
            yield f"{ref} could not create a pod: {shorten(message, 200)}"


def has_headroom(case: Case) -> Iterator[str]:
    """The quotas of the namespace take what comes before the old pods are gone."""
    if case.item is not None and case.new is not None:
        namespace, spec = case.item.namespace, case.new.spec
        yield from headroom.objections(case.snapshot, namespace, spec, more=_at_once(case))


def _at_once(case: Case) -> int:
    """How many pods come while the old ones still count; StatefulSets and DaemonSets wait for their end."""
    if case.call is Call.SCALE:
        return 1
    if not isinstance(case.item, appsv1.Deployment):
        return 0
    if case.call is Call.EVICT:
        return 1
    return surge(case.item, case.wanted)


def is_admitted(case: Case) -> Iterator[str]:
    """Every webhook that would be asked and fails closed has somebody who answers."""
    if case.new is not None:
        yield from dead_ends(case.snapshot, case.new.namespace, case.new.labels)


def comes_as_it_is(case: Case) -> Iterator[str]:
    """Nothing came since the pods that serve were made that would make a new one another."""
    made = _newest(case.staying)
    if made is None or case.new is None:
        return
    for item, webhook in asked(case.snapshot, case.new.namespace, case.new.labels):
        born = item.metadata.creation_timestamp
        if item.KIND == "MutatingWebhookConfiguration" and born is not None and born > made:
            yield f"webhook {webhook.name} of {item.ref} came after the pods that serve were made"
    yield from _tightened(case.snapshot, case.new.namespace, made)
    gone = {pod.ref for pod in case.ending} if case.call is Call.EVICT else set()
    for each in drifted(case.snapshot):
        if each.owner == case.plan.owner and each.harmful and each.pod.ref not in gone:
            yield f"{each.pod.ref} of the same template was made another: {each.harmful[0]}"


def _newest(pods: tuple[podv1.Pod, ...]) -> datetime | None:
    born = (pod.metadata.creation_timestamp for pod in pods)
    return max((moment for moment in born if moment is not None), default=None)


def _tightened(snapshot: Snapshot, name: str, made: datetime) -> Iterator[str]:
    namespace = snapshot.namespaces.get(name)
    if namespace is None or namespace.labels.get(LEVEL, "privileged") == "privileged":
        return
    edits = (namespace.metadata.edit, namespace.metadata.relabelling)
    if any(edit is not None and edit.time is not None and edit.time > made for edit in edits):
        yield (
            f"namespace {name} enforces Pod Security {namespace.labels[LEVEL]}, and its labels were "
            "changed after the pods that serve were made"
        )


def keeps_its_rank(case: Case) -> Iterator[str]:
    """The new pod pushes nobody out and is pushed out by nobody."""
    snapshot, namespace = case.snapshot, case.plan.owner.namespace
    template = case.item.spec.template.spec if case.item else podv1.PodSpec()
    for ref, item in snapshot.of("priorityclasses", policyv1.PriorityClass).items():
        default = item.global_default and not template.priority_class_name
        if default and any(pod.spec.priority != item.value for pod in case.pods):
            yield f"{ref} is the default now: the new pod would have another priority, {item.value}"
    for event in snapshot.of("events", corev1.Event).values():
        at = event.last_at
        fresh = at is not None and snapshot.age(at) <= FRESH
        if event.reason == "Preempted" and fresh and event.involved_object.namespace == namespace:
            yield f"{event.involved_object.ref} was pushed out by a pod of higher priority"
