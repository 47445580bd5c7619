"""The chain: who is asked, how often, in which order, and what is said of it afterwards."""

import json
from collections.abc import AsyncIterator
from hashlib import sha256

import pytest

from tests.doubles import upstream as does
from tests.doubles.upstream import Behaviour, Upstream, says
from watchdog.clock import SystemClock
from watchdog.domain.model import CallOutcome, Question, Reply, Turn
from watchdog.llm.chain import Chain
from watchdog.llm.chat import Chat

SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"summary": {"type": "string"}},
        "required": ["summary"],
        "additionalProperties": False,
    }
)
GOOD = '{"summary": "the image is gone"}'
HIDDEN = "http://10.0.0.7:11434"


def without_summary(text: str) -> str:
    return "" if "summary" in json.loads(text) else "the field summary is missing"


@pytest.fixture
async def server() -> AsyncIterator[Upstream]:
    async with does.upstream() as state:
        yield state


@pytest.fixture
async def chain(server: Upstream) -> AsyncIterator[Chain]:
    chat = Chat(server.url, "sk-proxy-key-1", read_timeout=1.0)
    made = Chain(
        chat, SystemClock(), usable={"triage": without_summary}, prices={"local": (1.0, 2.0)}
    )
    yield made
    await made.close()


async def ask(
    chain: Chain, *models: str, deadline: float = 10.0, schema: str = SCHEMA, text: str = "why?"
) -> Reply:
    turns = (Turn(role="system", text="be brief"), Turn(role="user", text=text))
    return await chain.ask(
        Question(
            purpose="triage",
            turns=turns,
            models=models,
            deadline=deadline,
            schema=schema,
        )
    )


async def test_the_first_model_answers_and_nobody_else_is_asked(
    server: Upstream, chain: Chain
) -> None:
    server.script("first", says(GOOD))
    server.script("second", says(GOOD))

    reply = await ask(chain, "first", "second")

    assert json.loads(reply.text) == {"summary": "the image is gone"}
    assert server.asked == ["first"]
    assert reply.call.outcome is CallOutcome.ANSWERED
    assert (reply.call.requested, reply.call.served, reply.call.fallbacks) == ("first", "first", 0)
    assert (reply.call.usage.input_tokens, reply.call.usage.output_tokens) == (100, 20)


async def test_a_request_is_plain_and_carries_the_schema(server: Upstream, chain: Chain) -> None:
    server.script("first", says(GOOD))

    await ask(chain, "first")

    [body] = server.seen
    assert set(body) == {"model", "messages", "max_tokens", "response_format"}
    assert body["response_format"]["json_schema"]["schema"] == json.loads(SCHEMA)
    assert server.keys == ["Bearer sk-proxy-key-1"]


