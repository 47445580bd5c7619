"""Asks models about Incidents: brief, question, check, record. One question at a time.

It finds nothing, decides no silence and no target: an answer changes the words of an Incident and
of the messages that still wait, and an objection in it is kept for Policy. Whatever fails, those
messages go out with the rules' words.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

import structlog

from watchdog.domain.errors import Misconfigured
from watchdog.domain.exchange import Exchange
from watchdog.domain.incident import Incident
from watchdog.domain.model import Call, CallOutcome, Question, Reply, Turn
from watchdog.domain.notification import Notification
from watchdog.domain.policy import Outcome
from watchdog.domain.ports import Clock, Model
from watchdog.domain.soul import ClusterFacts
from watchdog.domain.triage import Brief, Checked
from watchdog.domain.triaged import AskedCall
from watchdog.logic.triage.breaker import down
from watchdog.logic.triage.brief import brief
from watchdog.logic.triage.outcome import triage_of
from watchdog.loops.explaining import Explaining
from watchdog.loops.gate import Gate, Passage
from watchdog.loops.path_state import PathState
from watchdog.loops.recording import Recorder
from watchdog.store import calls, holds, identity, incidents, notes, records, triages
from watchdog.store.engine import Store

log = structlog.get_logger()

_LEAST = 1.0  # seconds; with less left nobody is asked
_PROBE = (Turn(role="user", text="Answer with the one word: ready"),)


class QuestionRecorder(Protocol):
    """Takes note of every question, for figures and health."""

    def asked(self, call: Call, *, dropped: int) -> None:
        """Note how one question ended, and how many sentences of its answer did not stand."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What does not change between questions."""

    models: tuple[str, ...]  # the common chain, the chosen one first; a Job may name its own
    deadline: timedelta  # of one question
    schema: str  # of the answer
    limit_tokens: int  # of a brief
    own_secrets: tuple[str, ...]  # that no brief may hold
    alone: bool  # whether the messages are sent by the caller, after this


