"""What watchdog has done about an Incident, would do, or will not: for people."""

from collections.abc import Sequence

from watchdog.domain.attempt import Answer, Attempt, Considered, Result, Verified
from watchdog.domain.plan import Plan
from watchdog.domain.policy import Outcome
from watchdog.logic.words.prose import prose, stamp

_SHOWN = 3
_NO = (Answer.DENIED, Answer.EXPIRED)
_ENDED = (Answer.WITHDRAWN, Answer.CHANGED)  # by no person


def doing(considered: Considered | None) -> list[str]:
    """Return the lines of a message: what was done, or what a person is asked; often none."""
    if considered is None:
        return []
    if considered.attempt is not None:
        return [done(considered.attempt)]
    ask = considered.approval
    if ask is None or considered.plan is None:
        return []
    if ask.answer is Answer.OPEN:
        return [
            f"watchdog can do this: {steps(ask.plan)}. {prose(ask.plan.reason)} "
            f"{prose(ask.plan.risk)}",
            f"Say yes until {stamp(ask.expires_at)}: watchdog approve {ask.id}",
        ]
    return [f"Asked to {steps(ask.plan)}: {', '.join(standing(considered))}"]


def thought(considered: Considered | None) -> list[str]:
    """Return the lines of the long form: also why nothing is done."""
    if considered is None:
        return []
    said = doing(considered)
    if considered.attempt is not None:
        return [*said, *(f"  {prose(each)}" for each in considered.attempt.reasons)]
    if considered.decision.outcome is Outcome.ALLOW and considered.plan is not None:
        return [*said, f"{considered.name}: {steps(considered.plan)} is allowed"]
    answered = considered.approval is not None and considered.approval.answer in _NO
    waits = considered.decision.outcome is Outcome.ASK and not answered
    verb = "waits for a yes" if waits else "is not done"
    why = considered.decision.reasons
    return [*said, f"{considered.name} {verb}:", *(f"  {prose(each)}" for each in why)]


def standing(considered: Considered) -> list[str]:
    """Return where it stands, in words: what a person is asked, what became of an Attempt."""
    attempt, ask = considered.attempt, considered.approval
    if attempt is not None:
        return [f"attempt {attempt.id}: {attempt.text or attempt.result}", *attempt.reasons]
    if ask is None:
        return []
    if ask.answer is Answer.OPEN:
        return [f"say yes until {stamp(ask.expires_at)}: watchdog approve {ask.id}"]
    by = f" by {prose(ask.by)}" if ask.by and ask.answer not in _ENDED else ""
    once = "; it is not asked again for this incident" if ask.answer is Answer.EXPIRED else ""
    return [f"ask {ask.id} is {ask.answer}{by}{once}"]


def outcome(considered: Considered | None) -> list[str]:
    """Return what has become of an answer, for the person who gave it."""
    if considered is None:
        return ["nothing is meant to be done about it any more"]
    if considered.attempt is not None:
        attempt = considered.attempt
        return [f"{considered.name} {attempt.result}", f"verification {attempt.verified}"]
    refused = considered.decision.outcome is Outcome.DENY
    return [*standing(considered), *(considered.decision.reasons if refused else ())]


def done(attempt: Attempt) -> str:
    """Return what an Attempt did and what came of it, in one line."""
    what = f"{steps(attempt.plan)} at {stamp(attempt.begun_at)}"
    by = f", approved by {prose(attempt.approved_by)}" if attempt.approved_by else ""
    return f"Done by watchdog: {what}{by}; {_came_of(attempt)}"


def steps(plan: Plan) -> str:
    """Return the calls of a Plan in words."""
    return listed([step.what for step in plan.steps])


def listed(texts: Sequence[str]) -> str:
    """The first few, and how many more there are."""
    more = len(texts) - _SHOWN
    shown = ", ".join(prose(each) for each in texts[:_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown


def _came_of(attempt: Attempt) -> str:
    reasons = f": {prose(attempt.reasons[0])}" if attempt.reasons else ""
    match attempt.verified:
        case Verified.RECOVERED:
            return f"it has recovered{reasons}"
        case Verified.NOT_RECOVERED:
            return f"it did not help{reasons}; nothing more is tried"
        case Verified.PENDING if attempt.result is Result.INTENDED:
            return "interrupted, what came of it is being looked at"
        case _:
            return "whether it helps is being watched"
