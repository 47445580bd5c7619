"""The YAML files of rbac/ and deploy/, as they stand in the repository."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
Manifest = dict[str, Any]


def documents(folder: str) -> dict[str, Manifest]:
    """The documents of the numbered files below a folder, by file name; one document per file."""
    files = sorted((ROOT / folder).glob("[0-9][0-9]-*.yaml"))
    return {file.name: yaml.safe_load(file.read_text(encoding="utf-8")) for file in files}


def read(path: str) -> Manifest:
    """The one document of a file."""
    found: Manifest = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    return found


def container() -> Manifest:
    """The one container of the Deployment."""
    [only] = pod_spec()["containers"]
    found: Manifest = only
    return found


def pod_spec() -> Manifest:
    """The pod of the Deployment."""
    found: Manifest = read("deploy/base/40-deployment.yaml")["spec"]["template"]["spec"]
    return found
