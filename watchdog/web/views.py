"""What each page shows, as plain values for its template. Functions read the store: no event loop."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.incident import Incident, Status
from watchdog.domain.job import LedgerEntry
from watchdog.logic.words.doing import thought
from watchdog.logic.words.prose import span
from watchdog.store import incidents, journal, records, silences
from watchdog.store.records import Wanted
from watchdog.web.sources import Sources, job_lines
from watchdog.web.unsaid import why_unsaid

UNRESOLVED = (Status.PENDING, Status.OPEN, Status.ACKNOWLEDGED)
RESOLVED_SHOWN = 20

Shown = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Moments:
    """Shows times to people: in their zone, and how long ago or ahead of `now` they are."""

    now: datetime
    sources: Sources

    def stamp(self, at: datetime) -> str:
        """Return `2026-11-20 12:00:05 UTC`."""
        return f"{at.astimezone(self.sources.zone):%Y-%m-%d %H:%M:%S %Z}"

    def iso(self, at: datetime) -> str:
        """For the `datetime` attribute."""
        return at.isoformat()

    def words(self, at: datetime) -> str:
        """Return `5 min ago` or `in 5 min`."""
        if at > self.now:
            return f"in {span(at - self.now)}"
        return "just now" if self.now - at < timedelta(seconds=1) else f"{span(self.now - at)} ago"


def frame(sources: Sources) -> Shown:
    """What stands around every page."""
    board = sources.board
    return {
        "cluster": sources.cluster,
        "nodes": board.nodes,
        "looked_at": board.looked_at,
        "trouble": board.trouble,
        "unreadable": sorted(board.unreadable.values(), key=lambda why: why.text),
        "moments": Moments(sources.clock.now(), sources),
    }


def incidents_view(sources: Sources, _parameters: Mapping[str, str]) -> Shown:
    """Incidents that people are told of, those seen and not said, and what ended lately."""
    now = sources.clock.now()
    current = incidents.select(sources.store, statuses=UNRESOLVED)
    in_force = silences.active(sources.store, now)
    quiet_for = {each.id: why_unsaid(each, in_force, now) for each in current}
    said = [each for each in current if not quiet_for[each.id]]
    return {
        "active": "incidents",
        "said": _worst_first(said),
        "needing": sum(each.severity.needs_human for each in said),
        "standing": any(each.standing and each.severity.needs_human for each in current),
        "unsaid": [(each, quiet_for[each.id]) for each in current if quiet_for[each.id]],
        "resolved": incidents.select(
            sources.store, statuses=(Status.RESOLVED,), limit=RESOLVED_SHOWN
        ),
    }


def incident_view(sources: Sources, parameters: Mapping[str, str]) -> Shown:
    """One Incident with its evidence and its Journal, newest entry first."""
    incident = incidents.find(sources.store, parameters["id"])
    now = sources.clock.now()
    quiet = ""
    if incident.status is not Status.RESOLVED:
        quiet = why_unsaid(incident, silences.active(sources.store, now), now)
    return {
        "active": "incidents",
        "incident": incident,
        "unsaid": quiet,
        "remedy": thought(incident.remediation),
        "entries": journal.entries(sources.store, incident.id)[::-1],
    }


def checks_view(sources: Sources, _parameters: Mapping[str, str]) -> Shown:
    """Every check by family, with its standing Incidents."""
    current = incidents.select(sources.store, statuses=UNRESOLVED)
    lines = sources.board.checks()
    return {
        "active": "checks",
        "families": [
            (family, [line for line in lines if line.family == family])
            for family in sorted({line.family for line in lines})
        ],
        "found": {line.id: [each for each in current if each.check == line.id] for line in lines},
    }


def jobs_view(sources: Sources, _parameters: Mapping[str, str]) -> Shown:
    """Every Job with its last and next Run."""
    return {"active": "jobs", "lines": job_lines(sources)}


def runs_view(sources: Sources, _parameters: Mapping[str, str]) -> Shown:
    """The newest Runs with what their questions to models cost."""
    lines = records.select_runs(sources.store, Wanted(limit=100))
    took = {line.entry.run_id: _took(line.entry) for line in lines}
    return {"active": "runs", "lines": lines, "took": took}


def _worst_first(found: Iterable[Incident]) -> Sequence[Incident]:
    return sorted(found, key=lambda each: (-each.severity.rank, each.since))


def _took(entry: LedgerEntry) -> str:
    if entry.started_at is None or entry.finished_at is None:
        return ""
    seconds = (entry.finished_at - entry.started_at).total_seconds()
    return f"{seconds:.1f} s" if seconds < 60 else span(entry.finished_at - entry.started_at)
