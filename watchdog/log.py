"""Log lines on stderr: JSON for machines, text for a terminal, secrets taken out of both.

`run_id`, `job` and `incident` are bound once with `structlog.contextvars` and are then in every
line. Libraries that use the standard library's logging come out here too, warnings and worse.
"""

import logging
import sys
from collections.abc import Collection, Mapping
from typing import TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from watchdog.logic.redact import redact

_QUIETEST = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure(
    *,
    json: bool,
    level: str,
    secrets: Collection[str] = (),
    colors: bool = True,
    stream: TextIO | None = None,
) -> None:
    """Set up logging for this process; calling it again replaces the set-up.

    JSON when asked, and always when `stream` (default stderr) is no terminal. `level` is debug,
    info, warning or error. `secrets` are our own, taken out of every line wherever they stand.
    """
    target = stream or sys.stderr
    if json or not target.isatty():
        renderer: Processor = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=colors)
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,  # text now, so that it is redacted like the rest
        _Redaction(secrets),
    ]
    structlog.configure(
        processors=[*before, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(_QUIETEST[level]),
        logger_factory=structlog.WriteLoggerFactory(file=target),
        cache_logger_on_first_use=False,
    )
    _bridge(before, renderer, target)


def _bridge(before: list[Processor], renderer: Processor, target: TextIO) -> None:
    """Send the standard library's loggers, and Python's warnings, the same way."""
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *before,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(True)


class _Redaction:
    """A processor: no secret leaves in any text of a line, however deep."""

    def __init__(self, secrets: Collection[str]) -> None:
        self._secrets = tuple(secrets)

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {key: self._named(str(key), value) for key, value in event.items()}

    def _named(self, key: str, value: object) -> object:
        """A value under the key `token` is a secret, though it looks like any word."""
        if not isinstance(value, str):
            return self._clean(value)
        name = f"{key}="
        return redact(name + value, self._secrets).removeprefix(name)

    def _clean(self, value: object) -> object:
        match value:
            case bool() | int() | float() | None:
                return value
            case Mapping():
                return {str(key): self._named(str(key), item) for key, item in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self._clean(item) for item in value]
            case _:
                return redact(str(value), self._secrets)
