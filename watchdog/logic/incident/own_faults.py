"""Findings about watchdog itself, in the words an operator needs."""

from datetime import datetime

from watchdog.domain.evidence import Evidence, Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity

CONFIG_INVALID = "SelfConfigInvalid"
DELIVERY_FAILING = "DeliveryFailing"


def config_invalid(namespace: str, *, error: str, hint: str, now: datetime) -> Finding:
    """jobs.json was edited and refused; the last good version stays in force."""
    subject = Ref("Deployment", namespace, "watchdog")
    return Finding(
        reason=CONFIG_INVALID,
        subject=subject,
        severity=Severity.WARNING,
        message="the edit of jobs.json is refused",
        why=f"{error}. The last good version stays in force until the file is right.",
        since=now,
        evidence=(Evidence(kind="status", ref=subject, at=now, text=error),),
        proposal=Proposal(hint or "Correct the file; it is read again within 5 seconds."),
    )


def delivery_failing(namespace: str, *, waiting: int, refused: int, now: datetime) -> Finding:
    """Messages wait for delivery longer than they should, or were refused for good."""
    subject = Ref("Deployment", namespace, "watchdog")
    counts = [f"{waiting} wait" if waiting else "", f"{refused} were refused" if refused else ""]
    return Finding(
        reason=DELIVERY_FAILING,
        subject=subject,
        severity=Severity.CRITICAL,
        message=f"messages do not arrive: {' and '.join(each for each in counts if each)}",
        why="Detection goes on. What waits is sent in order once its target answers; what was "
        "refused stays visible on the page and in watchdog incidents list.",
        since=now,
        proposal=Proposal("Run watchdog test-alert: it names the target and its answer."),
    )
