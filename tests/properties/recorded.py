"""Clusters recorded from a real control plane, and what all checks would open in them."""

import gzip
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from watchdog.app.registry import all_checks
from watchdog.config.cases import case_folders
from watchdog.domain.incident import Incident
from watchdog.domain.snapshot import Missing, Snapshot
from watchdog.kube.dump import complete, snapshot_of_dump
from watchdog.logic.incident.group import group
from watchdog.logic.incident.reconcile import Look, reconcile
from watchdog.loops.look import check_all

FOLDER = Path(__file__).parent.parent / "objects" / "clusters"
PATHS = {
    **{path.name.removesuffix(".json.gz"): path for path in FOLDER.glob("*.json.gz")},
    **{path.name: path / "cluster.json.gz" for path in case_folders(None)},
}
NAMES = tuple(sorted(PATHS))
CHECKS = all_checks()


@cache
def items(name: str) -> tuple[str, ...]:
    """The objects of one recorded cluster, each as JSON text."""
    found = json.loads(gzip.decompress(PATHS[name].read_bytes()))
    return tuple(json.dumps(each) for each in found["items"])


@cache
def recorded(name: str) -> Snapshot:
    """The Snapshot of one recorded cluster."""
    return snapshot_of([json.loads(each) for each in items(name)])


def snapshot_of(objects: Sequence[Mapping[str, object]]) -> Snapshot:
    """Read objects as `kubectl get -o json` prints them."""
    with tempfile.TemporaryDirectory() as folder:
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        (Path(folder) / "all.json").write_text(text, encoding="utf-8")
        look = snapshot_of_dump(Path(folder))
    return complete(look)


def without(look: Snapshot, need: str) -> Snapshot:
    """The same Snapshot, had this kind been refused."""
    objects = {name: found for name, found in look.objects.items() if name != need}
    missing = {**look.missing, need: Missing("forbidden", f"cannot list {need}")}
    return replace(look, objects=objects, missing=missing)


def incidents(look: Snapshot, known: Sequence[Incident] = ()) -> tuple[Incident, ...]:
    """All Incidents after one Run of every check over this Snapshot."""
    view = check_all(look, CHECKS, {})
    at = Look(cluster=look.cluster, at=look.taken_at, judged=frozenset(view.found))
    return reconcile(known, group(view.seen(known)), at, {}).incidents


def opened(look: Snapshot) -> set[tuple[str, str]]:
    """(Reason, subject) of everything that is said in the first Run."""
    return {
        (each.reason, str(subject))
        for each in incidents(look)
        if each.standing and each.severity.needs_human
        for subject in each.subjects
    }
