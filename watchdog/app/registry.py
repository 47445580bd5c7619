"""Which checks and remediations this version has, and which of them are switched on."""

from collections.abc import Mapping

from pydantic import BaseModel

from watchdog import checks as package
from watchdog import remediations
from watchdog.domain.check import Check
from watchdog.domain.remediation import Remediation
from watchdog.plugins import collect


def all_checks() -> tuple[Check, ...]:
    """Every check, by id."""
    return tuple(sorted(collect(package, Check), key=lambda each: each.id))


def all_remediations() -> tuple[Remediation, ...]:
    """Every remediation, by id."""
    return tuple(sorted(collect(remediations, Remediation), key=lambda each: each.id))


def params_of(checks: tuple[Check, ...]) -> Mapping[str, type[BaseModel]]:
    """The settings model of each check, for the configuration."""
    return {check.id: check.params for check in checks}


def families_of(checks: tuple[Check, ...]) -> Mapping[str, str]:
    """The family of each check, for jobs.json."""
    return {check.id: check.family for check in checks}
