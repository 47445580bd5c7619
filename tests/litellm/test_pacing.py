"""A streamed answer through the real proxy: timed, counted, and who gave it."""

from collections.abc import AsyncIterator

import pytest

from tests.doubles.upstream import Upstream, error, streams
from tests.litellm.proxy import Proxy, backend
from watchdog.clock import SystemClock
from watchdog.domain.model import CallOutcome
from watchdog.llm.pacing import Pacer, StreamedChat


@pytest.fixture
async def pacer(proxy: Proxy) -> AsyncIterator[Pacer]:
    chat = StreamedChat(proxy.url, "sk-good", read_timeout=20.0)
    made = Pacer(chat, SystemClock(), prices={"first": (1.0, 5.0)})
    yield made
    await made.close()


async def test_the_proxy_passes_pieces_on_as_they_come(behind: Upstream, pacer: Pacer) -> None:
    answer = streams("a ", "b ", "c ", first=0.3, pause=0.2)
    behind.script(backend("first"), answer)
    await pacer.pace("first", "hello", deadline=30)  # a fresh proxy loads seconds of code first

    paced = await pacer.pace("first", "hello", deadline=20)

    assert paced.pace is not None
    assert paced.pace.first > 0.25
    assert paced.pace.last - paced.pace.first > 0.3
    assert paced.call.served == "first"
    assert paced.pace.tokens == paced.call.usage.output_tokens
    assert paced.call.usage.cost_usd  # by our own price: a stream has no header for it


async def test_a_host_that_fails_is_no_answer(behind: Upstream, pacer: Pacer) -> None:
    behind.script(backend("first"), error(500, "api_error"))

    paced = await pacer.pace("first", "hello", deadline=20)

    assert (paced.pace, paced.call.outcome) == (None, CallOutcome.NO_ANSWER)
    assert paced.call.error == "first: 500"
