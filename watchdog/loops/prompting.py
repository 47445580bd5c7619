"""Jobs that ask a model: what they are told of other jobs, the answer, its message and its record.

The answer is an opinion: it opens and closes no Incident, and the verdict is that of the rules.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from watchdog.domain.asking import Opinion
from watchdog.domain.incident import Incident, Status
from watchdog.domain.job import Job, RunState
from watchdog.domain.model import CallOutcome
from watchdog.domain.notification import Message, Notification
from watchdog.domain.ports import Clock
from watchdog.domain.record import Frame
from watchdog.domain.run import RunRequest, RunResult, Unknown, VerdictState
from watchdog.logic.incident.detect import base_unknowns
from watchdog.logic.incident.verdict import verdict
from watchdog.logic.timetable.grammar import parse_schedule
from watchdog.logic.timetable.schedule import shortest_period
from watchdog.logic.triage.context import FINISHED, Before, context
from watchdog.logic.triage.opinion import is_silent
from watchdog.logic.words.opinion import opinion_message
from watchdog.logic.words.run_record import run_record
from watchdog.loops.inquiry import BUDGET, Inquired, Inquirer, Inquiry
from watchdog.loops.observe import Ran
from watchdog.loops.path_state import PathState
from watchdog.loops.settling import spent_of
from watchdog.store import calls, incidents, ledger, records
from watchdog.store.engine import Store
from watchdog.store.incidents import RunRow

log = structlog.get_logger()

_SHARE = 0.8  # of the job's timeout: what is left is for reading and saving
_STATES = {
    VerdictState.HEALTHY: RunState.OK,
    VerdictState.ALERT: RunState.ALERT,
    VerdictState.UNKNOWN: RunState.UNKNOWN,
}
# The way to the models itself is broken: that is told once for all jobs.
_DOWN = (CallOutcome.NO_ANSWER, CallOutcome.REFUSED_KEY, CallOutcome.WRONG_REQUEST)
_TOLD_ELSEWHERE = (*(each.value for each in _DOWN), CallOutcome.BUDGET.value, BUDGET, "shut")
UNHEARD = "the model's silence does not count: not everything went well"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompted:
    """A finished Run of a question, and whether it gave an answer."""

    ran: Ran
    answered: bool


class Prompter:
    """Runs the jobs that have a prompt."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        inquirer: Inquirer,
        state: PathState,
        frame: Callable[[RunRequest], Frame],
        models: Callable[[Job], tuple[str, ...]],
        jobs: Callable[[], Sequence[Job]],
        cluster: str,
    ) -> None:
        """`models` is the chain of a job, `jobs` are those in force, `cluster` the display name."""
        self._store = store
        self._clock = clock
        self._inquirer = inquirer
        self._state = state
        self._frame = frame
        self._models = models
        self._jobs = jobs
        self._cluster = cluster

    async def run(self, job: Job, request: RunRequest) -> Prompted:
        """Ask, tell whom the job tells, and record.

        Raises:
            Transient, Permanent: the cluster cannot be read at all.
            StoreFailed: nothing was recorded.
        """
        started = self._clock.now()
        before = await asyncio.to_thread(self._before, job)
        inquired = await self._inquirer.ask(
            Inquiry(
                question=job.prompt,
                run_id=request.run_id,
                models=self._models(job),
                seconds=_patience(job, request).total_seconds(),
                soul=job.soul,
                tools=job.tools,
                context=context(before, started),
            )
        )
        said = await self._path(inquired.opinion)
        unknown = _unknown(job, inquired)
        quiet_allowed = inquired.opinion.whole and not unknown and all(x.well for x in before)
        result = RunResult(
            run_id=request.run_id,
            job=job.name,
            started_at=started,
            finished_at=self._clock.now(),
            cluster=self._cluster,
            verdict=verdict(unknown, inquired.incidents),
            unknown=unknown,
            incidents=_shown(inquired.incidents),
            told=(),
            spent=spent_of(await asyncio.to_thread(calls.of_run, self._store, request.run_id)),
        )
        rows = await asyncio.to_thread(
            self._save, request, result, inquired, quiet_allowed=quiet_allowed
        )
        return Prompted(
            ran=Ran(result=result, notifications=(*rows, *said)),
            answered=not inquired.opinion.failed,
        )

    async def _path(self, opinion: Opinion) -> tuple[Notification, ...]:
        """What is said of the way to the models: somebody waits for this answer."""
        if opinion.failed in [each.value for each in _DOWN]:
            return await self._state.is_down(opinion.note)
        if opinion.failed == BUDGET:
            return await self._state.spent(f"{self._clock.now():%Y-%m-%d}", opinion.note)
        if opinion.failed:
            return ()  # the job's own message says so
        return await self._state.judge(await self._inquirer.passed())

    def _before(self, job: Job) -> tuple[Before, ...]:
        named = {each.name: each for each in self._jobs()}
        return tuple(self._last(named[name]) for name in job.context_from if name in named)

    def _last(self, job: Job) -> Before:
        period = shortest_period(parse_schedule(job.schedule))
        recent = ledger.recent(self._store, job=job.name, limit=20)
        last = next((each for each in recent if each.state in FINISHED), None)
        if last is None:
            return Before(job=job.name, period=period)
        record = records.find(self._store, last.run_id).result
        ids = _ids(record)
        found = [
            each
            for each in incidents.select(self._store, statuses=(Status.OPEN, Status.ACKNOWLEDGED))
            if each.id in ids
        ]
        return Before(job=job.name, period=period, last=last, record=record, found=found)

    def _save(
        self, request: RunRequest, result: RunResult, inquired: Inquired, *, quiet_allowed: bool
    ) -> tuple[Notification, ...]:
        opinion = inquired.opinion
        state = RunState.FAILED if opinion.failed else _STATES[result.verdict]
        frame = self._frame(request)
        record = run_record(request, frame, result, (), unsaid={})
        asked = {
            "answer": opinion.text,
            "note": opinion.note,
            "failed": opinion.failed,
            "read": [each.what for each in opinion.readings],
        }
        message = _message(request, result, opinion, quiet_allowed=quiet_allowed)
        return incidents.save_run(
            self._store,
            run=RunRow(
                run_id=request.run_id,
                job=request.job,
                trigger=request.trigger,
                cluster=inquired.snapshot.cluster,
                started_at=result.started_at,
                finished_at=result.finished_at,
                state=state,
                verdict=result.verdict.value,
                result={**record, **asked},
            ),
            incidents=(),
            dropped=(),
            transitions=(),
            messages=[(target, message) for target in request.deliver] if message else [],
        )


