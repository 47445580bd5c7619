"""From a name and a few wishes to a RunRequest: a Job, one check, or all checks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from watchdog.config.jobs import resolve
from watchdog.config.nearest import did_you_mean
from watchdog.domain.check import Check
from watchdog.domain.errors import Usage
from watchdog.domain.job import Job, Mode
from watchdog.domain.run import RunRequest

_STRICTNESS: Mapping[Mode, int] = {"observe": 0, "suggest": 1, "act": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What `watchdog run` was asked for. An empty `name` means all checks."""

    name: str = ""
    deliver: Literal["auto", "always", "none"] = "auto"
    mode: Mode | None = None


class Targets:
    """Which notifiers a job's `deliver` means here: "discord" is wherever people are told."""

    def __init__(self, configured: Sequence[str]) -> None:
        """`configured` are the names of the notifiers, in the order of the configuration."""
        self._configured = tuple(configured)

    def resolve(self, deliver: Sequence[str]) -> tuple[str, ...]:
        """Return outbox targets, each once; empty when nobody is told."""
        found: list[str] = []
        for target in deliver:
            if target == "discord":
                found += self._configured
            elif target.startswith("discord:"):
                found += [target] if "discord" in self._configured else self._configured
            elif target != "none":
                found.append(target)
        return tuple(dict.fromkeys(found))

    def present(self, targets: Sequence[str]) -> tuple[str, ...]:
        """Return those of these outbox targets whose notifier is still set up."""
        return tuple(each for each in targets if each.partition(":")[0] in self._configured)


def stricter(one: Mode, other: Mode) -> Mode:
    """Return the mode that allows less."""
    return min((one, other), key=lambda each: _STRICTNESS[each])


def refuse_higher(wanted: Mode, configured: Mode) -> None:
    """A Run and a Job can only lower the mode.

    Raises:
        Usage: the wanted one allows more than the configured one.
    """
    if _STRICTNESS[wanted] > _STRICTNESS[configured]:
        raise Usage(
            f"--mode {wanted} is above the configured mode {configured}",
            hint="--mode can only lower the mode; set `mode` in config.yaml to raise it",
        )


def request_of(
    wish: Wish,
    *,
    jobs: Sequence[Job],
    checks: Sequence[Check],
    targets: Targets,
    mode: Mode,
    now: datetime,
) -> RunRequest:
    """Find what the wish names; Jobs come before checks.

    Raises:
        Usage: no such job or check, or a mode above the configured one.
    """
    if wish.mode is not None:
        refuse_higher(wish.mode, mode)
    found = _named(wish.name, jobs, checks)
    if isinstance(found, Job):
        return job_request(
            found,
            trigger="manual",
            checks=checks,
            targets=targets,
            mode=wish.mode or mode,
            now=now,
            deliver=wish.deliver,
        )
    return RunRequest(
        run_id=run_id(wish.name or "all", now),
        job=wish.name or "all",
        trigger="manual",
        checks=tuple(check.id for check in found),
        deliver=() if wish.deliver == "none" else targets.resolve(("discord",)),
        summary=wish.deliver == "always",
        mode=wish.mode or mode,
    )


def job_request(
    job: Job,
    *,
    trigger: Literal["schedule", "catch_up", "manual"],
    checks: Sequence[Check],
    targets: Targets,
    mode: Mode,
    now: datetime,
    deliver: Literal["auto", "always", "none"] = "auto",
    named: str = "",
) -> RunRequest:
    """Return what a Job asks for; checks that this version lacks are left out."""
    known = {check.id: check.family for check in checks}
    return RunRequest(
        run_id=named or run_id(job.name, now),
        job=job.name,
        trigger=trigger,
        checks=tuple(name for name in resolve(job, known) if name in known),
        params=job.params,
        silent=job.silent,
        deliver=() if deliver == "none" else targets.resolve(job.deliver),
        summary=deliver == "always" or job.silent == "never",
        mode=stricter(mode, job.mode or mode),
        timeout=job.timeout,
        schedule=job.schedule,
        soul=job.soul,
        model=job.model,
        fallbacks=job.fallbacks,
        asks=job if job.prompt else None,
    )


def run_id(job: str, now: datetime) -> str:
    """Return an id that sorts by time within a job."""
    return f"{job}-{now:%Y%m%dT%H%M%S.%fZ}"


def _named(name: str, jobs: Sequence[Job], checks: Sequence[Check]) -> Job | Sequence[Check]:
    if not name:
        return checks
    for job in jobs:
        if job.name == name:
            return job
    chosen = [check for check in checks if check.id == name]
    if chosen:
        return chosen
    names = [job.name for job in jobs] + [check.id for check in checks]
    near = did_you_mean(name, names)
    raise Usage(
        f"no job or check is called {name}",
        hint=near or "`watchdog cron list` shows the jobs, `watchdog doctor` the checks",
    )
