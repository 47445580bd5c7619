"""The typed verdict of a Run, and what checks could not see."""

from collections.abc import Mapping, Sequence

from watchdog.domain.incident import Incident
from watchdog.domain.run import Unknown, VerdictState
from watchdog.domain.snapshot import Snapshot
from watchdog.logic.incident.detect import base_unknowns


def verdict(unknown: Sequence[Unknown], known: Sequence[Incident]) -> VerdictState:
    """`unknown` wins over `alert`; info Incidents and pending ones count for nothing."""
    if any(each.counts for each in unknown):
        return VerdictState.UNKNOWN
    if any(each.standing and each.severity.needs_human for each in known):
        return VerdictState.ALERT
    return VerdictState.HEALTHY


def unknowns(
    blind: Mapping[str, tuple[Unknown, ...]], checks: Sequence[str], snapshot: Snapshot
) -> tuple[Unknown, ...]:
    """What these checks could not see, and the base set, which every Run needs."""
    own = [each for check in checks for each in blind.get(check, ())]
    named = {each.need for each in own}
    return (*own, *(each for each in base_unknowns(snapshot) if each.need not in named))
