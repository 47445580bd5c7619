"""doctor about the models: a whole question has to fit, not only one word."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.doubles import upstream as does
from tests.doubles.upstream import Upstream, says
from watchdog.app.doctor_models import model_lines
from watchdog.app.lines import Line, State
from watchdog.config.settings import Settings
from watchdog.logic.triage.tokens import estimate


@pytest.fixture
async def models() -> AsyncIterator[Upstream]:
    async with does.upstream() as state:
        yield state


async def of(model: str, models: Upstream, home: Path, context_tokens: int = 8192) -> Line:
    """The line about the one model of the chain."""
    llm = {"base_url": models.url, "model": model, "context_tokens": context_tokens}
    settings = Settings.model_validate({"home": home, "llm": llm})
    lines = [line async for line in model_lines(settings, failover=False)]
    [found] = [line for line in lines if line.text.startswith(f"model {model} ")]
    return found


async def test_a_model_that_cuts_a_long_question_is_a_fault(
    models: Upstream, tmp_path: Path
) -> None:
    models.script("small", says("ready", usage={"prompt_tokens": 4096, "completion_tokens": 1}))

    line = await of("small", models, tmp_path)

    assert line.state is State.FAULT
    assert "it reads only a part of a question" in line.text


async def test_a_model_that_reads_all_of_it_is_well(models: Upstream, tmp_path: Path) -> None:
    models.script("large", says("ready", usage={"prompt_tokens": 7390, "completion_tokens": 1}))

    assert (await of("large", models, tmp_path)).state is State.OK


@pytest.mark.parametrize(("context_tokens", "sent"), [(4096, 2900), (8192, 7000), (10**6, 7400)])
async def test_it_is_asked_with_a_prompt_as_long_as_questions_are(
    models: Upstream, tmp_path: Path, context_tokens: int, sent: int
) -> None:
    models.script("large", says("ready"))

    await of("large", models, tmp_path, context_tokens)

    [body] = models.seen
    [turn] = body["messages"]
    assert sent - 20 < estimate(turn["content"]) < sent + 40
