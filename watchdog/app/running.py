"""The command `run`: one Run now, its messages sent, its result and exit code returned."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from watchdog.app.cloning import clone_request
from watchdog.app.requests import Targets, Wish, request_of
from watchdog.domain.check import Check
from watchdog.domain.errors import Unanswered, Usage
from watchdog.domain.job import Job, Mode
from watchdog.domain.notification import Notification
from watchdog.domain.ports import Clock
from watchdog.domain.record import RunRecord
from watchdog.domain.run import RunRequest, RunResult, VerdictState
from watchdog.logic.words.json_view import run_json_text
from watchdog.loops.finished_run import Ran, told
from watchdog.loops.notify import Notify
from watchdog.loops.observe import Observer
from watchdog.loops.prompting import Prompted
from watchdog.version import sha, version

OK, NEEDS_HUMAN, CLUSTER, MODEL, DELIVERY = 0, 1, 4, 5, 6


Asking = Callable[[Ran, float], Awaitable[Ran]]
"""Asks models about what a Run found, for so many seconds, and returns the Run as it is then."""

Doing = Callable[[Ran], Awaitable[Ran]]
"""Does what may be done about what a Run found, and returns the Run as it is then."""

Prompting = Callable[[Job, RunRequest], Awaitable[Prompted]]

WAIT = 180.0


class Running:
    """Carries out Runs that a person asked for, with the parts that scheduled Runs use."""

    def __init__(
        self,
        *,
        observer: Observer,
        notify: Notify,
        checks: Sequence[Check],
        jobs: Callable[[], Sequence[Job]],
        record: Callable[[str], RunRecord],
        targets: Targets,
        mode: Mode,
        clock: Clock,
        acting: Doing,
        asking: Asking | None = None,
        prompting: Prompting | None = None,
    ) -> None:
        """Keep the parts; `jobs` is asked each time, as the file may change. Without `asking` no
        model is, and without `prompting` no job's question can be."""
        self._prompting = prompting
        self._observer = observer
        self._notify = notify
        self._checks = checks
        self._jobs = jobs
        self._record = record
        self._targets = targets
        self._mode = mode
        self._clock = clock
        self._asking = asking
        self._acting = acting

    async def command(self, args: Mapping[str, object]) -> object:
        """Run what `args` name (name or clone, deliver, mode, wait); return result JSON and exit code.

        Raises:
            Usage: no such job or check.
            Misconfigured: jobs.json or a check's settings are wrong.
        """
        request = await self._wanted(args)
        if request.asks is not None:
            patient = replace(request, wait=timedelta(seconds=seconds_of(args)))
            return await self._prompted(request.asks, patient)
        wait = seconds_of(args)
        [ran] = await self._observer.run([replace(request, wait=timedelta(seconds=wait))])
        if self._asking is not None and wait:
            ran = await self._asking(ran, wait)
        if request.mode == "act":
            ran = await self._acting(ran)
        delivered = await self._deliver(ran.notifications) if request.deliver else {}
        result = told(ran, delivered)
        return {
            "result": json.loads(run_json_text(result, version=version(), sha=sha())),
            "exit_code": exit_code(result, delivered),
        }

    async def _prompted(self, job: Job, request: RunRequest) -> object:
        if self._prompting is None:
            raise Unanswered(
                f"job {job.name} asks a model, and none is set up",
                hint="set OPENAI_BASE_URL and llm.model",
            )
        done = await self._prompting(job, request)
        delivered = await self._deliver(done.ran.notifications) if request.deliver else {}
        result = told(done.ran, delivered)
        return {
            "result": json.loads(run_json_text(result, version=version(), sha=sha())),
            "exit_code": exit_code(result, delivered) if done.answered else MODEL,
        }

    async def _wanted(self, args: Mapping[str, object]) -> RunRequest:
        wish = wish_of(args)
        if clone := str(args.get("clone") or ""):
            record = await asyncio.to_thread(self._record, clone)
            again = clone_request(
                record,
                checks=self._checks,
                targets=self._targets,
                mode=self._mode,
                now=self._clock.now(),
                silently=wish.deliver == "none",
            )
            return await self._asking_again(again) if "answer" in record.result else again
        return request_of(
            wish,
            jobs=await asyncio.to_thread(self._jobs) if args.get("name") else (),
            checks=self._checks,
            targets=self._targets,
            mode=self._mode,
            now=self._clock.now(),
        )

    async def _asking_again(self, request: RunRequest) -> RunRequest:
        """The question as the job asks it now; the record has its answer alone."""
        for job in await asyncio.to_thread(self._jobs):
            if job.name == request.job and job.prompt:
                return replace(request, asks=job)
        hint = 'ask it once more: watchdog ask "..."; the jobs: watchdog cron list'
        raise Usage(f"{request.job} is no job that asks a model", hint=hint)

    async def _deliver(self, rows: Sequence[Notification]) -> dict[int, bool]:
        """Send everything that is due, also what a killed Run left; answer for `rows` alone."""
        await self._notify.deliver(None)
        return await self._notify.arrived([row.id for row in rows])


def wish_of(args: Mapping[str, object]) -> Wish:
    """Read what came through the door.

    Raises:
        Usage: a value that `watchdog run` would not accept.
    """
    deliver, mode = args.get("deliver", "auto"), args.get("mode")
    if deliver not in ("auto", "always", "none"):
        raise Usage(f"deliver cannot be {deliver}", hint="use auto, always or none")
    if mode not in ("observe", "suggest", "act", None):
        raise Usage(f"mode cannot be {mode}", hint="use observe, suggest or act")
    return Wish(name=str(args.get("name") or ""), deliver=deliver, mode=mode)


def seconds_of(args: Mapping[str, object]) -> float:
    """Return how long models may be asked.

    Raises:
        Usage: it is no number of seconds.
    """
    wait = args.get("wait", WAIT)
    if not isinstance(wait, int | float) or not 0 <= wait <= timedelta(days=1).total_seconds():
        raise Usage(f"wait cannot be {wait}", hint="use a number of seconds; 0 asks no model")
    return float(wait)


def exit_code(result: RunResult, delivered: Mapping[int, bool]) -> int:
    """The most severe of: not everything read, not everything delivered, a human is needed."""
    if result.verdict is VerdictState.UNKNOWN:
        return CLUSTER
    if not all(delivered.values()):
        return DELIVERY
    return NEEDS_HUMAN if result.verdict is VerdictState.ALERT else OK
