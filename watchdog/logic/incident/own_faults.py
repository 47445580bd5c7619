"""Findings about watchdog itself, in the words an operator needs."""

from collections.abc import Sequence
from datetime import datetime

from watchdog.domain.evidence import Evidence, Proposal
from watchdog.domain.finding import Finding
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.logic.incident.blindness import REASON as BLINDNESS
from watchdog.logic.symptom import verb

CHECK = "self"  # what watchdog says of itself explains nothing in the cluster
CONFIG_INVALID = "SelfConfigInvalid"
DELIVERY_FAILING = "DeliveryFailing"
MODEL_PATH_DOWN = "ModelPathDown"
REMEDIATION_FAILED = "RemediationFailed"
REASONS = (CONFIG_INVALID, DELIVERY_FAILING, MODEL_PATH_DOWN, REMEDIATION_FAILED, BLINDNESS)


def config_invalid(namespace: str, *, what: str, error: str, hint: str, now: datetime) -> Finding:
    """jobs.json, a soul or a prompt was edited and refused; the last good version stays in force."""
    subject = Ref("Deployment", namespace, "watchdog")
    return Finding(
        reason=CONFIG_INVALID,
        subject=subject,
        severity=Severity.WARNING,
        message=f"the edit of {what} is refused",
        why=f"{error}. The last good version stays in force until the file is right.",
        since=now,
        evidence=(Evidence(kind="status", ref=subject, at=now, text=error),),
        proposal=Proposal(hint or "Correct the file; it is read again within 5 seconds."),
    )


def delivery_failing(namespace: str, *, waiting: int, refused: int, now: datetime) -> Finding:
    """Messages wait for delivery longer than they should, or were refused for good."""
    subject = Ref("Deployment", namespace, "watchdog")
    counts = [
        f"{waiting} {verb(waiting, 'wait')}" if waiting else "",
        f"{refused} {'was' if refused == 1 else 'were'} refused" if refused else "",
    ]
    said = " and ".join(each for each in counts if each)
    return Finding(
        reason=DELIVERY_FAILING,
        subject=subject,
        severity=Severity.CRITICAL,
        message=f"messages do not arrive: {said}",
        why="Detection goes on. What waits is sent in order once its target answers; what was "
        "refused stays visible on the page and in watchdog incidents list.",
        since=now,
        evidence=(Evidence(kind="status", ref=subject, at=now, text=f"messages: {said}"),),
        proposal=Proposal(
            "Send a TEST to every target: it names the one that fails and what it answers.",
            ("watchdog test-alert",),
        ),
    )


def model_path_down(namespace: str, *, error: str, models: Sequence[str], now: datetime) -> Finding:
    """No model answers, the proxy refuses the key, or another model than the asked one answers."""
    subject = Ref("Deployment", namespace, "watchdog")
    return Finding(
        reason=MODEL_PATH_DOWN,
        subject=subject,
        severity=Severity.WARNING,
        message="LLM path down: the models cannot be relied on",
        why=f"{error}. Asked in this order, but for jobs that name others: {', '.join(models)}. "
        "Detection goes on, and texts are made by rules.",
        since=now,
        evidence=(Evidence(kind="status", ref=subject, at=now, text=error),),
        proposal=Proposal(
            "Run watchdog doctor: it asks every model of the chain. Then look at the proxy at "
            "llm.base_url, at its key and its models.",
            ("watchdog doctor",),
        ),
    )


def remediation_failed(namespace: str, *, error: str, now: datetime) -> Finding:
    """The breaker is open: nothing is done alone until a person closes it."""
    subject = Ref("Deployment", namespace, "watchdog")
    return Finding(
        reason=REMEDIATION_FAILED,
        subject=subject,
        severity=Severity.WARNING,
        message="watchdog repairs nothing alone any more",
        why=f"{error}. From now on it only proposes; it goes on watching and telling.",
        since=now,
        evidence=(Evidence(kind="status", ref=subject, at=now, text=error),),
        proposal=Proposal(
            "Look at what was tried, then acknowledge this incident (watchdog ack with its id): that "
            "lets watchdog act again.",
            ("watchdog incidents list",),
        ),
    )
