"""How a question about one Incident ended: its record, and its words for the Journal."""

from watchdog.domain.model import Call
from watchdog.domain.triage import Checked
from watchdog.domain.triaged import Triage, TriageOutcome


def triage_of(incident: str, facts: str, call: Call, checked: Checked | None) -> Triage:
    """Return the record of one question; `checked` is what is left of the answer, None without one."""
    if checked is None:
        why = call.error or call.outcome.value
        return Triage(
            incident=incident,
            digest=facts,
            at=call.at,
            outcome=TriageOutcome.FAILED,
            reasons=(why,),
        )
    left = checked.explanation is not None
    return Triage(
        incident=incident,
        digest=facts,
        at=call.at,
        outcome=TriageOutcome.EXPLAINED if left else TriageOutcome.NOTHING_LEFT,
        explanation=checked.explanation,
        priority=checked.priority,
        confidence=checked.confidence,
        veto=checked.veto,
        dropped=checked.dropped,
        reasons=checked.reasons,
    )


def words_of(done: Triage, call: Call) -> str:
    """Return the end of a question in words, for the Journal."""
    if done.outcome is TriageOutcome.FAILED:
        return f"no model explains it: {'; '.join(done.reasons)}"
    dropped = f"; {done.dropped} sentences of the answer did not stand" if done.dropped else ""
    objects = "; it objects to what would be done" if done.veto else ""
    who, more = call.served or call.requested, f"{dropped}{objects}"
    if done.outcome is TriageOutcome.NOTHING_LEFT:
        return f"no sentence of {who} explains it{more}"
    return f"explained by {who}, {done.confidence:.0%} sure{more}"
