"""One look without a store: what would open, from a cluster or from a folder of dumps."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from watchdog.app.access import Access
from watchdog.app.cluster import open_cluster
from watchdog.app.registry import all_checks, families_of
from watchdog.clock import SystemClock
from watchdog.config.jobs import resolve
from watchdog.config.jobs_rules import FAMILY
from watchdog.config.nearest import did_you_mean
from watchdog.config.settings import Settings
from watchdog.domain.check import Check
from watchdog.domain.errors import Usage
from watchdog.domain.incident import Incident
from watchdog.domain.job import Job
from watchdog.domain.run import RunResult
from watchdog.domain.snapshot import Snapshot
from watchdog.kube.dump import snapshot_of_dump
from watchdog.logic.incident.detect import needs_of
from watchdog.logic.incident.group import group
from watchdog.logic.incident.reconcile import Look, reconcile
from watchdog.logic.incident.verdict import unknowns, verdict
from watchdog.loops.look import View, check_all, look


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRequest:
    """What to look at; empty tuples mean everything."""

    namespaces: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    dump: Path | None = None


async def scan(
    request: ScanRequest, access: Access, settings: Settings
) -> tuple[RunResult, Snapshot]:
    """Return what would open now, and the look it is about, without writing anything anywhere.

    Raises:
        Usage: an unknown check or namespace.
        Misconfigured: no cluster is configured, or the dump cannot be read.
        Transient, Permanent: the cluster cannot be read at all.
    """
    started = SystemClock().now()
    chosen = chosen_checks(request.checks, settings)
    on = {check.id for check in (*chosen, *chosen_checks((), settings))}
    everything = [check for check in all_checks() if check.id in on]
    if request.dump is not None:
        name = request.dump.name
        snapshot = await asyncio.to_thread(snapshot_of_dump, request.dump)
        view = check_all(snapshot, everything, settings.checks)
    else:
        cluster = await open_cluster(access, settings)
        try:
            name = cluster.name
            snapshot = await cluster.snapshot(needs_of(chosen))
            view = await look(cluster, snapshot, everything, settings.checks)
        finally:
            await cluster.close()
    _known_namespaces(request.namespaces, view.snapshot)
    return _result(request, view, chosen, name=name, started=started), view.snapshot


def _known_namespaces(names: Sequence[str], snapshot: Snapshot) -> None:
    for name in names if snapshot.has("namespaces") else ():
        if name not in snapshot.namespaces:
            raise Usage(
                f"there is no namespace {name}",
                hint=did_you_mean(name, snapshot.namespaces) or "see: kubectl get namespaces",
            )


def chosen_checks(names: Sequence[str], settings: Settings) -> list[Check]:
    """Return the checks that ids and families name as in jobs.json; without a name, all.

    A check that is switched off is among them only by its id.

    Raises:
        Usage: there is no such check or family.
    """
    known = {check.id: check for check in all_checks()}
    families = families_of(tuple(known.values()))
    names = names or (f"{FAMILY}*",)
    for name in names:
        possible = (*known, *(FAMILY + family for family in (*families.values(), "*")))
        if name not in possible:
            near = did_you_mean(name, possible)
            raise Usage(
                f"no check is called {name}", hint=near or "`watchdog doctor` lists the checks"
            )
    ids = resolve(Job(name="scan", schedule="", checks=tuple(names)), families)
    return [known[each] for each in ids if each in names or each not in settings.disabled_checks]


def _result(
    request: ScanRequest, view: View, chosen: Sequence[Check], *, name: str, started: datetime
) -> RunResult:
    ids = [check.id for check in chosen]
    seen = [each for each in view.seen() if each.check in ids]
    snapshot = view.snapshot
    at = Look(cluster=snapshot.cluster, at=snapshot.taken_at, judged=ids)
    found = reconcile((), group(seen), at, {}).incidents
    shown = tuple(each for each in found if _in_sight(each, request.namespaces))
    unknown = unknowns(view.blind, ids, snapshot)
    return RunResult(
        run_id="",
        job="scan",
        started_at=started,
        finished_at=SystemClock().now(),
        cluster=name,
        verdict=verdict(unknown, shown),
        unknown=unknown,
        incidents=tuple(replace(each, opening=0) for each in shown),
        told=(),
    )


def _in_sight(incident: Incident, namespaces: Sequence[str]) -> bool:
    if not namespaces:
        return True
    return any(ref.namespace in namespaces for ref in (*incident.subjects, *incident.affected))
