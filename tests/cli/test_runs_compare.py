"""`watchdog runs compare` through the installed command: no cluster is needed, none is touched."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.cli.installed import call, refusal
from tests.cli.support import Done
from tests.doubles import upstream as does
from tests.doubles.upstream import Upstream, error, says
from tests.store.builders import EXCHANGE, incident, run_row, save
from watchdog.store import calls, exchanges, records, triages
from watchdog.store.engine import open_store
from watchdog.store.records import Wanted

CART = incident("cart")


def answer(claim: str) -> str:
    return json.dumps(
        {
            "claims": [claim],
            "priority": "today",
            "confidence": 0.7,
            "veto": False,
            "veto_reason": "",
            "unexplained": "",
        }
    )


THEN, NOW_SAID = answer("It stops with boom [E1]"), answer("The process ends with boom [E1]")


@dataclass
class Desk:
    """A home with two runs, of which r1 asked a model, and the models to compare with."""

    home: Path
    models: Upstream
    environ: dict[str, str]

    async def compare(self, *options: str) -> Done:
        words = ("runs", "compare", *options)
        return await asyncio.to_thread(call, *words, home=self.home, environ=self.environ)

    async def pair(self, *options: str) -> Any:
        done = await self.compare("r1", "--output", "json", *options)
        assert done.returncode == 0, done.stderr
        [pair] = json.loads(done.stdout)["pairs"]
        return pair


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    store = open_store("", home=tmp_path)
    save(store, CART, run=run_row("r1"))
    save(store, run=run_row("q2", job="other"))
    exchanges.keep(store, replace(EXCHANGE, incident=CART.id, answer=THEN))
    store.close()
    async with does.upstream() as models:
        models.script("other", says(NOW_SAID))
        models.script("big", says(NOW_SAID))
        environ = {
            "OPENAI_BASE_URL": models.url,
            "OPENAI_API_KEY": "k",
            "WATCHDOG_LLM__MODEL": "big",
        }
        yield Desk(tmp_path, models, environ)


async def test_two_answers_stand_side_by_side(desk: Desk) -> None:
    pair = await desk.pair("--model", "other")

    assert (pair["recorded"]["model"], pair["other"]["model"]) == ("small", "other")
    assert "stops with boom" in pair["recorded"]["words"]
    assert "ends with boom" in pair["other"]["words"]
    assert pair["other"]["outcome"] == "answered"


async def test_another_model_is_sent_the_very_question_of_then(desk: Desk) -> None:
    await desk.pair("--model", "other")

    [body] = desk.models.seen
    assert body["model"] == "other"
    assert [each["content"] for each in body["messages"]] == ["You look.", "fatal: boom"]


async def test_another_soul_words_the_recorded_facts(desk: Desk) -> None:
    await asyncio.to_thread(call, "config", "check", home=desk.home)
    soul = desk.home / "souls" / "terse"
    soul.mkdir(parents=True)
    (soul / "SOUL.md").write_text("You are terse and blunt.\n")
    (soul / "soul.manifest.yaml").write_text("id: terse\nslug: terse\nname: Terse\n")

    pair = await desk.pair("--soul", "terse")

    [body] = desk.models.seen
    system, user = (each["content"] for each in body["messages"])
    assert (body["model"], pair["other"]["soul"]) == ("big", "terse")
    assert "terse and blunt" in system
    assert "fatal: boom" in user


async def test_history_is_left_as_it_was_but_for_what_it_cost(desk: Desk) -> None:
    await desk.pair("--model", "other")

    store = open_store("", home=desk.home)
    assert [each.entry.run_id for each in records.select_runs(store, Wanted())] == ["r1", "q2"]
    assert records.find(store, "r1").line.cost.calls == 0
    assert triages.of(store, [CART.id]) == ()
    assert len(exchanges.of_run(store, "r1")) == 1
    assert [each.path for each in calls.recent(store, 9)] == ["compare"]
    store.close()


async def test_the_text_is_a_table(desk: Desk) -> None:
    done = await desk.compare("r1", "--model", "other")

    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == f"{CART.id}: cart crashes"
    assert lines[1].split() == ["RECORDED", "OTHER"]
    assert lines[2].split() == ["model", "small", "other"]


async def test_a_model_that_does_not_answer_ends_with_5(desk: Desk) -> None:
    desk.models.script("other", error(503, "api_error", "overloaded"))

    code, said, hint = refusal(await desk.compare("r1", "--model", "other"))

    assert (code, said.startswith("no answer: other")) == (5, True)
    assert "doctor" in hint


async def test_a_spent_budget_asks_nobody(desk: Desk) -> None:
    desk.environ["WATCHDOG_LLM__DAILY_BUDGET_USD"] = "0"

    code, _, _ = refusal(await desk.compare("r1", "--model", "other"))

    assert (code, desk.models.seen) == (5, [])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("r1",), "nothing to compare with"),
        (("q2", "--model", "other"), "run q2 asked no model about an incident"),
        (("zz", "--model", "other"), "there is no run 'zz'"),
        (("r1", "--soul", "nobody"), "there is no soul nobody"),
    ],
)
async def test_what_cannot_be_compared_is_a_usage_error(
    desk: Desk, options: tuple[str, ...], said: str
) -> None:
    code, found, _ = refusal(await desk.compare(*options))

    assert (code, found, desk.models.seen) == (2, said, [])


async def test_without_a_model_there_is_nothing_to_ask(desk: Desk) -> None:
    desk.environ.clear()

    code, found, hint = refusal(await desk.compare("r1", "--model", "other"))

    assert (code, found) == (5, "no model is set up")
    assert "OPENAI_BASE_URL" in hint
