"""Doctor's lines about the models: is there a proxy, does it have the chain, does each one answer?"""

from collections.abc import AsyncIterator, Iterator

from watchdog.app.lines import Line, State
from watchdog.app.models import chain_of, longest_prompt
from watchdog.clock import SystemClock
from watchdog.config.sections import LlmSettings
from watchdog.config.settings import Settings
from watchdog.domain.errors import Forbidden, WatchdogError
from watchdog.domain.model import Call, CallOutcome, Question, Turn
from watchdog.domain.ports import Model
from watchdog.llm.forced import FirstFails
from watchdog.logic.redact import redact

_ASKED = "Answer with the one word: ready"
_PADDING = "one two ten six "  # words of one token each, for every tokenizer
_RULES = "until then explanations are made by rules; detection never needs a model"


async def model_lines(settings: Settings, *, failover: bool) -> AsyncIterator[Line]:
    """Ask the proxy for its models, and every model of the chain for one word.

    `failover` makes the first model fail, and proves that the next one answers.
    """
    llm = settings.llm
    yield Line(State.OK, f"models at {redact(llm.base_url)}, in this order: {', '.join(llm.chain)}")
    for line in _settings(llm):
        yield line
    chain = chain_of(settings, SystemClock())
    try:
        async for line in _offered(chain, llm):
            yield line
        for name in llm.chain:
            yield await _asked(chain, llm, name)
    finally:
        await chain.close()
    if failover:
        yield await _failover(settings)


def _settings(llm: LlmSettings) -> Iterator[Line]:
    if len(llm.chain) == 1:
        yield Line(
            State.NOTE,
            "there is no fallback: when this model does not answer, rules explain",
            "name others in llm.fallbacks",
        )
    unpriced = [name for name in llm.chain if name not in llm.prices]
    if llm.daily_budget_usd is not None and unpriced:
        yield Line(
            State.NOTE,
            f"llm.prices has no price for {', '.join(unpriced)}",
            "where the proxy names no cost either, the budget in dollars counts nothing for them",
        )


async def _offered(chain: Model, llm: LlmSettings) -> AsyncIterator[Line]:
    try:
        offered = await chain.names()
    except WatchdogError as error:
        key = isinstance(error, Forbidden)
        hint = "check llm.api_key" if key else "check llm.base_url (/v1 included) and the network"
        yield Line(State.FAULT, str(error), hint)
        return
    for name in llm.chain:
        if name not in offered:
            yield Line(
                State.FAULT,
                f"the proxy has no model {name}",
                f"correct llm.model or llm.fallbacks; it offers {', '.join(sorted(offered)[:20])}",
            )


async def _asked(chain: Model, llm: LlmSettings, name: str) -> Line:
    """Ask with a prompt as long as a question may be: what does not fit is cut without a word."""
    padding = _PADDING * (longest_prompt(llm) // len(_PADDING.split()))
    call = (await chain.ask(_question(llm, (name,), before=f"{padding}\n"))).call
    if call.outcome is not CallOutcome.ANSWERED:
        return Line(State.FAULT, f"model {name} does not answer: {_why(call)}", _RULES)
    return Line(State.OK, f"model {name} answers in {call.seconds:.1f} s{_served(call)}")


async def _failover(settings: Settings) -> Line:
    llm = settings.llm
    if len(llm.chain) == 1:
        return Line(State.FAULT, "there is no fallback to fail over to", "set llm.fallbacks")
    chain = chain_of(settings, SystemClock(), FirstFails)
    try:
        call = (await chain.ask(_question(llm, llm.chain))).call
    finally:
        await chain.close()
    if call.outcome is not CallOutcome.ANSWERED:
        return Line(State.FAULT, f"no fallback answers: {_why(call)}", _RULES)
    return Line(State.OK, f"when {llm.model} fails, {call.served} answers ({call.seconds:.1f} s)")


def _question(llm: LlmSettings, models: tuple[str, ...], before: str = "") -> Question:
    return Question(
        purpose="probe",
        turns=(Turn(role="user", text=before + _ASKED),),
        models=models,
        deadline=llm.deadline.total_seconds(),
    )


def _why(call: Call) -> str:
    return call.error or call.outcome.value


def _served(call: Call) -> str:
    return "" if call.served in ("", call.requested) else f", served by {call.served}"
