"""jobs.json: from text to validated Jobs. The whole file is right, or none of it is taken."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel

from watchdog.config.catalogue import CATALOGUE
from watchdog.config.jobs_model import WITHOUT_MEANING, Entry, targets
from watchdog.config.jobs_rules import (
    FAMILY,
    read_entry,
    refuse,
    refuse_bad_entry,
    refuse_bad_names,
    timeout_of,
)
from watchdog.config.jobs_text import Written, read_document
from watchdog.config.nearest import did_you_mean
from watchdog.domain.errors import Misconfigured
from watchdog.domain.job import Job
from watchdog.logic.timetable.due import Timed
from watchdog.logic.timetable.grammar import parse_schedule

NO_PARAMS: Mapping[str, type[BaseModel]] = {}
# the zones people write; the machine's whole list is slow to read
_COMMON_ZONES = ("UTC", "Europe/Berlin", "Europe/London", "America/New_York", "Asia/Kolkata")


@dataclass(frozen=True, slots=True)
class JobsFile:
    """A valid file: its Jobs in file order, and what the operator should know of it."""

    jobs: tuple[Job, ...]
    warnings: tuple[str, ...]


def parse_jobs(
    text: str,
    *,
    known_checks: Mapping[str, str],
    params: Mapping[str, type[BaseModel]] = NO_PARAMS,
    souls: Collection[str] | None = None,
) -> JobsFile:
    """Read and validate a jobs file.

    `known_checks` are the checks of this version, id -> family; ids that only the catalogue has are
    accepted. `params` are the settings models by check id, `souls` the slugs that jobs may name; one
    that names another is warned of and has the default soul.

    Raises:
        Misconfigured: names the line and the reason of the first fault.
    """
    document = read_document(text)
    entries = [read_entry(written) for written in document.entries]
    jobs = []
    for written, entry in zip(document.entries, entries, strict=True):
        refuse_bad_entry(written, entry, known=known_checks, params=params)
        jobs.append(_job(written, entry))
    refuse_bad_names(document.entries, jobs)
    warnings = [f'the top-level key "{key}" is kept and means nothing' for key in document.unknown]
    warnings += [*_key_warnings(entries), *_target_warnings(entries), *_soul_warnings(jobs, souls)]
    return JobsFile(tuple(jobs), tuple(warnings))


def load_text(path: Path) -> str:
    """Read a jobs file.

    Raises:
        Misconfigured: it is missing, unreadable or no UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        hint = "`watchdog serve` writes the default jobs at its start"
        raise Misconfigured(f"{path}: no such file", hint=hint) from error
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{path}: is no UTF-8 text", hint="save it as UTF-8") from error
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Misconfigured(f"{path}: {why}", hint="make it readable for this user") from error


def resolve(job: Job, known: Mapping[str, str]) -> tuple[str, ...]:
    """Return the ids of this version's checks that the Job runs, in its order, each once."""
    return tuple(check for check in _named(job, {**CATALOGUE, **known}) if check in known)


def absent_checks(job: Job, known: Mapping[str, str]) -> tuple[str, ...]:
    """Return the checks of the catalogue that the Job names and this version does not have."""
    return tuple(check for check in _named(job, CATALOGUE) if check not in known)


def timed(job: Job, *, timezone: str) -> Timed:
    """Return the Job with its schedule parsed, in its own zone, else in `timezone`.

    Raises:
        Misconfigured: the schedule or the zone is not valid.
    """
    zone = _zone(job.timezone or timezone)
    return Timed(job=job, schedule=parse_schedule(job.schedule), zone=zone)


def _job(written: Written, entry: Entry) -> Job:
    try:
        schedule = parse_schedule(entry.schedule)
    except Misconfigured as error:
        refuse(written, "schedule", f'job "{entry.name}": {error}', error.hint)
    try:
        deliver = targets(entry.deliver)
    except Misconfigured as error:
        refuse(written, "deliver", f'job "{entry.name}": {error}', error.hint)
    try:
        _zone(entry.timezone or "UTC")
    except Misconfigured as error:
        refuse(written, "timezone", f'job "{entry.name}": {error}', error.hint)
    return Job(
        name=entry.name,
        schedule=entry.schedule,
        enabled=entry.enabled,
        checks=entry.checks or (),
        prompt=entry.prompt,
        params=entry.params,
        silent=entry.silent,
        deliver=deliver,
        mode=entry.mode,
        model=entry.model,
        fallbacks=entry.fallbacks,
        tools=entry.tools,
        context_from=entry.context_from,
        timezone=entry.timezone,
        soul=entry.soul,
        timeout=timeout_of(written, entry, schedule),
        catch_up=entry.catch_up,
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = did_you_mean(name, _COMMON_ZONES)
        hint = near or 'write an IANA name such as "Europe/Berlin"'
        raise Misconfigured(f'unknown time zone "{name}"', hint=hint) from error


def _named(job: Job, families: Mapping[str, str]) -> tuple[str, ...]:
    """Every check id that the Job names, families spelt out."""
    found: dict[str, None] = {}
    for name in job.checks:
        family = name.removeprefix(FAMILY)
        if family == name:
            found[name] = None
        else:
            found |= {check: None for check, its in families.items() if family in ("*", its)}
    return tuple(check for check in found if check in families)


def _key_warnings(entries: Iterable[Entry]) -> list[str]:
    """One warning per key that means nothing here, with the jobs that have it."""
    users: dict[str, list[str]] = {}
    for entry in entries:
        for key in entry.model_extra or {}:
            users.setdefault(key, []).append(entry.name)
    return [
        f'the key "{key}" '
        + ("has no meaning here and is ignored" if key in WITHOUT_MEANING else "is unknown; kept")
        + f": {', '.join(names)}"
        for key, names in users.items()
    ]


def _soul_warnings(jobs: Iterable[Job], souls: Collection[str] | None) -> list[str]:
    """A soul is style: without it the job runs all the same."""
    return [
        f'job "{job.name}": there is no soul "{job.soul}" in souls/; the default one speaks'
        for job in jobs
        if souls is not None and job.soul and job.soul not in souls
    ]


def _target_warnings(entries: Iterable[Entry]) -> list[str]:
    return [
        f'job "{entry.name}": deliver "{each}" is read as "{read}"'
        for entry in entries
        for each in entry.deliver
        if (read := targets((each,))[0]) != each
    ]
