"""Why the API server refuses to create a pod, and which workloads meet that refusal now.

The messages are those of the admission plugins of kube-apiserver 1.36; the object that each one
names has to prove it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from watchdog.domain.objects import admissionv1, appsv1, corev1, metav1, podv1
from watchdog.domain.quantity import quantity
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot


class Gate(StrEnum):
    """What refuses."""

    QUOTA = "quota"
    LIMIT_RANGE = "limit range"
    POD_SECURITY = "pod security"
    WEBHOOK = "webhook"
    DENIED = "denied"
    INVALID = "invalid"
    ACCOUNT = "service account"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal as its message puts it; `name` is the gate's own name, `detail` its complaint."""

    gate: Gate
    name: str
    detail: str


_PATTERNS = tuple(
    (gate, re.compile(pattern, re.DOTALL))
    for gate, pattern in (
        (Gate.WEBHOOK, r'failed calling webhook "(?P<name>[^"]+)":(?P<detail>.*)'),
        (Gate.DENIED, r'admission webhook "(?P<name>[^"]+)" denied the request(?P<detail>.*)'),
        (
            Gate.DENIED,
            r"ValidatingAdmissionPolicy '(?P<name>[^']+)'.*?denied request(?P<detail>.*)",
        ),
        (Gate.QUOTA, r"exceeded quota: (?P<name>[-.\w]+), (?P<detail>requested: .*)"),
        (Gate.QUOTA, r"failed quota: (?P<name>[-.\w]+): (?P<detail>must specify .*)"),
        (Gate.POD_SECURITY, r'violates PodSecurity "(?P<name>[^":]+)[^"]*":(?P<detail>.*)'),
        (Gate.ACCOUNT, r'service ?account "(?P<name>[^"]+)" not found(?P<detail>)'),
        (
            Gate.LIMIT_RANGE,
            r"(?P<detail>(?P<name>(?:max|min)imum [-./\w]+ usage per \w+ is [^,\]]+).*)",
        ),
        (
            Gate.LIMIT_RANGE,
            r"(?P<detail>(?P<name>[-./\w]+ max limit to request ratio per \w+ is [^,\]]+).*)",
        ),
        (Gate.INVALID, r'(?P<name>[Pp]ods? "[^"]*" is invalid): (?P<detail>.*)'),
        (Gate.INVALID, r"(?P<detail>(?P<name>no PriorityClass with name) .*)"),
        (Gate.INVALID, r'(?P<detail>(?P<name>RuntimeClass) "[^"]+" not found.*)'),
    )
)


def refusal(message: str) -> Refusal | None:
    """Read a message of a failed creation; None for a kind of refusal that is not known."""
    for gate, pattern in _PATTERNS:
        if match := pattern.search(message):
            return Refusal(gate, match["name"], match["detail"].strip(" :"))
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """A controller that cannot create its pods now, or the ReplicaSet that is to make them."""

    owner: Ref
    creator: Ref
    template: podv1.PodTemplate
    missing: int  # how many pods, or ReplicaSets, it still wants
    message: str
    since: datetime | None
    refusal: Refusal


def blocked(snapshot: Snapshot) -> Iterator[Blocked]:
    """Yield every controller that has fewer pods than it wants and says why."""
    ending = {n.name for n in snapshot.namespaces.values() if n.status.phase == "Terminating"}
    for creator, template, missing, message, since in _failing(snapshot):
        said = refusal(message)
        if said is None or creator.namespace in ending or creator.deleting:
            continue
        yield Blocked(
            owner=snapshot.owner_of(creator),
            creator=creator.ref,
            template=template,
            missing=missing,
            message=message,
            since=since,
            refusal=said,
        )


_Failing = tuple[metav1.Object, podv1.PodTemplate, int, str, datetime | None]


def _failing(snapshot: Snapshot) -> Iterator[_Failing]:
    for item in snapshot.replicasets.values():
        missing = item.spec.replicas - item.status.replicas
        for condition in item.status.conditions:
            failed = condition.type == "ReplicaFailure" and condition.status == "True"
            if failed and missing > 0 and condition.reason == "FailedCreate":
                since = condition.last_transition_time
                yield item, item.spec.template, missing, condition.message, since
    for deployment in snapshot.deployments.values():
        refused = replicaset_refused(deployment)
        if refused is not None and deployment.spec.replicas and not deployment.spec.paused:
            since = refused.last_transition_time
            yield deployment, deployment.spec.template, 1, refused.message, since
    for workload, template, missing in _others(snapshot):
        if missing > 0 and (event := _last_word(snapshot, workload)):
            yield workload, template, missing, event.message, event.first_at
    for cronjob in snapshot.cronjobs.values():
        # It cannot even make the Job of its next run.
        if not cronjob.spec.suspend and (event := _last_word(snapshot, cronjob)):
            template = cronjob.spec.job_template.spec.template
            yield cronjob, template, 1, event.message, event.first_at


