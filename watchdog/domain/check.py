"""A Check: a named pure function from a Snapshot to Findings, and the decorator that makes one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from watchdog.domain.custom import CustomKind
from watchdog.domain.finding import Finding
from watchdog.domain.snapshot import Snapshot


class Params(BaseModel):
    """Base of every check's settings: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoParams(Params):
    """For checks without settings."""


P = TypeVar("P", bound=Params)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What the host knows of a check: what it reads, what it can say, how to call it.

    `needs` are plural resource names ("pods"); without one of them the check is not run. `optional`
    ones may be missing: the check sees no object of that kind and asks `snapshot.has(need)`.
    `aside` ones are read along: when one could not be read the check finds less, but is not blind, as
    what it finds without is sure all the same. `customs` names the kinds of custom resources it wants
    listed, once the needs are there.
    """

    id: str
    family: str
    needs: tuple[str, ...]
    optional: tuple[str, ...]
    reasons: tuple[str, ...]
    params: type[Params]
    detect: Callable[[Snapshot, Params], Iterable[Finding]]
    doc: str
    aside: tuple[str, ...] = ()
    customs: Callable[[Snapshot, Params], Iterable[CustomKind]] | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """Everything it wants to be read, whether or not it can do without."""
        return (*self.needs, *self.optional, *self.aside)


def check(
    *,
    family: str,
    needs: Sequence[str],
    reasons: Sequence[str],
    optional: Sequence[str] = (),
    aside: Sequence[str] = (),
    params: type[P],
    customs: Callable[[Snapshot, P], Iterable[CustomKind]] | None = None,
) -> Callable[[Callable[[Snapshot, P], Iterable[Finding]]], Check]:
    """Turn a detector into a frozen Check. Its id is the function's name; nothing is registered."""

    def make(detect: Callable[[Snapshot, P], Iterable[Finding]]) -> Check:
        def call(snapshot: Snapshot, values: Params) -> Iterable[Finding]:
            if not isinstance(values, params):
                raise TypeError(f"{detect.__name__} takes {params.__name__}")
            return detect(snapshot, values)

        def ask(snapshot: Snapshot, values: Params) -> Iterable[CustomKind]:
            return customs(snapshot, values) if customs and isinstance(values, params) else ()

        return Check(
            id=detect.__name__,
            family=family,
            needs=tuple(needs),
            optional=tuple(optional),
            aside=tuple(aside),
            reasons=tuple(reasons),
            params=params,
            detect=call,
            doc=detect.__doc__ or "",
            customs=ask if customs else None,
        )

    return make
