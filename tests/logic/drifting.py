"""Pods that differ from their template, and the webhooks that may have done it."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from tests.builders import (
    HOUR,
    container,
    deployment,
    meta,
    pod,
    replicaset,
    running,
    template,
    terminated,
    waiting,
)
from watchdog.domain.objects import admissionv1, corev1, metav1, podv1
from watchdog.domain.ref import Ref

APP = Ref("Deployment", "shop", "web")
RESOURCES = podv1.Resources(
    requests={"cpu": "100m", "memory": "256Mi"}, limits={"memory": "512Mi", "cpu": "1"}
)
AS_MEANT = container(
    image="web:2",
    args=("serve",),
    env=(podv1.EnvVar(name="MODE", value="fast"),),
    resources=RESOURCES,
)
TEMPLATE = template(AS_MEANT)
OWNER = deployment(APP, replicas=2, ready=1, pod_template=TEMPLATE)
CURRENT = replicaset(OWNER, 1, age=24 * HOUR)
OOM = waiting("CrashLoopBackOff", restarts=9, last_state=terminated(137, reason="OOMKilled"))
CRASHING = waiting("CrashLoopBackOff", restarts=9, last_state=terminated(1))
PULLING = waiting("ImagePullBackOff")
UNREADY = running(ready=False)
NAMESPACE = corev1.Namespace(
    metadata=meta(
        Ref("Namespace", "", "shop"), labels={"kubernetes.io/metadata.name": "shop", "tier": "a"}
    )
)


def made(
    name: str = "web-1",
    status: podv1.ContainerStatus = OOM,
    *,
    age: timedelta = HOUR,
    owner: metav1.Object | None = CURRENT,
    node: str = "w-1",
    phase: str = "Running",
    conditions: Sequence[metav1.Condition] = (),
    annotations: metav1.Annotations | None = None,
    **fields: object,
) -> podv1.Pod:
    """A pod of the template; fields of its container by their record names."""
    each = msgspec.structs.replace(AS_MEANT, **fields)
    sidecar = container("proxy", "proxy:1")
    spec = podv1.PodSpec(containers=(each, sidecar))
    found = pod(
        Ref("Pod", "shop", name),
        status,
        owner=owner,
        spec=spec,
        node=node,
        phase=phase,
        age=age,
        since=age,
        conditions=conditions,
    )
    return msgspec.structs.replace(
        found, metadata=msgspec.structs.replace(found.metadata, annotations=annotations)
    )


def squeezed(name: str = "web-1", *, age: timedelta = HOUR, memory: str = "64Mi") -> podv1.Pod:
    """A pod whose memory limit is not the template's, and that is killed for it."""
    limits = podv1.Resources(requests=RESOURCES.requests, limits={"memory": memory, "cpu": "1"})
    return made(name, age=age, resources=limits)


def webhook(
    name: str = "defaults",
    *,
    age: timedelta = 2 * HOUR,
    rules: tuple[admissionv1.WebhookRule, ...] | None = None,
    space: metav1.LabelSelector | None = None,
    item: metav1.LabelSelector | None = None,
) -> admissionv1.MutatingWebhookConfiguration:
    """A configuration with one webhook about new pods."""
    pods = (admissionv1.WebhookRule(operations=("CREATE",), api_groups=("",), resources=("pods",)),)
    one = admissionv1.Webhook(
        name=f"{name}.example.com",
        rules=pods if rules is None else rules,
        namespace_selector=space,
        object_selector=item,
    )
    return admissionv1.MutatingWebhookConfiguration(
        metadata=meta(Ref("MutatingWebhookConfiguration", "", name), age=age), webhooks=(one,)
    )
