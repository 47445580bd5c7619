"""rbac/ as text: file by file with its kustomizations, or everything in one stream."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from watchdog.app.manifests import names
from watchdog.app.manifests.roles import binding
from watchdog.app.manifests.text import document
from watchdog.app.manifests.tree import Folder, Patch

_KUSTOMIZE = "kustomize.config.k8s.io"


def files(folders: Collection[Folder]) -> Mapping[str, str]:
    """Every file below rbac/ by its path, with what has to stand in it."""
    found: dict[str, str] = {}
    for folder in folders:
        under = f"{folder.path}/" if folder.path else ""
        for file in folder.files:
            found[under + file.name] = document(file.manifest, file.comment)
        found[f"{under}kustomization.yaml"] = document(_kustomization(folder), _use(folder))
    return found


def documents(folders: Sequence[Folder], namespaces: Sequence[str] = ()) -> tuple[str, ...]:
    """The objects of these folders with their patches applied, and the actor in these namespaces."""
    objects = [(deepcopy(dict(x.manifest)), x.comment) for each in folders for x in each.files]
    objects += [(binding(names.ACTOR, namespace=name), "") for name in namespaces]
    for patch in (patch for folder in folders for patch in folder.patches):
        for made, _ in objects:
            if _selected(made, patch):
                _apply(made, patch)
    return tuple(document(made, comment) for made, comment in objects)


def _use(folder: Folder) -> str:
    if folder.component:
        return "Optional: named by `components:` of an overlay, below `resources:`."
    return ""


def _kustomization(folder: Folder) -> dict[str, Any]:
    version, kind = ("v1alpha1", "Component") if folder.component else ("v1beta1", "Kustomization")
    found: dict[str, Any] = {
        "apiVersion": f"{_KUSTOMIZE}/{version}",
        "kind": kind,
        "resources": [file.name for file in folder.files],
    }
    if folder.patches:
        found["patches"] = list(_patches(folder.patches))
    return found


def _patches(patches: Collection[Patch]) -> Iterator[dict[str, Any]]:
    """As kustomize takes them: JSON patches in text."""
    for patch in patches:
        operation = {"op": "add", "path": patch.path, "value": patch.value}
        yield {
            "target": {"kind": patch.kind, "name": patch.name},
            "patch": document([operation]),
        }


def _selected(made: Mapping[str, Any], patch: Patch) -> bool:
    return (made["kind"], made["metadata"]["name"]) == (patch.kind, patch.name)


def _apply(made: dict[str, Any], patch: Patch) -> None:
    *way, last = patch.path.strip("/").split("/")
    place: Any = made
    for step in way:
        place = place[step]
    value = deepcopy(patch.value)
    if last == "-":
        place.append(value)
    else:
        place[last] = value
