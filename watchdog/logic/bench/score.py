"""What a model is worth: speed, tests, size and abilities in one number of at most 0.90.

Source: requirements R14.1 and R14.4. Two penalties have no size there; theirs is 0.05 each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from watchdog.logic.bench.names import size_bonus

STANDARD = 6  # tests
PASS_BAR = 4  # of them
UNLOCKS = 5  # of them open the hard tier
HARD = 7  # tests of the hard tier
SLOW_GREETING = 10.0  # seconds to the first token
_FASTEST = 40.0  # tokens a second; more is worth no more


class Label(StrEnum):
    """How fast a model writes."""

    FAST = "Fast"
    GOOD = "Good"
    USABLE = "Usable"
    SLOW = "Slow"
    UNKNOWN = "-"  # it came in one piece, so that nothing could be measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """One streamed answer: seconds from the question to its first and last token, and its tokens."""

    first: float
    last: float
    tokens: int

    @property
    def rate(self) -> float | None:
        """Tokens a second from the first to the last; None when they came at once."""
        span = self.last - self.first
        return (self.tokens - 1) / span if span > 0 and self.tokens > 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """All that the score is made of."""

    passed: int  # of the six tests
    advanced: int  # of the seven hard ones; 0 where they were not unlocked
    rate: float | None  # tokens a second
    size: float | None  # billions of parameters
    tools: bool  # it chose the right remediation, or none
    vision: bool
    specialised: bool
    short_context: bool
    slow_greeting: bool


def rate_of(paces: Sequence[Pace]) -> float | None:
    """Return the average of the passes that could be measured; None when none could."""
    rates = [each.rate for each in paces if each.rate is not None]
    return sum(rates) / len(rates) if rates else None


def label(rate: float | None) -> Label:
    """Return the word for so many tokens a second."""
    if rate is None:
        return Label.UNKNOWN
    steps = ((30.0, Label.FAST), (15.0, Label.GOOD), (6.0, Label.USABLE))
    return next((word for least, word in steps if rate >= least), Label.SLOW)


def unlocked(passed: int) -> bool:
    """Whether so many of the six tests open the hard tier."""
    return passed >= UNLOCKS


def score(marks: Marks) -> float:
    """Return the score, to three digits."""
    advanced = marks.advanced / HARD if unlocked(marks.passed) else 0.0
    found = (
        0.40 * marks.passed / STANDARD
        + 0.15 * min(marks.rate or 0.0, _FASTEST) / _FASTEST
        + 0.25 * advanced
        + size_bonus(marks.size)
        + 0.035 * marks.tools
        + 0.015 * marks.vision
        - 0.15 * marks.specialised
        - 0.05 * marks.short_context
        - 0.05 * marks.slow_greeting
    )
    return round(found, 3)
