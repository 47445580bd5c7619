"""`watchdog eval`: one recorded cluster, by the rules alone or in a model's words as well."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from watchdog.app.benching import refuse_unset
from watchdog.app.cases import Told, tell
from watchdog.app.counted_questions import CountedQuestions
from watchdog.app.measured import measured
from watchdog.app.measuring_commands import Means
from watchdog.app.rule_evaluation import Looked, look_at
from watchdog.config.souls import read_texts
from watchdog.domain.errors import Unanswered
from watchdog.logic.bench.cases import REPETITIONS
from watchdog.web.arguments import Arguments, checked

EVAL = "eval"  # in the place of a job's name

Json = dict[str, object]


class _Case(Arguments):
    folder: Path
    model: str = ""


async def evaluate(means: Means, args: Mapping[str, object]) -> object:
    """Ask a model three times about each cause in one recorded cluster, and keep it as a Run.

    Raises:
        Misconfigured: the case cannot be read.
        Unanswered: no model is set up, the budget is spent, or nobody answers.
        RunCancelled: a person ended it.
    """
    wanted = checked(_Case, args)
    refuse_unset(means.settings)
    model = wanted.model or means.settings.llm.model
    if not model:
        raise Unanswered("no model is set", hint="give --model, or set llm.model")
    looked = await asyncio.to_thread(look_at, wanted.folder, means.settings)
    return await measured(means, EVAL, model, partial(_repeat, means, model, looked))


async def _repeat(
    means: Means, model: str, looked: Looked, questions: CountedQuestions
) -> tuple[Json, str]:
    texts = await asyncio.to_thread(read_texts, means.home.path)
    rounds = [
        await tell(questions, model, looked, means.settings, texts) for _ in range(REPETITIONS)
    ]
    right = sum(_named(each, looked) for each in rounds)
    told = [one for each in rounds for one in each]
    shown: Json = {
        "case": looked.case.name,
        "repetitions": [_named(each, looked) for each in rounds],
        "passed": right == REPETITIONS,
        "dropped": sum(one.dropped for one in told),
    }
    return shown, f"{looked.case.name} explained {right} of {REPETITIONS} times"


def _named(told: Sequence[Told], looked: Looked) -> bool:
    """Whether every cause was named; one that the rules missed nobody could be asked about."""
    return len(told) == len(looked.case.causes) and all(one.named for one in told)
