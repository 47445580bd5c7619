"""Which facts are the same facts a run later."""

from dataclasses import replace

import pytest

from tests.builders import MINUTE, NOW
from tests.logic.incidents import API, BROKEN, POD
from watchdog.domain.evidence import Evidence, EvidenceKind, Explanation
from watchdog.domain.incident import Incident
from watchdog.domain.ref import Ref
from watchdog.domain.severity import Severity
from watchdog.logic.triage.digest import digest


def saying(text: str, kind: EvidenceKind = "status") -> Incident:
    return replace(BROKEN, evidence=(Evidence(kind=kind, ref=POD, at=NOW, text=text),))


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("status", "container api is not ready, 8 restarts", "container api is not ready, 12 restarts"),
        ("event", "back-off 5m0s restarting (3 times)", "back-off 2m40s restarting (251 times)"),
        ("status", "0 of 2 pods are ready", "1 of 2 pods are ready"),
        ("metric", "memory 912345 of 1000000, 91.2%", "memory 922345 of 1000000, 92.3%"),
        ("log", "2026-11-20T12:00:00Z attempt 9 refused", "2026-11-20 12:15:00,123 attempt 10 refused"),
        ("log", "12:00:01.5 lost 10.0.0.4:41822->10.0.0.9", "12:15:01.7 lost 10.0.0.7:39333->10.0.0.9"),
        ("status", "pending for 35 min", "pending for 2 h 5 min"),
        ("status", "api-7d9f8b6c5d-x2x4z waits", "api-7d9f8b6c5d-vrb5k waits"),
        ("event", "nightly-29384160 missed", "nightly-29384220 missed"),
        ("log", "request 3f2b8c1e-9d4a-4f6b-8e2d-1a2b3c4d5e6f", "request aaab8c1e-9d4a-4f6b-8e2d-1a2b3c4d5e6f"),
        ("log", "worker 17 gave up", "worker 3 gave up"),
    ],
)  # fmt: skip
def test_what_only_counts_on_changes_nothing(kind: EvidenceKind, before: str, after: str) -> None:
    assert digest(saying(before, kind)) == digest(saying(after, kind))


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("spec", "image shop/api:2.0", "image shop/api:2.1"),
        ("status", "exit code 1", "exit code 137"),
        ("log", "failed with status 503", "failed with status 404"),
        ("log", "listening on port 8080", "listening on port 8081"),
        ("log", 'no such host "db"', 'no such host "cache"'),
        ("spec", "memory limit 256Mi", "memory limit 512Mi"),
        ("spec", "replicas 3", "replicas 5"),
    ],
)
def test_another_fact_is_another_question(kind: EvidenceKind, before: str, after: str) -> None:
    assert digest(saying(before, kind)) != digest(saying(after, kind))


def test_order_times_and_words_of_the_rules_do_not_matter() -> None:
    first, second = (Evidence(kind="spec", ref=API, text=text) for text in ("a", "b"))
    one = replace(BROKEN, evidence=(first, second))
    other = replace(
        BROKEN,
        evidence=(second, first, replace(first, at=NOW - MINUTE)),
        title="other",
        explanation=Explanation("other"),
        last_seen_at=NOW + MINUTE,
    )

    assert digest(one) == digest(other)


@pytest.mark.parametrize(
    "other",
    [
        replace(BROKEN, severity=Severity.WARNING),
        replace(BROKEN, reason="RegistryUnauthorized"),
        replace(BROKEN, check="crash_loop"),
        replace(BROKEN, subjects=(API, Ref("Deployment", "shop", "web"))),
    ],
)
def test_another_severity_reason_check_or_subject_is_another_question(other: Incident) -> None:
    assert digest(other) != digest(BROKEN)
