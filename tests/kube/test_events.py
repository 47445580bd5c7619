"""events: of a few objects, and whatever fails is not told."""

import asyncio
import json
from pathlib import Path

import pytest
from aiohttp import web

from tests.kube.faulty import Faulty, connected, playing, status
from watchdog.domain.objects import corev1
from watchdog.domain.ref import Ref
from watchdog.kube.events import read_events

CART = Ref("HorizontalPodAutoscaler", "shop", "cart")
PAGE = json.dumps(
    {
        "metadata": {},
        "items": [
            {"metadata": {"name": "cart.1"}, "type": "Normal", "reason": "SuccessfulRescale"}
        ],
    }
)


async def answers(
    folder: Path, answer: web.Response, *refs: Ref
) -> tuple[dict[Ref, tuple[corev1.Event, ...]], Faulty]:
    async def always(request: web.Request) -> web.Response:
        return web.Response(body=answer.body, status=answer.status, headers=answer.headers)

    async with playing(folder, always) as server, connected(server.kubeconfig) as link:
        return await read_events(link, refs), server


async def test_the_normal_events_of_one_object_are_asked_for(tmp_path: Path) -> None:
    found, server = await answers(tmp_path, web.Response(text=PAGE), CART, CART)

    assert [each.reason for each in found[CART]] == ["SuccessfulRescale"]
    assert server.paths == ["/api/v1/namespaces/shop/events"]
    assert dict(server.seen[0].query) == {
        "fieldSelector": "involvedObject.kind=HorizontalPodAutoscaler,"
        "involvedObject.name=cart,type=Normal",
        "limit": "100",
    }


async def test_events_about_a_node_are_in_the_default_namespace(tmp_path: Path) -> None:
    _, server = await answers(tmp_path, web.Response(text=PAGE), Ref("Node", "", "w-1"))

    assert server.paths == ["/api/v1/namespaces/default/events"]


async def test_no_more_than_ten_objects_are_asked_about(tmp_path: Path) -> None:
    many = [Ref("Pod", "shop", f"web-{n}") for n in range(15)]

    found, server = await answers(tmp_path, web.Response(text='{"items": null}'), *many)

    assert (len(server.seen), len(found)) == (10, 10)


@pytest.mark.parametrize("answer", [status(403, "no"), web.Response(text="<html>")])
async def test_what_was_not_read_is_left_out(tmp_path: Path, answer: web.Response) -> None:
    assert (await answers(tmp_path, answer, CART))[0] == {}


async def test_an_answer_that_hangs_holds_nothing_up(tmp_path: Path) -> None:
    async def hang(request: web.Request) -> web.Response:
        if "default" not in request.path:
            await asyncio.Event().wait()
        return web.Response(text=PAGE)

    async with playing(tmp_path, hang) as server, connected(server.kubeconfig) as link:
        found = await read_events(link, [CART, Ref("Node", "", "w-1")], seconds=0.3)

    assert list(found) == [Ref("Node", "", "w-1")]
