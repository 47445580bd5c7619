"""One entry of jobs.json: the types of its values, and the spellings that are read."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from watchdog.domain.errors import Misconfigured
from watchdog.domain.job import Mode
from watchdog.logic.timetable.grammar import older_text, parse_length

NAME = re.compile(r"[a-z0-9-]{1,63}")
# of the older runtime; nothing here is done with them
WITHOUT_MEANING = ("workdir", "skills", "script", "no_agent", "base_url", "repeat")
_TARGET = re.compile(r"discord(?::\d{1,20}){0,2}|log|none")
_OLDER_TARGETS = {"local": "log", "origin": "discord", "all": "discord"}


@contextmanager
def _told_by_pydantic() -> Iterator[None]:
    try:
        yield
    except Misconfigured as error:
        raise ValueError(f"{error}; {error.hint}") from error


def _schedule_text(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    with _told_by_pydantic():
        return older_text(value)


def _listed(value: object) -> object:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _length(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError('write the unit, as in "10m"')
    try:
        return parse_length(value)
    except Misconfigured as error:
        raise ValueError(f'"{value}" is no length of time; {error.hint}') from error


Words = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Entry(BaseModel):
    """The keys of one job. Unknown ones are kept in the file and named by `model_extra`."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str
    schedule: Annotated[str, BeforeValidator(_schedule_text)]
    enabled: Annotated[bool, Field(strict=True)] = True
    checks: Words | None = None
    prompt: str = ""
    params: dict[str, dict[str, object]] = Field(default_factory=dict)
    silent: Literal["auto", "never", "always"] = "auto"
    deliver: Words = ("discord",)
    context_from: Words = ()
    model: str = ""
    fallbacks: Words = ()
    mode: Mode | None = None
    tools: Words = ()
    soul: str = ""
    timezone: str = ""
    timeout: Annotated[timedelta | None, BeforeValidator(_length)] = None
    catch_up: Annotated[bool, Field(strict=True)] = True


def targets(written: tuple[str, ...]) -> tuple[str, ...]:
    """Return the delivery targets, each once; those of the older runtime as what they are here.

    Raises:
        Misconfigured: a target is none, or "none" stands beside another.
    """
    read = tuple(dict.fromkeys(_OLDER_TARGETS.get(each, each) for each in written))
    hint = 'write "discord", "discord:<channel id>[:<thread id>]", "log" or "none"'
    for each in read:
        if not _TARGET.fullmatch(each):
            raise Misconfigured(f'deliver "{each}" is no target', hint=hint)
    if not read or ("none" in read and len(read) > 1):
        raise Misconfigured("deliver names no target, or none and another", hint=hint)
    return read
