"""Is the way to the models open? Pure: the last questions in, whether another makes sense out.

Three questions in a row without an answer open the breaker: nobody is asked for 5 minutes, then one
question tries the way, and each failure doubles the pause up to an hour. A refused key, or a spent
budget of the proxy, opens it for an hour at once: the next question would get the same answer.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from watchdog.domain.model import Call, CallOutcome

OPENS_AFTER = 3
DOWN_AFTER = 2  # so many in a row are worth a message
FIRST_PAUSE = timedelta(minutes=5)
LAST_PAUSE = timedelta(hours=1)

_FOR_AN_HOUR = (CallOutcome.REFUSED_KEY, CallOutcome.BUDGET)
_AT_ONCE = (CallOutcome.REFUSED_KEY, CallOutcome.WRONG_REQUEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """`shut` says why nobody is asked now, "" when somebody may be; `trying`: one question only."""

    shut: str = ""
    trying: bool = False


def breaker(calls: Sequence[Call], now: datetime) -> Breaker:
    """Judge the questions over one path, newest first."""
    failures = failed_in_a_row(calls)
    if not failures:
        return Breaker()
    newest = failures[0]
    pause = _pause(newest, len(failures))
    if pause is None:
        return Breaker()
    until = newest.at + timedelta(seconds=newest.seconds) + pause
    if now >= until:
        return Breaker(trying=True)
    why = newest.error or newest.outcome.value
    return Breaker(shut=f"no model is asked before {until:%H:%M} UTC: {why}")


def of_way(calls: Sequence[Call], models: Collection[str]) -> tuple[Call, ...]:
    """Return the questions that say how the way stands on which `models`, the common chain, answer."""
    return tuple(each for each in calls if not astray(each, models))


def astray(call: Call, models: Collection[str]) -> bool:
    """Whether it went to other models than the common ones, and each was passed over for a reason of its
    own, such as a name that there is not: the way itself was open."""
    if call.outcome is not CallOutcome.NO_ANSWER or call.requested in models:
        return False
    return 0 < call.fallbacks == len(call.warnings)


def failed_in_a_row(calls: Sequence[Call]) -> tuple[Call, ...]:
    """Return the newest questions, newest first, up to the last one that was answered."""
    return tuple(takewhile(lambda each: each.outcome is not CallOutcome.ANSWERED, calls))


def down(calls: Sequence[Call]) -> str:
    """Return what is wrong with the way to the models, "" while nothing is worth a message.

    `calls` are those over one path, newest first. A spent budget is told otherwise. Another model
    than the one that was asked, with no fallback in between, was put there by somebody: people who
    read its words should know.
    """
    if not calls:
        return ""
    newest = calls[0]
    if newest.outcome is CallOutcome.ANSWERED:
        return _exchanged(newest)
    if newest.outcome in _AT_ONCE:
        return newest.error or newest.outcome.value
    failures = failed_in_a_row(calls)
    if newest.outcome is CallOutcome.BUDGET or len(failures) < DOWN_AFTER:
        return ""
    return newest.error or newest.outcome.value


def _exchanged(call: Call) -> str:
    if call.fallbacks or call.served in ("", call.requested):
        return ""
    return f"{call.requested} was asked, and {call.served} answered without saying so"


def _pause(newest: Call, failures: int) -> timedelta | None:
    if newest.outcome in _FOR_AN_HOUR:
        return LAST_PAUSE
    if failures < OPENS_AFTER:
        return None
    return min(FIRST_PAUSE * (1 << min(failures - OPENS_AFTER, 10)), LAST_PAUSE)
