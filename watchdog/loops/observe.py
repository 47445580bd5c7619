"""The observe loop's work: one tick's Runs over one Snapshot, saved in one transaction each."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchdog.domain.check import Check
from watchdog.domain.errors import RunCancelled
from watchdog.domain.incident import Incident
from watchdog.domain.notification import Message
from watchdog.domain.ports import Clock, Cluster
from watchdog.domain.record import Frame, RunRecord
from watchdog.domain.run import RunRequest, RunResult, Unknown
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.incident.detect import needs_of
from watchdog.logic.incident.reconcile import FLAPS_WITHIN, Reconciled
from watchdog.logic.incident.speech import Manners, Spoken
from watchdog.logic.incident.suppress import speak
from watchdog.logic.incident.verdict import unknowns, verdict
from watchdog.logic.words.daily import NEEDS as REPORT_NEEDS
from watchdog.logic.words.daily import Records, daily_report
from watchdog.logic.words.report import report
from watchdog.logic.words.run_record import run_record
from watchdog.loops.finished_run import Ran, run_row
from watchdog.loops.judging import judge, of_run
from watchdog.loops.look import CheckParams, View
from watchdog.loops.messages import messages_of
from watchdog.loops.observe_ports import Advisor, Explainer, RunRecorder
from watchdog.loops.timed_look import TimedLook
from watchdog.loops.under_way import RunsUnderWay
from watchdog.store import attempts, calls, incidents, jobsfile, outbox, records, silences
from watchdog.store.engine import Store
from watchdog.store.holds import Holding
from watchdog.store.incidents import Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What does not change between Runs."""

    checks: Sequence[Check]
    params: CheckParams
    frame: Callable[[RunRequest], Frame]
    namespace: str  # the own one
    ignored: Sequence[str] = ()  # ids of checks that are switched off
    remind_after: timedelta = timedelta(hours=24)
    storm_limit: int = 10
    tell_repairs: bool = True


