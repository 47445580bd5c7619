"""What the rules find in recorded clusters, compared with what is known to be true of them."""

from dataclasses import dataclass
from pathlib import Path

from watchdog.app.registry import all_checks
from watchdog.config.cases import read_case
from watchdog.config.settings import Settings
from watchdog.domain.case import Case
from watchdog.domain.snapshot import Snapshot
from watchdog.kube.dump import complete, snapshot_of_dump
from watchdog.logic.bench.cases import Found, judge
from watchdog.logic.incident.group import group
from watchdog.logic.incident.reconcile import Look, reconcile
from watchdog.loops.look import check_all


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One case, and what all checks say of its cluster."""

    case: Case
    snapshot: Snapshot
    found: Found


def look_at(folder: Path, settings: Settings) -> Looked:
    """Run every check over the recorded cluster in a folder.

    Raises:
        Misconfigured: the case or its cluster cannot be read.
    """
    case = read_case(folder)
    dump = snapshot_of_dump(folder)
    snapshot = complete(dump) if case.complete else dump
    enabled = [each for each in all_checks() if each.id not in settings.disabled_checks]
    view = check_all(snapshot, enabled, settings.checks)
    at = Look(cluster=snapshot.cluster, at=snapshot.taken_at, judged=frozenset(view.found))
    incidents = reconcile((), group(view.seen()), at, {}).incidents
    return Looked(case=case, snapshot=snapshot, found=judge(case, incidents))


def ruled(folder: Path, settings: Settings) -> dict[str, object]:
    """Return one case as JSON, as far as the rules go.

    Raises:
        Misconfigured: as `look_at`.
    """
    looked = look_at(folder, settings)
    found = looked.found
    missed = [each for each, incident in found.named if incident is None]
    rules = {
        "causes": len(found.named),
        "recall": round(found.recall, 3),
        "precision": round(found.precision, 3),
        "told": found.told,
        "passed": found.passed,
        "missed": [f"{each.kind}/{each.namespace or '-'}/{each.name}" for each in missed],
        "extra": [f"{each.reason} {each.subjects[0]}" for each in found.extra],
    }
    return {"case": looked.case.name, "title": looked.case.title, "rules": rules}
