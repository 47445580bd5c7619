"""Jobs that ask a model: what they are told of other jobs, and what people are told of the answer."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from watchdog.domain.asking import SHUT, Opinion
from watchdog.domain.incident import Status
from watchdog.domain.job import Job
from watchdog.domain.model import CallOutcome
from watchdog.domain.notification import Message, Notification
from watchdog.domain.ports import Clock
from watchdog.domain.run import RunRequest, RunResult
from watchdog.logic.timetable.grammar import parse_schedule
from watchdog.logic.timetable.schedule import shortest_period
from watchdog.logic.triage.breaker import astray
from watchdog.logic.triage.context import FINISHED, Before, context
from watchdog.logic.triage.opinion import is_silent
from watchdog.logic.words.opinion import opinion_message
from watchdog.loops.finished_run import Ran
from watchdog.loops.gate import Gate
from watchdog.loops.inquiry import Inquired, Inquiry
from watchdog.loops.opinions import Opinions
from watchdog.loops.path_state import PathState
from watchdog.store import incidents, ledger, records
from watchdog.store.engine import Store

log = structlog.get_logger()

_SHARE = 0.8  # of the job's timeout: what is left is for reading and saving
# The way to the models itself is broken: that is told once for all jobs.
_DOWN = (CallOutcome.NO_ANSWER, CallOutcome.REFUSED_KEY, CallOutcome.WRONG_REQUEST)
_TOLD_ELSEWHERE = (*(each.value for each in _DOWN), CallOutcome.BUDGET.value, SHUT)
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
        opinions: Opinions,
        gate: Gate,
        state: PathState,
        models: Callable[[Job], tuple[str, ...]],
        jobs: Callable[[], Sequence[Job]],
    ) -> None:
        """`models` is the chain of a job, `jobs` are those in force."""
        self._store = store
        self._clock = clock
        self._opinions = opinions
        self._gate = gate
        self._state = state
        self._models = models
        self._jobs = jobs

    async def run(self, job: Job, request: RunRequest) -> Prompted:
        """Ask, tell whom the job tells, and record.

        Raises:
            RunCancelled: a person ended it.
            Transient, Permanent: the cluster cannot be read at all.
            StoreFailed: nothing was recorded.
        """
        before = await asyncio.to_thread(self._before, job)
        inquiry = Inquiry(
            question=job.prompt,
            run_id=request.run_id,
            models=self._models(job),
            seconds=_patience(job, request).total_seconds(),
            soul=job.soul,
            tools=job.tools,
            context=context(before, self._clock.now()),
        )
        well = all(each.well for each in before)
        answered = await self._opinions.run(
            request,
            inquiry,
            lambda result, inquired: self._message(request, result, inquired, well=well),
        )
        said = await self._path(answered.inquired.opinion)
        return Prompted(
            ran=Ran(result=answered.result, notifications=(*answered.rows, *said)),
            answered=not answered.inquired.opinion.failed,
        )

    def _message(
        self, request: RunRequest, result: RunResult, inquired: Inquired, *, well: bool
    ) -> Message | None:
        opinion = inquired.opinion
        elsewhere = opinion.failed in _TOLD_ELSEWHERE and not self._astray(opinion)
        return None if elsewhere else _message(request, result, inquired, well=well)

    def _astray(self, opinion: Opinion) -> bool:
        """Whether only the models that the job names could not be had: no other job is hit by it."""
        calls = opinion.calls[-1:]
        return bool(opinion.failed) and any(astray(each, self._gate.models) for each in calls)

    async def _path(self, opinion: Opinion) -> tuple[Notification, ...]:
        """What is said of the way to the models: somebody waits for this answer."""
        for call in opinion.calls:
            self._state.warn(call, self._gate.today())
        if self._astray(opinion):
            return ()
        if opinion.failed in [each.value for each in _DOWN]:
            return await self._state.is_down(opinion.note)
        if opinion.failed == CallOutcome.BUDGET.value:
            return await self._state.spent(self._gate.today(), opinion.note)
        if opinion.failed:
            return ()  # the job's own message says so
        return await self._state.judge((await asyncio.to_thread(self._gate.look)).calls)

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


def _patience(job: Job, request: RunRequest) -> timedelta:
    """How long the model may take: a person who waits may have less time than the job."""
    most = job.timeout * _SHARE
    return most if request.wait is None else min(most, request.wait)


def _message(
    request: RunRequest, result: RunResult, inquired: Inquired, *, well: bool
) -> Message | None:
    """What is told; None when nothing is. `well`: so were the jobs that it was told of."""
    opinion = inquired.opinion
    quiet_allowed = opinion.whole and not result.unknown and well
    if request.silent == "always":
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


def _ids(record: Mapping[str, object]) -> frozenset[str]:
    """The ids of the Incidents of a recorded Run."""
    found = record.get("incidents")
    groups = found.values() if isinstance(found, Mapping) else ()
    return frozenset(str(each) for group in groups if isinstance(group, list) for each in group)
