"""`watchdog bench`: which models to try, and all that is measured of one."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

from watchdog.app.cases import tell
from watchdog.app.counted_questions import CountedQuestions
from watchdog.app.measured import measured
from watchdog.app.measuring_commands import Means
from watchdog.app.models import chain_of
from watchdog.app.rule_evaluation import look_at
from watchdog.config.cases import case_folders
from watchdog.config.nearest import did_you_mean
from watchdog.config.settings import Settings
from watchdog.config.souls import read_texts
from watchdog.domain.errors import Unanswered, WatchdogError
from watchdog.domain.model import CallOutcome, Turn
from watchdog.logic.bench.names import bucket, candidates, offers, sees, size_of, specialised
from watchdog.logic.bench.score import (
    HARD as HARD_TESTS,
)
from watchdog.logic.bench.score import (
    PASS_BAR,
    SLOW_GREETING,
    Marks,
    Pace,
    label,
    rate_of,
    score,
    unlocked,
)
from watchdog.logic.bench.trials import (
    GREETING,
    HARD,
    PACES,
    STANDARD,
    TOOL_TRIAL,
    Trial,
    context_trial,
)
from watchdog.web.arguments import Arguments, checked

BENCH = "bench"  # in the place of a job's name

Json = dict[str, object]


class _Which(Arguments):
    models: tuple[str, ...] = ()


class _One(Arguments):
    model: str


async def chosen(means: Means, args: Mapping[str, object]) -> object:
    """Return the names of the models to measure: those that are wanted, else the candidates.

    Raises:
        Unanswered: no proxy is set up, it does not answer, or it has no such model.
    """
    wanted = checked(_Which, args).models
    refuse_unset(means.settings)
    chain = chain_of(means.settings, means.clock)
    try:
        offered = await chain.names()
    except WatchdogError as error:
        raise Unanswered(str(error), hint="check OPENAI_BASE_URL and OPENAI_API_KEY") from error
    finally:
        await chain.close()
    for name in wanted:
        _refuse_unknown(name, offered)
    names = tuple(dict.fromkeys(wanted)) or candidates(offered, means.settings.llm.chain)
    if not names:
        raise Unanswered("the proxy names no model", hint="watchdog bench MODEL tries one by name")
    return {"models": names}


def refuse_unset(settings: Settings) -> None:
    """Where no proxy is set there is nobody to measure.

    Raises:
        Unanswered: there is none.
    """
    if not settings.llm.base_url:
        raise Unanswered("no model is set up", hint="set OPENAI_BASE_URL and OPENAI_API_KEY")


def _refuse_unknown(name: str, offered: Sequence[str]) -> None:
    if not offers(offered, name):
        near = did_you_mean(name, offered) or f"it offers {', '.join(sorted(offered)[:20])}"
        raise Unanswered(f"the proxy has no model {name}", hint=near)


async def bench(means: Means, args: Mapping[str, object]) -> object:
    """Measure one model, and keep what came of it as a Run.

    Raises:
        Unanswered: the budget is spent, the key refused, or the model stopped answering.
        RunCancelled: a person ended it.
    """
    model = checked(_One, args).model
    refuse_unset(means.settings)
    return await measured(means, BENCH, model, partial(_measure, means, model))


async def _measure(means: Means, model: str, questions: CountedQuestions) -> tuple[Json, str]:
    """The whole of one model as JSON, and in a line."""
    greeting = await questions.pace(model, GREETING)
    if greeting.pace is None:
        raise Unanswered(
            f"no answer: {greeting.call.error}", hint="`watchdog doctor` tries every model"
        )
    paces = [
        each.pace for each in [await questions.pace(model, each) for each in PACES] if each.pace
    ]
    tests = await _trials(questions, model, STANDARD)
    hard = await _trials(questions, model, HARD) if unlocked(sum(tests.values())) else {}
    fits = await _passes(questions, model, context_trial())
    marks = Marks(
        passed=sum(tests.values()),
        advanced=sum(hard.values()),
        rate=rate_of(paces),
        size=size_of(model),
        tools=tests[TOOL_TRIAL],
        vision=sees(model),
        specialised=specialised(model),
        short_context=not fits,
        slow_greeting=greeting.pace.first > SLOW_GREETING,
    )
    corpus = await _corpus(means, questions, model)
    shown = {
        **_speed(greeting.pace, paces),
        **_marks(marks),
        "tests": tests,
        "advanced": {
            "unlocked": bool(hard),
            "score": round(marks.advanced / HARD_TESTS, 3),
            "tests": hard,
        },
        "corpus": corpus,
    }
    named = f"{corpus['named']} of {corpus['of']} causes named"
    return shown, f"score {score(marks):.2f}, {marks.passed} of {len(STANDARD)} tests, {named}"


async def _trials(
    questions: CountedQuestions, model: str, trials: Sequence[Trial]
) -> dict[str, bool]:
    return {each.name: await _passes(questions, model, each) for each in trials}


async def _passes(questions: CountedQuestions, model: str, trial: Trial) -> bool:
    """Whether every answer of every talk is right; a talk ends with its first wrong one."""
    for talk in trial.talks:
        turns: tuple[Turn, ...] = ()
        for each in talk:
            turns = (*turns, Turn(role="user", text=each.text))
            reply = await questions.ask(model, turns)
            if reply.call.outcome is not CallOutcome.ANSWERED or not each.right(reply.text):
                return False
            turns = (*turns, Turn(role="assistant", text=reply.text))
    return True


async def _corpus(means: Means, questions: CountedQuestions, model: str) -> Json:
    """The causes of the recorded clusters that the model's own sentences name."""
    texts = await asyncio.to_thread(read_texts, means.home.path)
    told = {}
    for folder in case_folders(None):
        looked = await asyncio.to_thread(look_at, folder, means.settings)
        told[looked.case.name] = await tell(questions, model, looked, means.settings, texts)
    each = [one for several in told.values() for one in several]
    costs = [one.call.usage.cost_usd for one in each if one.call.usage.cost_usd is not None]
    return {
        "named": sum(one.named for one in each),
        "of": len(each),
        "dropped": sum(one.dropped for one in each),
        "seconds_per_case": _average([one.call.seconds for one in each], 1),
        "usd_per_case": _average(costs, 6) if len(costs) == len(each) else None,
        "cases": {
            name: all(one.named for one in several) for name, several in told.items() if several
        },
    }


def _average(values: Sequence[float], digits: int) -> float | None:
    return round(sum(values) / len(values), digits) if values else None


def _speed(greeting: Pace, paces: Sequence[Pace]) -> Json:
    rate = rate_of(paces)
    return {
        "greeting_seconds": round(greeting.first, 3),
        "ttft_seconds": round(paces[0].first, 3) if paces else None,
        "tokens_per_second": None if rate is None else round(rate, 1),
        "speed": label(rate).value,
    }


def _marks(marks: Marks) -> Json:
    penalties = {
        "specialised": marks.specialised,
        "less than 8,000 tokens of context": marks.short_context,
        f"more than {SLOW_GREETING:.0f} s to greet": marks.slow_greeting,
    }
    return {
        "score": score(marks),
        "size_b": marks.size,
        "bucket": bucket(marks.size).value,
        "passed": marks.passed,
        "good_enough": marks.passed >= PASS_BAR,
        "uses_tools": marks.tools,
        "sees": marks.vision,
        "penalties": [name for name, holds in penalties.items() if holds],
    }
