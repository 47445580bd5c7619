"""`watchdog ask` through the installed command: what is asked, what is read, and how it ends."""

import asyncio
import json
import re
from collections.abc import AsyncIterator

import pytest

from tests.cli.support import Json, Watchdog, serving
from tests.cluster.control_plane import free_ports
from tests.doubles import upstream as does
from tests.doubles.upstream import Upstream, error, hangs, says


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
        "WATCHDOG_LLM__FALLBACKS": "spare",
    }
    return watchdog


def step(tool: str, **of: object) -> str:
    return json.dumps({"tool": tool, **of})


def told(body: Json) -> str:
    """All that one request sent."""
    return "\n".join(turn["content"] for turn in body["messages"])


async def test_a_question_is_answered_from_what_was_read(
    asking: Watchdog, models: Upstream, rollout: str
) -> None:
    models.script(
        "local",
        says(step("list", kind="Pod", namespace=rollout)),
        says(step("rollout_history", kind="Deployment", namespace=rollout, name="web")),
        says(step("answer", text="The new revision of web wants an image that is not there.")),
    )

    done = await asking.call("ask", "why is web not rolled out?")

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "A model's opinion (local):",
        "The new revision of web wants an image that is not there.",
        "Read for it:",
        f"  list Pod {rollout}",
        f"  rollout_history Deployment {rollout}/web",
    ]
    assert "ImagePullBackOff" in told(models.seen[1])
    assert "revision 2" in told(models.seen[2])
    assert "why is web not rolled out?" in told(models.seen[0])
    assert asking.said == []


async def test_a_question_opens_no_incident(
    asking: Watchdog, models: Upstream, rollout: str
) -> None:
    models.script("local", says(step("answer", text="The image is not there.")))

    await asking.call("ask", "why?")

    listed = await asking.call("incidents", "list", "--output", "json")
    assert json.loads(listed.stdout) == {"incidents": []}


async def test_the_answer_as_json_says_what_was_read_and_by_whom(
    asking: Watchdog, models: Upstream
) -> None:
    models.script("local", error(503, "high_demand"))
    models.script(
        "spare",
        says(step("get", kind="Secret", namespace="kube-system", name="token")),
        says(step("answer", text="I do not know.")),
    )

    done = await asking.call("ask", "what is the token?", "--output", "json")

    found = json.loads(done.stdout)
    assert (done.returncode, found["answer"], found["source"]) == (0, "I do not know.", "llm")
    assert found["read"] == [{"what": "get Secret kube-system/token", "result": "failed"}]
    assert found["llm"]["model_served"] == "spare"
    assert found["llm"]["calls"] == 2


async def test_a_command_in_the_answer_is_removed_and_made_up_names_are_told(
    asking: Watchdog, models: Upstream
) -> None:
    text = "The pod made-up-7f9 is ill. Run kubectl delete ns shop. See https://evil.example/x."
    models.script("local", says(step("answer", text=text)))

    done = await asking.call("ask", "what is ill?")

    assert "kubectl" not in done.stdout
    assert "https://" not in done.stdout
    assert "named in nothing that was read: made-up-7f9" in done.stdout


async def test_a_model_that_goes_round_in_circles_is_stopped_with_exit_code_5(
    asking: Watchdog, models: Upstream
) -> None:
    models.script("local", says(step("get", kind="Pod", name="made-up")))

    done = await asking.call("ask", "why?")

    first, second = done.stderr.splitlines()[-2:]
    assert (done.returncode, done.stdout) == (5, "")
    assert first == "error: stopped: the model asked 5 times for what cannot be read"
    assert second.startswith("hint: ")


async def test_an_object_for_an_answer_is_told_in_its_words(
    asking: Watchdog, models: Upstream
) -> None:
    words, shaped = says("It is the image."), says(step("answer", text="The image."))
    models.script("local", words, words, shaped)
    models.script("spare", words)

    done = await asking.call("ask", "why is web ill?")

    assert done.returncode == 0, done.stderr
    assert models.asked == ["local", "local", "spare", "local"]
    assert done.stdout.splitlines()[1] == "The image."
    assert "{" not in done.stdout


async def test_a_model_that_writes_no_object_answers_from_a_fixed_set(
    asking: Watchdog, models: Upstream, rollout: str
) -> None:
    models.script("local", says("I think it is the image."))
    models.script("spare", says("I think it is the image."))

    done = await asking.call("ask", "why is web ill?")

    assert done.returncode == 0, done.stderr
    assert "I think it is the image." in done.stdout
    assert "Note: answered without looking around" in done.stdout
    assert '"kind":"Deployment"' in told(models.seen[-1])
    assert "response_format" not in models.seen[-1]


