"""The client against a proxy that nobody tuned: it retries by itself, cools models down, waits."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.doubles import upstream as does
from tests.doubles.upstream import Upstream
from tests.litellm.proxy import MASTER, Proxy, as_shipped, backend, running
from watchdog.clock import SystemClock
from watchdog.domain.model import CallOutcome, Question, Reply, Turn
from watchdog.llm.chain import Chain
from watchdog.llm.chat import Chat


@pytest.fixture(scope="module")
def shipped(
    litellm: Path, standing: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("litellm-as-shipped")
    with running(litellm, folder, as_shipped(standing.url)) as made:
        yield made


@pytest.fixture
async def chain(shipped: Proxy) -> AsyncIterator[Chain]:
    made = Chain(Chat(shipped.url, MASTER, read_timeout=60.0), SystemClock(), usable={}, prices={})
    yield made
    await made.close()


async def ask(chain: Chain, *models: str, deadline: float = 30.0) -> Reply:
    turns = (Turn(role="user", text="why?"),)
    return await chain.ask(Question(purpose="ask", turns=turns, models=models, deadline=deadline))


async def test_its_own_retries_come_before_its_fallback(behind: Upstream, chain: Chain) -> None:
    """Three requests of the first model with some five seconds of waits, for one of ours."""
    behind.script(backend("guarded"), does.error(500, "server_error"))

    call = (await ask(chain, "guarded")).call

    assert behind.asked == [*[backend("guarded")] * 3, backend("spare")]
    assert (call.served, call.requests, call.fallbacks) == ("spare", 1, 1)


async def test_a_hanging_model_is_waited_for_without_end_and_our_deadline_is_the_only_one(
    behind: Upstream, chain: Chain
) -> None:
    behind.script(backend("guarded"), does.hangs())

    call = (await ask(chain, "guarded", deadline=2.0)).call

    assert call.outcome is CallOutcome.NO_ANSWER
    assert behind.asked == [backend("guarded")]


async def test_a_refused_key_of_its_host_rests_a_model_for_the_next_questions(
    behind: Upstream, chain: Chain
) -> None:
    """It is told of the 401 once; then the answer is 429 `all_deployments_in_cooldown`."""
    behind.script(backend("spare"), does.error(401, "invalid_api_key"))

    first = (await ask(chain, "spare")).call
    second = (await ask(chain, "spare", deadline=3.0)).call

    assert behind.asked == [backend("spare")]
    assert first.error == "spare: 401 authentication_error"
    assert second.error == "spare: 429 all_deployments_in_cooldown"


async def test_a_key_it_does_not_know_is_a_400_about_its_database(
    behind: Upstream, shipped: Proxy
) -> None:
    chain = Chain(
        Chat(shipped.url, "sk-forged", read_timeout=10.0), SystemClock(), usable={}, prices={}
    )

    call = (await ask(chain, "guarded", "spare")).call
    await chain.close()

    assert behind.asked == []
    assert (call.outcome, call.requests) == (CallOutcome.REFUSED_KEY, 1)
    assert call.error == "guarded: 400 no_db_connection"
