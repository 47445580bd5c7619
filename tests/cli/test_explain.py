"""`watchdog scan --explain` through the installed command: a model's words, and nothing kept."""

import json
from collections.abc import AsyncIterator

import pytest

from tests.cli.support import Watchdog
from tests.doubles import upstream as does
from tests.doubles.front import Front
from tests.doubles.upstream import Upstream, error, says

ANSWER = json.dumps(
    {
        "claims": ["The image is not in its registry [E1]."],
        "priority": "now",
        "confidence": 0.8,
        "veto": False,
        "veto_reason": "",
        "unexplained": "",
    }
)
SCAN = ("scan", "--check", "image_pull", "--explain")


@pytest.fixture
async def models() -> AsyncIterator[Upstream]:
    async with does.upstream() as state:
        yield state


@pytest.fixture
def asking(watchdog: Watchdog, models: Upstream, rollout: str) -> Watchdog:
    watchdog.environ |= {"OPENAI_BASE_URL": models.url, "WATCHDOG_LLM__MODEL": "local"}
    return watchdog


async def test_an_incident_is_explained_in_a_models_words(
    asking: Watchdog, models: Upstream
) -> None:
    models.script("local", says(ANSWER))

    done = await asking.call(*SCAN, "--output", "json")

    found = json.loads(done.stdout)
    [incident] = found["incidents"]
    assert (done.returncode, len(models.seen), found["llm"]["calls"]) == (1, 1, 1)
    assert incident["explanation"]["source"] == "llm"
    assert incident["explanation"]["text"].startswith("The image is not in its registry")
    assert list(asking.home.glob("*.db")) == []


async def test_a_dry_run_prints_the_brief_and_asks_nobody(
    asking: Watchdog, models: Upstream
) -> None:
    done = await asking.call(*SCAN, "--dry-run")

    assert (done.returncode, models.seen) == (1, [])
    assert "## system" in done.stdout
    assert "BEGIN DATA" in done.stdout
    assert '"id": "E1"' in done.stdout


async def test_a_model_that_is_down_leaves_the_words_of_the_rules(
    asking: Watchdog, models: Upstream
) -> None:
    models.script("local", error(500, "broken"))

    done = await asking.call(*SCAN, "--output", "json")

    [incident] = json.loads(done.stdout)["incidents"]
    assert (done.returncode, incident["explanation"]["source"]) == (5, "rules")
    assert "error: 1 of 1 questions were not answered" in done.stderr


async def test_without_a_model_the_rules_explain(watchdog: Watchdog, rollout: str) -> None:
    done = await watchdog.call(*SCAN)

    assert (done.returncode, "ImageNotFound" in done.stdout) == (5, True)
    assert "error: no model is set up: the rules explain" in done.stderr


async def test_without_a_model_it_ends_with_5_also_when_nothing_was_found(
    watchdog: Watchdog,
) -> None:
    done = await watchdog.call(*SCAN)

    assert done.returncode == 5
    assert "error: no model is set up" in done.stderr


async def test_what_could_not_be_read_weighs_more_than_a_model_that_is_not_there(
    watchdog: Watchdog, blind: Front
) -> None:
    done = await watchdog.call(*SCAN)

    assert done.returncode == 4
    assert "error: no model is set up" in done.stderr


async def test_a_dry_run_of_nothing_is_refused(watchdog: Watchdog) -> None:
    done = await watchdog.call("scan", "--dry-run")

    assert done.returncode == 2
