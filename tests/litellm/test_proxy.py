"""The client against the real proxy: what LiteLLM makes of each fault, and what the chain does then.

Where LiteLLM 1.106.2 was found to do something surprising, the test says so.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from tests.doubles import upstream as does
from tests.doubles.upstream import Behaviour, Upstream, says
from tests.litellm.proxy import PRICE_IN, PRICE_OUT, Proxy, backend
from watchdog.clock import SystemClock
from watchdog.domain.errors import Forbidden
from watchdog.domain.model import CallOutcome, Purpose, Question, Reply, Turn
from watchdog.llm.chain import Chain, Usable
from watchdog.llm.chat import Chat

GOOD = '{"summary": "the image is gone"}'
SCHEMA = '{"type": "object", "properties": {"summary": {"type": "string"}}}'
LEAK = "Zk3vT9qLm2Xw8RbN5cHd7YfA1sEuG6oP"
Asking = Callable[..., Coroutine[Any, Any, Reply]]


def without_summary(text: str) -> str:
    return "" if "summary" in json.loads(text) else "the field summary is missing"


@pytest.fixture
async def chains(proxy: Proxy) -> AsyncIterator[Callable[[str], Chain]]:
    made: list[Chain] = []

    def chain(key: str) -> Chain:
        chat = Chat(proxy.url, key, read_timeout=20.0)
        judged: dict[Purpose, Usable] = {"triage": without_summary}
        made.append(Chain(chat, SystemClock(), usable=judged, prices={"free": (1.0, 2.0)}))
        return made[-1]

    yield chain
    for each in made:
        await each.close()


@pytest.fixture
def ask(chains: Callable[[str], Chain], behind: Upstream) -> Asking:
    """Ask these models in this order; nothing of the server behind the proxy is ever recorded."""

    async def asking(*models: str, deadline: float = 20.0, key: str = "sk-good") -> Reply:
        turns = (Turn(role="system", text="be brief"), Turn(role="user", text="why?"))
        question = Question(
            purpose="triage", turns=turns, models=models, deadline=deadline, schema=SCHEMA
        )
        reply = await chains(key).ask(question)
        host = behind.url.removeprefix("http://").removesuffix("/v1")
        assert host not in repr(reply)
        assert LEAK not in repr(reply)
        return reply

    return asking


def sees(*names: str) -> list[str]:
    return [backend(name) for name in names]


async def test_an_answer_comes_with_its_model_its_cost_and_the_id_of_the_call(
    behind: Upstream, ask: Asking
) -> None:
    behind.script(backend("first"), says(GOOD, model="vendor/some-model-2026-11"))

    reply = await ask("first", "second")

    assert json.loads(reply.text) == json.loads(GOOD)
    assert behind.asked == sees("first")
    call = reply.call
    assert (call.requested, call.served, call.requests, call.fallbacks) == ("first", "first", 1, 0)
    assert len(call.call_id) == len("19b7fb7e-7562-4edf-9f71-460b3bdf2d04")
    assert (call.usage.input_tokens, call.usage.output_tokens) == (100, 20)
    assert call.usage.cost_usd == pytest.approx(100 * PRICE_IN + 20 * PRICE_OUT)


async def test_the_schema_reaches_the_model_and_no_stream_is_asked_for(
    behind: Upstream, ask: Asking
) -> None:
    await ask("first")

    [body] = behind.seen
    assert body["response_format"]["json_schema"]["schema"] == json.loads(SCHEMA)
    assert not body.get("stream")


FAULTS: dict[str, Behaviour] = {
    "500": does.error(500, "server_error"),
    "503": does.error(503, "overloaded", "high demand"),
    "429": does.error(429, "rate_limit_exceeded", headers={"retry-after": "1"}),
    "quota": does.error(429, "insufficient_quota", "You exceeded your current quota"),
    "502 of a proxy": does.html(),
    "reset": does.resets(),
    "cut JSON": does.cut_json(),
    "200 with HTML": does.html(200),
    "hang": does.hangs(),
}
OF_ONE_MODEL: dict[str, Behaviour] = {
    "401": does.error(401, "invalid_api_key", f"Incorrect API key provided: sk-{LEAK}"),
    "403": does.error(403, "some_other_kind", "not from your country"),
    "404": does.error(404, "invalid_request_error", "model not found"),
    "policy": does.error(400, "invalid_request_error", "content_policy_violation: rejected"),
}
WRONG = does.error(400, "invalid_request_error", "unknown parameter: foo")
TOO_LONG = does.error(
    400, "invalid_request_error", "This model's maximum context length is 4096 tokens."
)
UNPROCESSABLE = does.error(422, "invalid_request_error", "unprocessable")


@pytest.mark.parametrize(
    "fault",
    [*FAULTS.values(), *OF_ONE_MODEL.values(), WRONG],
    ids=[*FAULTS, *OF_ONE_MODEL, "400"],
)
async def test_a_fallback_of_the_proxy_is_one_request_and_is_told_by_its_headers(
    behind: Upstream, ask: Asking, fault: Behaviour
) -> None:
    """It falls back on everything, a 400 and a 401 included.

    `x-litellm-model-group` then names the model that answered. The body names what the backend calls
    itself, `x-litellm-model-name` what it is to the proxy, and `x-litellm-model-id` is a hash where
    the configuration gives no id.
    """
    behind.script(backend("guarded"), fault)
    behind.script(backend("spare"), says(GOOD, model="vendor/some-model-2026-11"))

    call = (await ask("guarded")).call

    assert call.outcome is CallOutcome.ANSWERED
    assert behind.asked == sees("guarded", "spare")
    assert (call.requested, call.served, call.requests) == ("guarded", "spare", 1)
    assert call.fallbacks == 1


async def test_a_prompt_too_long_goes_to_the_larger_model_the_proxy_was_told_of(
    behind: Upstream, ask: Asking
) -> None:
    behind.script(backend("narrow"), TOO_LONG)

    assert (await ask("narrow")).call.served == "spare"


async def test_a_prompt_too_long_is_not_sent_to_an_ordinary_fallback_but_by_the_chain(
    behind: Upstream, ask: Asking
) -> None:
    """The proxy's `fallbacks` leave this one case to `context_window_fallbacks`."""
    behind.script(backend("guarded"), TOO_LONG)

    reply = await ask("guarded", "second")

    assert behind.asked == sees("guarded", "second")
    assert "ContextWindowExceededError" in reply.call.warnings[0]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_what_may_pass_is_tried_twice_before_the_next_model_is_asked(
    behind: Upstream, ask: Asking, fault: Behaviour
) -> None:
    behind.script(backend("first"), fault)

    call = (await ask("first", "second")).call

    assert behind.asked == sees("first", "first", "second")
    assert (call.served, call.requests, call.fallbacks) == ("second", 3, 1)
    assert not call.warnings


