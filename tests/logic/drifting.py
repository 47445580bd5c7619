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
from watchdog.domain import objects as k8s
from watchdog.domain.ref import Ref

APP = Ref("Deployment", "shop", "web")
RESOURCES = k8s.Resources(
    requests={"cpu": "100m", "memory": "256Mi"}, limits={"memory": "512Mi", "cpu": "1"}
)
AS_MEANT = container(
    image="web:2",
    args=("serve",),
    env=(k8s.EnvVar(name="MODE", value="fast"),),
    resources=RESOURCES,
)
TEMPLATE = template(AS_MEANT)
OWNER = deployment(APP, replicas=2, ready=1, pod_template=TEMPLATE)
CURRENT = replicaset(OWNER, 1, age=24 * HOUR)
OOM = waiting("CrashLoopBackOff", restarts=9, last_state=terminated(137, reason="OOMKilled"))
CRASHING = waiting("CrashLoopBackOff", restarts=9, last_state=terminated(1))
PULLING = waiting("ImagePullBackOff")
UNREADY = running(ready=False)
NAMESPACE = k8s.Namespace(
    metadata=meta(
        Ref("Namespace", "", "shop"), labels={"kubernetes.io/metadata.name": "shop", "tier": "a"}
    )
)


def made(
    name: str = "web-1",
    status: k8s.ContainerStatus = OOM,
    *,
    age: timedelta = HOUR,
    owner: k8s.Object | None = CURRENT,
    node: str = "w-1",
    phase: str = "Running",
    conditions: Sequence[k8s.Condition] = (),
    annotations: k8s.Annotations | None = None,
    **fields: object,
) -> k8s.Pod:
    """A pod of the template; fields of its container by their record names."""
    each = msgspec.structs.replace(AS_MEANT, **fields)
    sidecar = container("proxy", "proxy:1")
    spec = k8s.PodSpec(containers=(each, sidecar))
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


def squeezed(name: str = "web-1", *, age: timedelta = HOUR, memory: str = "64Mi") -> k8s.Pod:
    """A pod whose memory limit is not the template's, and that is killed for it."""
    limits = k8s.Resources(requests=RESOURCES.requests, limits={"memory": memory, "cpu": "1"})
    return made(name, age=age, resources=limits)


def webhook(
    name: str = "defaults",
    *,
    age: timedelta = 2 * HOUR,
    rules: tuple[k8s.WebhookRule, ...] | None = None,
    space: k8s.LabelSelector | None = None,
    item: k8s.LabelSelector | None = None,
) -> k8s.MutatingWebhookConfiguration:
    """A configuration with one webhook about new pods."""
    pods = (k8s.WebhookRule(operations=("CREATE",), api_groups=("",), resources=("pods",)),)
    one = k8s.Webhook(
        name=f"{name}.example.com",
        rules=pods if rules is None else rules,
        namespace_selector=space,
        object_selector=item,
    )
    return k8s.MutatingWebhookConfiguration(
        metadata=meta(Ref("MutatingWebhookConfiguration", "", name), age=age), webhooks=(one,)
    )
