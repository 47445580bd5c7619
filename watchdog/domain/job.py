"""A named entry of jobs.json: when to run, what to check, whom to tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

Mode = Literal["observe", "suggest", "act"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One validated entry. `schedule` is kept as written; `logic.schedule` parses it."""

    name: str
    schedule: str
    enabled: bool = True
    checks: tuple[str, ...] = ()  # check ids and "family:*", as written
    prompt: str = ""
    params: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    silent: Literal["auto", "never", "always"] = "auto"
    deliver: tuple[str, ...] = ("discord",)
    mode: Mode | None = None
    model: str = ""
    fallbacks: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    context_from: tuple[str, ...] = ()
    timezone: str = ""  # an IANA zone; empty: the global one
    soul: str = ""
    timeout: timedelta = timedelta(minutes=10)
    catch_up: bool = True


class RunState(StrEnum):
    """States of a row in the run ledger."""

    DUE = "due"
    RUNNING = "running"
    OK = "ok"
    ALERT = "alert"
    UNKNOWN = "unknown"
    FAILED = "failed"
    SKIPPED = "skipped"
    MISSED = "missed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """What became of one due time of one Job (aware UTC)."""

    run_id: str
    job: str
    trigger: Literal["schedule", "catch_up", "manual"]
    due_at: datetime
    state: RunState
    started_at: datetime | None = None
    finished_at: datetime | None = None
    text: str = ""
