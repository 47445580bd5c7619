"""`watchdog eval` through the installed command: recorded clusters, with and without a model."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.installed import call, refusal
from tests.cli.support import Done, Watchdog, serving
from tests.cli.test_bench import NOBODY
from tests.doubles import upstream as does
from tests.doubles.lying import LIES, lies
from tests.doubles.scholar import scholar
from tests.doubles.upstream import Upstream, error
from watchdog.config.cases import case_folders
from watchdog.config.defaults import corpus_folder
from watchdog.store import records
from watchdog.store.engine import open_store
from watchdog.store.records import Wanted

QUOTA = "quota-used-up"


@dataclass
class Desk:
    """A home, a folder with one case, and a model."""

    home: Path
    cases: Path
    models: Upstream
    environ: dict[str, str]

    async def run(self, *options: str | Path) -> Done:
        return await asyncio.to_thread(call, "eval", *options, home=self.home, environ=self.environ)

    async def case(self, *options: str | Path, code: int = 0) -> Any:
        done = await self.run(self.cases, "--output", "json", *options)
        assert (done.returncode, done.stderr) == (code, "")
        [found] = json.loads(done.stdout)["cases"]
        return found

    def edit(self, old: str, new: str) -> None:
        path = self.cases / QUOTA / "expect.yaml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    shutil.copytree(corpus_folder() / QUOTA, tmp_path / "cases" / QUOTA)
    async with does.upstream() as models:
        models.script("small", scholar(headers={"x-litellm-response-cost": "0.001"}))
        environ = {
            "OPENAI_BASE_URL": models.url,
            "OPENAI_API_KEY": "k",
            "WATCHDOG_LLM__MODEL": "small",
        }
        yield Desk(tmp_path / "home", tmp_path / "cases", models, environ)


async def test_the_rules_pass_every_case_of_this_version_without_a_model(tmp_path: Path) -> None:
    done = await asyncio.to_thread(call, "eval", "--output", "json", home=tmp_path / "home")

    found = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert found["passed"] == found["of"] == len(case_folders(None))
    assert {each["model"] for each in found["cases"]} == {None}
    assert not (tmp_path / "home" / "state.db").exists()


async def test_with_a_model_each_cause_is_asked_about_three_times(desk: Desk) -> None:
    found = await desk.case()

    assert (found["passed"], found["model"]["repetitions"]) == (True, [True, True, True])
    assert (found["model"]["calls"], found["model"]["dropped"]) == (3, 0)
    assert found["model"]["cost_usd"] == pytest.approx(0.003)
    assert len(desk.models.seen) == 3


async def test_one_wrong_answer_of_three_fails_the_case(desk: Desk) -> None:
    desk.models.script("small", scholar(), scholar(mute=True), scholar())

    found = await desk.case(code=1)

    assert (found["rules"]["passed"], found["passed"]) == (True, False)
    assert found["model"]["repetitions"] == [True, False, True]


async def test_lies_are_counted_and_name_no_cause(desk: Desk) -> None:
    desk.models.script("small", lies(1))

    found = await desk.case(code=1)

    assert not any(found["model"]["repetitions"])
    assert found["model"]["dropped"] > len(LIES[:2])


async def test_a_case_is_a_run_that_can_be_looked_up(desk: Desk) -> None:
    run_id = (await desk.case())["model"]["run_id"]

    store = open_store("", home=desk.home)
    [line] = records.select_runs(store, Wanted())
    assert (line.entry.run_id, line.entry.job, line.cost.calls) == (run_id, "eval", 3)
    assert line.entry.text == f"small: {QUOTA} explained 3 of 3 times"
    store.close()


async def test_a_case_under_way_in_the_daemon_is_ended_by_a_command(
    desk: Desk, tmp_path: Path
) -> None:
    desk.models.script("small", scholar(), does.hangs())
    (tmp_path / "kubeconfig").write_text(NOBODY)
    watchdog = Watchdog(desk.home, tmp_path / "kubeconfig", desk.environ)
    async with serving(watchdog):
        async with asyncio.TaskGroup() as group:
            evaluated = group.create_task(watchdog.call("eval", desk.cases))
            await desk.models.wait_asked(2)
            cancelled = await watchdog.call("runs", "cancel", "eval")
        listed = await watchdog.call("runs", "list", "--output", "json")

    assert cancelled.returncode == 0, cancelled.stderr
    assert "the run was cancelled by" in evaluated.result().stderr
    [line] = json.loads(listed.stdout)["runs"]
    assert (line["job"], line["state"], line["cost"]["calls"]) == ("eval", "cancelled", 1)


async def test_without_the_model_nobody_is_asked(desk: Desk) -> None:
    found = await desk.case("--rules")

    assert (found["model"], desk.models.seen) == (None, [])


async def test_another_model_can_be_named(desk: Desk) -> None:
    desk.models.script("other", scholar())

    assert (await desk.case("--model", "other"))["model"]["model"] == "other"
    assert set(desk.models.asked) == {"other"}


async def test_a_cause_that_is_missed_fails_and_is_named(desk: Desk) -> None:
    desk.edit("name: shop-quota", "name: other-quota")

    done = await desk.run(desk.cases, "--rules")

    assert done.returncode == 1
    assert f"{QUOTA}: missed: ResourceQuota/shop/other-quota" in done.stdout
    assert f"{QUOTA}: extra: QuotaRejects ResourceQuota/shop/shop-quota" in done.stdout
    assert done.stdout.splitlines()[-1] == "0 of 1 passed"


async def test_a_fact_that_the_rules_do_not_tell_fails(desk: Desk) -> None:
    desk.edit("limits\\.memory", "limits\\.gpu")

    found = await desk.case("--rules", code=1)

    assert (found["rules"]["recall"], found["rules"]["told"]) == (1, False)


async def test_the_text_has_a_row_for_each_case(desk: Desk) -> None:
    header, row, end = (await desk.run(desk.cases)).stdout.splitlines()

    assert header.split()[:5] == ["CASE", "PASSED", "RECALL", "PRECISION", "RULES"]
    assert row.split()[:8] == [QUOTA, "yes", "1.00", "1.00", "told", "3/3", "0", "3"]
    assert end == "1 of 1 passed"


async def test_a_model_that_does_not_answer_ends_with_5(desk: Desk) -> None:
    desk.models.script("small", error(503, "api_error"))

    code, said, _ = refusal(await desk.run(desk.cases))

    assert (code, said) == (5, "no answer: small: 503 api_error")


async def test_a_named_model_without_a_proxy_ends_with_5(desk: Desk) -> None:
    desk.environ.clear()

    code, said, _ = refusal(await desk.run(desk.cases, "--model", "small"))

    assert (code, said) == (5, "no model is set up")


async def test_a_folder_without_cases_is_a_misconfiguration(desk: Desk) -> None:
    desk.home.mkdir()

    code, said, hint = refusal(await desk.run(desk.home))

    assert (code, said.startswith("no expect.yaml")) == (3, True)
    assert "docs/eval.md" in hint


async def test_the_two_ways_of_choosing_exclude_each_other(desk: Desk) -> None:
    code, _, _ = refusal(await desk.run("--rules", "--model", "small"))

    assert code == 2
