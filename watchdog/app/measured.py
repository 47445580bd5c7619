"""A measurement of a model as a Run: under way until it is over or cancelled, then a record."""

import asyncio
from collections.abc import Awaitable, Callable

from watchdog.app.counted_questions import CountedQuestions
from watchdog.app.home import Home
from watchdog.app.measuring_commands import Means
from watchdog.app.requests import run_id
from watchdog.domain.errors import RunCancelled
from watchdog.domain.job import RunState
from watchdog.domain.run import RunRequest
from watchdog.logic.words.run_record import SCHEMA
from watchdog.store import incidents, ledger
from watchdog.store.incidents import RunRow
from watchdog.version import sha, version

Json = dict[str, object]
# What came of it as JSON, and in a line.
Work = Callable[[CountedQuestions], Awaitable[tuple[Json, str]]]


async def measured(means: Means, job: str, model: str, work: Work) -> Json:
    """Carry out `work` with questions of its own, and return what came of it, stored as a Run.

    Raises:
        Unanswered: going on was useless; the record says why.
        RunCancelled: a person ended it.
        StoreFailed: the records cannot be written.
    """
    started = means.clock.now()
    request = RunRequest(run_id=run_id(job, started), job=job, trigger="manual", checks=())
    questions = CountedQuestions(means, request.run_id)
    try:
        async with means.under_way.begin([request]) as batch:
            found, line = await work(questions)
            batch.seen()
            if not batch.goes_on(request.run_id):
                raise RunCancelled("the run was cancelled before it was kept")
            shown = {"run_id": request.run_id, "model": model, **found, **questions.tally.shown}
            row = RunRow(
                run_id=request.run_id,
                job=job,
                trigger=request.trigger,
                cluster="",
                started_at=started,
                finished_at=means.clock.now(),
                state=RunState.OK,
                verdict="",
                result=_record(job, model, shown),
            )
            await asyncio.to_thread(_keep, means.home, row, f"{model}: {line}")
            return shown
    finally:
        await questions.close()


def _record(job: str, model: str, shown: Json) -> Json:
    return {
        "schema": SCHEMA,
        "agent": {"version": version(), "sha": sha()},
        "model": {"requested": model, "fallbacks": []},
        job: shown,
    }


def _keep(home: Home, row: RunRow, line: str) -> None:
    incidents.save_run(home.store, run=row, incidents=(), dropped=(), transitions=(), messages=())
    ledger.note(home.store, row.run_id, line)
