"""Who owns an object: the walk up its controllers, as far as built-in kinds reach."""

from collections.abc import Mapping

from watchdog.domain.objects import appsv1, metav1, podv1
from watchdog.domain.ref import Ref

# The kinds that may stand above a pod, by the need that reads them.
OWNING_NEEDS = ("replicasets", "deployments", "statefulsets", "daemonsets", "jobs", "cronjobs")

_HIGHEST = 10  # owners one above the other; built-in kinds have two


def topmost_owner(item: metav1.Object, by_uid: Mapping[str, metav1.Object]) -> Ref:
    """Return the workload of an object: its topmost controller among the built-in kinds.

    `by_uid` holds every object of `OWNING_NEEDS`. A CronJob is returned rather than its Job; a bare
    Pod is its own workload. An operator's resource above a Deployment is not the workload, but one
    that controls ReplicaSets or pods directly is. Objects that claim to own each other have no top:
    the walk ends after a few steps, because anyone may write such references.
    """
    for _ in range(_HIGHEST):
        owner = item.controller
        if owner is None or owner.kind == "Node":  # a static pod is mirrored by its node
            break
        above = by_uid.get(owner.uid)
        if above is None:
            direct = isinstance(item, podv1.Pod | appsv1.ReplicaSet)
            return Ref(owner.kind, item.namespace, owner.name) if direct else item.ref
        item = above
    return item.ref
