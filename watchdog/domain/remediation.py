"""A Remediation: a named pure planner from an Incident to a Plan, and the decorator that makes one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from watchdog.domain.incident import Incident
from watchdog.domain.plan import Grant, NoPlan, Plan
from watchdog.domain.policy import Policy
from watchdog.domain.snapshot import Snapshot

Planner = Callable[[Incident, Snapshot, Policy], Plan | NoPlan]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remediation:
    """What the host knows of a remediation.

    `fixes` are Reasons of Findings; `grants` the rights its Steps take; without one of its `needs` in
    the Snapshot it plans nothing, `optional` ones are read where they can be. `asks` marks what a
    person is always asked about.
    """

    id: str
    name: str  # as in requirements.md R4: "RolloutRestart"
    fixes: tuple[str, ...]
    grants: tuple[Grant, ...]
    needs: tuple[str, ...]
    optional: tuple[str, ...]
    asks: bool
    plan: Planner
    doc: str


def remediation(
    *,
    name: str,
    fixes: Sequence[str],
    grants: Sequence[Grant],
    needs: Sequence[str] = (),
    optional: Sequence[str] = (),
    asks: bool = False,
) -> Callable[[Planner], Remediation]:
    """Turn a planner into a frozen Remediation. Its id is the function's name."""

    def make(plan: Planner) -> Remediation:
        return Remediation(
            id=plan.__name__,
            name=name,
            fixes=tuple(fixes),
            grants=tuple(grants),
            needs=tuple(needs),
            optional=tuple(optional),
            asks=asks,
            plan=plan,
            doc=plan.__doc__ or "",
        )

    return make
