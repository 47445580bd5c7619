"""Argo CD's rules: when an Application is left alone by choice, and what its last operation says."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from cronsim import CronSimError

from watchdog.domain.objects import argov1
from watchdog.domain.ref import Ref
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.duration import duration
from watchdog.logic.timetable.schedule import Crontab, next_after

# What is said when the repository itself does not answer, whatever the Application asks of it.
_REPOSITORY = re.compile(
    r"list refs|ls-remote|authenticat|authoriz|repository not (?:found|accessible)|unable to connect"
    r"|dial tcp|connection refused|no such host|x509|time(?:d )?-?out|deadline exceeded"
    r"|failed to (?:fetch|clone|initialize repository)|ssh:|connection reset|\b5\d\d\b",
    re.IGNORECASE,
)


def repositories(item: argov1.Application) -> tuple[str, ...]:
    """The repositories an Application is made from, each once."""
    spec = item.spec
    sources = (*((spec.source,) if spec.source else ()), *(spec.sources or ()))
    return tuple(dict.fromkeys(source.repo_url for source in sources if source.repo_url))


def of_the_repository(text: str) -> bool:
    """Whether an error is about reaching a repository, so that all its Applications have it."""
    return _REPOSITORY.search(text) is not None


def busy(item: argov1.Application) -> bool:
    """An operation is ordered or runs; one that is tried again keeps running."""
    state = item.status.operation_state
    running = state is not None and state.phase in ("Running", "Terminating")
    return item.operation is not None or running


def failed(item: argov1.Application) -> argov1.ArgoOperationState | None:
    """The last operation, if it has failed for good and nothing newer made it void."""
    state = item.status.operation_state
    if state is None or state.phase not in ("Failed", "Error") or busy(item):
        return None
    now = item.status.sync.revision
    superseded = bool(state.revision and now and state.revision != now)
    return None if superseded or item.status.sync.status == "Synced" else state


def only_pruning(item: argov1.Application) -> bool:
    """Whether all that differs are objects to be removed, which nobody allowed it to do."""
    policy = item.automated
    differing = [each for each in item.status.resources or () if each.status == "OutOfSync"]
    allowed = policy is not None and policy.prune
    return bool(differing) and not allowed and all(each.requires_pruning for each in differing)


def troubled(item: argov1.Application) -> tuple[argov1.ArgoResource, ...]:
    """Its objects that are not healthy; all of them where Argo CD keeps no health of each."""
    resources = item.status.resources or ()
    if not any(each.health for each in resources):
        return resources
    fine = ("Healthy", "Suspended", "")
    return tuple(each for each in resources if each.health and each.health.status not in fine)


def refused(item: argov1.Application) -> tuple[argov1.ArgoResource, ...]:
    """The objects whose apply failed, as the last sync says, else those that still differ."""
    state = item.status.operation_state
    result = state.sync_result.resources if state and state.sync_result else None
    wrong = tuple(each for each in result or () if each.status == "SyncFailed")
    return wrong or tuple(
        each for each in item.status.resources or () if each.status == "OutOfSync"
    )


def shut(snapshot: Snapshot, item: argov1.Application) -> bool:
    """Whether the sync windows of its project forbid syncs now; also when one cannot be read."""
    project = Ref("AppProject", item.namespace, item.spec.project or "default")
    found = snapshot.of("appprojects", argov1.AppProject).get(project)
    windows = [
        each for each in (found.spec.sync_windows if found else None) or () if _for(each, item)
    ]
    denying = (each for each in windows if each.kind == "deny")
    allowing = [each for each in windows if each.kind == "allow"]
    if any(_open(each, snapshot.taken_at) is not False for each in denying):
        return True
    return bool(allowing) and not any(_open(each, snapshot.taken_at) for each in allowing)


def _for(window: argov1.SyncWindow, item: argov1.Application) -> bool:
    goal = item.spec.destination
    wanted = (
        (window.applications, (item.name,)),
        (window.namespaces, (goal.namespace,)),
        (window.clusters, (goal.server, goal.name)),
    )
    found = [_any(patterns, names) for patterns, names in wanted if patterns]
    return bool(found) and (all(found) if window.and_operator else any(found))


def _any(patterns: Iterable[str], names: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names if name for pattern in patterns)


def _open(window: argov1.SyncWindow, now: datetime) -> bool | None:
    """Whether a window has begun and not ended; None when its schedule cannot be read."""
    length = duration(window.duration)
    if length is None:
        return None
    try:
        zone = ZoneInfo(window.time_zone) if window.time_zone else UTC
        begins = next_after(Crontab((window.schedule,)), now - length, zone=zone, anchor=None)
    except (CronSimError, ValueError, KeyError, OSError):
        return None
    return begins is not None and begins <= now
