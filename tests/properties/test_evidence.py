"""Evidence in recorded clusters: the fact that decided comes first, and nothing is said twice."""

import pytest

from tests.properties.recorded import NAMES, incidents, recorded
from watchdog.domain.incident import Incident
from watchdog.logic.incident.story import LINES


def said(name: str) -> tuple[Incident, ...]:
    found = incidents(recorded(name))
    return tuple(each for each in found if each.standing and each.severity.needs_human)


@pytest.mark.parametrize(
    ("name", "reason", "decided"),
    [
        ("secret-key-missing", "MissingConfigKey", "couldn't find key smtp-password"),
        ("quota-used-up", "QuotaRejects", "exceeded quota: shop-quota"),
        ("d14", "HPACannotScale", "ScalingActive=False"),
        ("d14", "ArgoSyncFailed", "one or more objects failed to apply"),
        ("d15", "CertificateIssuanceFailed", "rateLimited: too many certificates"),
        ("node-lost", "NodeNotReady", "Ready=Unknown"),
        ("d19", "CronJobFailing", "Failed=True"),
        ("d24", "ServiceTargetPortMismatch", "targetPort htttp"),
    ],
)
def test_the_fact_that_decided_comes_first(name: str, reason: str, decided: str) -> None:
    [incident] = [each for each in said(name) if each.reason == reason]

    assert decided in incident.evidence[0].text


@pytest.mark.parametrize("name", NAMES)
def test_evidence_is_there_and_bounded_and_says_nothing_twice(name: str) -> None:
    for incident in said(name):
        lines = [(each.kind, each.ref, each.text) for each in incident.evidence]

        assert 0 < len(lines) <= LINES
        assert len(lines) == len(set(lines))
        assert not any("from 0 to" in text for _, _, text in lines)
