"""The model path through the installed command: words that arrive in time, and none that cost twice."""

import json
from collections.abc import AsyncIterator

import pytest

from tests.cli.support import Json, Watchdog, ended, opened, serving, until
from tests.doubles import upstream as does
from tests.doubles.front import Front
from tests.doubles.upstream import Upstream, says
from watchdog.clock import SystemClock

OPINION = "The image tag is not in the registry [E1]."
ANSWER = json.dumps(
    {
        "claims": [OPINION],
        "priority": "now",
        "confidence": 0.9,
        "veto": False,
        "veto_reason": "",
        "unexplained": "",
    }
)


def answering(**changes: object) -> str:
    return json.dumps({**json.loads(ANSWER), **changes})


@pytest.fixture
async def models() -> AsyncIterator[Upstream]:
    async with does.upstream() as state:
        yield state


@pytest.fixture
def asking(watchdog: Watchdog, models: Upstream) -> Watchdog:
    """The command with a proxy that has two models."""
    watchdog.environ |= {
        "OPENAI_BASE_URL": models.url,
        "OPENAI_API_KEY": "sk-proxy-key-1",
        "WATCHDOG_LLM__MODEL": "small",
        "WATCHDOG_LLM__FALLBACKS": "big",
        "WATCHDOG_LLM__DEADLINE": "6s",
    }
    return watchdog


def of_rollout(result: Json) -> Json:
    [incident] = [each for each in opened(result) if each["check"] != "self"]
    return dict(incident)


def own(result: Json) -> list[str]:
    return [each["reason"] for each in opened(result) if each["check"] == "self"]


async def test_a_healthy_run_asks_no_model(
    asking: Watchdog, models: Upstream, namespace: str
) -> None:
    models.script("small", says(ANSWER))

    code, result = await asking.run()

    assert (code, models.asked, result["llm"]["calls"]) == (0, [], 0)


async def test_a_broken_rollout_is_told_once_in_the_words_of_a_model(
    asking: Watchdog, models: Upstream, front: Front, rollout: str
) -> None:
    models.script("small", says(ANSWER))

    code, result = await asking.run()

    explanation = of_rollout(result)["explanation"]
    assert (code, models.asked) == (1, ["small"])
    assert explanation["source"] == "llm"
    assert "not in the registry" in explanation["text"]
    assert result["llm"]["calls"] == 1
    assert result["llm"]["model_requested"] == "small"
    assert result["llm"]["models_served"] == ["small"]
    [message] = asking.said
    assert "not in the registry" in message["text"]
    assert result["notifications"][0]["text"].endswith(message["text"])


async def test_the_soul_and_the_models_that_a_job_names_word_what_it_finds(
    asking: Watchdog, models: Upstream, rollout: str
) -> None:
    models.script("own", does.error(503, "overloaded"))
    models.script("spare", says(ANSWER))
    soul = asking.home / "souls" / "terse"
    soul.mkdir(parents=True)
    (soul / "SOUL.md").write_text("You are terse and blunt.\n")
    (soul / "soul.manifest.yaml").write_text("{id: t, slug: terse, name: Terse}\n")
    own = {"soul": "terse", "model": "own", "fallbacks": ["spare"]}
    job = {"name": "images", "schedule": "every 1h", "checks": ["image_pull"], **own}
    (asking.home / "cron").mkdir()
    (asking.home / "cron" / "jobs.json").write_text(json.dumps([job]))

    ran = await asking.call("run", "images", "--output", "json")

    run = json.loads(ran.stdout)["run_id"]
    shown = await asking.call("runs", "show", run, "--brief", "--output", "json")
    record = json.loads(shown.stdout)
    assert "terse and blunt" in models.seen[0]["messages"][0]["content"]
    assert (record["soul"]["slug"], record["exchanges"][0]["soul"]) == ("terse", "terse")
    assert json.loads(ran.stdout)["llm"]["model_requested"] == "own"
    assert json.loads(ran.stdout)["llm"]["models_served"] == ["spare"]


async def test_the_same_facts_are_asked_about_once(
    asking: Watchdog, models: Upstream, front: Front, rollout: str
) -> None:
    models.script("small", says(ANSWER))
    await asking.run()
    front.pass_time(5)

    _, result = await asking.run()

    assert models.asked == ["small"]
    assert result["llm"]["calls"] == 0
    assert of_rollout(result)["explanation"]["source"] == "llm"
    assert asking.kinds == ["opened"]


async def test_a_model_that_is_down_costs_no_message_and_is_told_once(
    asking: Watchdog, models: Upstream, front: Front, rollout: str
) -> None:
    asking.environ["OPENAI_API_KEY"] = "sk-wrong"
    refused = does.error(401, "token_not_found_in_db", "Authentication Error, sk-wrong")
    models.script("small", refused)

    code, result = await asking.run()
    front.pass_time(5)
    _, second = await asking.run()

    assert code == 1
    assert of_rollout(result)["explanation"]["source"] == "rules"
    assert own(result) == own(second) == ["ModelPathDown"]
    assert models.asked == ["small"]
    assert asking.kinds == ["opened", "self"]
    assert "sk-wrong" not in json.dumps([result, *asking.said])


