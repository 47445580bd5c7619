"""What is refused in jobs.json though every value has the right type."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from graphlib import CycleError, TopologicalSorter
from typing import NoReturn

from pydantic import BaseModel, ValidationError

from watchdog.config.catalogue import CATALOGUE
from watchdog.config.jobs_model import NAME, Entry
from watchdog.config.jobs_text import Written
from watchdog.config.nearest import did_you_mean
from watchdog.config.problems import expected
from watchdog.domain.errors import Misconfigured
from watchdog.domain.job import Job
from watchdog.logic.timetable.schedule import Schedule, shortest_period

LONGEST_RUN = timedelta(minutes=10)
FAMILY = "family:"
_OBJECT = {"dict_type": "expected an object", "model_type": "expected an object"}


class BadEntry(Misconfigured):
    """One entry cannot be taken: `key` of `job` is wrong, `why` says so without the line."""

    def __init__(self, written: Written, key: str, why: str, hint: str) -> None:
        """`hint` is "" where only the place helps."""
        where = "correct it there; `watchdog cron list` shows what was read"
        super().__init__(f"jobs.json line {written.line(key)}: {why}", hint=hint or where)
        self.job = written.values.get("name", written.key)
        self.key = key
        self.why = why
        self.advice = hint


def read_entry(written: Written) -> Entry:
    """Check the types of one entry; null stands for a key left out.

    Raises:
        Misconfigured: names line, job and key.
    """
    values = {key: value for key, value in written.values.items() if value is not None}
    if written.key:
        values.setdefault("name", written.key)
    try:
        return Entry.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key, inner = str(first["loc"][0]), "".join(f"{part}: " for part in first["loc"][1:])
        name, what = values.get("name", ""), _OBJECT.get(first["type"]) or expected(first)
        refuse(written, key, f'job "{name}": key "{key}": {inner}{what}')


def refuse_bad_entry(
    written: Written,
    entry: Entry,
    *,
    known: Mapping[str, str],
    params: Mapping[str, type[BaseModel]],
) -> None:
    """Name, checks or prompt, and the params of each check.

    Raises:
        Misconfigured: names line, job and fault.
    """
    if not NAME.fullmatch(entry.name):
        refuse(written, "name", f'"{entry.name}" is no name', "use a-z, 0-9 and -, at most 63")
    if entry.soul and not NAME.fullmatch(entry.soul):
        text = f'job "{entry.name}": "{entry.soul}" is no soul\'s slug'
        refuse(written, "soul", text, "use the name of a folder in souls/")
    if (entry.checks is None) == (not entry.prompt):
        refuse(written, "checks", f'job "{entry.name}" needs checks or a prompt, one of them')
    if entry.checks == () and entry.silent != "never":
        # without a check of its own a job reports what others found; silent, it would be nothing
        hint = 'name one; a report of stored results is "checks": [] with "silent": "never"'
        refuse(written, "checks", f'job "{entry.name}" names no check', hint)
    everything = {**CATALOGUE, **known}
    families = {FAMILY + family for family in (*everything.values(), "*")}
    for check in (*(entry.checks or ()), *entry.params):
        if check not in everything and (check not in families or check in entry.params):
            near = did_you_mean(check, (*everything, *families))
            refuse(written, "checks", f'job "{entry.name}": unknown check "{check}"', near)
    for check, values in entry.params.items():
        _refuse_bad_params(written, entry.name, check, values, params.get(check))


def timeout_of(written: Written, entry: Entry, schedule: Schedule) -> timedelta:
    """Return the wall clock that a Run has: as written, else ten minutes or less.

    Raises:
        Misconfigured: it is not shorter than the period.
    """
    period = shortest_period(schedule)
    if entry.timeout is None:
        return LONGEST_RUN if period is None else min(LONGEST_RUN, period * 0.9)
    if period is not None and entry.timeout >= period:
        text = f'job "{entry.name}": timeout is not shorter than its period'
        refuse(written, "timeout", text, "shorten the timeout, or run it less often")
    return entry.timeout


def refuse_bad_names(entries: Sequence[Written], jobs: Sequence[Job]) -> None:
    """Every name once; `context_from` names other jobs, without a circle.

    Raises:
        Misconfigured: names line and job.
    """
    seen: set[str] = set()
    for written, job in zip(entries, jobs, strict=True):
        if job.name in seen:
            refuse(written, "name", f'name "{job.name}" is taken by an earlier job', "rename one")
        seen.add(job.name)
    for written, job in zip(entries, jobs, strict=True):
        for name in job.context_from:
            if name not in seen:
                text = f'job "{job.name}": context_from names "{name}", which is no job'
                refuse(written, "context_from", text, did_you_mean(name, seen))
    try:
        TopologicalSorter({job.name: job.context_from for job in jobs}).prepare()
    except CycleError as error:
        circle = [str(name) for name in error.args[1]]
        written = next(each for each, job in zip(entries, jobs, strict=True) if job.name in circle)
        text = f"context_from goes round in a circle: {' <- '.join(circle)}"
        refuse(written, "context_from", text, "take one of the names out")


def refuse(written: Written, key: str, why: str, hint: str = "") -> NoReturn:
    """Raise, with the line of the key.

    Raises:
        BadEntry: always.
    """
    raise BadEntry(written, key, why, hint)


def _refuse_bad_params(
    written: Written,
    name: str,
    check: str,
    values: Mapping[str, object],
    model: type[BaseModel] | None,
) -> None:
    if model is None:
        return
    try:
        model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        what = _OBJECT.get(first["type"]) or expected(first)
        hint = ""
        if first["type"] == "extra_forbidden":
            hint = did_you_mean(key, model.model_fields) or _settings(check, model)
        refuse(written, "params", f'job "{name}": params {check}.{key}: {what}', hint)


def _settings(check: str, model: type[BaseModel]) -> str:
    names = ", ".join(model.model_fields)
    return f"its settings are: {names}" if names else f"{check} has no settings"
