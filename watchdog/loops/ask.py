"""One question to a model: it looks around with tools that only read, and then answers.

No provider's tool calling: each turn is one flat JSON object, so that every model can. It opens no
Incident, writes nothing, and ends by itself: see `logic.triage.guard`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

import structlog

from watchdog.domain.asking import Opinion, Reading, Step, Stop
from watchdog.domain.model import Call, CallOutcome, Question, Reply, Turn
from watchdog.domain.ports import Clock, Model
from watchdog.logic.triage.guard import last_prompt, may_ask, may_read, words_of
from watchdog.logic.triage.opinion import fence, spoken, tidy, unread
from watchdog.logic.triage.tokens import estimate
from watchdog.loops.tools import RESULT_TOKENS, Tools

log = structlog.get_logger()

Begin = Callable[[str, str], tuple[Turn, ...]]  # delimiter, fenced data -> the first turns
Heard = Callable[
    [Reply, tuple[Turn, ...]], Awaitable[None]
]  # with the turns nobody had sent before

_MOST = 1000  # tokens of an answer
_FRAME = 100  # tokens around one result
_NOW = 'That was the last reading. Answer now, with the tool "answer", from what you have read.'
_ONE_SHOT = (
    "Answer the question now, in plain words, from this data alone. Use no tool and no JSON."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked, and of whom."""

    question: str
    begin: Begin  # words the question, the soul before it
    models: tuple[str, ...]  # the chain, the chosen one first
    seconds: float  # for all of it
    deadline: float  # in seconds, of one turn
    data: str  # what the model is given at the start, tamed
    more: Callable[[], str]  # the evidence for a model that cannot look around, tamed
    heard: Heard  # keeps each call, before anything comes of it


@dataclass
class _Talk:
    """What was said so far."""

    end: float
    delimiter: str
    turns: tuple[Turn, ...]
    sent: int = 0  # turns of this conversation that the model has, its own answer to them included
    spent: int = 0
    readings: list[Reading] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    @property
    def prompt(self) -> int:
        """Tokens of the next prompt."""
        return sum(estimate(turn.text) for turn in self.turns)


class Asker:
    """Leads the conversation. Whatever a model writes, at most fifteen readings come of it."""

    def __init__(
        self,
        model: Model,
        clock: Clock,
        *,
        step_of: Callable[[str], Step],
        schema: str,
        mark: Callable[[], str],
    ) -> None:
        """`step_of` reads a turn of the shape of `schema`; `mark` draws the mark of a fence."""
        self._model = model
        self._clock = clock
        self._step_of = step_of
        self._schema = schema
        self._mark = mark

    async def ask(self, wanted: Wanted, tools: Tools) -> Opinion:
        """Return what the model thinks, or why it gave no answer. Never raises for a model."""
        mark = self._mark()
        talk = _Talk(
            end=self._clock.monotonic() + wanted.seconds,
            delimiter=mark,
            turns=wanted.begin(mark, fence(wanted.data, mark)),
        )
        while True:
            last = last_prompt(
                talk.readings, spent=talk.spent, prompt=talk.prompt, result=RESULT_TOKENS + _FRAME
            )
            if stop := may_ask(spent=talk.spent, prompt=talk.prompt, seconds_left=self._left(talk)):
                return _stopped(talk, stop)
            reply = await self._send(wanted, talk, _urged(talk.turns) if last else talk.turns)
            if reply.call.outcome in (CallOutcome.UNUSABLE, CallOutcome.WRONG_REQUEST):
                return await self._at_once(wanted, talk)
            if reply.call.outcome is not CallOutcome.ANSWERED:
                return _failed(talk, reply.call)
            step = self._step_of(reply.text)
            if step.answers:
                return _answered(wanted, talk, step.text)
            if last:
                return _stopped(talk, may_read(talk.readings) or Stop.TOKENS)
            if stop := may_read(talk.readings):
                return _stopped(talk, stop)
            await self._read(step, reply.text, talk, tools)

    async def _read(self, step: Step, said: str, talk: _Talk, tools: Tools) -> None:
        reading = await tools.take(step)
        talk.readings.append(reading)
        log.info("read for a model", what=reading.what, ok=reading.ok)
        given = reading.text if reading.ok else f"It failed: {reading.text}"
        talk.turns = (
            *talk.turns,
            Turn(role="assistant", text=said),
            Turn(role="user", text=fence(given, talk.delimiter)),
        )

    async def _at_once(self, wanted: Wanted, talk: _Talk) -> Opinion:
        """For a model that cannot look around: all that belongs to the question, and one answer."""
        data = fence(f"{wanted.data}\n{wanted.more()}", talk.delimiter)
        begun, talk.sent = wanted.begin(talk.delimiter, data), 0
        talk.turns = (*begun[:-1], replace(begun[-1], text=f"{begun[-1].text}\n\n{_ONE_SHOT}"))
        if stop := may_ask(spent=talk.spent, prompt=talk.prompt, seconds_left=self._left(talk)):
            return _stopped(talk, stop)
        reply = await self._send(wanted, talk, talk.turns, schema="")
        if reply.call.outcome is not CallOutcome.ANSWERED:
            return _failed(talk, reply.call)
        opinion = _answered(wanted, talk, reply.text)
        return replace(
            opinion, note="answered without looking around, from a fixed set of evidence"
        )

    async def _send(
        self, wanted: Wanted, talk: _Talk, turns: Sequence[Turn], *, schema: str | None = None
    ) -> Reply:
        prompt = sum(estimate(turn.text) for turn in turns)
        reply = await self._model.ask(
            Question(
                purpose="ask",
                turns=tuple(turns),
                models=wanted.models,
                deadline=min(wanted.deadline, self._left(talk)),
                max_tokens=_MOST,
                schema=self._schema if schema is None else schema,
            )
        )
        talk.calls.append(reply.call)
        await wanted.heard(reply, tuple(turns[talk.sent :]))
        talk.sent = len(turns) + 1
        talk.spent += reply.call.usage.input_tokens or prompt * max(1, reply.call.requests)
        return reply

    def _left(self, talk: _Talk) -> float:
        return talk.end - self._clock.monotonic()


def _urged(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    return (*turns[:-1], replace(turns[-1], text=f"{turns[-1].text}\n\n{_NOW}"))


def _answered(wanted: Wanted, talk: _Talk, text: str) -> Opinion:
    said = tidy(spoken(text))
    if not said:
        return _over(talk, note="the model's answer was empty", failed=CallOutcome.UNUSABLE.value)
    given = f"{wanted.data}\n{talk.turns[-1].text}"
    strange = unread(said, wanted.question, talk.readings, given)
    note = f"named in nothing that was read: {', '.join(strange)}" if strange else ""
    return replace(_over(talk, doubt=note), text=said)


def _stopped(talk: _Talk, stop: Stop) -> Opinion:
    return _over(talk, note=words_of(stop), failed=stop.value)


def _failed(talk: _Talk, call: Call) -> Opinion:
    why = call.error or call.outcome.value
    return _over(talk, note=f"no model answered: {why}", failed=call.outcome.value)


def _over(talk: _Talk, *, note: str = "", failed: str = "", doubt: str = "") -> Opinion:
    return Opinion(
        text="",
        readings=tuple(talk.readings),
        calls=tuple(talk.calls),
        note=note,
        failed=failed,
        doubt=doubt,
    )
