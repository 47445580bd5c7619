"""From the record of a Run to a request for the same once more."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from watchdog.app.requests import Targets, run_id, stricter
from watchdog.domain.check import Check
from watchdog.domain.errors import Usage
from watchdog.domain.job import Mode
from watchdog.domain.record import RunRecord
from watchdog.domain.run import RunRequest


class _Soul(msgspec.Struct):
    slug: str


class _Tools(msgspec.Struct):
    checks: tuple[str, ...]


class _Permissions(msgspec.Struct):
    mode: Mode


class _Request(msgspec.Struct):
    schedule: str
    params: dict[str, dict[str, object]]
    silent: Literal["auto", "never", "always"]
    deliver: tuple[str, ...]
    summary: bool
    timeout_seconds: float
    model: str
    fallbacks: tuple[str, ...]


class _Result(msgspec.Struct):
    """What `logic.words.run_record` keeps, as far as a clone needs it."""

    soul: _Soul
    tools: _Tools
    permissions: _Permissions
    request: _Request


def clone_request(
    record: RunRecord,
    *,
    checks: Sequence[Check],
    targets: Targets,
    mode: Mode,
    now: datetime,
    silently: bool = False,
) -> RunRequest:
    """Ask for what a Run was asked for, whatever became of its Job since; `silently` tells nobody.

    Checks and targets that are gone are left out, and the mode is the stricter of then and now.

    Raises:
        Usage: the Run left no record of what it was asked for.
    """
    job = record.line.entry.job
    try:
        asked = msgspec.convert(record.result, _Result)
    except msgspec.ValidationError as error:
        name = record.line.entry.run_id
        raise Usage(
            f"run {name} left no record that can be repeated",
            hint=f"run its job as it is now: watchdog run {job}",
        ) from error
    known = {check.id for check in checks}
    return RunRequest(
        run_id=run_id(job, now),
        job=job,
        trigger="manual",
        checks=tuple(name for name in asked.tools.checks if name in known),
        params=asked.request.params,
        silent=asked.request.silent,
        deliver=() if silently else targets.present(asked.request.deliver),
        summary=asked.request.summary,
        mode=stricter(mode, asked.permissions.mode),
        timeout=timedelta(seconds=asked.request.timeout_seconds),
        schedule=asked.request.schedule,
        clone_of=record.line.entry.run_id,
        soul=asked.soul.slug,
        model=asked.request.model,
        fallbacks=asked.request.fallbacks,
    )
