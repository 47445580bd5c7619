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
from watchdog.logic.triage.window import Given, fits, fitting, tokens
from watchdog.loops.tools import RESULT_TOKENS, Tools

log = structlog.get_logger()

Begin = Callable[[str, str], tuple[Turn, ...]]  # delimiter, fenced data -> the first turns
Heard = Callable[
    [Reply, tuple[Turn, ...]], Awaitable[None]
]  # with the turns nobody had sent before

_MOST = 1000  # tokens of an answer
_FRAME = 100  # tokens around one result
_ASIDE = 100  # tokens of what may be added to a prompt below
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
    begun: tuple[Turn, ...]
    given: list[Given] = field(default_factory=list)  # for what was asked after that
    begins: bool = True  # nothing of it was sent yet
    left_out: int = 0  # of the oldest results, the last time
    spent: int = 0
    readings: list[Reading] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)


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
        context_tokens: int,
    ) -> None:
        """`step_of` reads a turn of the shape of `schema`; `mark` draws the mark of a fence;
        `context_tokens` is what the smallest of the models can read, its answer included."""
        self._model = model
        self._clock = clock
        self._step_of = step_of
        self._schema = schema
        self._mark = mark
        self._room = context_tokens - _MOST - _ASIDE

    async def ask(self, wanted: Wanted, tools: Tools) -> Opinion:
        """Return what the model thinks, or why it gave no answer. Never raises for a model."""
        mark = self._mark()
        talk = _Talk(
            end=self._clock.monotonic() + wanted.seconds,
            delimiter=mark,
            begun=self._begun(wanted, mark, wanted.data, RESULT_TOKENS + _FRAME),
        )
        while True:
            turns = self._turns(talk)
            prompt = tokens(turns)
            last = last_prompt(
                talk.readings, spent=talk.spent, prompt=prompt, result=RESULT_TOKENS + _FRAME
            )
            if stop := may_ask(spent=talk.spent, prompt=prompt, seconds_left=self._left(talk)):
                return _stopped(talk, stop)
            reply = await self._send(wanted, talk, _urged(turns) if last else turns)
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

    def _begun(self, wanted: Wanted, mark: str, data: str, spare: int) -> tuple[Turn, ...]:
        """The first turns with as much of the data as leaves `spare` tokens."""
        bare = tokens(wanted.begin(mark, fence("", mark)))
        return wanted.begin(mark, fence(fits(data, self._room - bare - spare), mark))

    def _turns(self, talk: _Talk) -> tuple[Turn, ...]:
        room = self._room - tokens(talk.begun)
        results, talk.left_out = fitting(talk.given, talk.delimiter, room)
        return (*talk.begun, *results)

    async def _read(self, step: Step, said: str, talk: _Talk, tools: Tools) -> None:
        reading = await tools.take(step)
        talk.readings.append(reading)
        log.info("read for a model", what=reading.what, ok=reading.ok)
        text = reading.text if reading.ok else f"It failed: {reading.text}"
        talk.given.append(Given(said=said, text=text))

    async def _at_once(self, wanted: Wanted, talk: _Talk) -> Opinion:
        """For a model that cannot look around: all that belongs to the question, and one answer."""
        begun = self._begun(wanted, talk.delimiter, f"{wanted.data}\n{wanted.more()}", 0)
        talk.begun, talk.begins = _with(begun, _ONE_SHOT), True
        prompt = tokens(talk.begun)
        if stop := may_ask(spent=talk.spent, prompt=prompt, seconds_left=self._left(talk)):
            return _stopped(talk, stop)
        reply = await self._send(wanted, talk, talk.begun, schema="")
        if reply.call.outcome is not CallOutcome.ANSWERED:
            return _failed(talk, reply.call)
        opinion = _answered(wanted, talk, reply.text)
        return replace(
            opinion, note="answered without looking around, from a fixed set of evidence"
        )

    async def _send(
        self, wanted: Wanted, talk: _Talk, turns: Sequence[Turn], *, schema: str | None = None
    ) -> Reply:
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
        await wanted.heard(reply, tuple(turns if talk.begins else turns[-1:]))
        talk.begins = False
        talk.spent += reply.call.usage.input_tokens or tokens(turns) * max(1, reply.call.requests)
        return reply

    def _left(self, talk: _Talk) -> float:
        return talk.end - self._clock.monotonic()


def _urged(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    return _with(turns, _NOW)


def _with(turns: Sequence[Turn], words: str) -> tuple[Turn, ...]:
    """The turns with our own words at their end."""
    return (*turns[:-1], replace(turns[-1], text=f"{turns[-1].text}\n\n{words}"))


def _answered(wanted: Wanted, talk: _Talk, text: str) -> Opinion:
    said = tidy(spoken(text))
    if not said:
        return _over(talk, note="the model's answer was empty", failed=CallOutcome.UNUSABLE.value)
    strange = unread(said, wanted.question, talk.readings, talk.begun[-1].text)
    doubt = f"named in nothing that was read: {', '.join(strange)}" if strange else ""
    return replace(_over(talk, note=_forgot(talk), doubt=doubt), text=said)


def _forgot(talk: _Talk) -> str:
    """What people are told when the model no longer had all that it had read."""
    if not talk.left_out:
        return ""
    return f"it answered without {talk.left_out} of its readings: llm.context_tokens is small"


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
