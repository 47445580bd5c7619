"""Jobs with a prompt through the installed command: told as an opinion, silent only when well."""

import asyncio
import json
from collections.abc import AsyncIterator

import jsonschema
import pytest

from tests.cli.support import Done, Json, Watchdog, schema, serving, until
from tests.doubles import upstream as does
from tests.doubles.upstream import Upstream, error, hangs, says

MISSING = json.dumps({"tool": "get", "kind": "Pod", "name": "made-up"})


@pytest.fixture
async def models() -> AsyncIterator[Upstream]:
    async with does.upstream() as state:
        yield state


@pytest.fixture
def asking(watchdog: Watchdog, models: Upstream) -> Watchdog:
    watchdog.environ |= {
        "OPENAI_BASE_URL": models.url,
        "OPENAI_API_KEY": "sk-proxy-key-1",
        "WATCHDOG_LLM__MODEL": "local",
    }
    return watchdog


def answer(text: str) -> str:
    return json.dumps({"tool": "answer", "text": text})


def jobs(watchdog: Watchdog, *more: Json, **of: object) -> None:
    """The file with one job that asks, and others."""
    weekly = {"name": "weekly", "schedule": "every 7d", "prompt": "what grows?", **of}
    file = watchdog.home / "cron" / "jobs.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"version": 1, "jobs": [weekly, *more]}))


async def run(watchdog: Watchdog) -> tuple[Done, Json]:
    done = await watchdog.call("run", "weekly", "--output", "json")
    assert done.stdout, done.stderr
    found: Json = json.loads(done.stdout)
    jsonschema.validate(found, schema())
    return done, found


async def test_the_answer_is_delivered_as_an_opinion(asking: Watchdog, models: Upstream) -> None:
    jobs(asking)
    models.script("local", says(answer("Nothing grows.")))

    done, found = await run(asking)

    [message] = asking.said
    assert (done.returncode, found["verdict"], found["llm"]["calls"]) == (0, "healthy", 1)
    assert message["title"] == "INFO: weekly: a model's opinion"
    assert message["text"] == "Nothing grows."
    assert [each["kind"] for each in found["notifications"]] == ["report"]
    assert found["incidents"] == []


async def test_silence_is_kept_when_all_went_well(asking: Watchdog, models: Upstream) -> None:
    jobs(asking)
    models.script("local", says(answer(" [silent] ")))

    done, _ = await run(asking)

    assert (done.returncode, asking.said) == (0, [])


async def test_silence_does_not_count_for_a_job_that_always_speaks(
    asking: Watchdog, models: Upstream
) -> None:
    jobs(asking, silent="never")
    models.script("local", says(answer("[SILENT]")))

    await run(asking)

    assert [each["text"] for each in asking.said] == ["The model has nothing to tell."]


async def test_silence_does_not_count_when_something_could_not_be_read(
    asking: Watchdog, models: Upstream
) -> None:
    jobs(asking)
    models.script("local", says(MISSING), says(answer("[SILENT]")))

    await run(asking)

    assert "silence does not count" in asking.said[0]["text"]


async def test_more_than_the_one_word_is_no_silence(asking: Watchdog, models: Upstream) -> None:
    jobs(asking)
    models.script("local", says(answer("[SILENT] all is well")))

    await run(asking)

    assert [each["text"] for each in asking.said] == ["[SILENT] all is well"]


async def test_a_silent_job_is_recorded_and_told_nobody(asking: Watchdog, models: Upstream) -> None:
    jobs(asking, silent="always")
    models.script("local", says(answer("Disks grow.")))

    done, _ = await run(asking)

    assert (done.returncode, asking.said) == (0, [])


async def test_a_model_that_is_down_fails_the_run_and_is_told_once(
    asking: Watchdog, models: Upstream
) -> None:
    jobs(asking)
    models.script("local", error(500, "broken"))

    codes = [(await run(asking))[0].returncode for _ in range(3)]

    listed = json.loads((await asking.call("cron", "list", "--output", "json")).stdout)
    assert codes == [5, 5, 5]
    assert asking.kinds == ["self"]
    assert "LLM path down" in asking.said[0]["title"]
    assert listed["jobs"][0]["last_state"] == "failed"


async def test_a_model_of_its_own_that_is_not_there_is_the_jobs_fault_alone(
    asking: Watchdog, models: Upstream
) -> None:
    jobs(asking, model="nope")
    models.script("local", says(answer("Nothing grows.")))

    ran = [await run(asking) for _ in range(4)]
    asked = await asking.call("ask", "what grows?")

    assert [done.returncode for done, _ in ran] == [5, 5, 5, 5]
    assert ran[-1][1]["incidents"] == []
    assert asking.kinds == ["report"] * 4
    assert "nope: 404" in asking.said[0]["text"]
    assert "no model answered: nope: 404" in ran[0][0].stderr
    assert (asked.returncode, models.asked) == (0, ["nope"] * 4 + ["local"])


