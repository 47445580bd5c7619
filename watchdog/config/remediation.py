"""The section `remediation`: what may be done where, when and how often.

All of it only narrows what the mode `act` does alone and what a person may be asked about.
"""

import re
from collections.abc import Callable
from datetime import time, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from watchdog.config.catalogue import CATALOGUE
from watchdog.config.nearest import did_you_mean
from watchdog.config.sections import Section, key_paths, setting
from watchdog.config.values import (
    Days,
    Duration,
    FromJson,
    Listed,
    TimeOfDay,
    format_duration,
)
from watchdog.config.variables import KeyPath
from watchdog.domain.attempt import SETTLED
from watchdog.domain.policy import ALONE, PROTECTED_NAMESPACES, Budgets, Policy, RestartCause

Name = Literal["RolloutRestart", "EvictPod", "DeleteDebris", "Scale", "DeleteJob"]
Kind = Literal["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "CronJob", "Job", "Pod"]

_PATTERN = re.compile(r"[-a-z0-9.*?\[\]!]+")
_MOST = Budgets()
_SHORTEST_LOOK = SETTLED + timedelta(minutes=1)
_LONGEST_ASK = timedelta(days=1)


def _patterns(names: tuple[str, ...]) -> tuple[str, ...]:
    """A pattern that can match no name would be a rule that never holds."""
    if not all(map(_PATTERN.fullmatch, names)):
        raise ValueError("expected names as Kubernetes has them, or patterns with * and ?")
    return names


def _writable(names: tuple[str, ...]) -> tuple[str, ...]:
    closed = [name for name in names if name in PROTECTED_NAMESPACES]
    if closed:
        raise ValueError(f"namespace {closed[0]} is protected, whatever is configured")
    return names


def _known(check: str) -> str:
    if check not in CATALOGUE:
        near = did_you_mean(check, CATALOGUE)
        raise ValueError(f"there is no such check{near and f': {near}'}")
    return check


def _lasting(
    least: timedelta = timedelta(0), most: timedelta = timedelta.max
) -> Callable[[timedelta], timedelta]:
    def check(span: timedelta) -> timedelta:
        if span < least:
            raise ValueError(f"expected {format_duration(least)} or more")
        if span > most:
            raise ValueError(f"expected {format_duration(most)} or less")
        return span

    return check


Patterns = Annotated[tuple[str, ...], Listed, AfterValidator(_patterns)]
Names = Annotated[tuple[Name, ...], Listed]
CheckId = Annotated[str, AfterValidator(_known)]


class WindowSettings(Section):
    """A part of the week, in the zone of `timezone`. Over midnight it belongs to its first day."""

    model_config = ConfigDict(serialize_by_alias=True)

    days: Days = setting(tuple(range(7)), '"mon-fri", sat, or a list of both')
    start: TimeOfDay = setting(time(), 'when it begins, in quotes: "22:00"', alias="from")
    end: TimeOfDay = setting(time(), "when it ends; on the next day if that is earlier", alias="to")

    @model_validator(mode="after")
    def _has_a_length(self) -> "WindowSettings":
        if self.start == self.end != time():
            raise ValueError("expected two times: for whole days leave out `from` and `to`")
        return self


class RuleSettings(Section):
    """One rule. It holds for what all its parts match; a part that is left out matches everything."""

    decision: Literal["ask", "deny"] = Field(
        description="ask: only after a person's yes; deny: never",
        json_schema_extra={"reload": "start"},
    )
    remediations: Names = setting((), "names of remediations")
    checks: Annotated[tuple[CheckId, ...], Listed] = setting(
        (), "ids of the checks whose incidents are meant"
    )
    namespaces: Patterns = setting((), "namespaces, by name or pattern")
    kinds: Annotated[tuple[Kind, ...], Listed] = setting((), "kinds of the workload or the pod")
    names: Patterns = setting((), "names of the workload or the pod, or patterns")
    labels: dict[str, str] = setting({}, "labels that the workload has, all of them")
    windows: tuple[WindowSettings, ...] = setting((), "hours in which it holds; else always")
    reason: str = setting("", "why, in your words: people are told")


class BudgetSettings(Section):
    """`remediation.budgets`: how often at most. They can be lowered, never raised."""

    per_hour: int = setting(
        _MOST.per_hour, "attempts in the cluster within an hour", ge=0, le=_MOST.per_hour
    )
    per_owner_hour: int = setting(
        _MOST.per_owner_hour,
        "attempts on one workload within an hour",
        ge=0,
        le=_MOST.per_owner_hour,
    )
    per_owner_day: int = setting(
        _MOST.per_owner_day,
        "attempts on one workload within 24 hours",
        ge=0,
        le=_MOST.per_owner_day,
    )
    cause_cooldown: Annotated[Duration, AfterValidator(_lasting(_MOST.cause_cooldown))] = setting(
        _MOST.cause_cooldown, "between two attempts on one workload for the same cause; 6h or more"
    )
    failures: int = setting(
        _MOST.failures,
        "attempts in vain within 24 hours after which nothing is done alone",
        ge=1,
        le=_MOST.failures,
    )
    debris: int = setting(
        _MOST.debris, "failed pods that one attempt deletes", ge=1, le=_MOST.debris
    )


class ScaleSettings(Section):
    """`remediation.scale`: between which replicas a person may be asked to scale."""

    least: int | None = setting(None, "replicas at least; unset: nobody is asked to scale", ge=1)
    most: int | None = setting(None, "replicas at most", ge=1)

    @model_validator(mode="after")
    def _both_or_none(self) -> "ScaleSettings":
        if (self.least is None) != (self.most is None):
            raise ValueError("expected both `least` and `most`, or neither")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError("expected a `least` that is not more than `most`")
        return self


class RemediationSettings(Section):
    """`remediation`: what watchdog may do, and what it asks a person about. See `mode`."""

    enabled: Names = setting(
        ALONE, "what may be done; Scale and DeleteJob, once listed, are always asked about"
    )
    namespaces: Annotated[Patterns, AfterValidator(_writable)] = setting(
        (), "where something may be done, by name or pattern; empty: wherever it is not protected"
    )
    protected_namespaces: Patterns = setting(
        (), "where nothing is ever done, besides those that are always protected"
    )
    windows: Annotated[tuple[WindowSettings, ...], FromJson] = setting(
        (), "hours in which something may be done, a list; empty: at any time"
    )
    rules: Annotated[tuple[RuleSettings, ...], FromJson] = setting(
        (), "what is asked about or forbidden, a list; the strictest that matches holds"
    )
    budgets: BudgetSettings = Field(default_factory=BudgetSettings)
    restart_causes: Annotated[tuple[RestartCause, ...], Listed] = setting(
        Policy().restart_causes,
        "causes a restart may be meant for; oom, config_parse and missing_secret are off, as a "
        "restart cures none of them",
    )
    accept_gap: bool = setting(
        False, "restart what has a single replica, and is away while it starts"
    )
    scale: ScaleSettings = Field(default_factory=ScaleSettings)
    approval_ttl: Annotated[Duration, AfterValidator(_lasting(most=_LONGEST_ASK))] = setting(
        Policy().approval_ttl, "a person is waited for this long; no answer is a no"
    )
    verify_deadline: Annotated[Duration, AfterValidator(_lasting(_SHORTEST_LOOK))] = setting(
        Policy().verify_deadline,
        "what has not recovered by then has not; a rollout may take longer",
    )
    tell_repairs: bool = setting(
        True,
        "one message when something was repaired that nobody was told of; else page and report",
    )


def item_paths(under: KeyPath) -> list[KeyPath]:
    """The paths of the keys in the lists of the section; `*` stands for the place in a list."""
    rules = [(*under, "rules", "*", *path) for path in key_paths(RuleSettings)]
    windows = [(*under, "windows", "*"), (*under, "rules", "*", "windows", "*")]
    names = [each.alias or name for name, each in WindowSettings.model_fields.items()]
    return [*rules, *((*path, name) for path in windows for name in names)]
