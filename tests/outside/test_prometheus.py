"""prometheus: what it answers, what stands for no answer, and what it is never asked."""

import socket

import pytest

from tests.doubles.prometheus import PlayedPrometheus, playing
from watchdog.domain.errors import WatchdogError
from watchdog.domain.measure import Sample
from watchdog.outside.prometheus import Prometheus

UP = {"up": "max by (__name__, node) ({__name__=~'up'})"}


def with_up() -> PlayedPrometheus:
    return PlayedPrometheus([("up", {"node": "w-1", "pod": "kubelet"}, 1.0)])


async def refusal(played: PlayedPrometheus) -> WatchdogError:
    async with playing(played):
        with pytest.raises(WatchdogError) as caught:
            await Prometheus(played.url).ask(UP)
    return caught.value


async def test_a_vector_is_samples_with_the_labels_that_were_asked_for() -> None:
    async with playing(with_up(), prefix="/prom") as played:
        answers = await Prometheus(f"{played.url}/").ask(UP)

    assert answers == {"up": (Sample("up", {"node": "w-1"}, 1.0),)}


async def test_an_answer_of_half_the_stores_is_not_asked_for() -> None:
    async with playing(with_up()) as played:
        await Prometheus(played.url).ask(UP)

    assert [each["partial_response"] for each in played.queries] == ["false"]


@pytest.mark.parametrize(
    ("fault", "body", "reason"),
    [
        (503, "", "unavailable"),
        (429, "", "unavailable"),
        (401, "", "forbidden"),
        (403, "", "forbidden"),
        (302, "", "malformed"),
        (400, '{"status": "error", "error": "parse error"}', "malformed"),
        (200, "<html>", "malformed"),
        (200, '{"status": "success", "data": {"resultType": "matrix", "result": []}}', "malformed"),
    ],
)
async def test_what_is_no_vector_has_a_reason(fault: int, body: str, reason: str) -> None:
    error = await refusal(PlayedPrometheus(fault=fault, body=body))

    assert error.reason == reason


async def test_a_redirect_is_not_followed() -> None:
    played = PlayedPrometheus(fault=302)
    await refusal(played)

    assert len(played.queries) == 1


async def test_an_answer_without_end_is_given_up() -> None:
    async with playing(with_up()) as played:
        with pytest.raises(WatchdogError) as caught:
            await Prometheus(played.url, largest=10).ask(UP)

    assert caught.value.reason == "malformed"


async def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(WatchdogError) as caught:
        await Prometheus("http://127.0.0.1:1").ask(UP)

    assert caught.value.reason == "unreachable"


async def test_silence_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(WatchdogError) as caught:
            await Prometheus(f"http://127.0.0.1:{port}", total=0.2).ask(UP)

    assert caught.value.reason == "timeout"
