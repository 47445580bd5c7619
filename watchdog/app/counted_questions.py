"""Questions that measure a model: each one counted, recorded and within the budget of the day."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from watchdog.app.measuring_commands import Means
from watchdog.app.models import chain_of, gate_of
from watchdog.domain.errors import Unanswered
from watchdog.domain.model import Call, CallOutcome, Purpose, Question, Reply, Turn
from watchdog.domain.ports import Model
from watchdog.domain.triaged import AskedCall
from watchdog.llm.pacing import Paced, Pacer, StreamedChat
from watchdog.loops.gate import Gate
from watchdog.store import calls

PATH = "bench"  # its failures say nothing of the way that alarms take
_IN_A_ROW = 3  # questions without an answer: nobody will answer the next one
_FOR_ALL = (CallOutcome.REFUSED_KEY, CallOutcome.BUDGET)
_DOCTOR = "`watchdog doctor` tries every model of the chain"


@dataclass
class Tally:
    """What the questions of one measurement came to."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None  # None: nobody named a price
    seconds: float = 0.0
    unanswered: int = 0  # in a row

    def add(self, call: Call) -> None:
        """Count one more."""
        self.calls += 1
        self.input_tokens += call.usage.input_tokens or 0
        self.output_tokens += call.usage.output_tokens or 0
        self.seconds += call.seconds
        if call.usage.cost_usd is not None:
            self.cost_usd = (self.cost_usd or 0.0) + call.usage.cost_usd
        silent = call.outcome not in (CallOutcome.ANSWERED, CallOutcome.UNUSABLE)
        self.unanswered = self.unanswered + 1 if silent else 0

    @property
    def shown(self) -> Mapping[str, object]:
        """As JSON."""
        return {
            "calls": self.calls,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost_usd": None if self.cost_usd is None else round(self.cost_usd, 6),
            "seconds": round(self.seconds, 1),
        }


class CountedQuestions:
    """Asks one model at a time. Ends the measurement where going on is useless."""

    def __init__(self, means: Means, run_id: str) -> None:
        """`run_id` is the Run that the questions belong to."""
        llm = means.settings.llm
        self._store = means.home.store
        self._run_id = run_id
        self._heard = means.heard
        self._deadline = llm.deadline.total_seconds()
        self._gate: Gate = gate_of(means.settings, self._store, means.clock)
        self._borrowed = means.model is not None
        self._model: Model = means.model or chain_of(means.settings, means.clock)
        chat = StreamedChat(
            llm.base_url,
            llm.api_key.get_secret_value(),
            read_timeout=llm.read_timeout.total_seconds(),
        )
        self._pacer = Pacer(chat, means.clock, prices=llm.prices)
        self.tally = Tally()

    async def ask(
        self,
        model: str,
        turns: tuple[Turn, ...],
        *,
        purpose: Purpose = "bench",
        schema: str = "",
    ) -> Reply:
        """Put one question to this model.

        Raises:
            Unanswered: the budget is spent, the key refused, or nobody has answered for a while.
        """
        await self._refuse_spent()
        reply = await self._model.ask(
            Question(
                purpose=purpose,
                turns=turns,
                models=(model,),
                deadline=self._deadline,
                schema=schema,
            )
        )
        await self._keep(reply.call)
        return reply

    async def pace(self, model: str, prompt: str) -> Paced:
        """Time one streamed answer.

        Raises:
            Unanswered: as `ask`.
        """
        await self._refuse_spent()
        paced = await self._pacer.pace(model, prompt, deadline=self._deadline)
        await self._keep(paced.call)
        return paced

    async def close(self) -> None:
        """Close the connections that are its own."""
        if not self._borrowed:
            await self._model.close()
        await self._pacer.close()

    async def _refuse_spent(self) -> None:
        passage = await asyncio.to_thread(self._gate.look)
        if passage.spent:
            raise Unanswered(
                passage.spent, hint="it is a new day at midnight; see llm.daily_budget_usd"
            )

    async def _keep(self, call: Call) -> None:
        asked = AskedCall(call=call, run_id=self._run_id, path=PATH)
        await asyncio.to_thread(calls.add, self._store, asked)
        self._heard(call)
        self.tally.add(call)
        if call.outcome in _FOR_ALL or self.tally.unanswered >= _IN_A_ROW:
            raise Unanswered(f"no answer: {call.error or call.outcome.value}", hint=_DOCTOR)