@pytest.mark.parametrize("status", [401, 500])
async def test_a_model_path_that_is_down_is_exit_code_5(
    asking: Watchdog, models: Upstream, status: int
) -> None:
    for model in ("local", "spare"):
        models.script(model, error(status, "broken"))

    done = await asking.call("ask", "why?")

    first, second = done.stderr.splitlines()[-2:]
    assert (done.returncode, done.stdout) == (5, "")
    assert first.startswith("error: no model answered: ")
    assert second.startswith("hint: ")


async def test_without_a_model_it_is_exit_code_5(watchdog: Watchdog) -> None:
    done = await watchdog.call("ask", "why?")

    assert done.returncode == 5
    assert "error: no model is set up" in done.stderr


async def test_another_model_is_asked_by_its_name(asking: Watchdog, models: Upstream) -> None:
    models.script("other", says(step("answer", text="Nothing stands.")))

    done = await asking.call("ask", "why?", "--model", "other")

    assert (done.returncode, models.asked) == (0, ["other"])


async def test_a_spent_budget_asks_nobody(asking: Watchdog, models: Upstream) -> None:
    models.script("local", says(step("answer", text="Nothing stands.")))
    asking.environ["WATCHDOG_LLM__DAILY_BUDGET_TOKENS"] = "50"

    first = await asking.call("ask", "why?")
    second = await asking.call("ask", "why?")

    assert (first.returncode, second.returncode, len(models.seen)) == (0, 5, 1)
    assert "tokens a day are spent" in second.stderr


async def test_a_cluster_that_cannot_be_read_is_exit_code_4(
    asking: Watchdog, models: Upstream
) -> None:
    nowhere = f"127.0.0.1:{free_ports(1)[0]}"
    config = re.sub(r"127\.0\.0\.1:\d+", nowhere, asking.kubeconfig.read_text())
    asking.kubeconfig.write_text(config)

    done = await asking.call("ask", "why?")

    assert (done.returncode, models.seen) == (4, [])


async def test_the_daemon_answers_questions(asking: Watchdog, models: Upstream) -> None:
    models.script("local", says(step("answer", text="Nothing stands.")))

    async with serving(asking) as daemon:
        await daemon.ready()
        done = await asking.call("ask", "is all well?")
        _, metrics = await daemon.get(f"{daemon.api}/metrics")

    assert (done.returncode, done.stdout.splitlines()[1]) == (0, "Nothing stands.")
    assert 'watchdog_llm_calls_total{model="local",outcome="answered"} 1.0' in metrics


async def test_the_record_of_a_question_has_what_was_sent_and_said(
    asking: Watchdog, models: Upstream
) -> None:
    models.script(
        "local", says(step("incidents")), says(step("answer", text="Nothing stands, indeed."))
    )

    asked = await asking.call("ask", "is sk-proxy-key-1 all well?", "--output", "json")
    run = json.loads(asked.stdout)["run_id"]
    done = await asking.call("runs", "show", run, "--brief", "--output", "json")

    record = json.loads(done.stdout)
    first, second = record["exchanges"]
    assert (record["job"], record["state"], record["verdict"]) == ("ask", "ok", "healthy")
    assert (record["cost"]["calls"], record["soul"]["slug"]) == (2, first["soul"])
    assert [turn["role"] for turn in first["turns"]] == ["system", "user"]
    assert "is <redacted:own#1> all well?" in first["turns"][1]["text"]
    assert [turn["role"] for turn in second["turns"]] == ["user"]
    assert "Nothing stands, indeed." in second["answer"]


async def test_a_question_to_the_daemon_is_ended_by_a_command(
    asking: Watchdog, models: Upstream
) -> None:
    models.script(
        "local", says(step("answer", text="Nothing stands.")), says(step("incidents")), hangs()
    )

    async with serving(asking) as daemon:
        await daemon.ready()
        await asking.call("ask", "is all well?")
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(asking.call("ask", "why?"))
            await models.wait_asked(3)
            cancelled = await asking.call("runs", "cancel", "ask")
        listed = await asking.call("runs", "list", "--job", "ask", "--output", "json")
        _, metrics = await daemon.get(f"{daemon.api}/metrics")

    line, _ = json.loads(listed.stdout)["runs"]
    assert cancelled.returncode == 0, cancelled.stderr
    assert "error: the run was cancelled by" in asked.result().stderr
    assert (line["state"], line["verdict"], line["cost"]["calls"]) == ("cancelled", None, 1)
    for state in ("ok", "cancelled"):
        assert f'watchdog_runs_total{{job="ask",state="{state}"}} 1.0' in metrics
