"""The pod that would come back: built from the owner's template, and compared with what admission
makes of it. Pure.

The template is used as it was read, with every field: what this program does not know of may be just
what quota, Pod Security or a webhook decides by.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from watchdog.kube.fields import Json, at, controller_of, entries, mapping, sequence

# What the controllers add to the labels of the template.
_CONTROLLERS_LABELS = ("pod-template-hash", "controller-revision-hash")
_TOKEN_VOLUME = "kube-api-access-"
# What the API server itself may add to any pod whose template is silent about it.
_ADDED = frozenset(
    (
        *("imagePullSecrets", "serviceAccount", "serviceAccountName", "enableServiceLinks"),
        *(
            "priority",
            "preemptionPolicy",
            "overhead",
            "securityContext",
            "terminationGracePeriodSeconds",
        ),
        *("dnsPolicy", "restartPolicy", "schedulerName"),
    )
)
_NOT_READY = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


@dataclass(frozen=True, slots=True)
class Models:
    """Pods of the same owner: `like` lends what its controller added; `proof` is one that works.

    Either is empty when there is none.
    """

    like: Json
    proof: Json


def choose(pods: Sequence[Json], *, owners: Sequence[str], leaving: Sequence[str]) -> Models:
    """Of these pods those controlled by one of `owners` (uids); one that is to go proves nothing."""
    own = [pod for pod in pods if controller_of(pod).get("uid") in owners]
    proving = [pod for pod in own if _uid(pod) not in leaving and _worked(pod)]
    newest = sorted(proving, key=lambda pod: str(at(pod, "metadata").get("creationTimestamp")))
    return Models(next(iter(own), {}), newest[-1] if newest else {})


def replacement(name: str, owner: Json, models: Models) -> Json:
    """The body of the pod that the controller of `owner` would create next."""
    template = at(owner, "spec", "template")
    metadata, spec = at(template, "metadata"), dict(at(template, "spec"))
    lent = at(models.like, "metadata", "labels")
    labels = {key: lent[key] for key in _CONTROLLERS_LABELS if key in lent}
    made: dict[str, object] = {
        "generateName": f"{name}-",
        "labels": {**labels, **at(metadata, "labels")},
        "annotations": at(metadata, "annotations"),
    }
    if controller := controller_of(models.like):
        kept = ("apiVersion", "kind", "name", "uid", "controller")
        made["ownerReferences"] = [{key: controller[key] for key in kept if key in controller}]
    if claimed := list(_claimed(name, owner, models)):
        spec["volumes"] = [*entries(spec, "volumes"), *claimed]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": made, "spec": spec}


def changes(sent: Json, answered: Json, proof: Json) -> Iterator[str]:
    """What admission made another thing of, unless a pod that works has it just so."""
    known = dict(_places(at(proof, "spec")))
    wanted, made = dict(_places(at(sent, "spec"))), dict(_places(at(answered, "spec")))
    for place in sorted(wanted.keys() | made.keys()):
        before, after = wanted.get(place), made.get(place)
        if before == after or _is_default(place, before, after) or _same(known, place, after):
            continue
        yield f"something that admits pods changes {place} of a new one"
    labels = at(answered, "metadata", "labels")
    if any(labels.get(key) != value for key, value in at(sent, "metadata", "labels").items()):
        yield "something that admits pods changes the labels of a new one"
    for name in sorted(_containers(proof) - _containers(answered)):
        yield f"a new pod would lack container {name}, which the running ones have"


def _same(known: Mapping[str, object], place: str, after: object) -> bool:
    return bool(known) and known.get(place) == after


def _is_default(place: str, before: object, after: object) -> bool:
    """Whether the API server itself fills this in."""
    if place == "tolerations":
        added = [each for each in sequence(after) if each not in sequence(before)]
        lost = [each for each in sequence(before) if each not in sequence(after)]
        return not lost and all(mapping(each).get("key") in _NOT_READY for each in added)
    return place in _ADDED and before is None


def _places(spec: Json) -> Iterator[tuple[str, object]]:
    """Every part of a pod's spec under its name in words; token volumes are left out."""
    for key, value in spec.items():
        if key in ("containers", "initContainers"):
            for container in entries(spec, key):
                yield from _parts(container)
        elif key == "volumes":
            for volume in entries(spec, key):
                if not str(volume.get("name")).startswith(_TOKEN_VOLUME):
                    yield f"volume {volume.get('name')}", volume
        elif value not in ({}, [], None) and key not in ("nodeName", "hostname", "subdomain"):
            yield key, value


def _parts(container: Json) -> Iterator[tuple[str, object]]:
    name = container.get("name")
    for key, value in container.items():
        part = f"{key} of container {name}"
        if key == "volumeMounts":
            kept = [each for each in entries(container, key) if not _is_token(each)]
            if kept:
                yield part, kept
        elif key == "resources":
            limits, requests = at(mapping(value), "limits"), at(mapping(value), "requests")
            if limits or requests:  # a limit alone is a request, too
                yield part, (dict(limits), {**limits, **requests})
        else:
            yield part, value


def _claimed(name: str, owner: Json, models: Models) -> Iterator[Json]:
    """The volumes that a StatefulSet adds to each of its pods."""
    lent = {each.get("name"): each for each in entries(at(models.like, "spec"), "volumes")}
    for claim in entries(at(owner, "spec"), "volumeClaimTemplates"):
        volume = at(claim, "metadata").get("name")
        made = {"persistentVolumeClaim": {"claimName": f"{volume}-{name}-0"}, "name": volume}
        yield lent.get(volume, made)


def _worked(pod: Json) -> bool:
    """Whether it is Ready, or was after its containers started: then what it got does no harm."""
    if at(pod, "metadata").get("deletionTimestamp"):
        return False
    status = at(pod, "status")
    for condition in entries(status, "conditions"):
        if condition.get("type") == "Ready":
            if condition.get("status") == "True":
                return True
            return _started(status) < str(condition.get("lastTransitionTime") or "")
    return False


def _started(status: Json) -> str:
    """When the last of its containers started; after all times when one does not run."""
    never = "9999"
    times = [
        str(at(each, "state", "running").get("startedAt") or never)
        for each in entries(status, "containerStatuses")
    ]
    return max(times, default=never)


def _containers(pod: Json) -> set[str]:
    return {str(each.get("name")) for each in entries(at(pod, "spec"), "containers")}


def _uid(pod: Json) -> object:
    return at(pod, "metadata").get("uid")


def _is_token(mount: Json) -> bool:
    return str(mount.get("name")).startswith(_TOKEN_VOLUME)
