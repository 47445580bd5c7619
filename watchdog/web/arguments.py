"""Arguments of commands: validated at the door, then worked with in a thread."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from watchdog.config.problems import expected
from watchdog.domain.errors import Usage
from watchdog.web.door import Command


class Arguments(BaseModel):
    """Base of every command's arguments: unknown ones are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


A = TypeVar("A", bound=Arguments)


def checked(arguments: type[A], given: Mapping[str, object]) -> A:
    """Return the arguments of a command.

    Raises:
        Usage: names the argument and what is wrong with it.
    """
    try:
        return arguments.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "arguments"
        raise Usage(f"{where}: {expected(first)}", hint="see the command's --help") from error


def command(arguments: type[A], work: Callable[[A], object]) -> Command:
    """Validate, then work in a thread: no disk stalls the event loop."""

    async def carried_out(given: Mapping[str, object]) -> object:
        return await asyncio.to_thread(work, checked(arguments, given))

    return carried_out