PASSING: dict[str, Behaviour] = {
    "500": does.error(500, "server_error"),
    "502 of a proxy": does.html(),
    "503": does.error(503, "overloaded"),
    "429": does.error(429, "throttling_error"),
    "408": does.error(408, "invalid_request_error"),
    "reset": does.resets(),
    "cut JSON": does.cut_json(),
    "200 with HTML": does.html(200),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
async def test_what_may_pass_is_tried_again_and_then_the_next_model_is_asked(
    server: Upstream, chain: Chain, fault: Behaviour
) -> None:
    server.script("first", fault)
    server.script("second", says(GOOD))

    reply = await ask(chain, "first", "second")

    assert server.asked == ["first", "first", "second"]
    assert (reply.call.served, reply.call.fallbacks) == ("second", 1)
    assert not reply.call.warnings


async def test_a_fault_that_passes_costs_one_more_request(server: Upstream, chain: Chain) -> None:
    server.script("first", does.error(503, "overloaded"), says(GOOD))

    reply = await ask(chain, "first")

    assert (reply.call.outcome, reply.call.requests) == (CallOutcome.ANSWERED, 2)


@pytest.mark.parametrize("header", ["retry-after", "llm_provider-retry-after"])
async def test_a_wait_the_proxy_asks_for_is_kept(
    server: Upstream, chain: Chain, header: str
) -> None:
    server.script("first", does.error(429, "throttling_error", headers={header: "2"}), says(GOOD))

    reply = await ask(chain, "first")

    assert reply.call.seconds >= 2


async def test_a_model_that_asks_for_a_long_wait_is_passed_over(
    server: Upstream, chain: Chain
) -> None:
    server.script("first", does.error(429, "throttling_error", headers={"retry-after": "60"}))
    server.script("second", says(GOOD))

    reply = await ask(chain, "first", "second")

    assert server.asked == ["first", "second"]
    assert reply.call.seconds < 5


async def test_a_wait_that_would_outlast_the_time_of_a_model_is_not_begun(
    server: Upstream, chain: Chain
) -> None:
    server.script("first", does.error(429, "throttling_error", headers={"retry-after": "5"}))
    server.script("second", says(GOOD))

    reply = await ask(chain, "first", "second", deadline=8.0)

    assert server.asked == ["first", "second"]
    assert reply.call.seconds < 2


OF_ONE_MODEL: dict[str, Behaviour] = {
    "404": does.error(404, "invalid_request_error", "model not found"),
    "unknown to the proxy": does.error(400, "None", "Invalid model name passed in model=first"),
    "unknown to a server": does.error(400, "None", "model 'first' not found, try pulling it"),
    "too long": does.error(400, "None", "litellm.ContextWindowExceededError: 9000 > 4096"),
    "the provider's key": does.error(401, "authentication_error", "invalid x-api-key"),
    "the provider's ban": does.error(403, "permission_error", "litellm.APIError: not from here"),
    "a key for other models": does.error(403, "key_model_access_denied", "not available"),
    "a team's other models": does.error(401, "team_model_access_denied", "not available"),
    "the provider's policy": does.error(
        400, "invalid_request_error", "litellm.ContentPolicyViolationError: rejected"
    ),
}


@pytest.mark.parametrize("fault", OF_ONE_MODEL.values(), ids=OF_ONE_MODEL)
async def test_a_fault_of_one_model_skips_it_with_a_warning(
    server: Upstream, chain: Chain, fault: Behaviour
) -> None:
    server.script("first", fault)
    server.script("second", says(GOOD))

    reply = await ask(chain, "first", "second")

    assert server.asked == ["first", "second"]
    [warning] = reply.call.warnings
    assert warning.startswith("first: ")


LONG = " ten" * 7000  # one token each
WINDOW_FULL = {"prompt_tokens": 2050, "completion_tokens": 20}


async def test_an_answer_to_a_part_of_the_question_is_not_used(
    server: Upstream, chain: Chain
) -> None:
    server.script("first", says(GOOD, usage=WINDOW_FULL))
    server.script("second", says(GOOD))

    reply = await ask(chain, "first", "second", text=LONG)

    assert (server.asked, reply.call.outcome) == (["first", "second"], CallOutcome.ANSWERED)
    [warning] = reply.call.warnings
    assert warning.startswith("first: it reads only a part of a question")


async def test_without_another_model_a_prompt_cut_short_is_no_answer(
    server: Upstream, chain: Chain
) -> None:
    server.script("first", says(GOOD, usage=WINDOW_FULL))

    reply = await ask(chain, "first", text=LONG)

    assert (reply.call.outcome, reply.text) == (CallOutcome.NO_ANSWER, "")
    assert "only a part of a question" in reply.call.error
    assert reply.call.usage.input_tokens == 2050


OWN_KEY: dict[str, Behaviour] = {
    "401": does.error(401, "token_not_found_in_db"),
    "403": does.error(403, "auth_error", "Authentication Error, key is blocked"),
    "400 without a database": does.error(400, "no_db_connection"),
}


@pytest.mark.parametrize("fault", OWN_KEY.values(), ids=OWN_KEY)
async def test_an_own_key_that_is_refused_stops_the_chain(
    server: Upstream, chain: Chain, fault: Behaviour
) -> None:
    server.script("first", fault)
    server.script("second", says(GOOD))

    reply = await ask(chain, "first", "second")

    assert server.asked == ["first"]
    assert reply.call.outcome is CallOutcome.REFUSED_KEY
    assert not reply.text


@pytest.mark.parametrize("status", [422, 400, 429])
async def test_a_spent_budget_stops_the_chain(server: Upstream, chain: Chain, status: int) -> None:
    server.script("first", does.error(status, "budget_exceeded"))
    server.script("second", says(GOOD))

    reply = await ask(chain, "first", "second")

    assert server.asked == ["first"]
    assert reply.call.outcome is CallOutcome.BUDGET


async def test_a_request_that_is_wrong_everywhere_stops_the_chain(
    server: Upstream, chain: Chain
) -> None:
    server.script("first", does.error(400, "invalid_request_error", "unknown parameter: foo"))
    server.script("second", says(GOOD))

    reply = await ask(chain, "first", "second")

    assert server.asked == ["first"]
    assert reply.call.outcome is CallOutcome.WRONG_REQUEST


UNUSABLE: dict[str, Behaviour] = {
    "no choices": says("", choices=[]),
    "null": says(None),
    "empty": says("   "),
    "prose": says("All is well with your cluster!"),
    "reasoning alone": says(None, message={"reasoning_content": GOOD}),
    "unended thought": says(f"<think>hmm {GOOD}"),
    "cut": says('{"summary": "the im', finish="length"),
    "another shape": says('{"answer": 42}'),
    "a list": says('["summary"]'),
    "declined": says(None, message={"refusal": "I cannot help with that"}),
    "declined behind the proxy": says(
        None, message={"provider_specific_fields": {"refusal": "I cannot help with that"}}
    ),
}


@pytest.mark.parametrize("fault", UNUSABLE.values(), ids=UNUSABLE)
async def test_an_answer_that_is_none_is_repaired_once(
    server: Upstream, chain: Chain, fault: Behaviour
) -> None:
    server.script("first", fault, says(GOOD))

    reply = await ask(chain, "first")

    assert reply.call.outcome is CallOutcome.ANSWERED
    assert "cannot be used" in server.seen[1]["messages"][-1]["content"]
    assert reply.call.usage.input_tokens == 200


async def test_a_repair_is_worded_by_whoever_builds_the_chain(server: Upstream) -> None:
    server.script("local", says("no JSON"), says(GOOD))
    chat = Chat(server.url, "sk-proxy-key-1", read_timeout=1.0)
    words = Chain(chat, SystemClock(), usable={}, prices={}, repair=lambda wrong: f"Mine: {wrong}")

    await ask(words, "local")
    await words.close()

    assert server.seen[1]["messages"][-1]["content"].startswith("Mine: there was no JSON object")


@pytest.mark.parametrize("fault", UNUSABLE.values(), ids=UNUSABLE)
async def test_a_second_useless_answer_is_given_up(
    server: Upstream, chain: Chain, fault: Behaviour
) -> None:
    server.script("first", fault)

    reply = await ask(chain, "first")

    assert server.asked == ["first", "first"]
    assert reply.call.outcome is CallOutcome.UNUSABLE
    assert not reply.text


async def test_one_question_is_repaired_once_over_all_models(
    server: Upstream, chain: Chain
) -> None:
    server.script("first", says("prose"))
    server.script("second", says("prose"))

    await ask(chain, "first", "second")

    assert server.asked == ["first", "first", "second"]


DRESSED = {
    "a thought": f"<think>It could be {{'summary'}}.\n</think>\n{GOOD}",
    "a fence": f"```json\n{GOOD}\n```",
    "a thought and a fence": f"<think>a</think>Here:\n```\n{GOOD}\n```\nHope this helps!",
    "words around": f"Sure! {GOOD} Anything else?",
}


@pytest.mark.parametrize("text", DRESSED.values(), ids=DRESSED)
async def test_the_object_is_found_inside_what_surrounds_it(
    server: Upstream, chain: Chain, text: str
) -> None:
    server.script("first", says(text))

    reply = await ask(chain, "first")

    assert json.loads(reply.text) == {"summary": "the image is gone"}
    assert reply.call.requests == 1


async def test_a_model_that_hangs_leaves_time_for_the_next(server: Upstream, chain: Chain) -> None:
    server.script("first", does.hangs())
    server.script("second", says(GOOD))

    reply = await ask(chain, "first", "second", deadline=4.0)

    assert server.asked == ["first", "second"]
    assert reply.call.served == "second"


@pytest.mark.parametrize("fault", [does.hangs(), does.drips()], ids=["silent", "dripping"])
async def test_the_deadline_holds_over_all_models(
    server: Upstream, chain: Chain, fault: Behaviour
) -> None:
    for name in ("first", "second", "third"):
        server.script(name, fault)

    reply = await ask(chain, "first", "second", "third", deadline=1.5)

    assert reply.call.outcome is CallOutcome.NO_ANSWER
    assert reply.call.seconds < 2.5


async def test_a_host_that_drops_packets_costs_no_more_than_the_deadline() -> None:
    chat = Chat("http://10.255.255.1:4000/v1", "k", read_timeout=60.0)
    chain = Chain(chat, SystemClock(), usable={}, prices={})

    reply = await ask(chain, "first", deadline=1.0)

    assert reply.call.outcome is CallOutcome.NO_ANSWER
    assert reply.call.seconds < 2
    await chain.close()


async def test_the_same_model_twice_in_the_chain_is_asked_once(
    server: Upstream, chain: Chain
) -> None:
    server.script("first", does.error(404, "invalid_request_error"))

    await ask(chain, "first", "first")

    assert server.asked == ["first"]


async def test_what_the_proxy_says_of_the_model_is_recorded_and_its_address_is_not(
    server: Upstream, chain: Chain
) -> None:
    headers = {
        "x-litellm-model-group": "backup",
        "x-litellm-call-id": "c-1",
        "x-litellm-attempted-fallbacks": "1",
        "x-litellm-response-cost": "0.0021",
        "x-litellm-model-api-base": HIDDEN,
    }
    server.script("first", says(GOOD, headers=headers, model="vendor/some-model"))

    call = (await ask(chain, "first")).call

    assert (call.requested, call.served, call.call_id) == ("first", "backup", "c-1")
    assert (call.fallbacks, call.usage.cost_usd) == (1, 0.0021)
    assert HIDDEN not in repr(call)


async def test_a_price_list_serves_where_the_proxy_names_no_cost(
    server: Upstream, chain: Chain
) -> None:
    server.script("local", says(GOOD, headers={"x-litellm-response-cost": "0.0"}))

    call = (await ask(chain, "local")).call

    assert call.usage.cost_usd == pytest.approx((100 * 1.0 + 20 * 2.0) / 1_000_000)


async def test_usage_in_the_other_shape_is_read(server: Upstream, chain: Chain) -> None:
    nested = {"usage": {"input_tokens": 7, "output_tokens": 3}}
    server.script("first", says(GOOD, usage=None, response=nested))

    usage = (await ask(chain, "first")).call.usage

    assert (usage.input_tokens, usage.output_tokens, usage.cost_usd) == (7, 3, None)


async def test_usage_nobody_named_is_unknown_and_not_nothing(
    server: Upstream, chain: Chain
) -> None:
    server.script("first", says("prose"), says(GOOD, usage=None))

    usage = (await ask(chain, "first")).call.usage

    assert usage.input_tokens is None


async def test_usage_of_nothing_is_what_the_proxy_says_when_nobody_counted(
    server: Upstream, chain: Chain
) -> None:
    server.script("first", says(GOOD, usage={"prompt_tokens": 0, "completion_tokens": 0}))

    usage = (await ask(chain, "first")).call.usage

    assert (usage.input_tokens, usage.output_tokens) == (None, None)


async def test_an_answer_of_no_tokens_is_counted_where_its_prompt_is(
    server: Upstream, chain: Chain
) -> None:
    server.script("first", says(GOOD, usage={"prompt_tokens": 100, "completion_tokens": 0}))

    usage = (await ask(chain, "first")).call.usage

    assert (usage.input_tokens, usage.output_tokens) == (100, 0)


async def test_a_refused_question_keeps_the_id_under_which_the_proxy_logged_it(
    server: Upstream, chain: Chain
) -> None:
    fault = does.error(404, "invalid_request_error", headers={"x-litellm-call-id": "c-9"})
    server.script("first", fault)

    assert (await ask(chain, "first")).call.call_id == "c-9"


async def test_a_secret_in_a_refusal_is_not_recorded(server: Upstream, chain: Chain) -> None:
    leak = "Incorrect API key provided: sk-Zk3vT9qLm2Xw8RbN5cHd7YfA1sEuG6oP"
    server.script("first", does.error(401, "authentication_error", leak))

    call = (await ask(chain, "first")).call

    assert "Zk3vT9qLm2Xw" not in repr(call)


@pytest.mark.parametrize(
    "named", ["sk-proxy-key-1", "key hash " + sha256(b"sk-proxy-key-1").hexdigest()]
)
async def test_the_own_key_in_a_refusal_is_not_told_nor_its_digest(
    server: Upstream, chain: Chain, named: str
) -> None:
    server.script("first", does.error(404, "not_found", f"nothing for {named}, alas"))

    reply = await ask(chain, "first")

    assert named.split()[-1] not in reply.call.warnings[0]
    assert "<redacted:own#1>, alas" in reply.call.warnings[0]


async def test_free_text_needs_no_object(server: Upstream, chain: Chain) -> None:
    server.script("first", says("<think>x</think>It is the image."))

    assert (await ask(chain, "first", schema="")).text == "It is the image."


async def test_the_models_of_the_proxy_are_named(server: Upstream, chain: Chain) -> None:
    server.script("first", says(GOOD))

    assert await chain.names() == ("first",)


async def test_what_the_body_calls_the_model_is_not_taken_for_its_name(
    server: Upstream, chain: Chain
) -> None:
    """Hosts put a date or a file name there: that is no other model."""
    server.script("first", says(GOOD, model="first-2026-08-06"))

    reply = await ask(chain, "first")

    assert (reply.call.requested, reply.call.served) == ("first", "first")
