"""The second stage of the respond loop: carries out at most one Plan, once, behind every gate.

What is done was decided by pure code over a Snapshot that is read anew here. The intent is written
before the first call and the result after the last; whatever breaks in between is verified, never
repeated.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from watchdog.domain.attempt import Answer, Approval, Attempt, Considered, Result
from watchdog.domain.incident import Incident
from watchdog.domain.plan import Plan
from watchdog.domain.ports import Actuator, Clock, Done
from watchdog.domain.run import RunRequest
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.decision.consider import Past, consider, lower
from watchdog.logic.decision.next_step import Attempt as Move
from watchdog.logic.decision.next_step import Change, Expire, next_step
from watchdog.logic.decision.verify import deadline, health
from watchdog.loops.breaking import Breaker
from watchdog.loops.considering import AttemptRecorder, Considering, settle
from watchdog.loops.fences import Fences
from watchdog.loops.look import View
from watchdog.loops.second_look import CHANGED, refusal, still_there
from watchdog.loops.timed_look import TimedLook
from watchdog.store import approvals, attempts, identity, incidents, journal
from watchdog.store.engine import Store

log = structlog.get_logger()

_LOOK = timedelta(minutes=2)  # the look before an Attempt takes no longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What does not change between turns."""

    checks: tuple[str, ...]  # ids of all that are switched on
    needs: frozenset[str]  # what they and the Remediations want to see


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What to look at again: an Incident, and the ask that a person said yes to."""

    incident: Incident
    yes: Approval | None


class Acting:
    """Carries out what is allowed or approved. `heartbeat` is the monotonic time of its last turn."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        timed_look: TimedLook,
        considering: Considering,
        actuator: Actuator,
        fences: Fences,
        breaker: Breaker,
        recorder: AttemptRecorder,
        setting: Setting,
        changed: Callable[[], None],
    ) -> None:
        """`changed` hears that something was done or refused."""
        self._store = store
        self._clock = clock
        self._timed_look = timed_look
        self._considering = considering
        self._actuator = actuator
        self._fences = fences
        self._breaker = breaker
        self._recorder = recorder
        self._setting = setting
        self._changed = changed
        self._slot = asyncio.Lock()
        self.heartbeat = clock.monotonic()

    @property
    def period(self) -> timedelta:
        """A turn looks at the whole cluster, and makes a handful of calls."""
        return _LOOK * 2

    async def turn(self) -> None:
        """Do the next thing that may be done, if there is one.

        Raises:
            StoreFailed: the records cannot be read or written; then nothing is done.
        """
        await self.act()

    async def act(self) -> bool:
        """Look again at the first Incident that something may be done about, and do it.

        Returns whether its records have changed. Raises as `turn`.
        """
        self.heartbeat = self._clock.monotonic()
        async with self._slot:
            await asyncio.to_thread(self._interrupted)
            await self._breaker.judge()
            if self._considering.setting.policy.mode == "act":
                await self._fences.patrol()
            chosen = await asyncio.to_thread(self._choose)
            if chosen is None:
                return False
            await self._respond(chosen)
        self._changed()
        return True

    # ------------------------------------------------------------------------------ what is next
    def _choose(self) -> _Chosen | None:
        """The first approved ask, else the worst Incident whose Plan was allowed in the last Run."""
        known = incidents.known(self._store, identity.known_cluster(self._store)).incidents
        found = [each for each in known if each.standing and each.remediation]
        found.sort(key=lambda each: (-each.severity.rank, each.since, each.id))
        ids = [each.id for each in found]
        tried = attempts.of(self._store, ids)
        asks = approvals.of(self._store, ids)
        chosen = [each for each in (self._next(one, tried, asks) for one in found) if each]
        chosen.sort(key=lambda each: each.yes is None)
        return chosen[0] if chosen else None

    def _next(
        self, incident: Incident, tried: Sequence[Attempt], asks: Sequence[Approval]
    ) -> _Chosen | None:
        considered, now = incident.remediation, self._clock.now()
        assert considered is not None
        move = next_step(incident, considered, attempts=tried, approvals=asks, now=now)
        if isinstance(move, Expire | Change):
            after = settle(self._store, considered, move, now)
            incidents.consider(self._store, incident.id, after)
        if not isinstance(move, Move) or (move.approval is None and considered.mode != "act"):
            return None
        return _Chosen(incident, move.approval)

    def _interrupted(self) -> None:
        """What has an intent and no result was cut short: it is verified like the rest.

        Nothing is under way here, and the lock of the home keeps others out.
        """
        now = self._clock.now()
        for each in attempts.since(self._store, identity.known_cluster(self._store), now):
            if each.result is Result.INTENDED:
                text = "interrupted between the intent and the result"
                done = Done(result=Result.UNKNOWN, text=text)
                attempts.finish(self._store, each, done, each.begun_at)

    # --------------------------------------------------------------------------- looking again
    async def _respond(self, chosen: _Chosen) -> None:
        # before the look: to hear who else may act can take a minute, and a look grows old
        if why := await self._fences.stopped():
            await self._refuse(chosen, (why,), lasting=False)
            return
        view = await self._look()
        incident = still_there(chosen.incident, view)
        if incident is None:
            await self._refuse(chosen, ("it was not seen when it was looked at again",))
            return
        considered = await asyncio.to_thread(self._again, incident, chosen, view.snapshot)
        refused = refusal(considered, chosen.yes)
        if considered is None or considered.plan is None or refused:
            await self._refuse(chosen, refused, considered)
            return
        if refused := await self._fences.objections(considered.plan):
            await self._refuse(chosen, refused, considered)
            return
        await self._carry_out(incident, considered, considered.plan, chosen, view.snapshot)

    async def _look(self) -> View:
        request = RunRequest(
            run_id="", job="", trigger="manual", checks=self._setting.checks, timeout=_LOOK
        )
        views = await self._timed_look.see((request,), self._setting.needs)
        return views[str(request.params)]

    def _again(self, incident: Incident, chosen: _Chosen, snapshot: Snapshot) -> Considered | None:
        """What is thought of doing now, by the Snapshot of this moment."""
        known = incidents.known(self._store, snapshot.cluster).incidents
        tried = attempts.of(self._store, [incident.id])
        before = chosen.incident.remediation
        setting = self._considering.setting
        own = setting.policy.mode
        return consider(
            incident,
            snapshot,
            setting=setting,
            mode=lower(own, before.mode) if before and chosen.yes is None else own,
            past=Past(
                history=self._considering.history(snapshot, known),
                attempt=tried[-1] if tried else None,
                approval=chosen.yes,
                vetoed=self._considering.vetoes([chosen.incident]).get(incident.id, ""),
            ),
            approved=chosen.yes is not None,
        )

    # --------------------------------------------------------------------------------- doing it
    async def _carry_out(
        self,
        incident: Incident,
        considered: Considered,
        plan: Plan,
        chosen: _Chosen,
        snapshot: Snapshot,
    ) -> None:
        policy = self._considering.setting.policy
        at = snapshot.taken_at
        intent = Attempt(
            id=await asyncio.to_thread(self._new_id, incident.id),
            incident=incident.id,
            cluster=snapshot.cluster,
            plan=plan,
            begun_at=at,
            before=health(snapshot, plan.owner),
            deadline=deadline(plan, snapshot, at, policy),
            approved_by=chosen.yes.by if chosen.yes else "",
        )
        if why := await asyncio.to_thread(attempts.begin, self._store, intent, chosen.yes):
            await self._refuse(chosen, (why,))
            return
        log.info("attempt", attempt=intent.id, steps=[step.verb for step in plan.steps])
        await _to_the_end(self._calls(intent, considered))

    def _new_id(self, incident: str) -> str:
        """Who writes the row of this id first makes the Attempt: two processes draw the same."""
        number = len(attempts.of(self._store, [incident])) + 1
        return f"{incident}-a{number}"

    async def _calls(self, intent: Attempt, considered: Considered) -> None:
        done = await self._actuator.carry_out(
            intent.plan, attempt=intent.id, at=intent.begun_at, stopped=self._fences.stopped
        )
        log.info("attempt done", attempt=intent.id, result=done.result.value, text=done.text)
        await asyncio.to_thread(attempts.finish, self._store, intent, done, intent.begun_at)
        made = replace(intent, result=done.result, text=done.text, result_at=intent.begun_at)
        self._recorder.attempted(made)
        after = replace(considered, attempt=made)
        await asyncio.to_thread(incidents.consider, self._store, intent.incident, after)
        if done.disarm:
            await self._breaker.trip(f"what should be allowed was refused: {done.text}")

    async def _refuse(
        self,
        chosen: _Chosen,
        reasons: Sequence[str],
        considered: Considered | None = None,
        *,
        lasting: bool = True,
    ) -> None:
        """Keep why nothing was done, where people look for it. What speaks against the Plan itself
        is `lasting`; the rest is asked again after the next Run."""
        before = considered or chosen.incident.remediation
        log.info("nothing done", incident=chosen.incident.id, reasons=list(reasons))
        now = self._clock.now()
        if chosen.yes is not None:
            end = Answer.CHANGED if CHANGED in reasons else Answer.WITHDRAWN
            await asyncio.to_thread(approvals.settle, self._store, chosen.yes, end, now)
        if before is not None:
            after = before.refused(*reasons, at=now if lasting else None)
            await asyncio.to_thread(incidents.consider, self._store, chosen.incident.id, after)
        text = "; ".join(reasons) or "it is not allowed any more"
        await asyncio.to_thread(self._keep, chosen.incident.id, text, now)

    def _keep(self, incident: str, text: str, now: datetime) -> None:
        """In the Journal, unless that was the last thing said there."""
        last = journal.entries(self._store, incident)[-1:]
        if [(each.kind, each.text) for each in last] != [("decision", text)]:
            journal.append(self._store, incident, kind="decision", text=text, at=now)


async def _to_the_end(work: Coroutine[None, None, None]) -> None:
    """Wait for work that is not cut short: a call that was made has to get its result row."""
    task = asyncio.get_running_loop().create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
