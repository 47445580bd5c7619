"""A Discord on loopback: the REST of webhooks, its limits and its faults. It records what people see.

Routes are grouped by method, so that the bot's endpoints and the gateway can join; all share
`channels`, `faults` and `calls`. Source of codes and limits: Discord API documentation v10.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

API = "/api/v10"
CONTENT = 2000
EMBED_LIMITS = {"title": 256, "description": 4096}
EMBED_SUM = 6000
SILENT = 1 << 12

Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Post:
    """One message as people see it."""

    id: str
    thread: str
    content: str
    silent: bool
    pinged: bool
    edits: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request. `after`: its effect is done, only the answer is lost."""

    status: int = 0
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    seconds: float = 0.0
    after: bool = False


PASS: Fault | None = None  # an entry of the queue for a request that goes well


def rate_limited(seconds: float, *, by_cloudflare: bool = False) -> Fault:
    """429 of a bucket; of Cloudflare, which bans the address, without `Via`."""
    headers = {} if by_cloudflare else {"Via": "1.1 google", "Retry-After": str(int(seconds) + 1)}
    body = {"message": "You are being rate limited.", "retry_after": seconds, "global": False}
    return Fault(status=429, body="<html>" if by_cloudflare else body, headers=headers)


class FakeDiscord:
    """One webhook with its channel. `posts` in order; `calls` are (method, path, JSON body)."""

    def __init__(self) -> None:
        self.webhook = ("100", "token-of-webhook")
        self.threads = {"555"}
        self.posts: list[Post] = []
        self.faults: deque[Fault | None] = deque()
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.bucket = 0  # how many calls pass before 429; 0: no limit
        self.origin = ""
        self._closing = asyncio.Event()

    @property
    def api_url(self) -> str:
        return f"{self.origin}{API}"

    @property
    def webhook_url(self) -> str:
        return f"{self.origin}/api/webhooks/{'/'.join(self.webhook)}"

    @property
    def contents(self) -> list[str]:
        return [post.content for post in self.posts]

    def delete(self, post: Post) -> None:
        """A person deletes a message."""
        self.posts.remove(post)

    def app(self) -> web.Application:
        @web.middleware
        async def around(request: web.Request, handler: Reply) -> web.StreamResponse:
            return await self._around(request, handler)

        app = web.Application(middlewares=[around])
        for prefix in (API, "/api"):
            hook = f"{prefix}/webhooks/{{webhook}}/{{token}}"
            app.router.add_post(hook, self._create)
            app.router.add_patch(f"{hook}/messages/{{message}}", self._edit)
            app.router.add_delete(f"{hook}/messages/{{message}}", self._remove)
            app.router.add_get(f"{hook}/messages/{{message}}", self._read)
        return app

    def close(self) -> None:
        """End every delay."""
        self._closing.set()

    async def _around(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        raw = await request.read()
        body = json.loads(raw) if raw else {}
        self.calls.append((request.method, request.path, body))
        fault = self.faults.popleft() if self.faults else PASS
        if fault is None:
            return self._limited() or await self._answer(request, reply)
        if fault.after:
            await self._answer(request, reply)
        if fault.seconds:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), fault.seconds)
        if fault.drop:
            assert request.transport is not None
            request.transport.abort()
        if fault.status:
            return _json(fault.status, fault.body, fault.headers)
        return _json(500, None) if fault.drop else await self._answer(request, reply)

    def _limited(self) -> web.Response | None:
        if not self.bucket:
            return None
        self.bucket -= 1
        if self.bucket:
            return None
        fault = rate_limited(1.5)
        return _json(fault.status, fault.body, fault.headers)

    async def _answer(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        webhook, token = request.match_info["webhook"], request.match_info["token"]
        if webhook != self.webhook[0]:
            return _refused(404, 10015, "Unknown Webhook")
        if token != self.webhook[1]:
            return _refused(401, 50027, "Invalid Webhook Token")
        if request.query.get("thread_id", "555") not in self.threads:
            return _refused(404, 10003, "Unknown Channel")
        return await reply(request)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if refused := _invalid(body):
            return refused
        post = Post(
            id=str(1_000_000_000_000_000_000 + len(self.calls)),
            thread=request.query.get("thread_id", ""),
            content=body["content"],
            silent=bool(body.get("flags", 0) & SILENT),
            pinged=_pings(body),
        )
        self.posts.append(post)
        if request.query.get("wait") != "true":
            return web.Response(status=204)
        return _json(200, _shown(post))

    async def _edit(self, request: web.Request) -> web.StreamResponse:
        post = self._find(request)
        if post is None:
            return _refused(404, 10008, "Unknown Message")
        body = await request.json()
        if refused := _invalid(body):
            return refused
        post.edits.append(post.content)
        post.content = body["content"]
        post.pinged = post.pinged or _pings(body)
        return _json(200, _shown(post))

    async def _remove(self, request: web.Request) -> web.StreamResponse:
        post = self._find(request)
        if post is None:
            return _refused(404, 10008, "Unknown Message")
        self.posts.remove(post)
        return web.Response(status=204)

    async def _read(self, request: web.Request) -> web.StreamResponse:
        post = self._find(request)
        return _json(200, _shown(post)) if post else _refused(404, 10008, "Unknown Message")

    def _find(self, request: web.Request) -> Post | None:
        """A message of a thread is found only with the thread's id."""
        wanted = request.match_info["message"], request.query.get("thread_id", "")
        return next((post for post in self.posts if (post.id, post.thread) == wanted), None)


@asynccontextmanager
async def fake_discord() -> AsyncIterator[FakeDiscord]:
    """Serve on a free port of loopback."""
    discord = FakeDiscord()
    runner = web.AppRunner(discord.app(), shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    discord.origin = f"http://{host}:{port}"
    try:
        yield discord
    finally:
        discord.close()
        await runner.cleanup()


def _json(status: int, body: object, headers: Mapping[str, str] | None = None) -> web.Response:
    limits = {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "4", "Via": "1.1 google"}
    if status == 429:
        limits = {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "0"}
    # Exactly this: clients compare the whole header, and Discord sends no charset.
    kind = {"Content-Type": "application/json"}
    return web.Response(
        status=status, body=json.dumps(body).encode(), headers={**limits, **kind, **(headers or {})}
    )


def _refused(status: int, code: int, message: str) -> web.Response:
    return _json(status, {"code": code, "message": message})


def _invalid(body: Mapping[str, Any]) -> web.Response | None:
    content, embeds = body.get("content") or "", body.get("embeds") or []
    if not content.strip() and not embeds:
        return _refused(400, 50006, "Cannot send an empty message")
    too_long = len(content) > CONTENT or len(embeds) > 10
    too_long |= any(
        len(embed.get(key, "")) > limit for embed in embeds for key, limit in EMBED_LIMITS.items()
    )
    too_long |= sum(len(str(text)) for embed in embeds for text in embed.values()) > EMBED_SUM
    return _refused(400, 50035, "Invalid Form Body") if too_long else None


def _pings(body: Mapping[str, Any]) -> bool:
    """Without `allowed_mentions` everything pings, on create and on edit."""
    named = any(each in body["content"] for each in ("@everyone", "@here", "<@"))
    return named and body.get("allowed_mentions", {}).get("parse") != []


def _shown(post: Post) -> dict[str, object]:
    flags = SILENT if post.silent else 0
    return {
        "id": post.id,
        "channel_id": post.thread or "200",
        "content": post.content,
        "flags": flags,
    }
