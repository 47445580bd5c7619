"""Where pages and API get what they show, and the lines they show of jobs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from watchdog.domain.job import Job, LedgerEntry
from watchdog.domain.ports import Clock
from watchdog.store import jobsfile, ledger
from watchdog.store.engine import Store
from watchdog.web.board import Board


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the web apps read. `jobs` and `next_run` are the scheduler's; times are aware UTC."""

    store: Store
    clock: Clock
    board: Board
    cluster: str  # the display name
    jobs: Callable[[], Sequence[Job]]
    next_run: Callable[[Job], datetime | None]
    zone: tzinfo = UTC  # in which times are shown to people


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLine:
    """One Job: when it runs next, what became of it last, and whether somebody paused it."""

    job: Job
    next_run_at: datetime | None
    last: LedgerEntry | None
    paused_at: datetime | None = None
    paused_for: str = ""


def job_lines(sources: Sources) -> tuple[JobLine, ...]:
    """All Jobs in the order of jobs.json. Reads the store: call it in a thread."""
    last = ledger.last_runs(sources.store)
    pauses = jobsfile.pauses(sources.store)
    lines = []
    for job in sources.jobs():
        paused_at, paused_for = pauses.get(job.name, (None, ""))
        running = job.enabled and paused_at is None
        lines.append(
            JobLine(
                job=job,
                next_run_at=sources.next_run(job) if running else None,
                last=last.get(job.name),
                paused_at=paused_at,
                paused_for=paused_for,
            )
        )
    return tuple(lines)
