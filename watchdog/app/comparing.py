"""`runs compare`: the questions of a recorded Run put to another model, or in another soul's words.

Nothing is looked at, told or changed; of the records only the cost of the questions is kept, as it
counts towards the day's budget.
"""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from watchdog.app.home import Home
from watchdog.app.models import chain_of, gate_of
from watchdog.config.nearest import did_you_mean
from watchdog.config.settings import Settings
from watchdog.config.souls import Texts, read_texts
from watchdog.domain.errors import Unanswered, Usage
from watchdog.domain.exchange import Exchange
from watchdog.domain.model import CallOutcome, Question, Reply, Turn
from watchdog.domain.ports import Clock, Model
from watchdog.domain.triage import Brief
from watchdog.domain.triaged import AskedCall
from watchdog.llm.answer import answer_of, complaint
from watchdog.llm.prompts import Prompts
from watchdog.logic.redact import clean, redact
from watchdog.logic.triage.answer import SCHEMA, check
from watchdog.store import calls, exchanges, records
from watchdog.store.engine import Store
from watchdog.web.arguments import Arguments, checked

PATH = "compare"  # its failures say nothing of the way that alarms take

Json = dict[str, object]


class _Compare(Arguments):
    id: str
    model: str = ""
    soul: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    """What all questions of one comparison share."""

    model: Model
    store: Store
    texts: Texts
    deadline: float
    wanted: _Compare


async def compare(
    home: Home,
    settings: Settings,
    clock: Clock,
    args: Mapping[str, object],
    *,
    model: Model | None = None,
) -> object:
    """Return for each question of the Run `id` the answer of then beside that of `model`, `soul`.

    `model` is the way to the models that is open already, for one question at a time; None: a new one.

    Raises:
        Usage: no such run or soul, nothing to compare with, or the run asked nothing.
        Unanswered: no model is set up, none of the questions was answered, or the budget is spent.
    """
    wanted = checked(_Compare, args)
    texts = await asyncio.to_thread(read_texts, home.path)
    _refuse(wanted, settings, texts)
    record = await asyncio.to_thread(records.find, home.store, wanted.id)
    run_id = record.line.entry.run_id
    asked = await _questions(home.store, run_id)
    passage = await asyncio.to_thread(gate_of(settings, home.store, clock).look)
    if passage.spent:
        raise Unanswered(
            passage.spent, hint="it is a new day at midnight; see llm.daily_budget_usd"
        )
    way = model or chain_of(settings, clock)
    bench = _Bench(
        model=way,
        store=home.store,
        texts=texts,
        deadline=settings.llm.deadline.total_seconds(),
        wanted=wanted,
    )
    try:
        pairs = [await _pair(bench, each, brief) for each, brief in asked]
    finally:
        if model is None:
            await way.close()
    return {"run_id": run_id, "pairs": _answered(pairs)}


def _refuse(wanted: _Compare, settings: Settings, texts: Texts) -> None:
    if not (wanted.model or wanted.soul):
        raise Usage("nothing to compare with", hint="give --model, --soul or both")
    known = {texts.default.slug, *texts.souls}
    if wanted.soul and wanted.soul not in known:
        near = did_you_mean(wanted.soul, known) or f"there are: {', '.join(sorted(known))}"
        raise Usage(f"there is no soul {wanted.soul}", hint=near)
    if not settings.llm.base_url:
        raise Unanswered("no model is set up", hint="set OPENAI_BASE_URL and OPENAI_API_KEY")


async def _questions(store: Store, run_id: str) -> list[tuple[Exchange, Brief]]:
    said = await asyncio.to_thread(exchanges.of_run, store, run_id)
    found = [(each, each.brief) for each in said if each.brief is not None]
    if not found:
        raise Usage(
            f"run {run_id} asked no model about an incident",
            hint="the column CALLS tells which run did: watchdog runs list",
        )
    return found


async def _pair(bench: _Bench, before: Exchange, brief: Brief) -> Json:
    """Put one question again; the turns are those of then, unless another soul words them."""
    model = bench.wanted.model or before.requested
    reply = await bench.model.ask(
        Question(
            purpose="triage",
            turns=_turns(bench, before, brief),
            models=(model,),
            deadline=bench.deadline,
            schema=SCHEMA,
        )
    )
    asked = AskedCall(call=reply.call, incident=before.incident, path=PATH)
    await asyncio.to_thread(calls.add, bench.store, asked)
    return {
        "incident": before.incident,
        "headline": brief.headline,
        "recorded": {
            "model": before.served or before.requested,
            "soul": before.soul or bench.texts.default.slug,
            **_judged(before.answer, brief),
        },
        "other": {
            "model": reply.call.served or model,
            "soul": bench.wanted.soul or before.soul or bench.texts.default.slug,
            **_judged(redact(clean(reply.text)), brief),
            **_spent(reply),
        },
    }


def _turns(bench: _Bench, before: Exchange, brief: Brief) -> tuple[Turn, ...]:
    if not bench.wanted.soul or before.cluster is None:
        return before.turns
    mark = secrets.token_hex(16)
    return Prompts(bench.texts).triage(brief, before.cluster, mark, soul=bench.wanted.soul)


def _judged(text: str, brief: Brief) -> Json:
    """What is left of an answer by the rules of now: those of then may have been others."""
    if not text or complaint(text):
        return {"words": None, "confidence": None, "priority": None, "veto": None, "dropped": None}
    left = check(answer_of(text), brief)
    return {
        "words": left.explanation.text if left.explanation else None,
        "confidence": left.confidence,
        "priority": left.priority,
        "veto": left.veto,
        "dropped": left.dropped,
    }


def _spent(reply: Reply) -> Json:
    usage = reply.call.usage
    return {
        "outcome": reply.call.outcome.value,
        "error": reply.call.error or None,
        "seconds": reply.call.seconds,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cost_usd": usage.cost_usd,
    }


def _answered(pairs: list[Json]) -> list[Json]:
    others = [each["other"] for each in pairs]
    failed = [
        each["error"]
        for each in others
        if isinstance(each, dict) and each["outcome"] != CallOutcome.ANSWERED.value
    ]
    if len(failed) == len(pairs):
        raise Unanswered(
            f"no answer: {failed[0]}", hint="`watchdog doctor` says which models the proxy has"
        )
    return pairs
