"""Live pods that differ from the template they were made of, and are broken by just that."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from watchdog.domain.objects import admissionv1, corev1, metav1, podv1
from watchdog.domain.quantity import quantity
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.pods.crash import is_of
from watchdog.logic.symptom import settled
from watchdog.logic.workloads.webhooks import judges_new_pods

_AN_HOUR = timedelta(hours=1)
_PULLS = frozenset({"ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName"})


class Field(StrEnum):
    """Which part of a container differs."""

    IMAGE = "image"
    COMMAND = "command"
    ENV = "env"
    LIMIT = "limit"
    REQUEST = "request"


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One field of one container; `wanted` is the template's value, "" when it sets none."""

    container: str
    field: Field
    name: str  # of the variable or resource, "" for the others
    wanted: str
    found: str

    def __str__(self) -> str:
        """Return `memory limit of app: 512Mi -> 64Mi`; the value of a variable is not shown."""
        what = f"{self.name} {self.field}" if self.name else str(self.field)
        if self.field in (Field.ENV, Field.COMMAND):
            return f"{what} of {self.container} changed"
        return f"{what} of {self.container}: {self.wanted or 'none'} -> {self.found or 'none'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifted:
    """One pod and how it differs from its template; `harmful` is what explains its state."""

    owner: Ref
    pod: podv1.Pod
    differences: tuple[Difference, ...]
    harmful: tuple[Difference, ...]


def template_of(snapshot: Snapshot, pod: podv1.Pod) -> podv1.PodTemplate | None:
    """The template a pod was made of; None when that is not the current one or not known."""
    owner = pod.controller
    if owner is None:
        return None
    if owner.kind == "ReplicaSet":
        made = snapshot.replicasets.get(Ref("ReplicaSet", pod.namespace, owner.name))
        return made.spec.template if made is not None and made.uid == owner.uid else None
    workload = snapshot.workloads.get(Ref(owner.kind, pod.namespace, owner.name))
    if workload is None or workload.current is None or not is_of(pod, workload.current):
        return None
    return workload.current.template


def drifted(snapshot: Snapshot) -> tuple[Drifted, ...]:
    """Return the judged pods that differ from their template."""
    return snapshot.once(_all_drifted)


def _all_drifted(snapshot: Snapshot) -> tuple[Drifted, ...]:
    return tuple(_drifted(snapshot))


def _drifted(snapshot: Snapshot) -> Iterator[Drifted]:
    for owner, pods in snapshot.pods_by_owner.items():
        for pod in pods:
            template = None if pod.finished else template_of(snapshot, pod)
            found = differences(snapshot, pod, template.spec) if template else ()
            if found:
                ill = () if settled(snapshot, pod) else found
                harmful = tuple(each for each in ill if _harms(snapshot, pod, each))
                yield Drifted(owner=owner, pod=pod, differences=found, harmful=harmful)


def differences(
    snapshot: Snapshot, pod: podv1.Pod, template: podv1.PodSpec
) -> tuple[Difference, ...]:
    """How the containers of a pod differ from those of a template with the same name.

    What was put in beside them is none: sidecars, variables, the defaults of a LimitRange, requests
    that follow from limits, and what an autoscaler of resources sets.
    """
    live = {each.name: each for each in pod.spec.init_containers + pod.spec.containers}
    scaled = bool(pod.annotations.vpa_updates)
    limited = any(
        ref.namespace == pod.namespace for ref in snapshot.of("limitranges", corev1.LimitRange)
    )
    found: list[Difference] = []
    for wanted in template.init_containers + template.containers:
        each = live.get(wanted.name)
        if each is not None and each != wanted:
            found += _of_the_program(wanted, each)
            if not scaled:
                found += _of_the_resources(wanted, each, limited=limited)
    return tuple(sorted(found))


def _of_the_program(wanted: podv1.Container, live: podv1.Container) -> Iterator[Difference]:
    if wanted.image != live.image:
        yield Difference(wanted.name, Field.IMAGE, "", wanted.image, live.image)
    if (wanted.command, wanted.args) != (live.command, live.args):
        yield Difference(wanted.name, Field.COMMAND, "", "", "")
    variables = {each.name: each for each in live.env}
    for each in {each.name: each for each in wanted.env}.values():
        if variables.get(each.name) != each:
            yield Difference(wanted.name, Field.ENV, each.name, "", "")


def _of_the_resources(
    wanted: podv1.Container, live: podv1.Container, *, limited: bool
) -> Iterator[Difference]:
    limits = live.resources.limits or {}
    for field, given, has in (
        (Field.LIMIT, wanted.resources.limits or {}, limits),
        (Field.REQUEST, wanted.resources.requests or {}, live.resources.requests or {}),
    ):
        for name in sorted({*given, *has}):
            follows = field is Field.REQUEST and has.get(name) == limits.get(name)
            if name not in given and (limited or follows):
                continue
            if quantity(given.get(name, 0)) != quantity(has.get(name, 0)):
                before, after = str(given.get(name, "")), str(has.get(name, ""))
                yield Difference(wanted.name, field, name, before, after)


def _harms(snapshot: Snapshot, pod: podv1.Pod, each: Difference) -> bool:
    """Whether the state of the pod is what this difference leads to."""
    if each.field is Field.REQUEST:
        scheduled = pod.condition("PodScheduled")
        pending = scheduled is not None and scheduled.reason == "Unschedulable"
        return pending and not pod.node and quantity(each.found) > quantity(each.wanted)
    status = next((found for found in pod.statuses if found.name == each.container), None)
    if status is None:
        return False
    killed = status.oom_killed_at
    if each.field is Field.LIMIT:
        lower = not each.wanted or quantity(each.found) < quantity(each.wanted)
        if each.name == "memory":
            return lower and killed is not None and snapshot.age(killed) <= _AN_HOUR
        return lower and each.name == "cpu" and killed is None and _fails(pod, status)
    waits = status.state.waiting.reason if status.state.waiting else ""
    pulls = each.field is Field.IMAGE and waits in _PULLS
    return pulls or (killed is None and _fails(pod, status))


def _fails(pod: podv1.Pod, status: podv1.ContainerStatus) -> bool:
    """Whether a container runs unready, or ends again and again."""
    waits = status.state.waiting.reason if status.state.waiting else ""
    backs_off = waits in ("CrashLoopBackOff", "RunContainerError", "CreateContainerError")
    return not pod.ready and not status.ready and (status.state.running is not None or backs_off)


@dataclass(frozen=True, slots=True)
class Mutator:
    """One webhook of a configuration, by its place in it."""

    configuration: admissionv1.MutatingWebhookConfiguration
    index: int

    @property
    def webhook(self) -> admissionv1.Webhook:
        return self.configuration.webhooks[self.index]


def mutators(snapshot: Snapshot, pod: podv1.Pod) -> tuple[Mutator, ...]:
    """The webhooks that were asked when the pod was made, as far as rules and selectors say.

    Those that are younger than the pod cannot have been.
    """
    namespace = snapshot.namespaces.get(pod.namespace)
    labels = namespace.labels if namespace else {}
    found = snapshot.of("mutatingwebhookconfigurations", admissionv1.MutatingWebhookConfiguration)
    return tuple(
        Mutator(item, number)
        for item in found.values()
        if not _older(pod, item)
        for number, webhook in enumerate(item.webhooks)
        if judges_new_pods(webhook, labels, pod.labels)
    )


def _older(pod: podv1.Pod, item: metav1.Object) -> bool:
    made, added = pod.metadata.creation_timestamp, item.metadata.creation_timestamp
    return made is not None and added is not None and made < added
