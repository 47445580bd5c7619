"""Port 8642: health and metrics for everyone, the JSON API for those who hold the token.

Without a configured token health and metrics are all there is, and they name no object.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from hmac import compare_digest
from typing import get_args

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from watchdog.domain.errors import Usage, WatchdogError
from watchdog.domain.incident import Status
from watchdog.domain.job import RunState
from watchdog.logic.words.json_view import incident_json
from watchdog.logic.words.run_view import line_json
from watchdog.metrics import CONTENT_TYPE
from watchdog.store import incidents, records
from watchdog.store.records import Wanted
from watchdog.web import json_lines
from watchdog.web.health import Health, health_json
from watchdog.web.openapi import document
from watchdog.web.readiness import Probe, failing
from watchdog.web.run_commands import Ended, state_of
from watchdog.web.sources import Sources, job_lines

MAX_LIMIT = 1000
UNRESOLVED = (Status.PENDING, Status.OPEN, Status.ACKNOWLEDGED)
STANDING = (Status.OPEN, Status.ACKNOWLEDGED)

Answer = Callable[[Request], Awaitable[Response]]
Handler = Callable[[Request, Exception], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What the API serves. `token` is "" when none is configured."""

    health: Health
    probes: Mapping[str, Probe]
    metrics: Callable[[], bytes]
    sources: Sources
    version: str
    token: str = ""


def api_app(api: Api) -> Starlette:
    """The app for port 8642."""
    guarded = {
        "/api/v1/incidents": _incidents,
        "/api/v1/runs": _runs,
        "/api/v1/jobs": _jobs,
        "/api/v1/checks": _checks,
    }
    return Starlette(
        routes=[
            Route("/healthz", _healthz(api)),
            Route("/readyz", _readyz(api)),
            Route("/metrics", _metrics(api)),
            Route("/api/v1/openapi.json", _openapi(api)),
            *(Route(path, _with_token(api, make(api.sources))) for path, make in guarded.items()),
        ],
        exception_handlers={HTTPException: _http_error(api), WatchdogError: _watchdog_error},
    )


# ----------------------------------------------------------------------------------- for everyone
def _healthz(api: Api) -> Answer:
    async def healthz(_request: Request) -> Response:
        body = health_json(api.health, api.sources.clock.monotonic())
        return JSONResponse(body, status_code=200 if body["alive"] else 503)

    return healthz


def _readyz(api: Api) -> Answer:
    async def readyz(_request: Request) -> Response:
        names = await failing(api.probes)
        body = {"ready": not names, "failing": list(names)}
        return JSONResponse(body, status_code=503 if names else 200)

    return readyz


def _metrics(api: Api) -> Answer:
    async def metrics(_request: Request) -> Response:
        return Response(await asyncio.to_thread(api.metrics), media_type=CONTENT_TYPE)

    return metrics


def _openapi(api: Api) -> Answer:
    async def openapi(_request: Request) -> Response:
        return JSONResponse(document(api.version)) if api.token else _switched_off()

    return openapi


# ----------------------------------------------------------------------------------- for the token
def _with_token(api: Api, answer: Answer) -> Answer:
    async def guarded(request: Request) -> Response:
        if not api.token:
            return _switched_off()
        scheme, _, sent = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not compare_digest(sent.encode(), api.token.encode()):
            refused = _error(401, "the bearer token is missing or wrong", "send api.token")
            refused.headers["WWW-Authenticate"] = "Bearer"
            return refused
        return await answer(request)

    return guarded


def _incidents(sources: Sources) -> Answer:
    async def answer(request: Request) -> Response:
        _refuse_unknown(request, "status", "limit")
        statuses, limit = _statuses(request), _limit(request, 200)
        found = await asyncio.to_thread(
            incidents.select, sources.store, statuses=statuses, limit=limit
        )
        return JSONResponse({"incidents": [incident_json(each) for each in found]})

    return answer


def _runs(sources: Sources) -> Answer:
    async def answer(request: Request) -> Response:
        _refuse_unknown(request, "job", "verdict", "limit")
        job, limit = request.query_params.get("job", ""), _limit(request, 50)
        wanted = Wanted(job=job, state=_ended(request), limit=limit)
        found = await asyncio.to_thread(records.select_runs, sources.store, wanted)
        return JSONResponse({"runs": [line_json(each) for each in found]})

    return answer


def _jobs(sources: Sources) -> Answer:
    async def answer(request: Request) -> Response:
        _refuse_unknown(request)
        found = await asyncio.to_thread(job_lines, sources)
        return JSONResponse({"jobs": [json_lines.job_line(each) for each in found]})

    return answer


def _checks(sources: Sources) -> Answer:
    async def answer(request: Request) -> Response:
        _refuse_unknown(request)
        standing = await asyncio.to_thread(incidents.select, sources.store, statuses=STANDING)
        lines = [json_lines.check_line(each, standing) for each in sources.board.checks()]
        return JSONResponse({"checks": lines})

    return answer


# ------------------------------------------------------------------------------------- parameters
def _statuses(request: Request) -> Collection[Status]:
    words = [word for word in request.query_params.get("status", "").split(",") if word]
    known = [status.value for status in Status]
    for word in words:
        if word not in known:
            raise Usage(f"status: there is no {word}", hint=f"one or more of {', '.join(known)}")
    return [Status(word) for word in words] or UNRESOLVED


def _ended(request: Request) -> RunState | None:
    word = request.query_params.get("verdict", "")
    for ended in get_args(Ended):
        if word == ended:
            return state_of(ended)
    if word:
        raise Usage(f"verdict: there is no {word}", hint=f"one of {', '.join(get_args(Ended))}")
    return None


def _refuse_unknown(request: Request, *known: str) -> None:
    """A filter that is not applied would pass for an answer to it."""
    for name in request.query_params:
        if name not in known:
            raise Usage(f"there is no parameter {name}", hint=_parameters(known))


def _parameters(known: Sequence[str]) -> str:
    return f"the parameters are: {', '.join(known)}" if known else "it takes none"


def _limit(request: Request, default: int) -> int:
    text = request.query_params.get("limit", str(default))
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text) or int(text) > MAX_LIMIT:
        raise Usage(f"limit: {text[:20]} is none", hint=f"a number from 1 to {MAX_LIMIT}")
    return int(text)


# ----------------------------------------------------------------------------------------- errors
def _error(status: int, text: str, hint: str) -> JSONResponse:
    return JSONResponse({"error": text, "hint": hint}, status_code=status)


def _switched_off() -> Response:
    return _error(404, "the API is switched off", "set WATCHDOG_API__TOKEN to switch it on")


def _http_error(api: Api) -> Handler:
    hint = "GET /api/v1/openapi.json lists all"
    if not api.token:
        hint = "without api.token there are /healthz, /readyz and /metrics"

    async def answer(_request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        return _error(error.status_code, error.detail.lower(), hint)

    return answer


async def _watchdog_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, WatchdogError):
        raise error
    return _error(400 if isinstance(error, Usage) else 503, str(error), error.hint)
