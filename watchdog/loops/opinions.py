"""A question to a model as a Run: under way until it is answered, cancelled or over; then its record.

The answer is an opinion: it opens and closes no Incident, and the verdict is that of the rules.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.errors import RunCancelled
from watchdog.domain.incident import Incident
from watchdog.domain.job import RunState
from watchdog.domain.notification import Message, Notification
from watchdog.domain.ports import Clock
from watchdog.domain.record import Frame
from watchdog.domain.run import RunRequest, RunResult, Unknown
from watchdog.logic.incident.detect import base_unknowns
from watchdog.logic.incident.verdict import verdict
from watchdog.logic.words.run_record import run_record
from watchdog.loops.inquiry import Inquired, Inquirer, Inquiry
from watchdog.loops.settling import spent_of
from watchdog.loops.under_way import RunsUnderWay
from watchdog.store import calls, incidents, ledger
from watchdog.store.engine import Store
from watchdog.store.incidents import RunRow

_NOTE = 200  # characters

Telling = Callable[[RunResult, Inquired], Message | None]


Counting = Callable[[str, RunState, timedelta, bool], None]
"""Takes note of a Run, for figures: its job, how it ended, how long it took, whether it was told."""


def uncounted(_job: str, _state: RunState, _took: timedelta, _told: bool) -> None:
    """The Counting of a process that shows no figures."""


def untold(_result: RunResult, _inquired: Inquired) -> None:
    """The Telling of a question whose answer only the asker gets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A finished Run of a question, and the rows of the outbox it caused."""

    inquired: Inquired
    result: RunResult
    rows: tuple[Notification, ...]


class Opinions:
    """Carries out questions as Runs, whoever asks them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        inquirer: Inquirer,
        under_way: RunsUnderWay,
        frame: Callable[[RunRequest], Frame],
        cluster: str,
        counting: Counting = uncounted,
    ) -> None:
        """`under_way` are where a person finds what can be cancelled, `cluster` is the display name."""
        self._store = store
        self._clock = clock
        self._inquirer = inquirer
        self._under_way = under_way
        self._frame = frame
        self._cluster = cluster
        self._counting = counting

    async def run(
        self, request: RunRequest, inquiry: Inquiry, telling: Telling = untold
    ) -> Answered:
        """Ask and record; what `telling` makes of it is told to the targets of the request.

        Raises:
            RunCancelled: a person ended it; the record says so.
            Transient, Permanent: the cluster cannot be read at all.
            StoreFailed: the records cannot be read or written.
        """
        begun, state, told = self._clock.monotonic(), RunState.FAILED, False
        try:
            answered = await self._carry_out(request, inquiry, telling)
            state, told = _state(answered.inquired, answered.result), bool(answered.rows)
        except (RunCancelled, asyncio.CancelledError):
            state = RunState.CANCELLED
            raise
        else:
            return answered
        finally:
            took = timedelta(seconds=self._clock.monotonic() - begun)
            self._counting(request.job, state, took, told)

    async def _carry_out(self, request: RunRequest, inquiry: Inquiry, telling: Telling) -> Answered:
        started = self._clock.now()
        async with self._under_way.begin([request]) as batch:
            inquired = await self._inquirer.ask(inquiry)
            batch.seen()
            if not batch.goes_on(request.run_id):
                raise RunCancelled("the run was cancelled before its answer was kept")
            return await asyncio.to_thread(self._save, request, inquired, started, telling)

    def _save(
        self, request: RunRequest, inquired: Inquired, started: datetime, telling: Telling
    ) -> Answered:
        result = self._result(request, inquired, started)
        message = telling(result, inquired)
        rows = incidents.save_run(
            self._store,
            run=self._row(request, result, inquired),
            incidents=(),
            dropped=(),
            transitions=(),
            messages=[(target, message) for target in request.deliver] if message else [],
        )
        if inquired.opinion.failed:
            ledger.note(self._store, request.run_id, _first_line(inquired.opinion.note))
        return Answered(inquired=inquired, result=result, rows=rows)

    def _result(self, request: RunRequest, inquired: Inquired, started: datetime) -> RunResult:
        unknown = _unknown(request, inquired)
        return RunResult(
            run_id=request.run_id,
            job=request.job,
            started_at=started,
            finished_at=self._clock.now(),
            cluster=self._cluster,
            verdict=verdict(unknown, inquired.incidents),
            unknown=unknown,
            incidents=_shown(inquired.incidents),
            told=(),
            spent=spent_of(calls.of_run(self._store, request.run_id)),
        )

    def _row(self, request: RunRequest, result: RunResult, inquired: Inquired) -> RunRow:
        opinion = inquired.opinion
        asked = {
            "answer": opinion.text,
            "note": opinion.note,
            "failed": opinion.failed,
            "read": [each.what for each in opinion.readings],
        }
        return RunRow(
            run_id=request.run_id,
            job=request.job,
            trigger=request.trigger,
            cluster=inquired.snapshot.cluster,
            started_at=result.started_at,
            finished_at=result.finished_at,
            state=_state(inquired, result),
            verdict=result.verdict.value,
            result={**run_record(request, self._frame(request), result, (), unsaid={}), **asked},
        )


def _first_line(text: str) -> str:
    """As much of a reason as a list of Runs has room for."""
    return next(iter(text.splitlines()), "")[:_NOTE]


def _state(inquired: Inquired, result: RunResult) -> RunState:
    return RunState.FAILED if inquired.opinion.failed else result.verdict.run_state


def _unknown(request: RunRequest, inquired: Inquired) -> tuple[Unknown, ...]:
    """What could not be read, and the answer that did not come: neither is ever healthy."""
    opinion, base = inquired.opinion, base_unknowns(inquired.snapshot)
    if not opinion.failed:
        return base
    lacking = Unknown(check=request.job, need="model", reason="model", text=opinion.note)
    return (*base, lacking)


def _shown(known: Sequence[Incident]) -> tuple[Incident, ...]:
    return tuple(each for each in known if each.standing)
