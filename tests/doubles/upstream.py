"""A scripted, OpenAI-compatible server on loopback: what models and their hosts really do wrong.

Each model has a queue of behaviours; the last one stays. It records every request it saw.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Body = dict[str, Any]
Behaviour = Callable[[web.Request, Body], Awaitable[web.StreamResponse]]

USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


@dataclass
class Upstream:
    """What the server does next, and what it has seen."""

    url: str = ""
    behaviours: dict[str, list[Behaviour]] = field(default_factory=lambda: defaultdict(list))
    seen: list[Body] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def script(self, model: str, *behaviours: Behaviour) -> None:
        """What this model does, request by request; the last one stays."""
        self.behaviours[model] = list(behaviours)

    async def wait_asked(self, count: int) -> None:
        """Return when so many requests have come; a test that waits in vain fails."""
        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(lambda: len(self.seen) >= count)

    @property
    def asked(self) -> list[str]:
        """The models that were asked, in order."""
        return [str(body["model"]) for body in self.seen]

    async def complete(self, request: web.Request) -> web.StreamResponse:
        """POST /v1/chat/completions."""
        body = json.loads(await request.text())
        self.seen.append(body)
        async with self.news:
            self.news.notify_all()
        self.keys.append(request.headers.get("Authorization", ""))
        queue = self.behaviours.get(body["model"])
        if not queue:
            return await error(404, "invalid_request_error", "model not found")(request, body)
        behave = queue.pop(0) if len(queue) > 1 else queue[0]
        return await behave(request, body)

    async def models(self, _request: web.Request) -> web.Response:
        """GET /v1/models."""
        names = [{"id": name, "object": "model", "owned_by": "test"} for name in self.behaviours]
        return web.json_response({"object": "list", "data": names})


@asynccontextmanager
async def upstream() -> AsyncIterator[Upstream]:
    """A server of this kind for the length of a test."""
    state = Upstream()
    app = web.Application(client_max_size=10**8)
    app.router.add_post("/v1/chat/completions", state.complete)
    app.router.add_get("/v1/models", state.models)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    state.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield state
    finally:
        await runner.cleanup()


def completion(body: Body, content: str | None, **extra: Any) -> Body:
    """A chat completion as the API answers it."""
    message = {"role": "assistant", "content": content, **extra.pop("message", {})}
    choice = {"index": 0, "message": message, "finish_reason": extra.pop("finish", "stop")}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": extra.pop("model", body["model"]),
        "choices": [choice],
        "usage": USAGE,
        **extra,
    }


def says(
    content: str | None, *, headers: Mapping[str, str] | None = None, **extra: Any
) -> Behaviour:
    """A 200 with this text; `extra` replaces parts of the completion."""

    async def behave(_request: web.Request, body: Body) -> web.Response:
        return web.json_response(completion(body, content, **extra), headers=headers)

    return behave


def streams(
    *pieces: str,
    first: float = 0.0,
    pause: float = 0.0,
    usage: bool = True,
    headers: Mapping[str, str] | None = None,
) -> Behaviour:
    """The pieces one after the other, each as an event of its own, `pause` seconds apart."""

    async def behave(request: web.Request, body: Body) -> web.StreamResponse:
        assert body["stream"] is True
        kind = {"Content-Type": "text/event-stream", **(headers or {})}
        response = web.StreamResponse(headers=kind)
        await response.prepare(request)
        await _pause(first)
        for piece in pieces:
            await response.write(_event(body, [{"index": 0, "delta": {"content": piece}}]))
            await _pause(pause)
        if usage:
            await response.write(_event(body, [], usage=USAGE))
        await response.write(b"data: [DONE]\n\n")
        return response

    return behave


def _event(body: Body, choices: list[Body], **extra: Any) -> bytes:
    shape = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1}
    whole = {**shape, "model": body["model"], "choices": choices, **extra}
    return f"data: {json.dumps(whole)}\n\n".encode()


def error(
    status: int, kind: str, text: str = "no", *, headers: Mapping[str, str] | None = None
) -> Behaviour:
    """An error in the shape of the API."""

    async def behave(_request: web.Request, _body: Body) -> web.Response:
        found = {"error": {"message": text, "type": kind, "param": None, "code": str(status)}}
        return web.json_response(found, status=status, headers=headers)

    return behave


def raw(text: str, *, status: int = 200, kind: str = "application/json") -> Behaviour:
    """Any body at all."""

    async def behave(_request: web.Request, _body: Body) -> web.Response:
        return web.Response(text=text, status=status, content_type=kind)

    return behave


def html(status: int = 502) -> Behaviour:
    """What a proxy in between says."""
    return raw("<html><h1>Bad Gateway</h1></html>", status=status, kind="text/html")


def hangs(seconds: float = 30.0) -> Behaviour:
    """Accepts the request and never answers."""

    async def behave(_request: web.Request, body: Body) -> web.Response:
        await _pause(seconds)
        return web.json_response(completion(body, "too late"))

    return behave


def drips(seconds: float = 0.05) -> Behaviour:
    """A byte at a time: no single read ever times out."""

    async def behave(request: web.Request, _body: Body) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await _pause(seconds)

    return behave


def resets() -> Behaviour:
    """The connection dies."""

    async def behave(request: web.Request, _body: Body) -> web.Response:
        assert request.transport
        request.transport.abort()
        return web.Response()

    return behave


def cut_json() -> Behaviour:
    """A body that ends in the middle."""
    return raw('{"id": "x", "choices": [{"mess')


async def _pause(seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)
