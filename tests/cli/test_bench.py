"""`watchdog bench` through the installed command: no cluster is needed, none is touched."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.installed import call, refusal
from tests.cli.support import Done, Watchdog, serving
from tests.doubles import upstream as does
from tests.doubles.scholar import scholar
from tests.doubles.upstream import Upstream, error
from watchdog.store import calls, records
from watchdog.store.engine import open_store
from watchdog.store.records import Wanted

NOBODY = """
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "http://127.0.0.1:9"}}]
users: [{name: u, user: {token: t}}]
"""
CASES = 6  # of the corpus in which something is wrong
FREE = {"WATCHDOG_LLM__PRICES": json.dumps({"right:13b": [1.0, 1.0]})}


@dataclass
class Desk:
    """A home, and the models to measure."""

    home: Path
    models: Upstream
    environ: dict[str, str]

    async def bench(self, *options: str) -> Done:
        return await asyncio.to_thread(
            call, "bench", *options, home=self.home, environ=self.environ
        )

    async def measured(self, *options: str) -> Any:
        done = await self.bench(*options, "--output", "json")
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)["models"]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with does.upstream() as models:
        models.script("right:13b", scholar())
        environ = {"OPENAI_BASE_URL": models.url, "OPENAI_API_KEY": "k", **FREE}
        yield Desk(tmp_path, models, environ)


async def test_a_model_that_is_always_right_has_all_but_what_it_cannot_show(desk: Desk) -> None:
    [found] = await desk.measured("right:13b")

    assert (found["passed"], sum(found["advanced"]["tests"].values())) == (6, 7)
    assert found["score"] == pytest.approx(0.9 - 0.015, abs=0.001)  # it does not see
    assert (found["speed"], found["size_b"], found["penalties"]) == ("Fast", 13, [])
    assert (found["corpus"]["named"], found["corpus"]["of"]) == (CASES, CASES)
    assert found["corpus"]["usd_per_case"] > 0
    assert found["cost_usd"] > 0


async def test_below_five_of_six_the_hard_tests_are_not_asked(desk: Desk) -> None:
    desk.models.script("weak", scholar("strict JSON", "nested JSON", "three multiplications"))

    [found] = await desk.measured("weak")

    assert (found["passed"], found["good_enough"]) == (3, False)
    assert found["advanced"] == {"unlocked": False, "score": 0.0, "tests": {}}


async def test_a_short_context_and_a_missing_remediation_cost_what_they_should(desk: Desk) -> None:
    desk.models.script(
        "right:13b", scholar("8,000 tokens of context", "the right remediation, or none")
    )

    [found] = await desk.measured("right:13b")

    assert found["penalties"] == ["less than 8,000 tokens of context"]
    assert not found["uses_tools"]


async def test_a_model_that_explains_nothing_names_no_cause(desk: Desk) -> None:
    desk.models.script("right:13b", scholar(mute=True))

    [found] = await desk.measured("right:13b")

    assert (found["corpus"]["named"], found["corpus"]["of"]) == (0, CASES)
    assert not any(found["corpus"]["cases"].values())


async def test_without_a_name_one_of_each_size_is_measured_the_best_first(desk: Desk) -> None:
    desk.models.script("weak:3b", scholar("strict JSON", "nested JSON", "three multiplications"))
    desk.models.script("nomic-embed-text", error(400, "invalid_request_error"))

    assert [each["model"] for each in await desk.measured()] == ["right:13b", "weak:3b"]


async def test_each_model_is_a_run_with_its_calls_and_costs(desk: Desk) -> None:
    [found] = await desk.measured("right:13b")

    store = open_store("", home=desk.home)
    [line] = records.select_runs(store, Wanted())
    asked = calls.of_run(store, found["run_id"])
    assert (line.entry.job, line.entry.state) == ("bench", "ok")
    assert line.entry.text.startswith("right:13b: score 0.8")
    assert line.cost.calls == found["calls"] == len(asked) == len(desk.models.seen)
    assert {each.path for each in asked} == {"bench"}
    assert records.find(store, found["run_id"]).result["bench"] == {
        name: value for name, value in found.items() if name != "error"
    }
    store.close()


async def test_the_text_is_a_table_and_what_went_wrong(desk: Desk) -> None:
    desk.models.script("right:13b", scholar("reasoning"))

    done = await desk.bench("right:13b")

    header, row, failed = done.stdout.splitlines()
    assert header.split()[:4] == ["MODEL", "SCORE", "TESTS", "HARD"]
    assert row.split()[:4] == ["right:13b", "0.85", "6/6", "6/7"]
    assert failed == "right:13b: failed: reasoning"


async def test_one_that_is_dead_does_not_keep_the_others_from_being_measured(desk: Desk) -> None:
    desk.models.script("dead", error(503, "api_error"))

    done = await desk.bench("dead", "right:13b", "--output", "json")

    assert done.returncode == 0
    assert [each["model"] for each in json.loads(done.stdout)["models"]] == ["right:13b", "dead"]
    assert done.stderr.splitlines()[0] == "error: dead: no answer: dead: 503"
    assert done.stderr.splitlines()[1].startswith("hint: ")


async def test_when_all_are_dead_it_ends_with_5(desk: Desk) -> None:
    desk.models.script("dead", error(503, "api_error"))

    code, said, _ = refusal(await desk.bench("dead"))

    assert (code, said) == (5, "dead: no answer: dead: 503")


async def test_a_model_that_stops_answering_is_given_up(desk: Desk) -> None:
    greets = scholar()
    desk.models.script("right:13b", greets, greets, greets, error(500, "api_error"))

    code, said, _ = refusal(await desk.bench("right:13b"))

    assert (code, said) == (5, "right:13b: no answer: right:13b: 500 api_error")
    assert len(desk.models.seen) < 12


async def test_a_model_that_the_proxy_does_not_have_is_refused(desk: Desk) -> None:
    code, said, hint = refusal(await desk.bench("rihgt:13b"))

    assert (code, said, desk.models.seen) == (5, "the proxy has no model rihgt:13b", [])
    assert "right:13b" in hint


async def test_a_proxy_that_is_down_is_one_line_and_a_hint(desk: Desk) -> None:
    desk.environ["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1"

    code, said, hint = refusal(await desk.bench())

    assert (code, said.startswith("the model proxy does not answer")) == (5, True)
    assert "OPENAI_BASE_URL" in hint


async def test_without_a_proxy_there_is_nobody_to_measure(desk: Desk) -> None:
    desk.environ.clear()

    code, said, hint = refusal(await desk.bench())

    assert (code, said) == (5, "no model is set up")
    assert "OPENAI_BASE_URL" in hint


async def test_a_spent_budget_asks_nobody(desk: Desk) -> None:
    desk.environ["WATCHDOG_LLM__DAILY_BUDGET_TOKENS"] = "0"

    code, said, _ = refusal(await desk.bench("right:13b"))

    assert (code, said) == (5, "right:13b: 0 of 0 tokens a day are spent")
    assert desk.models.seen == []


async def test_a_budget_that_ends_on_the_way_ends_the_measurement(desk: Desk) -> None:
    desk.environ["WATCHDOG_LLM__DAILY_BUDGET_TOKENS"] = "600"  # 120 each

    code, said, _ = refusal(await desk.bench("right:13b"))

    assert (code, said) == (5, "right:13b: 600 of 600 tokens a day are spent")
    assert len(desk.models.seen) == 5


async def test_a_refused_key_ends_it_at_once(desk: Desk) -> None:
    refused = error(401, "auth_error", "no such key")
    desk.models.script("right:13b", scholar(), scholar(), scholar(), refused)

    code, said, _ = refusal(await desk.bench("right:13b"))

    assert (code, said.startswith("right:13b: no answer")) == (5, True)
    assert len(desk.models.seen) == 4


async def test_a_measurement_in_the_daemon_is_ended_by_a_command(
    desk: Desk, tmp_path: Path
) -> None:
    desk.models.script("right:13b", scholar(), scholar(), does.hangs())
    (tmp_path / "kubeconfig").write_text(NOBODY)
    watchdog = Watchdog(tmp_path / "home", tmp_path / "kubeconfig", desk.environ)
    async with serving(watchdog):
        async with asyncio.TaskGroup() as group:
            measuring = group.create_task(watchdog.call("bench", "right:13b"))
            await desk.models.wait_asked(3)
            cancelled = await watchdog.call("runs", "cancel", "bench")
        listed = await watchdog.call("runs", "list", "--output", "json")

    assert cancelled.returncode == 0, cancelled.stderr
    assert "the run was cancelled by" in measuring.result().stderr
    [line] = json.loads(listed.stdout)["runs"]
    assert (line["job"], line["state"], line["cost"]["calls"]) == ("bench", "cancelled", 2)
    assert len(desk.models.seen) == 3


async def test_the_daemon_measures_and_counts_too(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text(NOBODY)
    watchdog = Watchdog(tmp_path / "home", tmp_path / "kubeconfig", desk.environ)
    async with serving(watchdog) as daemon:
        done = await watchdog.call("bench", "right:13b", "--output", "json")
        _, figures = await daemon.get(f"{daemon.api}/metrics")

    [found] = json.loads(done.stdout)["models"]
    assert found["passed"] == 6
    counted = [line for line in figures.splitlines() if line.startswith("watchdog_llm_calls_total")]
    assert sum(float(line.split()[-1]) for line in counted) == found["calls"]
