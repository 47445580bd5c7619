"""What the scheduler remembers about jobs.json, which is the operator's: the last good text, pauses."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select

from watchdog.store.engine import Store
from watchdog.store.tables import job_pause, jobs_file


def keep_good(store: Store, text: str, now: datetime) -> None:
    """Keep the text of a jobs.json that was valid, in place of the one before."""
    with store.write() as connection:
        connection.execute(delete(jobs_file))
        connection.execute(jobs_file.insert().values(text=text, at=now))


def last_good(store: Store) -> str | None:
    """Return the text of the last valid jobs.json; None when there never was one."""
    with store.read() as connection:
        return connection.scalar(select(jobs_file.c.text))


def pause(store: Store, job: str, *, reason: str, now: datetime) -> None:
    """Let a Job rest until `resume`; a second time replaces the reason and the time."""
    values = {"reason": reason, "at": now}
    add = store.insert(job_pause).values(job=job, **values)
    with store.write() as connection:
        connection.execute(add.on_conflict_do_update(index_elements=["job"], set_=values))


def resume(store: Store, job: str) -> None:
    """Let a Job run again; nothing happens when it was not paused."""
    with store.write() as connection:
        connection.execute(delete(job_pause).where(job_pause.c.job == job))


def pauses(store: Store) -> Mapping[str, tuple[datetime, str]]:
    """Return since when and why Jobs are paused, by name."""
    query = select(job_pause.c.job, job_pause.c.at, job_pause.c.reason).order_by(job_pause.c.job)
    with store.read() as connection:
        return {job: (at, reason) for job, at, reason in connection.execute(query)}
