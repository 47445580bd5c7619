"""The app behind the unix socket: one POST per command of the CLI, errors as the CLI prints them."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from watchdog.domain.errors import Misconfigured, Unanswered, Usage, WatchdogError

Command = Callable[[Mapping[str, object]], Awaitable[object]]

EXIT_USAGE, EXIT_CONFIGURATION, EXIT_CLUSTER, EXIT_MODEL = 2, 3, 4, 5


def exit_code(error: WatchdogError) -> int:
    """The exit code that an error of a command stands for."""
    match error:
        case Usage():
            return EXIT_USAGE
        case Misconfigured():
            return EXIT_CONFIGURATION
        case Unanswered():
            return EXIT_MODEL
        case _:
            return EXIT_CLUSTER


def door_app(commands: Mapping[str, Command]) -> Starlette:
    """Serve `POST /command/{name}`: a JSON object of arguments in, `{"result": ...}` out."""

    async def command(request: Request) -> Response:
        name = request.path_params["name"]
        known = commands.get(name)
        if known is None:
            raise Usage(
                f"the daemon has no command {name}", hint="is it of another version than this CLI?"
            )
        arguments = await _arguments(request)
        try:
            return JSONResponse({"result": await known(arguments)})
        except asyncio.CancelledError as end:  # the server's grace is over
            raise Misconfigured(
                "the daemon was stopped before it had finished",
                hint="nothing is lost: run the command again",
            ) from end

    return Starlette(
        routes=[Route("/command/{name}", command, methods=["POST"])],
        exception_handlers={WatchdogError: _refusal, Exception: _bug},
    )


async def _arguments(request: Request) -> Mapping[str, object]:
    try:
        found: object = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise Usage(f"the arguments are not JSON: {error}", hint="send a JSON object") from error
    if not isinstance(found, dict):
        raise Usage("the arguments are not a JSON object", hint='send {"name": value, ...}')
    return found


async def _refusal(_request: Request, error: Exception) -> Response:
    if not isinstance(error, WatchdogError):
        raise error
    code = exit_code(error)
    status = 400 if code == EXIT_USAGE else 409
    body = {"error": str(error), "hint": error.hint, "exit_code": code}
    return JSONResponse(body, status_code=status)


async def _bug(_request: Request, error: Exception) -> Response:
    """Say so; the server raises it again afterwards, so the traceback is in the daemon's log."""
    body = {
        "error": f"the daemon failed: {type(error).__name__}",
        "hint": "its log has the traceback; please report it",
        "exit_code": EXIT_CONFIGURATION,
    }
    return JSONResponse(body, status_code=500)