def _patience(job: Job, request: RunRequest) -> timedelta:
    """How long the model may take: a person who waits may have less time than the job."""
    most = job.timeout * _SHARE
    return most if request.wait is None else min(most, request.wait)


def _message(
    request: RunRequest, result: RunResult, opinion: Opinion, *, quiet_allowed: bool
) -> Message | None:
    """What is told; None when nothing is."""
    if request.silent == "always" or opinion.failed in _TOLD_ELSEWHERE:
        return None
    silent = is_silent(opinion.text)
    if silent and request.silent != "never" and quiet_allowed:
        return None
    if silent and not quiet_allowed:
        log.warning("a model's silence does not count", job=request.job, run_id=request.run_id)
    return opinion_message(
        request.job,
        request.run_id,
        int(result.finished_at.timestamp()),
        replace(opinion, text="The model has nothing to tell.") if silent else opinion,
        incidents=result.incidents,
        note=UNHEARD if silent and not quiet_allowed else "",
    )


def _unknown(job: Job, inquired: Inquired) -> tuple[Unknown, ...]:
    """What could not be read, and the answer that did not come: neither is ever healthy."""
    opinion, base = inquired.opinion, base_unknowns(inquired.snapshot)
    if not opinion.failed:
        return base
    lacking = Unknown(check=job.name, need="model", reason="model", text=opinion.note)
    return (*base, lacking)


def _shown(known: Sequence[Incident]) -> tuple[Incident, ...]:
    return tuple(each for each in known if each.standing)


def _ids(record: Mapping[str, object]) -> frozenset[str]:
    """The ids of the Incidents of a recorded Run."""
    found = record.get("incidents")
    groups = found.values() if isinstance(found, Mapping) else ()
    return frozenset(str(each) for group in groups if isinstance(group, list) for each in group)
