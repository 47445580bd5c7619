"""A recorded cluster and what is true of it: the yardstick of rules and models. Values only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One root cause that has to be named. `name` and `fact` are patterns."""

    kind: str
    namespace: str = ""  # "" for what has none
    name: str
    reasons: tuple[str, ...]  # any of them
    fact: str  # what an explanation has to say, whoever words it


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What should be found in one recorded cluster; without causes it should stay silent."""

    name: str
    title: str
    causes: tuple[Cause, ...] = ()
    also_ok: tuple[Cause, ...] = ()  # may be named besides; their facts are not asked for
    complete: bool = False  # every built-in kind was read: one without an object is empty
