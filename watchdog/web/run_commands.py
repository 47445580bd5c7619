"""Records of Runs as commands: list and show. JSON in, JSON out."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from watchdog.domain.job import RunState
from watchdog.domain.ports import Clock
from watchdog.logic.words.run_view import caused, exchange_json, line_json, record_json
from watchdog.store import calls, exchanges, outbox, records
from watchdog.store.engine import Store
from watchdog.store.records import Wanted
from watchdog.web.arguments import Arguments, command
from watchdog.web.door import Command

# How a Run ended, in the words of a verdict where it came to one.
Ended = Literal[
    "healthy", "alert", "unknown", "failed", "skipped", "missed", "cancelled", "running"
]


class _List(Arguments):
    job: str = ""
    verdict: Ended | None = None
    since_seconds: float | None = Field(default=None, gt=0)
    cost_over: float | None = Field(default=None, ge=0)
    text: str = Field(default="", max_length=200)
    limit: int = Field(default=50, ge=1, le=1000)


class _Show(Arguments):
    id: str
    brief: bool = False


def run_commands(store: Store, clock: Clock) -> dict[str, Command]:
    """The commands by dotted name.

    `runs.list {job?, verdict?, since_seconds?, cost_over?, text?, limit?}`, newest first, and
    `runs.show {id, brief?}`: `brief` adds what was said to models. An id may be a unique part of one.
    """

    def listed(asked: _List) -> object:
        since = timedelta(seconds=asked.since_seconds) if asked.since_seconds else None
        wanted = Wanted(
            job=asked.job,
            state=state_of(asked.verdict),
            since=clock.now() - since if since else None,
            cost_over=asked.cost_over,
            text=asked.text,
            limit=asked.limit,
        )
        return [line_json(line) for line in records.select_runs(store, wanted)]

    def show(asked: _Show) -> object:
        found = records.find(store, asked.id)
        run_id = found.line.entry.run_id
        messages = outbox.reread(store, caused(found))
        shown = record_json(found, calls.of_run(store, run_id), messages)
        if asked.brief:
            said = exchanges.of_run(store, run_id)
            shown["exchanges"] = [exchange_json(each) for each in said]
        return shown

    return {"runs.list": command(_List, listed), "runs.show": command(_Show, show)}


def state_of(verdict: Ended | None) -> RunState | None:
    """The state in the ledger of Runs that ended in this way; None for all."""
    if verdict is None:
        return None
    return RunState.OK if verdict == "healthy" else RunState(verdict)
