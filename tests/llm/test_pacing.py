"""Pacing: when the first and the last token of a streamed answer came, and how many there were."""

from collections.abc import AsyncIterator

import pytest

from tests.doubles import upstream as does
from tests.doubles.upstream import Behaviour, Upstream, error, html, raw, says, streams
from watchdog.clock import SystemClock
from watchdog.domain.model import CallOutcome
from watchdog.llm.pacing import Paced, Pacer, StreamedChat


@pytest.fixture
async def server() -> AsyncIterator[Upstream]:
    async with does.upstream() as state:
        yield state


async def pace(server: Upstream, behaviour: Behaviour, deadline: float = 5.0) -> Paced:
    server.script("small", behaviour)
    chat = StreamedChat(server.url, "sk-1", read_timeout=2.0)
    pacer = Pacer(chat, SystemClock(), prices={"small": (1.0, 5.0)})
    try:
        return await pacer.pace("small", "hello", deadline=deadline)
    finally:
        await pacer.close()


async def test_the_first_and_the_last_token_are_timed(server: Upstream) -> None:
    paced = await pace(server, streams("a", "b", "c", first=0.2, pause=0.1))

    assert paced.pace is not None
    assert 0.15 < paced.pace.first < paced.pace.last
    assert paced.pace.last - paced.pace.first > 0.15
    assert paced.pace.tokens == does.USAGE["completion_tokens"]


async def test_the_call_is_recorded_with_what_it_cost(server: Upstream) -> None:
    call = (await pace(server, streams("a", headers={"x-litellm-model-group": "small"}))).call

    assert (call.purpose, call.outcome, call.served) == ("bench", CallOutcome.ANSWERED, "small")
    assert (call.usage.input_tokens, call.usage.output_tokens) == (100, 20)
    assert call.usage.cost_usd == pytest.approx(0.0002)


async def test_where_nobody_counts_the_pieces_are_the_tokens(server: Upstream) -> None:
    paced = await pace(server, streams("a", "b", "c", usage=False))

    assert paced.pace is not None
    assert paced.pace.tokens == 3
    assert paced.call.usage.output_tokens is None


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        (error(503, "api_error"), "503"),
        (html(), "502"),
        (streams(), "nothing came"),
        (says("all of it at once"), "nothing came"),
        (raw("data: {oops\n\n", kind="text/event-stream"), "JSONDecodeError"),
        (streams("a", first=9), "no end within 0.5 s"),
        (does.resets(), "APIConnectionError"),
    ],
)
async def test_what_is_no_stream_is_no_answer(
    server: Upstream, behaviour: Behaviour, why: str
) -> None:
    paced = await pace(server, behaviour, deadline=0.5)

    assert (paced.pace, paced.call.outcome) == (None, CallOutcome.NO_ANSWER)
    assert paced.call.error == f"small: {why}"
