"""A Prometheus on loopback: it answers instant queries from series that a test gives it.

It knows as much of the language as it is asked: names in a selector or by themselves, and the labels
that an aggregation keeps. `rate` is the identity: give it the rate. Source: Prometheus HTTP API v1.
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

_NAMES = re.compile(r"__name__=~'([^']+)'")
_BY = re.compile(r"^\w+ by \(([^)]*)\)")

Series = tuple[str, Mapping[str, str], float]  # name, labels, value


@dataclass
class PlayedPrometheus:
    """`series` is what it has scraped; with a `fault` it answers every query with that status."""

    series: list[Series] = field(default_factory=list)
    fault: int = 0
    body: str = ""  # instead of an answer
    queries: list[Mapping[str, str]] = field(default_factory=list)
    url: str = ""

    async def query(self, request: web.Request) -> web.Response:
        self.queries.append(dict(request.query))
        if self.fault or self.body:
            return web.Response(
                status=self.fault or 200, text=self.body, headers={"Location": self.url}
            )
        result = self.vector(request.query["query"])
        return web.json_response(
            {"status": "success", "data": {"resultType": "vector", "result": result}}
        )

    def vector(self, query: str) -> list[dict[str, object]]:
        found = _BY.match(query)
        kept = [each.strip() for each in found[1].split(",")] if found else []
        return [
            {
                "metric": {k: v for k, v in {"__name__": name, **labels}.items() if k in kept},
                "value": [1795000000.1, _number(value)],
            }
            for name, labels, value in self.series
            if _asked(query, name)
        ]


def _asked(query: str, name: str) -> bool:
    if names := _NAMES.search(query):
        return re.fullmatch(names[1], name) is not None
    return name in query


def _number(value: float) -> str:
    return "+Inf" if value == float("inf") else repr(value)


@asynccontextmanager
async def playing(played: PlayedPrometheus, *, prefix: str = "") -> AsyncIterator[PlayedPrometheus]:
    """Serve on 127.0.0.1 until the block ends; `url` is then its address."""
    app = web.Application()
    app.router.add_get(f"{prefix}/api/v1/query", played.query)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    played.url = f"http://{host}:{port}{prefix}"
    try:
        yield played
    finally:
        await runner.cleanup()
