"""All tables. Rows only: no statement and no decision lives here."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from watchdog.domain.attempt import Answer, Considered, Health, Look, Result, Verified
from watchdog.domain.evidence import Evidence, Explanation, Proposal
from watchdog.domain.incident import Announced, Status
from watchdog.domain.job import RunState
from watchdog.domain.model import CallOutcome, Turn
from watchdog.domain.notification import NotificationKind
from watchdog.domain.plan import Plan
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.domain.soul import ClusterFacts
from watchdog.domain.triage import Brief
from watchdog.domain.triaged import TriageOutcome

if TYPE_CHECKING:
    pass
from watchdog.store.columns import Json, Prose, UtcDateTime, Word

metadata = MetaData()


def _time(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, UtcDateTime, nullable=nullable)


def _prose(name: str) -> Column[str]:
    return Column(name, Prose, nullable=False)


incident = Table(
    "incident",
    metadata,
    Column("cluster", String, primary_key=True),
    Column("fingerprint", String, primary_key=True),
    Column("opening", Integer, primary_key=True, autoincrement=False),
    Column("id", String, nullable=False),
    Column("status", Word(Status), nullable=False),
    _prose("check"),
    _prose("reason"),
    Column("severity", Word(Severity), nullable=False),
    Column("subjects", Json(tuple[Ref, ...]), nullable=False),
    Column("affected", Json(tuple[Ref, ...]), nullable=False),
    _prose("shared"),
    _time("since"),
    _time("first_seen_at"),
    _time("last_seen_at"),
    _time("counted_at"),
    Column("sightings", Integer, nullable=False),
    Column("clear_runs", Integer, nullable=False),
    _time("opened_at", nullable=True),
    _time("resolved_at", nullable=True),
    _prose("title"),
    Column("explanation", Json(Explanation), nullable=False),
    Column("evidence", Json(tuple[Evidence, ...]), nullable=False),
    Column("proposal", Json(Proposal | None), nullable=False),
    Column("remediation", Json(Considered | None), nullable=False),
    _prose("acknowledged_by"),
    _prose("inhibited_by"),
    Column("announced", Json(tuple[Announced, ...]), nullable=False),
    Column("reopened", Integer, nullable=False),
    UniqueConstraint("id", name="incident_id"),
    Index("incident_status", "status"),
)

journal = Table(
    "journal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident", String, nullable=False),
    _time("at"),
    Column("kind", String, nullable=False),
    _prose("text"),
    Index("journal_incident", "incident"),
)

# One row is one due time of one Job, and what became of it.
run = Table(
    "run",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("job", String, nullable=False),
    Column("trigger", String, nullable=False),
    _time("due_at"),
    Column("state", Word(RunState), nullable=False),
    _time("started_at", nullable=True),
    _time("finished_at", nullable=True),
    _prose("text"),
    _prose("cluster"),
    Column("verdict", String, nullable=False),
    Column(
        "result", Text, nullable=False
    ),  # JSON: what changed and was to be said; "" without an end
    UniqueConstraint("job", "due_at", name="run_job_due_at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("target", String, nullable=False),
    Column("kind", Word(NotificationKind), nullable=False),
    Column("thread", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("severity", Word(Severity), nullable=False),
    _prose("title"),
    _prose("text"),
    Column("quiet", Boolean, nullable=False),
    _time("created_at"),
    _time("next_try_at"),
    Column("tries", Integer, nullable=False),
    _time("delivered_at", nullable=True),
    _prose("failed"),
    Column("abandoned", Boolean, nullable=False),
    _prose("receipt"),
    Index("outbox_thread", "target", "thread"),
    Index("outbox_waiting", "delivered_at", "abandoned"),
    # An id must not come back after a deletion: who is sending a row knows it by its id alone.
    sqlite_autoincrement=True,
)

# One row is one message of the outbox that waits for a model's words, and what they need to be said.
hold = Table(
    "hold",
    metadata,
    Column("outbox", Integer, primary_key=True, autoincrement=False),
    Column("incident", String, nullable=False),
    Column("run_id", String, nullable=False),
    _time("at"),
    Index("hold_incident", "incident"),
)

triage = Table(
    "triage",
    metadata,
    Column("incident", String, primary_key=True),
    Column("digest", String, primary_key=True),
    _time("at"),
    Column("outcome", Word(TriageOutcome), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("explanation", Json(Explanation | None), nullable=False),
    Column("priority", String, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("veto", Boolean, nullable=False),
    Column("dropped", Integer, nullable=False),
    Column("reasons", Json(tuple[str, ...]), nullable=False),
)

llm_call = Table(
    "llm_call",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", String, nullable=False),
    Column("incident", String, nullable=False),
    Column("path", String, nullable=False),
    Column("purpose", String, nullable=False),
    _time("at"),
    Column("seconds", Float, nullable=False),
    Column("outcome", Word(CallOutcome), nullable=False),
    _prose("requested"),
    _prose("served"),
    _prose("call_id"),
    Column("requests", Integer, nullable=False),
    Column("fallbacks", Integer, nullable=False),
    Column("input_tokens", Integer, nullable=True),
    Column("output_tokens", Integer, nullable=True),
    Column("cost_usd", Float, nullable=True),
    _prose("error"),
    Column("warnings", Json(tuple[str, ...]), nullable=False),
    Index("llm_call_at", "at"),
    Index("llm_call_run", "run_id"),
)

# What was sent and what came back, redacted. `size` is that of the texts, for the limit of them all.
exchange = Table(
    "exchange",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", String, nullable=False),
    Column("incident", String, nullable=False),
    Column("purpose", String, nullable=False),
    _time("at"),
    Column("turns", Json(tuple[Turn, ...]), nullable=False),
    _prose("answer"),
    _prose("requested"),
    _prose("served"),
    Column("soul", String, nullable=False),
    Column("brief", Json(Brief | None), nullable=False),
    Column("cluster", Json(ClusterFacts | None), nullable=False),
    Column("size", Integer, nullable=False),
    Index("exchange_run", "run_id"),
)

# One row is one carrying-out of a Plan: written before the first call, completed after the last.
attempt = Table(
    "attempt",
    metadata,
    Column("id", String, primary_key=True),
    Column("incident", String, nullable=False),
    Column("cluster", String, nullable=False),
    Column("plan", Json(Plan), nullable=False),
    _time("begun_at"),
    Column("before", Json(Health | None), nullable=False),
    _time("deadline"),
    Column("result", Word(Result), nullable=False),
    _time("result_at", nullable=True),
    _prose("text"),
    _prose("approved_by"),
    Column("looks", Json(tuple[Look, ...]), nullable=False),
    Column("verified", Word(Verified), nullable=False),
    _time("verified_at", nullable=True),
    Column("reasons", Json(tuple[str, ...]), nullable=False),
    Index("attempt_incident", "incident"),
    Index("attempt_begun_at", "begun_at"),
)

approval = Table(
    "approval",
    metadata,
    Column("id", String, primary_key=True),
    Column("incident", String, nullable=False),
    Column("plan", Json(Plan), nullable=False),
    _time("asked_at"),
    _time("expires_at"),
    Column("answer", Word(Answer), nullable=False),
    _prose("by"),
    _time("answered_at", nullable=True),
    Index("approval_incident", "incident"),
)

# Holds at most one row for each time the breaker opened; open while nobody has closed it.
breaker = Table(
    "breaker",
    metadata,
    Column("id", Integer, primary_key=True),
    _time("opened_at"),
    _prose("reason"),
    _time("closed_at", nullable=True),
    _prose("closed_by"),
)

silence = Table(
    "silence",
    metadata,
    Column("id", Integer, primary_key=True),
    _prose("reason"),
    _prose("author"),
    _time("created_at"),
    _time("ends_at"),
    _prose("incident"),
    _prose("check"),
    _prose("fault"),
    _prose("namespace"),
    _prose("name"),
    sqlite_autoincrement=True,
)

note = Table(
    "note",
    metadata,
    Column("id", Integer, primary_key=True),
    _time("at"),
    _prose("author"),
    _prose("text"),
)

job_seen = Table("job_seen", metadata, Column("job", String, primary_key=True), _time("at"))

job_pause = Table(
    "job_pause", metadata, Column("job", String, primary_key=True), _time("at"), _prose("reason")
)

# The next two hold at most one row.
jobs_file = Table("jobs_file", metadata, _prose("text"), _time("at"))

cluster = Table(
    "cluster", metadata, Column("uid", String, primary_key=True), _prose("name"), _time("at")
)