def replicaset_refused(item: appsv1.Deployment) -> metav1.Condition | None:
    """The condition of a Deployment that may not create the ReplicaSet of its newest template.

    Until it may, its controller does not repeat the generation that it has seen.
    """
    progress = item.condition("Progressing")
    if progress is None or (progress.status, progress.reason) != ("False", "ReplicaSetCreateError"):
        return None
    return progress


def _last_word(snapshot: Snapshot, creator: metav1.Object) -> corev1.Event | None:
    """The newest refusal of a controller that keeps no condition about it, if nothing came after.

    It tries again at ever longer intervals, so the age of the event says nothing. A pod that was
    created since, or a template that was changed, makes it history.
    """
    said = [event for event in snapshot.events_of(creator) if event.reason == "FailedCreate"]
    at = said[0].last_at if said else None
    if at is None:
        return None
    owner = snapshot.owner_of(creator)
    workload = snapshot.workloads.get(owner)
    later = [pod.metadata.creation_timestamp for pod in snapshot.pods_by_owner.get(owner, ())]
    if workload is not None and workload.current is not None:
        later.append(workload.current.created_at)
    return None if any(moment is not None and moment > at for moment in later) else said[0]


def _others(snapshot: Snapshot) -> Iterator[tuple[metav1.Object, podv1.PodTemplate, int]]:
    for stateful in snapshot.statefulsets.values():
        missing = stateful.spec.replicas - stateful.status.replicas
        yield stateful, stateful.spec.template, missing
    for daemon in snapshot.daemonsets.values():
        status = daemon.status
        missing = status.desired_number_scheduled - status.current_number_scheduled
        yield daemon, daemon.spec.template, missing
    for job in snapshot.jobs.values():
        ended = job.condition("Complete") or job.condition("Failed")
        idle = not ended and not job.spec.suspend and not job.status.active
        yield job, job.spec.template, int(idle and not job.status.succeeded)


def shortfall(quota: corev1.ResourceQuota, detail: str) -> dict[str, tuple[float, float, float]]:
    """Return hard, used and requested of each resource of which the quota has too little left.

    Only what the quota's own numbers confirm now: a raised quota has no shortfall any more.
    """
    match = re.search(r"requested: (.*?)(?:, used: |$)", detail)
    hard = quota.spec.hard or {}
    used = quota.status.used or {}
    found: dict[str, tuple[float, float, float]] = {}
    for pair in match[1].split(",") if match else ():
        name, _, amount = pair.strip().partition("=")
        if name in hard:
            limit, taken = quantity(hard[name]), quantity(used.get(name, 0))
            if taken + quantity(amount) > limit:
                found[name] = (limit, taken, quantity(amount))
    return found


def unspecified(quota: corev1.ResourceQuota, detail: str) -> tuple[str, ...]:
    """The resources of a "must specify" refusal that the quota still counts."""
    words = re.findall(r"(?:must specify |; )([-./\w,]+) for:", detail)
    names = [name for group in words for name in group.split(",")]
    return tuple(name for name in names if name in (quota.spec.hard or {}))


Configuration = (
    admissionv1.MutatingWebhookConfiguration | admissionv1.ValidatingWebhookConfiguration
)


def webhook(snapshot: Snapshot, said: Refusal) -> tuple[Configuration, int] | None:
    """Return the configuration whose webhook fails closed as the refusal says, and its index in it.

    Webhooks of two configurations may have one name: the address that was called tells them apart.
    """
    configurations: tuple[Configuration, ...] = (
        *snapshot.of(
            "mutatingwebhookconfigurations", admissionv1.MutatingWebhookConfiguration
        ).values(),
        *snapshot.of(
            "validatingwebhookconfigurations", admissionv1.ValidatingWebhookConfiguration
        ).values(),
    )
    found = [
        (item, index)
        for item in configurations
        for index, each in enumerate(item.webhooks)
        if each.name == said.name and each.failure_policy != "Ignore"
    ]
    called = [
        (item, index) for item, index in found if _address(item.webhooks[index]) in said.detail
    ]
    return next(iter(called or found), None)


def _address(webhook: admissionv1.Webhook) -> str:
    """What the API server calls, as it puts it, up to the parameters."""
    service = webhook.client_config.service
    if service is None:
        return f'"{webhook.client_config.url}?'
    host = f"{service.name}.{service.namespace}.svc:{service.port}"
    return f"https://{host}/{service.path.lstrip('/')}?"
