"""The app behind the unix socket."""

from collections.abc import Mapping

import pytest
from starlette.testclient import TestClient

from watchdog.domain.errors import Misconfigured, StoreFailed, Transient, Usage, WatchdogError
from watchdog.web.door import door_app


async def echo(given: Mapping[str, object]) -> object:
    return {"given": dict(given)}


def test_a_command_gets_its_arguments_and_its_result_comes_back() -> None:
    client = TestClient(door_app({"ack": echo}))

    answer = client.post("/command/ack", json={"id": "1a2b-1"})

    assert (answer.status_code, answer.json()) == (200, {"result": {"given": {"id": "1a2b-1"}}})


def test_no_body_means_no_arguments() -> None:
    client = TestClient(door_app({"cron.list": echo}))

    assert client.post("/command/cron.list").json() == {"result": {"given": {}}}


def test_an_unknown_command_is_a_usage_error() -> None:
    answer = TestClient(door_app({})).post("/command/fly", json={})

    assert (answer.status_code, answer.json()["exit_code"]) == (400, 2)
    assert "fly" in answer.json()["error"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff"])
def test_arguments_that_are_no_object_are_a_usage_error(body: bytes) -> None:
    answer = TestClient(door_app({"ack": echo})).post("/command/ack", content=body)

    assert (answer.status_code, answer.json()["exit_code"]) == (400, 2)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Usage("no such incident", hint="list them"), 400, 2),
        (Misconfigured("wrong key", hint="mend it"), 409, 3),
        (StoreFailed("disk full", hint="free space"), 409, 3),
        (Transient("no answer", hint="wait"), 409, 4),
    ],
)
def test_an_error_keeps_its_words_and_its_exit_code(
    error: WatchdogError, status: int, code: int
) -> None:
    async def fail(_given: Mapping[str, object]) -> object:
        raise error

    answer = TestClient(door_app({"run": fail})).post("/command/run", json={})

    assert answer.status_code == status
    assert answer.json() == {"error": str(error), "hint": error.hint, "exit_code": code}


def test_a_bug_is_told_without_ending_the_daemon() -> None:
    async def fail(_given: Mapping[str, object]) -> object:
        raise ZeroDivisionError

    client = TestClient(door_app({"run": fail, "ack": echo}), raise_server_exceptions=False)
    answer = client.post("/command/run", json={})

    assert (answer.status_code, answer.json()["exit_code"]) == (500, 3)
    assert client.post("/command/ack").status_code == 200