async def test_a_422_of_a_model_is_no_answer_though_the_proxy_calls_it_one(
    behind: Upstream, ask: Asking
) -> None:
    """The proxy sends it twice and then answers 200 with the body `null`, without a fallback."""
    behind.script(backend("guarded"), UNPROCESSABLE)

    call = (await ask("guarded", "second")).call

    assert behind.asked == sees(*["guarded"] * 4, "second")
    assert call.served == "second"


@pytest.mark.parametrize("fault", OF_ONE_MODEL.values(), ids=OF_ONE_MODEL)
async def test_a_fault_of_one_model_costs_one_request_and_a_warning(
    behind: Upstream, ask: Asking, fault: Behaviour
) -> None:
    """A 401 is `authentication_error` and a 403 `permission_error`, whatever the host called it."""
    behind.script(backend("first"), fault)

    call = (await ask("first", "second")).call

    assert behind.asked == sees("first", "second")
    assert call.served == "second"
    [warning] = call.warnings
    assert warning.startswith("first: 40")


async def test_a_model_the_proxy_does_not_know_is_passed_over_with_a_warning(
    behind: Upstream, ask: Asking
) -> None:
    call = (await ask("nonesuch", "second")).call

    assert behind.asked == sees("second")
    assert "Invalid model name" in call.warnings[0]


async def test_a_request_that_the_host_calls_wrong_is_sent_to_nobody_else(
    behind: Upstream, ask: Asking
) -> None:
    behind.script(backend("first"), WRONG)

    call = (await ask("first", "second")).call

    assert behind.asked == sees("first")
    assert call.outcome is CallOutcome.WRONG_REQUEST
    assert call.call_id


UNUSABLE: dict[str, Behaviour] = {
    "no choices": says("", choices=[]),
    "null": says(None),
    "reasoning alone": says(None, message={"reasoning_content": GOOD}),
    "unended thought": says(f"<think>hmm {GOOD}"),
    "cut": says('{"summary": "the im', finish="length"),
    "filtered": says(None, finish="content_filter"),
}


@pytest.mark.parametrize("fault", UNUSABLE.values(), ids=UNUSABLE)
async def test_an_answer_that_is_none_passes_the_proxy_and_is_repaired(
    behind: Upstream, ask: Asking, fault: Behaviour
) -> None:
    """No fallback of the proxy's for these: they are a 200 to it."""
    behind.script(backend("guarded"), fault, says(GOOD))

    call = (await ask("guarded")).call

    assert behind.asked == sees("guarded", "guarded")
    assert (call.outcome, call.requests, call.fallbacks) == (CallOutcome.ANSWERED, 2, 0)


async def test_a_declined_answer_is_known_as_one(behind: Upstream, ask: Asking) -> None:
    """The proxy moves `refusal` into `provider_specific_fields`."""
    behind.script(backend("first"), says(None, message={"refusal": "I cannot"}), says(GOOD))

    await ask("first")

    assert "you declined" in behind.seen[1]["messages"][-1]["content"]


async def test_a_thought_and_a_fence_are_seen_through(behind: Upstream, ask: Asking) -> None:
    behind.script(backend("first"), says(f"<think>a</think>\n```json\n{GOOD}\n```"))

    assert (await ask("first")).call.requests == 1


