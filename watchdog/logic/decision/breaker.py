"""When watchdog stops acting alone, because what it does does not help."""

from collections.abc import Iterable
from datetime import datetime

from watchdog.domain.attempt import Attempt
from watchdog.domain.policy import Policy
from watchdog.logic.decision.budgets import DAY, lowered


def opens(
    attempts: Iterable[Attempt], now: datetime, policy: Policy, *, closed_at: datetime | None = None
) -> str:
    """Return why nothing is to be done alone any more, "" while there is no reason.

    `closed_at`: when a person closed it last; what failed until then does not count again.
    Attempts that surely had no effect do not count. Source: safety.md §8.
    """
    most = lowered(policy.budgets).failures
    failed = [at for each in attempts if each.failed and _counts(at := _end(each), now, closed_at)]
    if len(failed) < most:
        return ""
    return f"{len(failed)} attempts within 24 hours did not help"


def _end(attempt: Attempt) -> datetime:
    return attempt.verified_at or attempt.begun_at


def _counts(at: datetime, now: datetime, closed_at: datetime | None) -> bool:
    return now - at < DAY and (closed_at is None or at > closed_at)
