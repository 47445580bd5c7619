"""`watchdog runs` on a real control plane: one run once more, and one ended from outside."""

import asyncio
import json

from tests.cli.support import Json, Watchdog, serving
from tests.doubles import upstream as does
from tests.doubles.front import Front, Hold
from tests.doubles.upstream import says

OPINION = json.dumps(
    {
        "claims": ["The image tag is not in the registry [E1]."],
        "priority": "now",
        "confidence": 0.9,
        "veto": False,
        "veto_reason": "",
        "unexplained": "",
    }
)
NODES = "/api/v1/nodes"


async def listed(watchdog: Watchdog) -> list[Json]:
    done = await watchdog.call("runs", "list", "--output", "json")
    runs: list[Json] = json.loads(done.stdout)["runs"]
    return runs


async def test_a_clone_is_a_run_of_its_own_with_the_same_checks(watchdog: Watchdog) -> None:
    await watchdog.call("run", "image_pull")
    [first] = await listed(watchdog)

    done = await watchdog.call("runs", "clone", first["run_id"], "--output", "json")

    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)["run_id"]
    assert [each["run_id"] for each in await listed(watchdog)] == [made, first["run_id"]]
    shown = json.loads((await watchdog.call("runs", "show", made, "--output", "json")).stdout)
    assert shown["tools"]["checks"] == ["image_pull"]
    assert shown["request"]["clone_of"] == first["run_id"]


async def test_a_clone_of_an_unknown_run_is_a_usage_error(watchdog: Watchdog) -> None:
    done = await watchdog.call("runs", "clone", "nightly")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: there is no run 'nightly'\nhint: ")


async def test_a_run_under_way_in_the_daemon_is_ended_by_a_command(
    watchdog: Watchdog, front: Front
) -> None:
    async with serving(watchdog) as daemon:
        await daemon.ready()
        front.held[NODES] = Hold()
        async with asyncio.TaskGroup() as group:
            run = group.create_task(watchdog.call("run", "image_pull"))
            await front.held[NODES].reached.wait()
            cancelled = await watchdog.call("runs", "cancel", "image_pull")
        again = await watchdog.call("runs", "cancel", "image_pull")
        front.held.pop(NODES).release.set()

    assert (cancelled.returncode, cancelled.stdout) == (0, "")
    assert "is cancelled" in cancelled.stderr
    assert run.result().returncode == 4
    assert "error: the run was cancelled by" in run.result().stderr
    assert (again.returncode, "has ended: cancelled" in again.stderr) == (2, True)
    [line] = await listed(watchdog)
    assert (line["state"], line["verdict"]) == ("cancelled", None)


async def test_a_record_has_what_a_model_was_sent_and_said(
    watchdog: Watchdog, rollout: str
) -> None:
    async with does.upstream() as models:
        models.script("small", says(OPINION))
        watchdog.environ |= {"OPENAI_BASE_URL": models.url, "OPENAI_API_KEY": "sk-proxy-key-1"}
        watchdog.environ |= {"WATCHDOG_LLM__MODEL": "small"}
        _, result = await watchdog.run()

    done = await watchdog.call("runs", "show", result["run_id"], "--brief", "--output", "json")
    record = json.loads(done.stdout)
    [said] = record["exchanges"]
    assert (said["served"], said["answer"]) == ("small", OPINION)
    assert rollout in said["turns"][-1]["text"]
    assert (record["cost"]["calls"], record["model"]["served"]) == (1, ["small"])
    assert record["soul"]["slug"]
    assert record["soul"]["digest"]


async def test_the_daemon_compares_over_its_own_way_to_the_models_and_counts_it(
    watchdog: Watchdog, rollout: str
) -> None:
    async with does.upstream() as models:
        models.script("small", says(OPINION))
        models.script("other", says(OPINION))
        watchdog.environ |= {"OPENAI_BASE_URL": models.url, "OPENAI_API_KEY": "sk-proxy-key-1"}
        watchdog.environ |= {"WATCHDOG_LLM__MODEL": "small"}
        _, result = await watchdog.run()
        async with serving(watchdog) as daemon:
            await daemon.ready()
            again = ("runs", "compare", result["run_id"], "--model", "other", "--output", "json")
            twice = [await watchdog.call(*again) for _ in range(2)]
            _, metrics = await daemon.get(f"{daemon.api}/metrics")

    assert [done.returncode for done in twice] == [0, 0], twice[-1].stderr
    assert 'watchdog_llm_calls_total{model="other",outcome="answered"} 2.0' in metrics


async def test_without_a_daemon_nothing_is_under_way(watchdog: Watchdog) -> None:
    await watchdog.call("run", "image_pull")

    done = await watchdog.call("runs", "cancel", "image_pull")

    assert (done.returncode, done.stdout) == (2, "")
    assert "has ended: ok" in done.stderr
