"""Jobs, runs and checks as the API and the unix socket give them. Times are RFC 3339 UTC."""

from collections.abc import Iterable
from datetime import datetime

from watchdog.domain.incident import Incident
from watchdog.domain.job import LedgerEntry
from watchdog.domain.silence import Silence
from watchdog.web.board import CheckLine
from watchdog.web.sources import JobLine


def moment(at: datetime | None) -> str | None:
    """A time as it stands in JSON."""
    return at.isoformat().replace("+00:00", "Z") if at else None


def run_line(entry: LedgerEntry) -> dict[str, object]:
    """One row of the run ledger."""
    return {
        "run_id": entry.run_id,
        "job": entry.job,
        "trigger": entry.trigger,
        "state": entry.state.value,
        "due_at": moment(entry.due_at),
        "started_at": moment(entry.started_at),
        "finished_at": moment(entry.finished_at),
        "text": entry.text,
    }


def job_line(line: JobLine) -> dict[str, object]:
    """One Job with its last and next Run."""
    return {
        "name": line.job.name,
        "schedule": line.job.schedule,
        "enabled": line.job.enabled,
        "checks": list(line.job.checks),
        "next_run_at": moment(line.next_run_at),
        "last_run": run_line(line.last) if line.last else None,
        "paused_at": moment(line.paused_at),
        "paused_for": line.paused_for,
    }


def check_line(line: CheckLine, standing: Iterable[Incident]) -> dict[str, object]:
    """One check with the ids of its standing Incidents."""
    return {
        "id": line.id,
        "family": line.family,
        "active": line.active,
        "why": line.why,
        "looked_at": moment(line.looked_at),
        "unknown": line.unknown,
        "incidents": [each.id for each in standing if each.check == line.id],
    }


def silence_line(silence: Silence) -> dict[str, object]:
    """One Silence; empty matchers match everything."""
    return {
        "id": silence.id,
        "reason": silence.reason,
        "author": silence.author,
        "created_at": moment(silence.created_at),
        "ends_at": moment(silence.ends_at),
        "incident": silence.incident,
        "check": silence.check,
        "fault": silence.fault,
        "namespace": silence.namespace,
        "name": silence.name,
    }
