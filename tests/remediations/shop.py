"""A small healthy shop whose owner references hold from both ends, and ways to break it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import msgspec

from tests.builders import (
    HOUR,
    NEEDS,
    NOW,
    ago,
    container,
    deployment,
    meta,
    node,
    pod,
    replicaset,
    running,
    snapshot,
    template,
)
from watchdog.domain.evidence import Log, LogQuery
from watchdog.domain.incident import Incident, Status
from watchdog.domain.objects import appsv1, corev1, metav1, podv1, probev1
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.workloads.chain import Top

DAY = 24 * HOUR
API = Ref("Deployment", "shop", "api")
LABELS = {"app": "api"}
HASH = {"app": "api", "pod-template-hash": "7d9f"}
REVISION = {"app": "api", "controller-revision-hash": "api-1"}
SELECTOR = metav1.LabelSelector(match_labels=LABELS)
PROBED = container(
    ports=(podv1.ContainerPort(container_port=8080),),
    readiness_probe=probev1.Probe(http_get=probev1.HttpGet(path="/ready", port=8080)),
    resources=podv1.Resources(requests={"cpu": "100m", "memory": "64Mi"}),
)
DONE = metav1.Condition(
    type="Progressing",
    status="True",
    reason="NewReplicaSetAvailable",
    last_update_time=ago(9 * DAY),
)
ROLLING = appsv1.Strategy(
    type="RollingUpdate",
    rolling_update=appsv1.RollingUpdate(max_unavailable="25%", max_surge="25%"),
)


@dataclass(frozen=True, kw_only=True)
class Shop:
    """One workload with all that is around it; `others` are any more objects."""

    top: Top
    direct: appsv1.ReplicaSet | None
    pods: tuple[podv1.Pod, ...]
    others: tuple[metav1.Object, ...]

    def changed(self, place: int, **fields: object) -> "Shop":
        """One pod with other fields of the record."""
        pods = list(self.pods)
        pods[place] = msgspec.structs.replace(pods[place], **fields)
        return replace(self, pods=tuple(pods))

    def with_pod(self, place: int, item: podv1.Pod) -> "Shop":
        """Another pod at one place; at the end: one more."""
        return replace(self, pods=(*self.pods[:place], item, *self.pods[place + 1 :]))

    def with_top(self, **fields: object) -> "Shop":
        """The workload with other fields of its record."""
        return replace(self, top=msgspec.structs.replace(self.top, **fields))

    def with_spec(self, **fields: object) -> "Shop":
        """The workload with other fields of its spec."""
        return self.with_top(spec=msgspec.structs.replace(self.top.spec, **fields))

    def with_status(self, **fields: object) -> "Shop":
        """The workload with other fields of its status."""
        return self.with_top(status=msgspec.structs.replace(self.top.status, **fields))

    def with_metadata(self, **fields: object) -> "Shop":
        """The workload with other fields of its metadata."""
        return self.with_top(metadata=msgspec.structs.replace(self.top.metadata, **fields))

    def with_template(self, item: podv1.PodTemplate) -> "Shop":
        """The workload, its revision and its pods, made of another template."""
        direct = self.direct
        if direct is not None:
            spec = msgspec.structs.replace(direct.spec, template=item)
            direct = msgspec.structs.replace(direct, spec=spec)
        pods = tuple(
            msgspec.structs.replace(
                each, spec=msgspec.structs.replace(item.spec, node_name=each.spec.node_name)
            )
            for each in self.pods
        )
        return replace(self.with_spec(template=item), direct=direct, pods=pods)

    def and_also(self, *items: metav1.Object) -> "Shop":
        """With more objects; one of the same Ref takes the place of the old one."""
        refs = {item.ref for item in items}
        kept = tuple(item for item in self.others if item.ref not in refs)
        return replace(self, others=(*kept, *items))

    def without(self, ref: Ref) -> "Shop":
        """Without one of the other objects."""
        return replace(self, others=tuple(item for item in self.others if item.ref != ref))

    def look(
        self, *, missing: Collection[str] = (), logs: Mapping[str, str] | None = None
    ) -> Snapshot:
        """What is seen of it; logs by name of the pod, of its container `app`."""
        direct = (self.direct,) if self.direct is not None else ()
        everything = (self.top, *direct, *self.pods, *self.others)
        read = (item for item in everything if NEEDS[type(item)] not in missing)
        seen = snapshot(*read, missing=missing)
        texts = {
            LogQuery(Ref("Pod", "shop", name), "app"): Log(text)
            for name, text in (logs or {}).items()
        }
        return seen.with_logs(texts) if texts else seen


def around() -> tuple[metav1.Object, ...]:
    """Three nodes, the namespace and its ServiceAccount."""
    space = corev1.Namespace(
        metadata=meta(
            Ref("Namespace", "", "shop"),
            labels={"kubernetes.io/metadata.name": "shop"},
            age=90 * DAY,
        ),
        status=corev1.NamespaceStatus(phase="Active"),
    )
    account = corev1.ServiceAccount(metadata=meta(Ref("ServiceAccount", "shop", "default")))
    nodes = tuple(node(f"w-{number}", since=90 * DAY) for number in (1, 2, 3))
    return (*nodes, space, account)


def made_of(*containers: podv1.Container, **fields: object) -> podv1.PodTemplate:
    """A template with the labels of the shop."""
    found = template(*(containers or (PROBED,)), **fields)
    return msgspec.structs.replace(found, metadata=metav1.PlainMetadata(labels=LABELS))


def replica(
    owner: metav1.Object,
    number: int,
    *statuses: podv1.ContainerStatus,
    labels: dict[str, str] | None = None,
    spec: podv1.PodSpec | None = None,
    **fields: Any,
) -> podv1.Pod:
    """One pod of the shop, two days old and Ready unless said otherwise, on node w-NUMBER."""
    given: dict[str, Any] = {"since": 2 * DAY, "age": 2 * DAY, "node": f"w-{number}", **fields}
    return pod(
        Ref("Pod", "shop", f"api-{number}"),
        *(statuses or (running(age=2 * DAY),)),
        owner=owner,
        labels=HASH if labels is None else labels,
        spec=spec or made_of().spec,
        **given,
    )


def shop(*, replicas: int = 3, conditions: Sequence[metav1.Condition] = (DONE,)) -> Shop:
    """A Deployment of nine days with that many Ready pods."""
    top = deployment(
        API,
        replicas=replicas,
        pod_template=made_of(),
        conditions=conditions,
        age=9 * DAY,
        selector=SELECTOR,
        strategy=ROLLING,
    )
    direct = replicaset(top, 1, replicas=replicas, ready=replicas, age=9 * DAY)
    direct = msgspec.structs.replace(
        direct,
        metadata=msgspec.structs.replace(direct.metadata, labels=HASH),
        spec=msgspec.structs.replace(direct.spec, selector=metav1.LabelSelector(match_labels=HASH)),
    )
    pods = tuple(replica(direct, number + 1) for number in range(replicas))
    return Shop(top=top, direct=direct, pods=pods, others=around())


def stateful(*, replicas: int = 3) -> Shop:
    """The same as a StatefulSet without claims."""
    top = appsv1.StatefulSet(
        metadata=meta(Ref("StatefulSet", "shop", "api"), age=9 * DAY),
        spec=appsv1.StatefulSetSpec(
            replicas=replicas,
            selector=SELECTOR,
            template=made_of(),
            update_strategy=appsv1.Strategy(type="RollingUpdate"),
        ),
        status=appsv1.WorkloadStatus(
            observed_generation=1,
            replicas=replicas,
            ready_replicas=replicas,
            updated_replicas=replicas,
            current_revision="api-1",
            update_revision="api-1",
        ),
    )
    pods = tuple(replica(top, number + 1, labels=REVISION) for number in range(replicas))
    return Shop(top=top, direct=None, pods=pods, others=around())


def daemon() -> Shop:
    """The same as a DaemonSet on three nodes."""
    top = appsv1.DaemonSet(
        metadata=meta(Ref("DaemonSet", "shop", "api"), age=9 * DAY),
        spec=appsv1.DaemonSetSpec(
            selector=SELECTOR,
            template=made_of(),
            update_strategy=appsv1.Strategy(type="RollingUpdate"),
        ),
        status=appsv1.DaemonSetStatus(
            observed_generation=1,
            desired_number_scheduled=3,
            current_number_scheduled=3,
            number_ready=3,
            updated_number_scheduled=3,
        ),
    )
    pods = tuple(replica(top, number, labels=REVISION) for number in (1, 2, 3))
    return Shop(top=top, direct=None, pods=pods, others=around())


def hanging(
    owner: metav1.Object, number: int, *, since: timedelta = 42 * HOUR / 60, **fields: Any
) -> podv1.Pod:
    """A replica that runs for two days and has not been ready for 42 minutes."""
    return replica(owner, number, running(ready=False, age=2 * DAY), since=since, **fields)


def incident(
    reason: str,
    *subjects: Ref,
    affected: tuple[Ref, ...] = (),
    severity: Severity = Severity.WARNING,
) -> Incident:
    """An open Incident."""
    return Incident(
        cluster="c0ffee",
        fingerprint="f" * 64,
        opening=1,
        status=Status.OPEN,
        check="some_check",
        reason=reason,
        severity=severity,
        subjects=subjects,
        affected=affected,
        since=ago(HOUR),
        first_seen_at=ago(HOUR),
        last_seen_at=NOW,
        counted_at=NOW,
        opened_at=ago(HOUR),
    )