async def test_the_list_of_runs_says_why_a_question_was_not_answered(
    asking: Watchdog, models: Upstream
) -> None:
    jobs(asking)
    models.script("local", error(500, "broken"))
    await run(asking)
    await asking.call("ask", "what grows?")

    listed = json.loads((await asking.call("runs", "list", "--output", "json")).stdout)["runs"]

    why = "no model answered: local: 500 broken"
    notes = {each["job"]: each["text"] for each in listed if each["state"] == "failed"}
    assert notes == {"ask": why, "weekly": why}


async def test_no_answer_is_never_healthy(asking: Watchdog, models: Upstream) -> None:
    jobs(asking)
    models.script("local", says(""))

    done, found = await run(asking)

    [lacking] = found["unknown"]
    assert (done.returncode, found["verdict"]) == (5, "unknown")
    assert (lacking["check"], lacking["need"]) == ("weekly", "model")
    assert asking.said[0]["title"] == "INFO: weekly: a model gave no answer"


async def test_a_model_that_goes_round_in_circles_yields_the_words_of_the_rules(
    asking: Watchdog, models: Upstream
) -> None:
    jobs(asking)
    models.script("local", says(MISSING))

    done, _ = await run(asking)

    assert done.returncode == 5
    assert "stopped: the model asked 5 times" in asking.said[0]["text"]
    assert "What the rules found stands: nothing" in asking.said[0]["text"]


async def test_a_job_brings_its_own_model_fallbacks_tools_and_context(
    asking: Watchdog, models: Upstream, rollout: str
) -> None:
    checks = {"name": "images", "schedule": "every 1h", "checks": ["image_pull"]}
    own = {"model": "first", "fallbacks": ["second"], "tools": ["list"], "context_from": ["images"]}
    jobs(asking, checks, **own)
    models.script("first", error(404, "invalid_request_error"))
    listing = json.dumps({"tool": "incidents"})
    models.script("second", says(listing), says(answer("The image is gone.")))
    await asking.call("run", "images")

    _, found = await run(asking)

    sent = models.seen[-1]["messages"]
    assert models.asked[-3:] == ["second", "first", "second"]
    assert found["llm"]["models_served"] == ["second"]
    assert "Job images, " in sent[1]["content"]
    assert "image_pull/ImageNotFound" in sent[1]["content"]
    assert "incidents: the job does not name it" in sent[-1]["content"]


async def test_a_cloned_run_asks_again(asking: Watchdog, models: Upstream) -> None:
    jobs(asking)
    models.script("local", says(answer("Nothing grows.")))
    _, first = await run(asking)

    done = await asking.call("runs", "clone", first["run_id"])

    assert done.returncode == 0, done.stderr
    assert (len(models.seen), len(asking.said)) == (2, 2)


async def test_the_record_of_the_run_has_what_was_sent_and_said(
    asking: Watchdog, models: Upstream
) -> None:
    jobs(asking)
    models.script("local", says(answer("Nothing grows.")))
    _, found = await run(asking)

    done = await asking.call("runs", "show", found["run_id"], "--brief", "--output", "json")

    [said] = json.loads(done.stdout)["exchanges"]
    assert "what grows?" in said["turns"][-1]["text"]
    assert (said["answer"], said["served"]) == (answer("Nothing grows."), "local")


async def test_a_job_under_way_in_the_daemon_is_ended_by_a_command(
    asking: Watchdog, models: Upstream
) -> None:
    jobs(asking)
    models.script("local", hangs())

    async with serving(asking) as daemon:
        await daemon.ready()
        async with asyncio.TaskGroup() as group:
            ran = group.create_task(asking.call("run", "weekly"))
            await models.wait_asked(1)
            cancelled = await asking.call("runs", "cancel", "weekly")
        listed = await asking.call("runs", "list", "--job", "weekly", "--output", "json")

    assert cancelled.returncode == 0, cancelled.stderr
    assert "error: the run was cancelled by" in ran.result().stderr
    assert [each["state"] for each in json.loads(listed.stdout)["runs"]] == ["cancelled"]
    assert asking.said == []


async def test_without_a_model_the_job_fails_with_exit_code_5(watchdog: Watchdog) -> None:
    jobs(watchdog)

    done = await watchdog.call("run", "weekly")

    assert done.returncode == 5
    assert "none is set up" in done.stderr


async def test_the_scheduler_runs_a_job_that_asks(asking: Watchdog, models: Upstream) -> None:
    jobs(asking, schedule="every 1m")
    models.script("local", says(answer("Nothing grows.")))

    async with serving(asking) as daemon:
        await daemon.ready()
        await until(lambda: asking.said, seconds=100)

    assert asking.said[0]["text"] == "Nothing grows."
