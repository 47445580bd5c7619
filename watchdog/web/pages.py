"""Port 9119: the web page. Read-only; every text of the cluster is escaped by the templates."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import jinja2
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from watchdog.domain.errors import Usage, WatchdogError
from watchdog.logic.redact import clean, redact
from watchdog.web import views
from watchdog.web.guard import Credentials, Guard
from watchdog.web.sources import Sources

_HERE = Path(__file__).parent

View = Callable[[Sources, Mapping[str, str]], Mapping[str, object]]
Answer = Callable[[Request], Awaitable[Response]]


def pages_app(
    sources: Sources, *, loopback: bool, credentials: Credentials | None = None
) -> Starlette:
    """The app for port 9119. `loopback` says whether it is bound to this machine alone."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = _pages(sources, templates)
    return Starlette(
        routes=[
            Route("/", page("incidents.html", views.incidents_view)),
            Route("/incidents/{id}", page("incident.html", views.incident_view)),
            Route("/checks", page("checks.html", views.checks_view)),
            Route("/jobs", page("jobs.html", views.jobs_view)),
            Route("/runs", page("runs.html", views.runs_view)),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ],
        middleware=[Middleware(Guard, loopback=loopback, credentials=credentials)],
        exception_handlers=_errors(sources, templates),
    )


def _harmless(value: object) -> object:
    """Text without secrets and invisible characters; what is HTML already is left alone."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return redact(clean(value))
    return value


def _pages(sources: Sources, templates: jinja2.Environment) -> Callable[[str, View], Answer]:
    def page(name: str, view: View) -> Answer:
        async def answer(request: Request) -> Response:
            shown = await asyncio.to_thread(view, sources, request.path_params)
            return HTMLResponse(_render(sources, templates, name, shown))

        return answer

    return page


def _render(
    sources: Sources, templates: jinja2.Environment, name: str, shown: Mapping[str, object]
) -> str:
    frame = views.frame(sources)
    return templates.get_template(name).render({**frame, **shown})


def _errors(
    sources: Sources, templates: jinja2.Environment
) -> Mapping[type[Exception], Callable[[Request, Exception], Awaitable[Response]]]:
    def refused(status: int, text: str, hint: str) -> Response:
        shown = {"active": "", "error": text, "hint": hint}
        return HTMLResponse(_render(sources, templates, "error.html", shown), status)

    async def http(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return refused(status, "there is no such page", "")

    async def own(_request: Request, error: Exception) -> Response:
        hint = error.hint if isinstance(error, WatchdogError) else ""
        return refused(404 if isinstance(error, Usage) else 503, str(error), hint)

    return {HTTPException: http, WatchdogError: own}
