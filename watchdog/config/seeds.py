"""The seven default jobs, and how they get into a home that has none.

An edited file is never touched. `seeds.json` remembers what was seeded and what the operator took
out since, so that a deleted default job stays deleted even when the whole file is seeded again.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from watchdog.config.files import replace_file
from watchdog.config.jobs import load_text
from watchdog.config.jobs_text import read_document
from watchdog.domain.errors import Misconfigured

_SEEDED, _DELETED = "seeded", "deleted"

# Source: requirements R2 and checks.md part 5.
_JOBS: tuple[Mapping[str, object], ...] = (
    {
        "name": "cluster-health-check",
        "schedule": "every 15m",
        "checks": [
            "family:pods",
            "family:workloads",
            "family:admission",
            "family:batch",
            "claims",
            "volume_attach",
            "volume_ops",
            "family:network",
            "family:autoscaling",
            "family:control",
            "flux",
            "external_secret",
            "node_ready",
            "node_pressure",
        ],
        "silent": "auto",
        "deliver": "discord",
    },
    {
        "name": "pod-restart-loop",
        "schedule": "every 10m",
        "checks": [
            "image_pull",
            "crash_loop",
            "oom_killed",
            "pod_config",
            "init_stuck",
            "probes",
            "stale_secret",
            "pod_drift",
            "create_blocked",
            "mutation",
        ],
        "silent": "auto",
        "deliver": "discord",
    },
    {
        "name": "pvc-pressure",
        "schedule": "every 30m",
        "checks": ["volume_usage", "claims", "volume_attach", "volume_ops", "node_usage"],
        "silent": "auto",
        "deliver": "discord",
    },
    {
        "name": "argocd-sync-health",
        "schedule": "every 1h",
        "checks": ["argocd_sync"],
        "silent": "auto",
        "deliver": "discord",
    },
    {
        "name": "cert-expiry",
        "schedule": "every 1d at 09:00",
        "checks": ["cert_expiry", "cert_issuance"],
        "silent": "auto",
        "deliver": "discord",
    },
    {
        "name": "node-resource-drift",
        "schedule": "every 30m",
        "checks": ["node_usage", "node_ready", "node_drift"],
        "silent": "auto",
        "deliver": "discord",
    },
    {
        # no check of its own: it reports what the others stored
        "name": "daily-cluster-report",
        "schedule": "0 8 * * *",
        "checks": [],
        "silent": "never",
        "deliver": "discord",
    },
)


def _text(jobs: list[Mapping[str, object]]) -> str:
    return json.dumps({"version": 1, "jobs": jobs}, indent=2) + "\n"


DEFAULT_JOBS = _text(list(_JOBS))
DEFAULTS: Mapping[str, Mapping[str, object]] = {str(job["name"]): job for job in _JOBS}


def seed(home: Path) -> tuple[str, ...]:
    """Write the default jobs where `cron/jobs.json` is missing; return the names written.

    Call it under the home's lock, at start.

    Raises:
        Misconfigured: seeds.json is no JSON object.
        StoreFailed: the home cannot be written.
    """
    path, memory = home / "cron" / "jobs.json", home / "seeds.json"
    remembered = _remembered(memory)
    known = _known(remembered.get("jobs"))
    missing = not path.exists()
    jobs = [job for job in _JOBS if missing and known.get(str(job["name"])) != _DELETED]
    written = tuple(str(job["name"]) for job in jobs)
    deleted = () if missing else _taken_out(path, known)
    marked = {**known, **dict.fromkeys(written, _SEEDED), **dict.fromkeys(deleted, _DELETED)}
    if marked != known:
        replace_file(memory, json.dumps({**remembered, "jobs": marked}, indent=2) + "\n")
    if missing:
        replace_file(path, _text(jobs))
    return written


def remember(home: Path, names: Iterable[str]) -> None:
    """Note that these default jobs are there again, whatever an operator took out before.

    Raises:
        Misconfigured: seeds.json is no JSON object.
        StoreFailed: the home cannot be written.
    """
    memory = home / "seeds.json"
    remembered = _remembered(memory)
    marked = {**_known(remembered.get("jobs")), **dict.fromkeys(names, _SEEDED)}
    replace_file(memory, json.dumps({**remembered, "jobs": marked}, indent=2) + "\n")


def _remembered(memory: Path) -> dict[str, object]:
    if not memory.exists():
        return {}
    try:
        found = json.loads(load_text(memory))
    except ValueError as error:
        raise _broken(memory) from error
    if not isinstance(found, dict):
        raise _broken(memory)
    return found


def _known(jobs: object) -> dict[str, str]:
    if not isinstance(jobs, dict):
        return {}
    return {str(name): str(state) for name, state in jobs.items()}


def _taken_out(path: Path, known: Mapping[str, str]) -> tuple[str, ...]:
    """Seeded names that the file no longer has; none while the file cannot be read."""
    try:
        entries = read_document(load_text(path)).entries
    except Misconfigured:
        return ()
    present = {entry.values.get("name", entry.key) for entry in entries}
    return tuple(name for name in known if name not in present)


def _broken(memory: Path) -> Misconfigured:
    hint = "delete it: deleted default jobs may come back once"
    return Misconfigured(f"{memory}: is no JSON object", hint=hint)