async def test_usage_that_the_host_does_not_name_is_unknown(behind: Upstream, ask: Asking) -> None:
    """The proxy makes zeros of it."""
    behind.script(backend("first"), says(GOOD, usage=None))

    usage = (await ask("first")).call.usage

    assert (usage.input_tokens, usage.output_tokens, usage.cost_usd) == (None, None, None)


async def test_a_model_without_a_price_is_priced_by_our_own_list(ask: Asking) -> None:
    """The proxy sends no cost header for it."""
    usage = (await ask("free")).call.usage

    assert usage.cost_usd == pytest.approx((100 * 1.0 + 20 * 2.0) / 1_000_000)


async def test_a_key_the_proxy_does_not_know_ends_the_question_at_once(
    behind: Upstream, ask: Asking
) -> None:
    call = (await ask("first", "second", key="sk-forged")).call

    assert behind.asked == []
    assert (call.outcome, call.requests) == (CallOutcome.REFUSED_KEY, 1)


async def test_a_key_for_other_models_is_good_for_those(behind: Upstream, ask: Asking) -> None:
    call = (await ask("first", "second", key="sk-only-second")).call

    assert behind.asked == sees("second")
    assert call.served == "second"
    assert call.warnings[0].startswith("first: 403 key_model_access_denied")


async def test_a_spent_budget_ends_the_question_at_once(behind: Upstream, ask: Asking) -> None:
    """422, from the proxy's own count of what the first answer cost."""
    assert (await ask("first", key="sk-poor-1")).text
    behind.seen.clear()

    call = (await ask("first", "second", key="sk-poor-1")).call

    assert behind.asked == []
    assert (call.outcome, call.requests) == (CallOutcome.BUDGET, 1)
    assert call.error == "first: 422 budget_exceeded"


async def test_a_rate_limit_of_a_minute_is_not_waited_for(behind: Upstream, ask: Asking) -> None:
    assert (await ask("first", key="sk-slow-1")).text
    behind.seen.clear()

    call = (await ask("first", "second", key="sk-slow-1")).call

    assert behind.asked == []
    assert (call.outcome, call.requests) == (CallOutcome.NO_ANSWER, 2)
    assert call.error == "second: 429 throttling_error"
    assert call.seconds < 5


async def test_the_names_of_the_models_are_those_that_the_key_may_use(
    chains: Callable[[str], Chain],
) -> None:
    assert "free" in await chains("sk-good").names()
    assert await chains("sk-only-second").names() == ("second",)
    with pytest.raises(Forbidden, match="401 token_not_found_in_db"):
        await chains("sk-forged").names()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("500", "second: 500 internal_server_error"),
        ("429", "second: 429 throttling_error"),
        ("hang", "second: 408 invalid_request_error"),
    ],
)
async def test_when_every_model_fails_the_question_ends_without_an_answer(
    behind: Upstream, ask: Asking, fault: str, error: str
) -> None:
    """What the last one did; the proxy waits for the sum of its timeouts before it says 408."""
    for name in ("guarded", "spare", "second"):
        behind.script(backend(name), FAULTS[fault])

    call = (await ask("guarded", "second", deadline=40.0)).call

    assert behind.asked == sees(*["guarded", "spare"] * 2, "second", "second")
    assert call.outcome is CallOutcome.NO_ANSWER
    assert call.error == error


async def test_the_chain_is_asked_in_its_own_order(behind: Upstream, ask: Asking) -> None:
    for name in ("second", "free"):
        behind.script(backend(name), OF_ONE_MODEL["404"])

    call = (await ask("second", "free", "first")).call

    assert behind.asked == sees("second", "free", "first")
    assert (call.requested, call.served, call.fallbacks) == ("second", "first", 2)


@pytest.mark.parametrize("fault", [does.hangs(), does.drips()], ids=["silent", "dripping"])
async def test_the_deadline_holds_whatever_the_proxy_waits_for(
    behind: Upstream, ask: Asking, fault: Behaviour
) -> None:
    """Its timeouts add up over fallbacks, and a host that drips a byte at a time trips none."""
    for name in ("guarded", "spare", "second"):
        behind.script(backend(name), fault)

    call = (await ask("guarded", "second", deadline=3.0)).call

    assert call.outcome is CallOutcome.NO_ANSWER
    assert call.seconds < 4


async def test_a_proxy_that_dies_in_a_question_ends_it_and_answers_the_next(
    proxy: Proxy, behind: Upstream, ask: Asking
) -> None:
    behind.script(backend("first"), does.hangs(), says(GOOD))
    async with asyncio.TaskGroup() as tasks:
        question = tasks.create_task(ask("first", "second", deadline=15.0))
        await behind.wait_asked(1)
        proxy.stop()
    call = question.result().call
    assert call.outcome is CallOutcome.NO_ANSWER
    assert call.error == "second: no answer connection"
    assert call.seconds < 15

    proxy.start()

    assert (await ask("first", "second")).call.served == "first"