async def test_the_next_model_answers_when_the_first_does_not(
    asking: Watchdog, models: Upstream, rollout: str
) -> None:
    models.script("small", does.error(503, "overloaded"))
    models.script("big", says(ANSWER))

    _, result = await asking.run()

    assert of_rollout(result)["explanation"]["source"] == "llm"
    assert result["llm"]["models_served"] == ["big"]
    assert own(result) == []


async def test_a_lie_about_the_cluster_is_left_out(
    asking: Watchdog, models: Upstream, rollout: str
) -> None:
    models.script("small", says(answering(claims=["Node n-77 burns [E1].", "All is well [E1]."])))

    _, result = await asking.run()

    incident = of_rollout(result)
    assert incident["explanation"]["source"] == "rules"
    assert incident["proposal"]["commands"]
    assert asking.kinds == ["opened"]


async def test_a_hanging_model_holds_the_message_no_longer_than_the_deadline(
    asking: Watchdog, models: Upstream, rollout: str
) -> None:
    models.script("small", does.hangs())
    models.script("big", does.hangs())
    clock = SystemClock()
    began = clock.monotonic()

    _, result = await asking.run()

    assert asking.kinds == ["opened"]
    assert clock.monotonic() - began < 6 + 15
    assert of_rollout(result)["explanation"]["source"] == "rules"


async def test_without_time_no_model_is_asked(
    asking: Watchdog, models: Upstream, rollout: str
) -> None:
    models.script("small", says(ANSWER))

    _, result = await asking.run("--wait", "0")

    assert (models.asked, asking.kinds) == ([], ["opened"])
    assert of_rollout(result)["explanation"]["source"] == "rules"


async def test_a_spent_budget_is_told_and_the_rules_explain(
    asking: Watchdog, models: Upstream, rollout: str
) -> None:
    asking.environ["WATCHDOG_LLM__DAILY_BUDGET_TOKENS"] = "0"

    _, result = await asking.run()

    assert models.asked == []
    assert of_rollout(result)["explanation"]["source"] == "rules"
    assert sorted(asking.kinds) == ["opened", "self"]
    assert "budget" in next(each["title"] for each in asking.said if each["kind"] == "self")


async def test_a_run_killed_during_the_question_loses_and_repeats_nothing(
    asking: Watchdog, models: Upstream, rollout: str
) -> None:
    models.script("small", does.hangs(), says(ANSWER))
    process = asking.start("run", "--all")
    await until(lambda: models.asked)
    process.kill()
    await ended(process)
    assert asking.kinds == []

    _, result = await asking.run()

    assert asking.kinds == ["opened"]
    assert models.asked == ["small", "small"]
    assert of_rollout(result)["explanation"]["source"] == "llm"


async def test_the_daemon_tells_once_in_the_words_of_a_model(
    asking: Watchdog, models: Upstream, rollout: str
) -> None:
    models.script("small", says(ANSWER))
    async with serving(asking) as daemon:
        await daemon.ready()
        await asking.call("run", "cluster-health-check")
        await until(lambda: asking.said)
        _, body = await daemon.get(f"{daemon.api}/healthz")
        _, metrics = await daemon.get(f"{daemon.api}/metrics")

    assert asking.kinds == ["opened"]
    assert "not in the registry" in asking.said[0]["text"]
    assert set(json.loads(body)["loops"]) == {"notify", "respond", "scheduler", "upkeep"}
    assert json.loads(body)["systems"]["litellm"]["successes"] == 1
    assert 'watchdog_llm_calls_total{model="small",outcome="answered"} 1.0' in metrics


async def test_doctor_asks_every_model_and_proves_the_failover(
    asking: Watchdog, models: Upstream
) -> None:
    models.script("small", says("ready"))
    models.script("big", says("ready"))

    done = await asking.call("doctor", "--force-failover")

    assert "model small answers" in done.stdout
    assert "when small fails, big answers" in done.stdout


async def test_doctor_names_a_model_that_the_proxy_does_not_have(
    asking: Watchdog, models: Upstream
) -> None:
    models.script("small", says("ready"))

    done = await asking.call("doctor", "--force-failover")

    assert done.returncode == 1
    assert "the proxy has no model big" in done.stdout
    assert "no fallback answers: big: 404" in done.stdout


async def test_doctor_says_what_is_missing_without_a_model(watchdog: Watchdog) -> None:
    watchdog.environ["OPENAI_BASE_URL"] = "http://127.0.0.1:9/v1"

    done = await watchdog.call("doctor", "--force-failover")

    assert "llm.model is not set: no model is asked" in done.stdout
    assert "there is no model to fail over from" in done.stdout


async def test_doctor_says_that_the_proxy_does_not_answer(asking: Watchdog) -> None:
    asking.environ |= {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "WATCHDOG_LLM__FALLBACKS": ""}

    done = await asking.call("doctor", "--force-failover")

    assert "the model proxy does not answer" in done.stdout
    assert "there is no fallback to fail over to" in done.stdout
