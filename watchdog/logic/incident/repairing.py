"""When an Incident is not told yet because watchdog mends it, and when that has to be told after all."""

from dataclasses import replace
from datetime import datetime, timedelta

from watchdog.domain.attempt import Attempt, Verified
from watchdog.domain.evidence import Evidence
from watchdog.domain.incident import Incident, Status
from watchdog.domain.policy import Outcome
from watchdog.domain.severity import Severity
from watchdog.logic.incident.own_faults import REMEDIATION_FAILED

# A message never waits longer for a repair: a respond loop that does not come must not silence.
_COMING = timedelta(minutes=10)


def repairing(incident: Incident, now: datetime) -> str:
    """Return why nobody is told yet, "" when there is no repair to wait for.

    Users who are hit now are told at once, whatever is being done.
    """
    considered = incident.remediation
    if considered is None or incident.severity is Severity.CRITICAL:
        return ""
    attempt = considered.attempt
    if attempt is not None:
        waits = attempt.in_flight and now < attempt.deadline + _COMING
        return f"attempt {attempt.id} is being verified" if waits else ""
    allowed = considered.decision.outcome is Outcome.ALLOW and considered.mode == "act"
    fresh = incident.opened_at is not None and now - incident.opened_at < _COMING
    return "it is about to be repaired" if allowed and fresh else ""


def in_vain(incident: Incident, told_at: datetime) -> bool:
    """Whether an Attempt turned out not to help after people were told."""
    attempt = incident.remediation.attempt if incident.remediation else None
    if attempt is None or not failed(attempt):
        return False
    return attempt.verified_at is not None and attempt.verified_at > told_at


def mended(incident: Incident) -> bool:
    """Whether it ended after an Attempt that nothing speaks against, and is worth a word."""
    attempt = incident.remediation.attempt if incident.remediation else None
    if attempt is None or incident.status is not Status.RESOLVED:
        return False
    return not failed(attempt) and incident.severity.needs_human


def with_failure(incident: Incident) -> Incident:
    """Return the Incident with the fact that an Attempt on it failed, where one has.

    Source: checks.md 1.7, RemediationFailed: it updates the Incident it served.
    """
    attempt = incident.remediation.attempt if incident.remediation else None
    if attempt is None or not failed(attempt):
        return incident
    what = ", ".join(step.what for step in attempt.plan.steps[:1])
    why = "; ".join(attempt.reasons) or attempt.text or "it is not healthy"
    fact = Evidence(
        kind="change",
        ref=attempt.plan.owner,
        at=attempt.begun_at,
        text=f"{REMEDIATION_FAILED}: {what}: {why}",
    )
    return replace(incident, evidence=(fact, *incident.evidence))


def failed(attempt: Attempt) -> bool:
    """Whether people have to hear of it: it did not help, or the cause remains."""
    remains = attempt.verified is Verified.RECOVERED and bool(attempt.reasons)
    return remains or attempt.verified is Verified.NOT_RECOVERED
