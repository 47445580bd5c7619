"""kubectl commands for Proposals. Only validated Kubernetes names and image references go in."""

import json
import re
from collections.abc import Mapping, Sequence

from watchdog.domain.ref import Ref

_NAME = re.compile(r"[a-z0-9A-Z]([-a-z0-9A-Z._:]*[a-z0-9A-Z])?\Z")
_IMAGE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._/:@-]*\Z")
_AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[numkMGTPE]|[KMGTPE]i)?\Z")

# Words kubectl takes for a kind; anything else is its lower-case name.
_RESOURCES = {"PersistentVolumeClaim": "pvc", "PersistentVolume": "pv", "Service": "svc"}


def safe_name(text: str) -> bool:
    """Whether `text` is a Kubernetes object name that may stand in a command."""
    return len(text) <= 253 and _NAME.match(text) is not None


def safe_image(text: str) -> bool:
    """Whether `text` is an image reference that may stand in a command."""
    return len(text) <= 512 and _IMAGE.match(text) is not None


def target(ref: Ref) -> str:
    """Return `deployment/web`, as kubectl names an object."""
    return f"{_RESOURCES.get(ref.kind, ref.kind.lower())}/{ref.name}"


def kubectl(ref: Ref, *words: str) -> str:
    """Return `kubectl -n NS words...`, without a namespace for cluster-scoped objects.

    "" for a name the API server would not take: a forged object must not put words into a shell.
    """
    if not safe_name(ref.name) or not safe_name(ref.namespace or ref.name):
        return ""
    scope = f"-n {ref.namespace} " if ref.namespace else ""
    return f"kubectl {scope}{' '.join(words)}"


def rollout_undo(ref: Ref, *, to_revision: int = 0) -> str:
    """Return to an earlier revision of a Deployment, StatefulSet or DaemonSet; 0: the previous."""
    words = [f"--to-revision={to_revision}"] if to_revision else []
    return kubectl(ref, "rollout undo", target(ref), *words)


def rollout_restart(ref: Ref) -> str:
    """Replace all pods of a workload, one after the other; "" for what cannot be restarted so."""
    if ref.kind not in ("Deployment", "StatefulSet", "DaemonSet"):
        return ""
    return kubectl(ref, "rollout restart", target(ref))


def set_image(ref: Ref, container: str, image: str) -> str:
    """Give one container another image; "" for a name that no container can have."""
    if not safe_name(container):
        return ""
    return kubectl(ref, "set image", target(ref), f"{container}={image}")


def set_memory_limit(ref: Ref, container: str, limit: str) -> str:
    """Give one container another memory limit; "" for a name that no container can have."""
    if not safe_name(container):
        return ""
    return kubectl(ref, "set resources", target(ref), f"-c {container} --limits=memory={limit}")


def set_env(ref: Ref, container: str, name: str, value: str) -> str:
    """Give one variable of a container another value, safe in a shell; "" as with `set_image`."""
    if not safe_name(container):
        return ""
    return kubectl(ref, "set env", target(ref), f"-c {container} {name}={value}")


def expose(ref: Ref, port: int) -> str:
    """Make a Service of a workload's name for its pods."""
    return kubectl(ref, "expose", target(ref), f"--port={port}")


def scale(ref: Ref, replicas: int) -> str:
    """Give a workload another number of pods."""
    return kubectl(ref, "scale", target(ref), f"--replicas={replicas}")


def set_request(ref: Ref, container: str, resource: str, amount: str) -> str:
    """Give one container a request; "" for an amount that is no quantity."""
    if not _AMOUNT.match(amount) or not safe_name(container):
        return ""
    return kubectl(
        ref, "set resources", target(ref), f"-c {container} --requests={resource}={amount}"
    )


Body = Mapping[str, object] | Sequence[Mapping[str, object]]


def patch(ref: Ref, body: Body, *, kind: str = "strategic") -> str:
    """Patch one object; a quote in `body` is written as a JSON escape, so it ends no shell word."""
    text = json.dumps(body, separators=(",", ":")).replace("'", r"\u0027")
    return kubectl(ref, "patch", target(ref).replace("/", " "), f"--type={kind} -p '{text}'")


def patch_pod_spec(ref: Ref, spec: Mapping[str, object]) -> str:
    """Patch the pod template of a workload; "" for a Job or bare Pod, whose spec cannot change."""
    template = {"template": {"spec": spec}}
    if ref.kind == "CronJob":
        return patch(ref, {"spec": {"jobTemplate": {"spec": template}}})
    if ref.kind in ("Deployment", "StatefulSet", "DaemonSet"):
        return patch(ref, {"spec": template})
    return ""


def remove_taint(node: str, key: str, effect: str) -> str:
    """Take one taint off a node; "" for a key or effect that cannot be one."""
    if not all(safe_name(each.replace("/", "-")) for each in (node, key, effect)):
        return ""
    return f"kubectl taint nodes {node} {key}:{effect}-"


def label(ref: Ref, key: str, value: str) -> str:
    """Set one label, also when it has another value now; "" for what cannot be a label."""
    if not safe_name(key.replace("/", "-")) or not safe_name(value):
        return ""
    return kubectl(ref, "label", target(ref).replace("/", " "), f"{key}={value} --overwrite")


def delete(ref: Ref) -> str:
    """Delete one object."""
    return kubectl(ref, "delete", target(ref).replace("/", " "))


def listed(ref: Ref, resource: str) -> str:
    """Read all objects of a resource in the namespace of `ref`."""
    return kubectl(ref, "get", resource)


def describe(ref: Ref) -> str:
    """Read one object and its events."""
    return kubectl(ref, "describe", target(ref).replace("/", " "))


def logs(ref: Ref, container: str = "", *, previous: bool = False) -> str:
    """Read the end of a log."""
    words = [f"-c {container}"] if safe_name(container) else []
    return kubectl(
        ref, "logs", target(ref), *words, *(["--previous"] if previous else []), "--tail=50"
    )
