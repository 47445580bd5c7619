"""One Incident as a model is told of it, and answers to it."""

from dataclasses import replace

from tests.builders import NOW
from tests.logic.incidents import API, BROKEN, POD
from watchdog.domain.evidence import Evidence
from watchdog.domain.triage import Answer, Brief, Checked
from watchdog.logic.triage.answer import check, claim
from watchdog.logic.triage.brief import brief

INCIDENT = replace(
    BROKEN,
    evidence=(
        *BROKEN.evidence,
        Evidence(
            kind="status",
            ref=POD,
            at=NOW,
            text="container api OOMKilled, exit code 137, memory limit 256Mi, 8 restarts",
        ),
        Evidence(kind="spec", ref=API, text="liveness probe every 5s, path /live, 2.4.1"),
        Evidence(
            kind="log",
            ref=POD,
            text='dial tcp: lookup postgres.db.svc: ECONNREFUSED for "shop" in /etc/app/config.yaml',
        ),
    ),
)
BRIEF: Brief = brief(INCIDENT)


def answer(*claims: str, confidence: float = 0.8, unexplained: str = "") -> Answer:
    return Answer(
        claims=tuple(map(claim, claims)),
        priority="now",
        confidence=confidence,
        veto=False,
        veto_reason="",
        unexplained=unexplained,
    )


def judged(*claims: str, confidence: float = 0.8, unexplained: str = "") -> Checked:
    return check(answer(*claims, confidence=confidence, unexplained=unexplained), BRIEF)
