"""What comes next for one Incident: the whole order of asking, doing, looking and telling, in one place.

One Attempt for each Incident, then people; what is tidied up may take several. Who was asked is not passed by: a no, and no answer in
time, end it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never

from watchdog.domain import attempt as records
from watchdog.domain.attempt import Answer, Approval, Considered, Verified
from watchdog.domain.incident import Incident
from watchdog.domain.plan import Plan
from watchdog.domain.policy import Outcome

ASKS = 2  # about one Incident: the first, and one more when its Plan had changed


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing comes next, for these reasons."""

    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a person about this Plan."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Attempt:
    """Carry this Plan out, once; `approval` is the yes it stands on, None when it needs none."""

    plan: Plan
    approval: Approval | None = None


@dataclass(frozen=True, slots=True)
class Verify:
    """Look what came of this Attempt; it is never repeated."""

    attempt: records.Attempt


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The fault is over: nobody need answer any more."""

    approval: Approval


@dataclass(frozen=True, slots=True)
class Expire:
    """Nobody answered in time, or the yes was not used in time: that is a no."""

    approval: Approval


@dataclass(frozen=True, slots=True)
class Change:
    """The Plan of today is another than the one a person said yes to: that yes is void."""

    approval: Approval


Move: TypeAlias = Wait | Ask | Attempt | Verify | Withdraw | Expire | Change


def next_step(
    incident: Incident,
    considered: Considered,
    *,
    attempts: Sequence[records.Attempt],
    approvals: Sequence[Approval],
    now: datetime,
) -> Move:
    """Return what comes next.

    `attempts` and `approvals` are all there ever were, oldest first, of any Incident.
    """
    tried = [each for each in attempts if each.incident == incident.id and not each.tidied]
    asked = [each for each in approvals if each.incident == incident.id]
    if tried:
        return _after(tried[-1])
    if asked and asked[-1].answer in (Answer.OPEN, Answer.APPROVED):
        return _asked(incident, considered, asked[-1], now)
    if not incident.standing:
        return Wait(("it is over",))
    if asked and (said := _said(asked[-1].answer)):
        return Wait((said,))
    return _first(considered, asks=len(asked))


def _after(attempt: records.Attempt) -> Move:
    """What was tried is not tried again; that it did not help is told from its state, by `speak`."""
    match attempt.verified:
        case Verified.PENDING:
            return Verify(attempt)
        case Verified.RECOVERED if not attempt.reasons:
            return Wait(("it was done, and helped",))
        case Verified.RECOVERED | Verified.NOT_RECOVERED:
            return Wait(("it was tried once, and people hear what came of it",))
        case _:
            assert_never(attempt.verified)


def _asked(incident: Incident, considered: Considered, ask: Approval, now: datetime) -> Move:
    """A person was asked, and it is not settled."""
    if not incident.standing:
        return Withdraw(ask)
    if ask.answer is Answer.OPEN:
        late = now >= ask.expires_at
        return Expire(ask) if late else Wait(("a person was asked and has not answered",))
    lifetime = ask.expires_at - ask.asked_at
    if now >= (ask.answered_at or ask.asked_at) + lifetime:
        return Expire(ask)
    if considered.plan is None or considered.plan.digest != ask.plan.digest:
        return Change(ask)
    if considered.decision.outcome is Outcome.DENY:  # the yes overrides the asking, nothing else
        return Wait(considered.decision.reasons)
    return Attempt(considered.plan, ask)


def _said(answer: Answer) -> str:
    """Return why it has ended, "" when the Incident may be thought of once more."""
    match answer:
        case Answer.DENIED:
            return "the answer was no"
        case Answer.EXPIRED:
            return "nobody said yes in time"
        case Answer.CARRIED_OUT:
            return "it was carried out"
        case Answer.WITHDRAWN | Answer.CHANGED | Answer.OPEN | Answer.APPROVED:
            return ""
        case _:
            assert_never(answer)


def _first(considered: Considered, *, asks: int) -> Move:
    if considered.plan is None:
        return Wait(considered.decision.reasons)
    match considered.decision.outcome:
        case Outcome.DENY:
            return Wait(considered.decision.reasons)
        case Outcome.ASK:
            again = Wait(("it has changed twice since people were asked",))
            return Ask(considered.plan) if asks < ASKS else again
        case Outcome.ALLOW:
            return Attempt(considered.plan)
        case _:
            assert_never(considered.decision.outcome)
