"""kubectl commands for Proposals. Only validated Kubernetes names and image references go in."""

import json
import re
from collections.abc import Mapping

from watchdog.domain.ref import Ref

_NAME = re.compile(r"[a-z0-9A-Z]([-a-z0-9A-Z._:]*[a-z0-9A-Z])?\Z")
_IMAGE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._/:@-]*\Z")

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
    """Return `kubectl -n NS words...`, without a namespace for cluster-scoped objects."""
    scope = f"-n {ref.namespace} " if ref.namespace else ""
    return f"kubectl {scope}{' '.join(words)}"


def rollout_undo(ref: Ref) -> str:
    """Return to the previous revision of a Deployment, StatefulSet or DaemonSet."""
    return kubectl(ref, "rollout undo", target(ref))


def set_image(ref: Ref, container: str, image: str) -> str:
    """Give one container another image."""
    return kubectl(ref, "set image", target(ref), f"{container}={image}")


def patch(ref: Ref, body: Mapping[str, object], *, kind: str = "strategic") -> str:
    """Patch one object; `body` must be free of quotes that end a shell word."""
    text = json.dumps(body, separators=(",", ":"))
    return kubectl(ref, "patch", target(ref).replace("/", " "), f"--type={kind} -p '{text}'")


def describe(ref: Ref) -> str:
    """Read one object and its events."""
    return kubectl(ref, "describe", target(ref).replace("/", " "))


def logs(ref: Ref, container: str = "", *, previous: bool = False) -> str:
    """Read the end of a log."""
    words = [f"-c {container}"] if container else []
    return kubectl(
        ref, "logs", target(ref), *words, *(["--previous"] if previous else []), "--tail=50"
    )
