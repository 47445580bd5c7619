"""The ordered chain of models behind one proxy: retries, fallbacks, one repair, one deadline."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_random

from watchdog.domain.model import Call, CallOutcome, Purpose, Question, Reply, Turn, Usage
from watchdog.domain.ports import Clock
from watchdog.llm.chat import Chat, Refused
from watchdog.llm.extract import json_object, plain
from watchdog.llm.pricing import Price, priced
from watchdog.llm.refusal import Do
from watchdog.llm.wire import Answered
from watchdog.logic.triage.tokens import cut_short, estimate

log = structlog.get_logger()

TRIES = 2  # of one model; the proxy retries by itself, and the two multiply
PATIENCE = 15.0  # seconds; a model that asks for a longer wait is passed over
_JITTER = wait_random(0.2, 1.5)
_CUT = "it reads only a part of a question; give it a larger context, or lower llm.context_tokens"
_ENDS = {
    Do.STOP_KEY: CallOutcome.REFUSED_KEY,
    Do.STOP_BUDGET: CallOutcome.BUDGET,
    Do.STOP_REQUEST: CallOutcome.WRONG_REQUEST,
}

NumberT = TypeVar("NumberT", int, float)
Usable = Callable[[str], str]  # what is wrong with an answer, for the model to read; "" when right
Words = Callable[[str], str]  # what a model is told of an answer that cannot be used, by complaint


class Unusable(Exception):
    """Text came, and it is no answer: empty, cut, declined, or not of the wanted shape."""


class CutShort(Exception):
    """An answer to a part of the question: what was cut off are the rules at its start."""


@dataclass
class _Tally:
    """What one question has cost so far."""

    started: float
    at: datetime
    until: float = 0.0  # by the monotonic clock: when the turn of the present model is over
    requests: int = 0
    fallbacks: int = 0
    repaired: bool = False
    served: str = ""
    call_id: str = ""
    error: str = ""
    spent: list[Usage] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def again(complaint: str) -> str:
    """The plain words; where there are prompts, theirs are used."""
    return f"That cannot be used: {complaint}. Answer again, with the JSON object alone."


class Chain:
    """Implements `domain.ports.Model`. One question at a time: local models serve no second one."""

    def __init__(
        self,
        chat: Chat,
        clock: Clock,
        *,
        usable: Mapping[Purpose, Usable],
        prices: Mapping[str, Price],
        repair: Words = again,
    ) -> None:
        """`usable` judges answers with a schema by purpose; `prices` serve where the proxy has none."""
        self._chat = chat
        self._clock = clock
        self._usable = usable
        self._prices = prices
        self._repair = repair
        self._slot = asyncio.Lock()

    async def ask(self, question: Question) -> Reply:
        """Ask the models in their order until one answers, time is over or going on is useless."""
        async with self._slot:
            tally = _Tally(self._clock.monotonic(), self._clock.now())
            outcome, text = CallOutcome.NO_ANSWER, ""
            try:
                async with asyncio.timeout(question.deadline):
                    outcome, text = await self._through(question, tally)
            except TimeoutError:
                tally.error = tally.error or f"no answer within {question.deadline:g} s"
            call = self._record(question, tally, outcome)
            if outcome is not CallOutcome.ANSWERED:
                log.warning("no answer from a model", outcome=outcome.value, error=tally.error)
            return Reply(call=call, text=text)

    async def names(self) -> Sequence[str]:
        """See the port."""
        return await self._chat.models()

    async def close(self) -> None:
        """See the port."""
        await self._chat.close()

    async def _through(self, question: Question, tally: _Tally) -> tuple[CallOutcome, str]:
        outcome = CallOutcome.NO_ANSWER
        models = tuple(dict.fromkeys(question.models))
        for position, model in enumerate(models):
            last = position == len(models) - 1
            share = self._share(question, tally, last=last)
            tally.until = self._clock.monotonic() + share
            try:
                async with asyncio.timeout(share):
                    return CallOutcome.ANSWERED, await self._one(model, question, tally)
            except Refused as error:
                tally.error = f"{model}: {error.refusal.brief}"
                tally.call_id = error.refusal.call_id or tally.call_id
                if error.refusal.do in _ENDS:
                    return _ENDS[error.refusal.do], ""
                if error.refusal.do is Do.NEXT:  # a person has to change it, not only wait
                    tally.warnings.append(f"{tally.error}: {error.refusal.text}")
            except CutShort as error:
                tally.error = f"{model}: {error}"
                tally.warnings.append(tally.error)
            except Unusable as error:
                outcome, tally.error = CallOutcome.UNUSABLE, f"{model}: {error}"
            except TimeoutError:
                tally.error = f"{model}: timeout"
            tally.fallbacks += 1
        return outcome, ""

    def _share(self, question: Question, tally: _Tally, *, last: bool) -> float:
        """Half of what is left, so that a model that hangs leaves time for the next one."""
        left = question.deadline - (self._clock.monotonic() - tally.started)
        return max(0.0, left if last else left / 2)

    async def _one(self, model: str, question: Question, tally: _Tally) -> str:
        """Ask one model; an answer that is none is sent back once, with what is wrong with it.

        Raises:
            Refused, Unusable, CutShort: this model gives no answer.
        """
        turns = question.turns
        while True:
            came = await self._send(model, turns, question, tally)
            text, complaint = self._judge(came, question)
            if not complaint:
                return text
            if tally.repaired:
                raise Unusable(complaint)
            tally.repaired = True
            turns = (*question.turns, *_taken_back(came.text, self._repair(complaint)))

    async def _send(
        self, model: str, turns: Sequence[Turn], question: Question, tally: _Tally
    ) -> Answered:
        retrying = AsyncRetrying(
            stop=stop_after_attempt(TRIES),
            wait=_wait,
            retry=retry_if_exception(lambda error: _passes(error, self._patience(tally))),
            reraise=True,
        )
        came: Answered = await retrying(self._once, model, turns, question, tally)
        self._note(model, came, tally)
        if cut_short(sum(estimate(turn.text) for turn in turns), came.usage.input_tokens):
            raise CutShort(_CUT)
        return came

    def _patience(self, tally: _Tally) -> float:
        """The longest wait that is worth its time: one that ends while there is some to ask in."""
        return min(PATIENCE, tally.until - self._clock.monotonic())

    async def _once(
        self, model: str, turns: Sequence[Turn], question: Question, tally: _Tally
    ) -> Answered:
        tally.requests += 1
        return await self._chat.send(
            model, turns, max_tokens=question.max_tokens, schema=question.schema
        )

    def _note(self, model: str, came: Answered, tally: _Tally) -> None:
        tally.served = came.served or model
        tally.call_id = came.call_id
        tally.fallbacks += came.fallbacks
        tally.spent.append(priced(came.usage, self._prices.get(tally.served)))

    def _judge(self, came: Answered, question: Question) -> tuple[str, str]:
        """The answer, and what is wrong with it."""
        text = json_object(came.text) if question.schema else plain(came.text)
        if came.refused:
            return "", "you declined; say that the cause is unknown instead"
        if came.cut:
            return "", "the answer was cut off at its length limit; write a shorter one"
        if not text:
            wanted = "JSON object of the given schema" if question.schema else "answer"
            return (
                "",
                f"there was no {wanted} in it" if came.text else f"it was empty; send the {wanted}",
            )
        judge = self._usable.get(question.purpose, _anything) if question.schema else _anything
        return text, judge(text)

    def _record(self, question: Question, tally: _Tally, outcome: CallOutcome) -> Call:
        return Call(
            purpose=question.purpose,
            at=tally.at,
            seconds=round(self._clock.monotonic() - tally.started, 3),
            outcome=outcome,
            requested=question.models[0] if question.models else "",
            served=tally.served if outcome is CallOutcome.ANSWERED else "",
            call_id=tally.call_id,
            requests=tally.requests,
            fallbacks=tally.fallbacks,
            usage=_total(tally.spent),
            error="" if outcome is CallOutcome.ANSWERED else tally.error,
            warnings=tuple(tally.warnings),
        )


def _anything(_text: str) -> str:
    return ""


def _taken_back(said: str, wrong: str) -> tuple[Turn, ...]:
    """The model's own words and the complaint; an empty answer has no words to repeat."""
    before = (Turn(role="assistant", text=said[:4000]),) if said else ()
    return (*before, Turn(role="user", text=wrong))


def _passes(error: BaseException, patience: float) -> bool:
    """Whether the same request may be answered in a moment. A timeout has had its time."""
    if not isinstance(error, Refused) or error.refusal.do is not Do.RETRY:
        return False
    return error.refusal.kind != "timeout" and error.refusal.wait <= patience


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.refusal.wait if isinstance(error, Refused) else 0.0
    return asked or _JITTER(state)


def _total(spent: Sequence[Usage]) -> Usage:
    """The sum; a part that nobody named makes the sum unknown, not smaller."""
    return Usage(
        input_tokens=_sum([each.input_tokens for each in spent]),
        output_tokens=_sum([each.output_tokens for each in spent]),
        cost_usd=_sum([each.cost_usd for each in spent]),
    )


def _sum(values: Sequence[NumberT | None]) -> NumberT | None:
    known = [value for value in values if value is not None]
    return type(known[0])(sum(known)) if known and len(known) == len(values) else None