class Observer:
    """Runs checks and keeps Incidents. One batch at a time: Runs share the store and the Snapshot."""

    def __init__(
        self,
        *,
        cluster: Cluster,
        store: Store,
        clock: Clock,
        setting: Setting,
        recorder: RunRecorder,
        explainer: Explainer | None = None,
        advisor: Advisor | None = None,
    ) -> None:
        """Keep the parts; nothing is read or written yet. Without an explainer no model is asked,
        without an advisor nothing is considered."""
        self._cluster = cluster
        self._look = TimedLook(
            cluster=cluster, store=store, clock=clock, checks=setting.checks, params=setting.params
        )
        self._store = store
        self._clock = clock
        self._setting = setting
        self._recorder = recorder
        self._explainer = explainer
        self._advisor = advisor
        self.under_way = RunsUnderWay(store, clock)
        self._turn = asyncio.Lock()

    async def run(self, requests: Sequence[RunRequest]) -> list[Ran]:
        """Run all requests of one tick over one Snapshot; results in the order of the requests.

        Those that a person cancels meanwhile are left out.

        Raises:
            RunCancelled: all of them were.
            Misconfigured: settings that do not fit, or a home that belongs to another cluster.
            StoreFailed: the database cannot be used.
        """
        async with self.under_way.begin(requests) as batch, self._turn:
            started = self._clock.now()
            wanted = {name for request in requests for name in request.checks}
            own = [check for check in self._setting.checks if check.id in wanted]
            needs = needs_of(own)
            if self._advisor is not None:
                needs |= self._advisor.needs(own)
            if any(_is_report(request) for request in requests):
                needs |= frozenset(REPORT_NEEDS)
            views = await self._look.see(requests, needs)
            batch.seen()
            ran = []
            for request in requests:
                if not batch.goes_on(request.run_id):
                    continue
                clock_start = self._clock.monotonic()
                done = await self._one(request, views[str(request.params)], started)
                took = timedelta(seconds=self._clock.monotonic() - clock_start)
                told_any = bool(done.notifications)
                self._recorder.ran(request, done.result, took=took, told=told_any)
                ran.append(done)
            if not ran:
                raise RunCancelled("the run was cancelled before it was judged")
            return ran

    def record(self, part: str) -> RunRecord:
        """Return the record of the Run with this part of an id; in a thread.

        Raises:
            Usage: there is none, or more than one.
        """
        return records.find(self._store, part)

    async def _one(self, request: RunRequest, view: View, started: datetime) -> Ran:
        snapshot = view.snapshot
        known = await asyncio.to_thread(incidents.known, self._store, snapshot.cluster)
        unknown = unknowns(view.blind, request.checks, snapshot)
        after = await self._judged(request, view, known, unknown)
        spoken = await self._spoken(request, view, known, after)
        result = self._result(request, known, spoken, unknown, started)
        frame = self._setting.frame(request)
        record = run_record(request, frame, result, after.transitions, unsaid=spoken.unsaid)
        rows = await asyncio.to_thread(
            incidents.save_run,
            self._store,
            run=run_row(request, snapshot, result, record),
            incidents=spoken.incidents,
            dropped=after.dropped,
            transitions=after.transitions,
            messages=await self._messages(request, snapshot, result, spoken),
            holding=await self._holding(result, request, snapshot),
        )
        return Ran(result=result, notifications=rows)

    async def _judged(
        self, request: RunRequest, view: View, known: Known, unknown: tuple[Unknown, ...]
    ) -> Reconciled:
        """The Incidents of this Run's checks after it, before anything is said."""
        snapshot = view.snapshot
        recent = snapshot.taken_at - FLAPS_WITHIN
        return judge(
            view,
            request,
            known,
            unknown,
            checks=self._setting.checks,
            namespace=self._setting.namespace,
            lately=await asyncio.to_thread(
                incidents.opened_since, self._store, snapshot.cluster, recent
            ),
        )

    async def _spoken(
        self, request: RunRequest, view: View, known: Known, after: Reconciled
    ) -> Spoken:
        """What is said of these Incidents, and of those that an earlier Run ended and nobody told."""
        ends = [each for each in known.untold if of_run(each, request)]
        return speak(
            [*await self._thought(after.incidents, request, view, known), *ends],
            recent=known.incidents,
            silences=await asyncio.to_thread(silences.active, self._store, self._clock.now()),
            manners=Manners(
                targets=request.deliver,
                silent=request.silent,
                remind_after=self._setting.remind_after,
                storm_limit=self._setting.storm_limit,
                tell_repairs=self._setting.tell_repairs,
            ),
            now=view.snapshot.taken_at,
        )

    async def _messages(
        self, request: RunRequest, snapshot: Snapshot, result: RunResult, spoken: Spoken
    ) -> list[tuple[str, Message]]:
        """Everything this Run sends, with its target: news of Incidents, then the summary."""
        messages = messages_of(spoken, now=snapshot.taken_at, run_id=request.run_id)
        if request.summary:
            summary = await self._summary(request, result, snapshot)
            messages += [(target, summary) for target in request.deliver]
        return messages

    async def _thought(
        self, found: Sequence[Incident], request: RunRequest, view: View, known: Known
    ) -> tuple[Incident, ...]:
        """The Incidents in a model's words, where there are some, and with what could be done."""
        worded = await self._explained(found, view.snapshot)
        if self._advisor is None:
            return worded
        return await asyncio.to_thread(
            self._advisor.considered,
            worded,
            view.snapshot,
            request.mode,
            known=known.incidents,
        )

    async def _explained(
        self, found: Sequence[Incident], snapshot: Snapshot
    ) -> tuple[Incident, ...]:
        """The rules have worded them anew: what a model said of the same facts takes their place."""
        if self._explainer is None:
            return tuple(found)
        self._explainer.saw(snapshot)
        return await asyncio.to_thread(self._explainer.explained, found)

    async def _holding(
        self, result: RunResult, request: RunRequest, snapshot: Snapshot
    ) -> Holding | None:
        if self._explainer is None:
            return None
        return await asyncio.to_thread(
            self._explainer.holding, result.incidents, wait=request.wait, at=snapshot.taken_at
        )

    async def _summary(self, request: RunRequest, result: RunResult, snapshot: Snapshot) -> Message:
        revision = int(snapshot.taken_at.timestamp())
        if not _is_report(request):
            return report(result, snapshot, checks=len(request.checks), revision=revision)
        now = self._clock.now()
        records = Records(
            silences=await asyncio.to_thread(silences.active, self._store, now),
            ignored_checks=self._setting.ignored,
            paused_jobs=sorted(await asyncio.to_thread(jobsfile.pauses, self._store)),
            last_delivered=await asyncio.to_thread(outbox.last_delivered, self._store),
            calls=await asyncio.to_thread(calls.since, self._store, now - timedelta(hours=24)),
            attempts=await asyncio.to_thread(
                attempts.since, self._store, snapshot.cluster, now - timedelta(hours=24)
            ),
        )
        return daily_report(result, snapshot, records, revision=revision)

    def _result(
        self,
        request: RunRequest,
        known: Known,
        spoken: Spoken,
        unknown: tuple[Unknown, ...],
        started: datetime,
    ) -> RunResult:
        judged = {each.id for each in spoken.incidents}
        before = {each.id for each in known.untold}  # what an earlier Run resolved
        others = [
            each for each in known.incidents if not of_run(each, request) and each.id not in judged
        ]
        own = [each for each in spoken.incidents if each.id not in before]
        everything = (*own, *others)
        return RunResult(
            run_id=request.run_id,
            job=request.job,
            started_at=started,
            finished_at=self._clock.now(),
            cluster=self._cluster.name,
            verdict=verdict(unknown, everything),
            unknown=unknown,
            incidents=everything,
            told=(),
        )


def _is_report(request: RunRequest) -> bool:
    """A job without checks that always speaks tells of the whole: the daily report."""
    return request.summary and not request.checks
