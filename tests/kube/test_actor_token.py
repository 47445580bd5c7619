"""The second identity: one token at a time, asked for anew before it ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from tests.clock import FakeClock
from tests.kube.faulty import Answer, Faulty, connected, playing, status
from watchdog.domain.errors import Forbidden, WatchdogError
from watchdog.kube.actor_token import ActorToken
from watchdog.kube.decode import Malformed
from watchdog.kube.writing import Unsent, Writer, was_sent

# The API server's clock is years away from ours.
GIVEN = datetime(2001, 1, 1, tzinfo=UTC)


def given(token: str, seconds: int) -> web.Response:
    """A TokenRequest as the API server answers it."""
    ends = (GIVEN + timedelta(seconds=seconds)).isoformat()
    status = {"token": token, "expirationTimestamp": ends}
    return web.json_response(
        {"metadata": {"creationTimestamp": GIVEN.isoformat()}, "status": status}
    )


@asynccontextmanager
async def token_of(
    folder: Path, answer: Answer, clock: FakeClock
) -> AsyncIterator[tuple[ActorToken, Faulty]]:
    """The token of platform-engineer/actor."""
    async with playing(folder, answer) as server, connected(server.kubeconfig) as connection:
        yield ActorToken(Writer(connection), clock, namespace="own", name="actor"), server


async def test_a_token_is_used_until_shortly_before_its_end(tmp_path: Path) -> None:
    tokens = ["first", "second"]

    async def answer(request: web.Request) -> web.Response:
        return given(tokens.pop(0), 600)

    clock = FakeClock()
    async with token_of(tmp_path, answer, clock) as (token, server):
        used = []
        for seconds in (0, 479, 2):
            clock.advance(timedelta(seconds=seconds))
            used.append((await token.authorization())["Authorization"])

    assert used == ["Bearer first", "Bearer first", "Bearer second"]
    assert token.secrets == ("second",)
    path = "/api/v1/namespaces/own/serviceaccounts/actor/token"
    assert [(each.method, each.path) for each in server.seen] == [("POST", path)] * 2


async def test_it_is_asked_for_ten_minutes_in_our_own_name(tmp_path: Path) -> None:
    bodies = []

    async def answer(request: web.Request) -> web.Response:
        bodies.append(await request.json())
        return given("first", 600)

    async with token_of(tmp_path, answer, FakeClock()) as (token, server):
        await token.authorization()

    assert bodies[0]["spec"] == {"expirationSeconds": 600}
    assert server.seen[0].headers["Authorization"] == "Bearer t0k3n"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (status(403, "serviceaccounts is forbidden"), Forbidden),
        (web.json_response({"status": {}}), Malformed),
        (given("two\r\nlines", 600), WatchdogError),
    ],
    ids=["forbidden", "empty", "damaged"],
)
async def test_without_a_token_nothing_is_sent_in_its_name(
    tmp_path: Path, answer: web.Response, error: type[WatchdogError]
) -> None:
    async def always(request: web.Request) -> web.Response:
        return web.Response(body=answer.body, status=answer.status, headers=answer.headers)

    async with token_of(tmp_path, always, FakeClock()) as (token, _):
        with pytest.raises(error):
            await token.authorization()

    assert token.secrets == ()


def test_a_call_without_a_credential_was_surely_not_made() -> None:
    assert not was_sent(Unsent("no credential"))
