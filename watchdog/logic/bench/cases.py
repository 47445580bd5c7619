"""What was found in a recorded cluster, held against what is true of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from watchdog.domain.case import Case, Cause
from watchdog.domain.incident import Incident
from watchdog.domain.ref import Ref

REPETITIONS = 3  # of the same question: what holds once may be luck


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the rules found. `named` pairs each cause with its Incident, None where it was missed."""

    named: tuple[tuple[Cause, Incident | None], ...]
    extra: tuple[Incident, ...]  # said, and neither a cause nor allowed

    @property
    def recall(self) -> float:
        """The share of the causes that were named; 1 where there are none."""
        hit = sum(incident is not None for _, incident in self.named)
        return hit / len(self.named) if self.named else 1.0

    @property
    def precision(self) -> float:
        """The share of what was said that is right; 1 where nothing was said."""
        right = len({incident.fingerprint for _, incident in self.named if incident})
        said = right + len(self.extra)
        return right / said if said else 1.0

    @property
    def told(self) -> bool:
        """Whether the rules' own words have the deciding fact of every cause."""
        return all(
            incident is not None and has_fact(_words(incident), cause)
            for cause, incident in self.named
        )

    @property
    def passed(self) -> bool:
        """Whether nothing was missed, invented or left unexplained."""
        return self.recall == 1 and not self.extra and self.told


def judge(case: Case, incidents: Sequence[Incident]) -> Found:
    """Hold what needs a human against the case; what nobody would be told does not count."""
    said = [each for each in incidents if each.standing and each.severity.needs_human]
    named = tuple(
        (cause, next((each for each in said if _is(each, cause)), None)) for cause in case.causes
    )
    allowed = (*case.causes, *case.also_ok)
    extra = tuple(each for each in said if not any(_is(each, cause) for cause in allowed))
    return Found(named=named, extra=extra)


def has_fact(text: str, cause: Cause) -> bool:
    """Whether a text says what decides."""
    return re.search(cause.fact, text) is not None


def _is(incident: Incident, cause: Cause) -> bool:
    right = incident.reason in cause.reasons
    return right and any(_names(ref, cause) for ref in incident.subjects)


def _names(ref: Ref, cause: Cause) -> bool:
    same = (ref.kind, ref.namespace) == (cause.kind, cause.namespace)
    return same and re.fullmatch(cause.name, ref.name) is not None


def _words(incident: Incident) -> str:
    return f"{incident.title}\n{incident.explanation.by_rules}"
