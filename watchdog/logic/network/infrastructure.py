"""What carries the traffic of a cluster besides its workloads: its DNS and its Ingress controllers."""

import re

from watchdog.domain.objects import networkingv1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot

# Words in the name of an Ingress controller that say nothing about whose it is.
_GENERIC = frozenset(
    [
        "io",
        "com",
        "org",
        "net",
        "dev",
        "k8s",
        "kubernetes",
        "ingress",
        "controller",
        "ingress-controller",
        "github",
    ]
)


def dns_service(snapshot: Snapshot) -> Ref | None:
    """The Service of the cluster's DNS: in kube-system, under the label every distribution keeps."""
    for ref, item in snapshot.services.items():
        if ref.namespace == "kube-system" and item.labels.get("k8s-app") == "kube-dns":
            return ref
    return None


def ingress_controllers(snapshot: Snapshot, wanted: str) -> tuple[Ref, ...]:
    """The workloads that carry the Ingresses of a class ("": the default one).

    They are named, or labelled, as the class names its controller.
    """
    classes = snapshot.of("ingressclasses", networkingv1.IngressClass)
    chosen = [
        item
        for item in classes.values()
        if (item.name == wanted if wanted else item.annotations.default_ingress_class == "true")
    ]
    words = {
        word
        for item in chosen
        for word in re.split(r"[/.]", item.spec.controller.lower())
        if word and word not in _GENERIC
    }
    return tuple(
        ref
        for ref, workload in sorted(snapshot.workloads.items())
        if workload.wanted
        and any(
            word in ref.name
            or (workload.template.metadata.labels or {}).get("app.kubernetes.io/name") == word
            for word in words
        )
    )