class Triager:
    """The first stage of the respond loop. `heartbeat` is the monotonic time of its last question."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        model: Model,
        turns: Callable[[Brief, ClusterFacts, str], tuple[Turn, ...]],
        read: Callable[[str, Brief], Checked],
        explaining: Explaining,
        gate: Gate,
        state: PathState,
        setting: Setting,
        recorder: QuestionRecorder,
        released: Callable[[], None],
    ) -> None:
        """`turns` words a question in a soul (its slug), `read` checks an answer of the right shape;
        `released` hears that messages may go."""
        self._store = store
        self._clock = clock
        self._model = model
        self._turns = turns
        self._read = read
        self._explaining = explaining
        self._gate = gate
        self._state = state
        self._setting = setting
        self._record = Recorder(
            store, path=gate.path, own_secrets=setting.own_secrets, alone=setting.alone
        )
        self._recorder = recorder
        self._released = released
        self._slot = asyncio.Lock()
        self.heartbeat = clock.monotonic()

    @property
    def period(self) -> timedelta:
        """A question may take as long as its deadline."""
        return self._setting.deadline

    async def turn(self) -> None:
        """Ask about all that is due."""
        await self.respond()

    async def respond(
        self, *, run_id: str = "", seconds: float | None = None
    ) -> tuple[Notification, ...]:
        """Ask about all that is due, within `seconds`; return what is said of the path itself.

        What was held for a question that is not asked may go at once.

        Raises:
            StoreFailed: the records cannot be read or written.
        """
        end = None if seconds is None else self._clock.monotonic() + seconds
        try:
            async with asyncio.timeout(seconds):
                await self._slot.acquire()
        except TimeoutError:
            return ()  # somebody else asks, about the same Incidents
        try:
            return await self._round(run_id, end)
        finally:
            self._slot.release()
            self._released()

    async def _round(self, run_id: str, end: float | None) -> tuple[Notification, ...]:
        if self._explaining.facts is None:
            return ()  # nothing was looked at yet: what waits, waits for its time
        known = await asyncio.to_thread(self._standing)
        chosen = await asyncio.to_thread(self._explaining.choose, known)
        queue = [each.id for each in chosen.asked]
        left_out = {each.id: chosen.digests[each.id] for each in chosen.left_out}
        said: list[Notification] = []
        passage = await asyncio.to_thread(self._gate.look)
        if passage.open:
            await asyncio.to_thread(triages.leave_out, self._store, left_out, self._clock.now())
        await self._release_but(queue)
        for incident in chosen.asked:
            if not passage.open or self._left(end) < _LEAST:
                break
            await self._ask(incident, chosen.digests[incident.id], run_id, end)
            self._released()
            passage = await asyncio.to_thread(self._gate.look)
            said += await self._state.judge(passage.calls)
            queue.remove(incident.id)
        if chosen.asked:
            said += await self._tell_spent(passage, unasked=bool(queue))
        elif passage.open and self._left(end) >= _LEAST:
            said += await self._probe(passage, run_id, end)
        await self._release_but(())
        return tuple(said)

    async def _tell_spent(self, passage: Passage, *, unasked: bool) -> tuple[Notification, ...]:
        """Say that a budget is spent: our own once it keeps a question from being asked."""
        at_the_proxy = bool(passage.calls) and passage.calls[0].outcome is CallOutcome.BUDGET
        why = passage.shut if at_the_proxy else passage.spent if unasked else ""
        return await self._state.spent(self._gate.today(), why) if why else ()

    def _standing(self) -> tuple[Incident, ...]:
        return incidents.known(self._store, identity.known_cluster(self._store)).incidents

    def _left(self, end: float | None) -> float:
        """Seconds for one more question."""
        own = self._setting.deadline.total_seconds()
        return own if end is None else min(own, end - self._clock.monotonic())

    async def _release_but(self, ids: Sequence[str]) -> None:
        """Let every message go that no question of this round will come to."""
        now = self._clock.now()
        waiting = await asyncio.to_thread(holds.incidents, self._store)
        await asyncio.to_thread(holds.release_all, self._store, waiting - set(ids), now)

    async def _ask(self, incident: Incident, facts: str, run_id: str, end: float | None) -> None:
        assert self._explaining.facts is not None
        cluster = self._explaining.facts
        told = await self._brief(incident)
        voice = await asyncio.to_thread(records.voice_of, self._store, incident.id, run_id)
        try:
            turns = await asyncio.to_thread(self._turns, told, cluster, voice.soul)
        except Misconfigured as error:
            log.error("the prompt cannot be filled in", error=str(error), hint=error.hint)  # noqa: TRY400 - the text says it all
            return
        await asyncio.to_thread(triages.begin, self._store, incident.id, facts, self._clock.now())
        reply = await self._put(turns, voice.models or self._setting.models, end)
        checked = self._checked(reply, told)
        self._note(reply.call, dropped=checked.dropped if checked else 0)
        done = triage_of(incident.id, facts, reply.call, checked)
        said = Exchange(
            run_id=run_id,
            incident=incident.id,
            purpose="triage",
            at=reply.call.at,
            turns=turns,
            answer=reply.text,
            requested=reply.call.requested,
            served=reply.call.served,
            soul=voice.soul,
            brief=told,
            cluster=cluster,
        )
        done = replace(done, at=self._clock.now())
        await asyncio.to_thread(self._record.keep, done, reply.call, said)

    async def _brief(self, incident: Incident) -> Brief:
        remarks = [each.text for each in await asyncio.to_thread(notes.recent, self._store)]
        return brief(
            incident,
            remediation=_candidate(incident),
            notes=remarks,
            limit_tokens=self._setting.limit_tokens,
            own_secrets=self._setting.own_secrets,
        )

    async def _put(
        self, turns: tuple[Turn, ...], models: tuple[str, ...], end: float | None
    ) -> Reply:
        self.heartbeat = self._clock.monotonic()
        return await self._model.ask(
            Question(
                purpose="triage",
                turns=turns,
                models=models,
                deadline=self._left(end),
                schema=self._setting.schema,
            )
        )

    def _checked(self, reply: Reply, told: Brief) -> Checked | None:
        if reply.call.outcome is not CallOutcome.ANSWERED:
            return None
        return self._read(reply.text, told)

    async def _probe(
        self, passage: Passage, run_id: str, end: float | None
    ) -> tuple[Notification, ...]:
        """Where the last questions failed and none is due, try the way with a question of its own:
        what was said of it should end when it is mended."""
        if not down(passage.calls) and not passage.trying:
            return ()
        if passage.calls[0].outcome is CallOutcome.ANSWERED:
            return ()  # another model answers: only a question tells whether it still does
        question = Question(
            purpose="probe", turns=_PROBE, models=self._setting.models, deadline=self._left(end)
        )
        self.heartbeat = self._clock.monotonic()
        reply = await self._model.ask(question)
        self._note(reply.call, dropped=0)
        asked = AskedCall(call=reply.call, run_id=run_id, path=self._gate.path)
        await asyncio.to_thread(calls.add, self._store, asked)
        return await self._state.judge((reply.call, *passage.calls))

    def _note(self, call: Call, *, dropped: int) -> None:
        self._recorder.asked(call, dropped=dropped)
        self._state.warn(call, self._gate.today())


def _candidate(incident: Incident) -> str:
    """What code would do about it, "" for nothing: a model may object to that, and to nothing else."""
    considered = incident.remediation
    planned = considered is not None and considered.plan is not None
    denied = considered is not None and considered.decision.outcome is Outcome.DENY
    return considered.name if considered and planned and not denied else ""
